/** One object on a Wayland connection, typed by its interface's table. */
import {
  decode,
  type Interface,
  type ReceivedArguments,
  type SentArguments,
  type Signature,
} from './wire.js';

type Requests<I extends Interface> = keyof I['requests'] & string;
type Events<I extends Interface> = keyof I['events'] & string;

type Sent<T> = T extends Signature ? SentArguments<T> : never;
/** Without the new object, which is given by what is made. */
type SentToMake<T> = T extends readonly ['new', ...infer Rest extends Signature]
  ? SentArguments<Rest>
  : never;
type Received<T> = T extends Signature ? ReceivedArguments<T> : never;

/** What an object needs of the connection it is on. */
export interface Channel {
  /** A new object, which the next request is to make. */
  make<I extends Interface>(iface: I): WaylandObject<I>;
  request(from: Pick<WaylandObject, 'id' | 'interface'>, opcode: number, values: readonly unknown[]): void;
  /** The object has ended; its number is free once the compositor has said so. */
  forget(id: number): void;
}

export class WaylandObject<I extends Interface = Interface> {
  readonly id: number;
  readonly interface: I;
  readonly #channel: Channel;
  readonly #listeners = new Map<string, (...values: never) => void>();
  #destroyed = false;

  constructor(channel: Channel, id: number, iface: I) {
    this.#channel = channel;
    this.id = id;
    this.interface = iface;
  }

  /** Sends a request. What it leads to comes as events; a refusal is the end of the connection. */
  send<R extends Requests<I>>(request: R, ...values: Sent<I['requests'][R]>): void {
    this.#request(request, values);
  }

  /** Sends a request that makes an object. */
  create<R extends Requests<I>, N extends Interface>(
    request: R,
    iface: N,
    ...values: SentToMake<I['requests'][R]>
  ): WaylandObject<N> {
    const made = this.#channel.make(iface);
    this.#request(request, [made, ...values]);
    return made;
  }

  /** Calls `fn` for each such event, in place of what was called before. Events nobody hears are not even decoded. */
  on<E extends Events<I>>(event: E, fn: (...values: Received<I['events'][E]>) => void): this {
    this.#listeners.set(event, fn);
    return this;
  }

  /** Ends it, on both sides where its interface allows. Nothing is heard of it afterwards. Idempotent. */
  destroy(): void {
    this.#listeners.clear();
    const { destructor } = this.interface;
    if (this.#destroyed || destructor === undefined) return;
    this.#destroyed = true;
    this.#request(destructor, []);
    this.#channel.forget(this.id);
  }

  /** For the connection: an event has come. */
  dispatch(opcode: number, body: Buffer): void {
    const [event, signature] = Object.entries(this.interface.events)[opcode] ?? [];
    if (event === undefined || signature === undefined) return;
    const listener = this.#listeners.get(event);
    if (listener) listener(...(decode(signature, body) as never));
  }

  #request(request: string, values: readonly unknown[]): void {
    const opcode = Object.keys(this.interface.requests).indexOf(request);
    this.#channel.request(this, opcode, values);
  }
}
