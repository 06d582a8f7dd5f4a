/** A UDP client of its own address and port, as another program on this machine would be one. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface JsonReply {
  readonly id: unknown;
  readonly type: string;
  readonly timestamp: number;
  readonly source: string;
  readonly part?: number;
  readonly parts?: number;
  readonly content: Record<string, unknown> & { readonly success: boolean };
}

export class UdpClient {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #received: string[] = [];
  #heard: () => void = () => {};

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on('message', (data) => {
      this.#received.push(data.toString('utf8'));
      this.#heard();
    });
  }

  static async open(port: number): Promise<UdpClient> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new UdpClient(socket, port);
  }

  send(request: string): void {
    this.#socket.send(request, this.#port, '127.0.0.1');
  }

  /** The next datagrams, as many as asked for; fails when they do not come. */
  async receive(count = 1, limitMs = 10_000): Promise<string[]> {
    const end = performance.now() + limitMs;
    while (this.#received.length < count) {
      const left = end - performance.now();
      if (left <= 0) throw new Error(`${this.#received.length} of ${count} datagrams within ${limitMs} ms`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#received.splice(0, count);
  }

  /** One text request and its reply of one datagram. */
  async text(request: string): Promise<string> {
    this.send(request);
    const [reply = ''] = await this.receive();
    return reply;
  }

  /** The rows of a list's reply, the parts joined, each as its columns. @throws Error when it is none. */
  async rows(request: string): Promise<Record<string, string>[]> {
    const first = await this.text(request);
    const parts = /^OK \S+ \d+ 1\/(\d+)\n/.exec(first)?.[1];
    const all = [first, ...(parts ? await this.receive(Number(parts) - 1) : [])];
    const [, header = ''] = first.split('\n');
    const columns = header.split('\t');
    const rows = all.flatMap((part) => part.split('\n').slice(2));
    if (!first.startsWith(`OK ${request.trim().split(':')[0]?.toUpperCase()} ${rows.length}`))
      throw new Error(first);
    return rows.map((row) => {
      const cells = row.split('\t');
      if (cells.length !== columns.length) throw new Error(`${row} has not the columns ${header}`);
      return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
    });
  }

  /** One JSON request and its reply of one datagram. */
  async json(request: { id: unknown; type: string; content?: object }): Promise<JsonReply> {
    return JSON.parse(await this.text(JSON.stringify({ timestamp: 1, source: 'test', ...request })));
  }

  close(): void {
    this.#socket.close();
  }
}
