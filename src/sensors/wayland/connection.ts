/**
 * One connection to a Wayland compositor: its globals, objects on it, and the question of when it counts as lost. A
 * client of our own: docs/decisions/0016-a-wayland-client-of-our-own.md says why.
 */
import type { Socket } from 'node:net';
import { Unavailable } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';

import { type Channel, WaylandObject } from './object.js';
import { WL_CALLBACK, WL_DISPLAY, WL_REGISTRY } from './protocols.js';
import { encode, type Interface, type Message, MessageStream } from './wire.js';

/** A compositor answers within milliseconds, but a busy machine may hold it up. */
export const ANSWER_WITHIN_MS = 5_000;

/** Numbers from here on are the compositor's to give. */
const FIRST_SERVER_ID = 0xff000000;

/** Something a compositor offers. Of some there are several, as of outputs. */
export interface Global {
  /** Identifies it on this connection. */
  readonly name: number;
  readonly interface: string;
  readonly version: number;
}

/** A connected stream, and what sends bytes with a file descriptor beside them where that can be done. */
export interface Line {
  readonly socket: Socket;
  /** All of it at once, or it throws. The descriptor stays the caller's. */
  readonly sendWithDescriptor?: (bytes: Buffer, descriptor: number) => void;
}

/**
 * What a compositor offers under an interface's name.
 * @throws Unavailable when it is not offered in that version; `cure` is where it is.
 */
export function offered(
  connection: WaylandConnection,
  iface: Interface,
  version: number,
  cure: string,
): Global {
  const [global] = connection.globals(iface);
  if (global && global.version >= version) return global;
  const reason = global
    ? `this compositor offers ${iface.name} only in version ${global.version}, not ${version}`
    : `this compositor does not offer ${iface.name}`;
  throw new Unavailable(reason, cure);
}

/** A live connection. Once it is lost or closed, roundtrips reject and what else is sent goes nowhere. */
export class WaylandConnection implements Channel {
  readonly #line: Line;
  readonly #clock: Clock;
  readonly #onLost: (reason: string) => void;
  readonly #objects = new Map<number, Pick<WaylandObject, 'interface' | 'dispatch'>>();
  readonly #globals = new Map<number, Global>();
  readonly #bound = new Set<number>();
  readonly #pending = new Set<(error: Error) => void>();
  readonly #messages = new MessageStream();
  readonly #display: WaylandObject<typeof WL_DISPLAY>;
  readonly #registry: WaylandObject<typeof WL_REGISTRY>;
  #onGlobal: (global: Global) => void = () => {};
  #onGone: (global: Global) => void = () => {};
  #ids = 0;
  /** Numbers whose objects both sides have forgotten. */
  #freeIds: number[] = [];
  #ended = false;

