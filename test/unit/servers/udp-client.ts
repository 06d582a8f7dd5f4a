/** A UDP client for the tests: one socket, and the datagrams that come back in order. */
import { createSocket, type Socket } from 'node:dgram';
import type { Peer } from '../../../src/servers/udp/same-user.js';

export class UdpClient {
  readonly #socket: Socket;
  readonly #server: Peer;
  readonly #received: Buffer[] = [];
  #wake: (() => void) | undefined;

  private constructor(socket: Socket, server: Peer) {
    this.#socket = socket;
    this.#server = server;
    socket.on('message', (bytes) => {
      this.#received.push(bytes);
      this.#wake?.();
    });
  }

  static async open(server: Peer): Promise<UdpClient> {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve) => socket.bind(0, server.address, resolve));
    return new UdpClient(socket, server);
  }

  /** As the server names it. */
  get name(): string {
    const { address, port } = this.#socket.address();
    return `${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  send(request: string | Buffer): void {
    this.#socket.send(request, this.#server.port, this.#server.address);
  }

  /** The next datagram that has not been taken yet. */
  async next(): Promise<Buffer> {
    while (this.#received.length === 0)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    return this.#received.shift() as Buffer;
  }

  async text(request: string | Buffer): Promise<string> {
    this.send(request);
    return (await this.next()).toString();
  }

  // biome-ignore lint/suspicious/noExplicitAny: replies are checked field by field
  async json(request: object): Promise<any> {
    return JSON.parse(await this.text(JSON.stringify(request)));
  }

  /** What has come and was not taken: used after a request whose answer tells that all before it were dealt with. */
  get left(): readonly Buffer[] {
    return this.#received;
  }

  close(): void {
    this.#socket.close();
  }
}
