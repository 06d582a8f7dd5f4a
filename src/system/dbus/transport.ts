/**
 * Messages to and from one D-Bus daemon. The library's untyped and dangerous sides stay in here: it is loaded only
 * once a daemon is known to answer, and nothing that comes in can end the process.
 */
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Message, MessageBus, Variant } from '@jellybrick/dbus-next';
import { Unavailable } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';

import { type BusKind, cureFor, findBus } from './address.js';
import { TypedValue } from './typed-value.js';

const HELLO_WITHIN_MS = 5_000;

type Library = typeof import('@jellybrick/dbus-next');

export interface TransportOptions {
  readonly bus: BusKind;
  readonly clock: Clock;
  /** DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR and DBUS_SYSTEM_BUS_ADDRESS are read from it. */
  readonly env: NodeJS.ProcessEnv;
}

interface TransportEvents {
  /** In the order in which the daemon sent them. */
  reply(serial: number, reply: Reply): void;
  signal(signal: Incoming): void;
  /** Returns what it is answered with; undefined: there is no such method. */
  call(call: Incoming): Answer | undefined;
  /** At most once, and not after `close`. */
  lost(reason: string): void;
}

/** What a method returned, or the error it ended in. Variants are unwrapped, 64-bit numbers are bigint. */
export type Reply =
  | { readonly body: readonly unknown[] }
  | { readonly errorName: string; readonly message: string };

/** What a call of a method of ours is answered with. */
export type Answer =
  | { readonly signature: string; readonly body: readonly unknown[] }
  | { readonly errorName: string; readonly message: string };

/** A signal of ours. */
export interface Emitted {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature: string;
  readonly body: readonly unknown[];
}

/** A signal, or somebody's call of a method of ours. */
export interface Incoming {
  /** A unique name, put there by the daemon. */
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** The types of the arguments. */
  readonly signature: string;
  body(): readonly unknown[];
}

export interface Outgoing {
  readonly to: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** The types of `body`, as in the specification; no arguments when left out. */
  readonly signature?: string;
  readonly body?: readonly unknown[];
  /** Whether the daemon may start a service that is not there: only where that is what the person's desktop expects. */
  readonly mayStart?: boolean;
}

export interface Transport {
  /** Says who is told what comes in; to be called at once, and once. */
  listen(events: TransportEvents): void;
  /** Our unique name, as others see it: `:1.7`. */
  readonly name: string;
  /**
   * Sends a call; a service that is not there is not started by it, unless it says so. Returns the serial its reply
   * will have.
   * @throws when the arguments do not fit the signature, or the connection is closed
   */
  send(call: Outgoing): number;
  /**
   * Emits a signal of ours to whoever listens.
   * @throws when the arguments do not fit the signature, or the connection is closed
   */
  emit(signal: Emitted): void;
  /** Idempotent. */
  close(): void;
}

/**
 * Connects and says Hello.
 * @throws Unavailable when there is no such bus or it refuses.
 */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const { bus, clock, env } = options;
  const address = await findBus(bus, env, clock);
  const library = await import('@jellybrick/dbus-next');
  const client = library.sessionBus({ busAddress: address });
  const connection = connectionOf(client);
  const failed = await new Promise<string | undefined>((resolve) => {
    const settle = (reason?: string) => {
      cancel();
      resolve(reason);
    };
    const cancel = clock.after(HELLO_WITHIN_MS, () => settle('it does not answer'));
    // Stays on for good: an error that nobody listens to would end the process.
    connection.on('error', (error: Error) => settle(error.message));
    errorsOf(client).on('error', (error: Error) => settle(error.message));
    connection.once('end', () => settle('it hung up'));
    client.once('connect', () => settle());
  });
  const { stream } = connection;
  if (stream && failed === undefined) return wire(library, client, stream);
  stream?.destroy();
  throw new Unavailable(`the ${bus} bus at ${address} lets nobody in: ${failed}`, cureFor(bus));
}

