/**
 * A Wayland compositor of nothing but a socket: it offers what a test says, writes down every request and sends what a
 * test tells it to. Written from the protocol, not from the product's client, which it is to try.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Offer {
  readonly interface: string;
  readonly version: number;
}

export interface Request {
  readonly object: number;
  readonly opcode: number;
  readonly words: readonly number[];
}

const DISPLAY = 1;

export class FakeCompositor {
  readonly env: NodeJS.ProcessEnv;
  /** All but the display's own, in the order they came. */
  readonly requests: Request[] = [];
  /** The numbers clients gave to what they bound, by interface. */
  readonly bound = new Map<string, number>();
  /** Answers to `sync`; a compositor that hangs gives none. */
  answers = true;
  /** Called for each request that is written down. */
  onRequest: (request: Request) => void = () => {};
  readonly #server: Server;
  readonly #folder: string;
  readonly #offers: readonly Offer[];
  readonly #clients = new Set<Socket>();
  #registry = 0;

  private constructor(folder: string, server: Server, offers: readonly Offer[]) {
    this.#folder = folder;
    this.#server = server;
    this.#offers = offers;
    this.env = { XDG_RUNTIME_DIR: folder, WAYLAND_DISPLAY: 'wayland-7' };
    server.on('connection', (client) => this.#serve(client));
  }

  static async start(offers: readonly Offer[]): Promise<FakeCompositor> {
    const folder = await mkdtemp(join(tmpdir(), 'cloudnap-compositor-'));
    const server = createServer();
    server.listen(join(folder, 'wayland-7'));
    await once(server, 'listening');
    return new FakeCompositor(folder, server, offers);
  }

  /** Clients that are connected. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Sends an event; a string goes as the protocol counts and fills it up. */
  send(object: number, opcode: number, ...values: readonly (number | string)[]): void {
    const parts = values.map((value) => {
      if (typeof value === 'number') return word(value);
      const text = Buffer.from(`${value}\0`);
      return Buffer.concat([word(text.length), text, Buffer.alloc((4 - (text.length % 4)) % 4)]);
    });
    const size = 8 + parts.reduce((sum, part) => sum + part.length, 0);
    this.sendBytes(Buffer.concat([word(object), word(((size << 16) | opcode) >>> 0), ...parts]));
  }

  sendBytes(bytes: Uint8Array): void {
    for (const client of this.#clients) client.write(bytes);
  }

  /** Takes back what was offered as the number `index`. */
  withdraw(index: number): void {
    this.send(this.#registry, 1, index);
  }

  /** Offers one thing more, under this number. */
  offer(index: number, { interface: name, version }: Offer): void {
    this.send(this.#registry, 0, index, name, version);
  }

  /** Refuses a request of the client's, which must hang up then. */
  refuse(object: number, code: number, message: string): void {
    this.send(DISPLAY, 0, object, code, message);
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    client.on('error', () => {});
    let rest = Buffer.alloc(0);
    client.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 8 && rest.length >= rest.readUInt16LE(6)) {
        const size = rest.readUInt16LE(6);
        this.#handle(rest.readUInt32LE(0), rest.readUInt16LE(4), rest.subarray(8, size));
        rest = rest.subarray(size);
      }
    });
  }

  #handle(object: number, opcode: number, body: Buffer): void {
    const words = Array.from({ length: body.length / 4 }, (_, i) => body.readUInt32LE(4 * i));
    if (object === DISPLAY && opcode === 0) {
      const [callback = 0] = words;
      if (!this.answers) return;
      this.send(callback, 0, 0);
      this.send(DISPLAY, 1, callback);
    } else if (object === DISPLAY) {
      this.#registry = words[0] ?? 0;
      for (const [i, one] of this.#offers.entries()) this.offer(i, one);
    } else {
      if (object === this.#registry) {
        const name = body.subarray(8, 8 + (words[1] ?? 1) - 1).toString();
        this.bound.set(name, words.at(-1) ?? 0);
      }
      const request = { object, opcode, words };
      this.requests.push(request);
      this.onRequest(request);
    }
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