  constructor(line: Line, clock: Clock, onLost: (reason: string) => void) {
    this.#line = line;
    this.#clock = clock;
    this.#onLost = onLost;
    const { socket } = line;
    socket.on('error', (error) => this.#lose(`the connection to the compositor broke: ${error.message}`));
    socket.on('close', () => this.#lose('the compositor closed the connection'));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#display = this.make(WL_DISPLAY);
    this.#display.on('error', (object, code, message) => {
      const name = this.#objects.get(object)?.interface.name ?? 'an object';
      this.#lose(`the compositor refused a request to ${name} (${code}): ${message}`);
    });
    this.#display.on('delete_id', (id) => {
      if (this.#objects.delete(id)) this.#freeIds.push(id);
    });
    this.#registry = this.#display.create('get_registry', WL_REGISTRY);
    this.#registry.on('global', (name, iface, version) => {
      const global = { name, interface: iface, version };
      this.#globals.set(name, global);
      this.#onGlobal(global);
    });
    this.#registry.on('global_remove', (name) => this.#removed(name));
  }

  /** What the compositor offers under this interface's name, in the order it was offered. */
  globals({ name }: Interface): readonly Global[] {
    return [...this.#globals.values()].filter((global) => global.interface === name);
  }

  /** Calls these for what is offered from now on, and for what is no longer. */
  onGlobals(came: (global: Global) => void, gone: (global: Global) => void): void {
    this.#onGlobal = came;
    this.#onGone = gone;
  }

  /**
   * Takes up what is offered. The connection counts as lost once that is withdrawn, since nothing would come of it
   * any more; unless it `mayGo`, as an output may.
   */
  bind<I extends Interface>(
    global: Global,
    iface: I,
    version: number,
    { mayGo = false } = {},
  ): WaylandObject<I> {
    if (!mayGo) this.#bound.add(global.name);
    const object = this.make(iface);
    this.#registry.send('bind', global.name, iface.name, version, object);
    return object;
  }

  /** Resolves when the compositor has dealt with all that was sent and every event before that is delivered. */
  roundtrip(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new Error('the connection is closed'));
      const settle = () => {
        cancel();
        this.#pending.delete(fail);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      const cancel = this.#clock.after(ANSWER_WITHIN_MS, () => this.#lose('the compositor does not answer'));
      this.#pending.add(fail);
      // The compositor ends the callback itself.
      this.#display.create('sync', WL_CALLBACK).on('done', () => {
        settle();
        resolve();
      });
    });
  }

  /** Gives up, as when the compositor ended what a watch lives on. */
  lose(reason: string): void {
    this.#lose(reason);
  }

  /** Frees everything on both sides: the compositor drops what a client made when it hangs up. Idempotent. */
  close(): void {
    this.#end('the connection was closed');
  }

  make<I extends Interface>(iface: I): WaylandObject<I> {
    return this.adopt(this.#freeIds.pop() ?? ++this.#ids, iface);
  }

  /** An object that the compositor has made and numbered. */
  adopt<I extends Interface>(id: number, iface: I): WaylandObject<I> {
    const object = new WaylandObject(this, id, iface);
    this.#objects.set(id, object);
    return object;
  }

  request(from: Pick<WaylandObject, 'id' | 'interface'>, opcode: number, values: readonly unknown[]): void {
    if (this.#ended) return;
    const signature = Object.values(from.interface.requests)[opcode] ?? [];
    const bytes = encode(from.id, opcode, signature, values as never);
    const descriptor = signature.indexOf('fd');
    try {
      if (descriptor < 0) this.#line.socket.write(bytes);
      else this.#sendWithDescriptor(bytes, Number(values[descriptor]));
    } catch (error) {
      this.#lose(`a request could not be sent: ${error instanceof Error ? error.message : error}`);
    }
  }

  forget(id: number): void {
    if (id >= FIRST_SERVER_ID) this.#objects.delete(id);
  }

  #sendWithDescriptor(bytes: Buffer, descriptor: number): void {
    const { socket, sendWithDescriptor } = this.#line;
    if (!sendWithDescriptor) throw new Error('this connection passes no descriptors');
    // What waits in the stream's own buffer would arrive after it.
    if (socket.writableLength > 0) throw new Error('the compositor does not take what it is sent');
    sendWithDescriptor(bytes, descriptor);
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#messages.push(chunk)) {
        if (this.#ended) return;
        this.#dispatch(message);
      }
    } catch (error) {
      this.#lose(
        `the compositor sent what makes no sense: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  #dispatch({ object, opcode, body }: Message): void {
    // To one that has ended here, events may still be on their way.
    this.#objects.get(object)?.dispatch(opcode, body);
  }

  #removed(name: number): void {
    const global = this.#globals.get(name);
    if (!global) return;
    this.#globals.delete(name);
    if (this.#bound.has(name)) this.#lose(`the compositor no longer offers ${global.interface}`);
    else this.#onGone(global);
  }

  #lose(reason: string): void {
    if (this.#end(reason)) this.#onLost(reason);
  }

  #end(reason: string): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    this.#objects.clear();
    this.#globals.clear();
    for (const reject of [...this.#pending]) reject(new Error(reason));
    this.#line.socket.destroy();
    return true;
  }
}