function wire(library: Library, client: MessageBus, stream: Duplex): Transport {
  const { Message, MessageFlag, MessageType } = library;
  let events: TransportEvents | undefined;
  let ended = false;
  const end = (): boolean => {
    if (ended) return false;
    ended = true;
    // Not the library's own way out, which goes on reading: answering a peer would then throw where nobody catches.
    stream.destroy();
    return true;
  };
  const lose = (reason: string) => {
    if (end()) events?.lost(reason);
  };
  /** The library answers what is thrown in its listeners with an error to whoever sent the message. */
  const guarded = (step: () => void) => {
    try {
      if (!ended) step();
    } catch (error) {
      lose(
        `a message from the bus could not be dealt with: ${error instanceof Error ? error.message : error}`,
      );
    }
  };
  const incoming = ({ sender, path, interface: iface, member, signature, body }: Message): Incoming => ({
    sender,
    path,
    interface: iface,
    member,
    signature,
    body: () => body.map((value) => plain(value, library.Variant)),
  });

  client.on('message', (message) =>
    guarded(() => {
      if (message.type === MessageType.SIGNAL) events?.signal(incoming(message));
      else if (message.replySerial !== undefined)
        events?.reply(message.replySerial, replyFrom(message, library));
    }),
  );
  client.addMethodHandler((message) => {
    let answer: Answer | undefined;
    guarded(() => {
      answer = events?.call(incoming(message));
      if (answer && (message.flags & MessageFlag.NO_REPLY_EXPECTED) === 0)
        client.send(replyTo(message, answer));
    });
    return answer !== undefined;
  });
  const replyTo = (message: Message, answer: Answer): Message =>
    'errorName' in answer
      ? Message.newError(message, answer.errorName, answer.message)
      : Message.newMethodReturn(message, answer.signature, wired(answer.body, library.Variant));
  const broken = (error: Error) => lose(`the message bus broke: ${error.message}`);
  connectionOf(client).on('error', broken);
  errorsOf(client).on('error', broken);
  const closed = () => lose('the message bus closed the connection');
  stream.on('end', closed);
  stream.on('close', closed);
  // The library reads in a listener of its own: what it cannot parse would end the process from there.
  for (const read of stream.listeners('readable')) {
    stream.removeListener('readable', read as () => void);
    stream.on('readable', () => guarded(() => read.call(stream)));
  }

  return {
    listen: (to) => {
      events = to;
    },
    name: client.name ?? '',
    send: ({ to, path, interface: iface, member, signature = '', body = [], mayStart = false }) => {
      const serial = client.newSerial();
      const flags = mayStart ? 0 : MessageFlag.NO_AUTO_START;
      client.send(
        new Message({
          serial,
          destination: to,
          path,
          interface: iface,
          member,
          signature,
          body: wired(body, library.Variant),
          flags,
        }),
      );
      return serial;
    },
    emit: ({ path, interface: iface, member, signature, body }) =>
      client.send(Message.newSignal(path, iface, member, signature, wired(body, library.Variant))),
    close: () => void end(),
  };
}

function replyFrom(message: Message, { MessageType, Variant }: Library): Reply {
  const body = message.body.map((value) => plain(value, Variant));
  if (message.type !== MessageType.ERROR) return { body };
  return { errorName: message.errorName, message: String(body[0] ?? message.errorName) };
}

/** A value with every variant in it replaced by what it holds. Structs are arrays, dictionaries are objects. */
function plain(value: unknown, variant: typeof Variant): unknown {
  if (value instanceof variant) return plain(value.value, variant);
  if (Array.isArray(value)) return value.map((item) => plain(item, variant));
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, variant)]));
}

/** Arguments with every value that has its type with it as the library wants it. */
function wired(body: readonly unknown[], variant: typeof Variant): unknown[] {
  return body.map((value) => wiredValue(value, variant));
}

function wiredValue(value: unknown, variant: typeof Variant): unknown {
  if (value instanceof TypedValue) return new variant(value.type, wiredValue(value.value, variant));
  if (Array.isArray(value)) return wired(value, variant);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || value instanceof variant)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, wiredValue(item, variant)]));
}

/** Its types leave out that it tells of errors. */
function errorsOf(client: MessageBus): EventEmitter {
  return client as unknown as EventEmitter;
}

/** The library's connection below its bus: only it tells that the daemon has hung up, and only it can be cut. */
function connectionOf(client: MessageBus): EventEmitter & { readonly stream?: Duplex } {
  return (client as unknown as { _connection: EventEmitter & { readonly stream?: Duplex } })._connection;
}
