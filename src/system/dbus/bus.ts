/**
 * One connection to a D-Bus daemon: calls with a time limit, signals, properties, who owns a name, and objects of ours
 * that others use. Nothing is introspected, and no service is started by us unless a call says so.
 */
import type { Clock } from '../../core/instant.js';
import type { BusKind } from './address.js';
import { answerFor, type ExportedObject } from './exported.js';
import {
  type BusCall,
  BusError,
  type BusObject,
  DAEMON,
  DISCONNECTED,
  FAILED,
  getProperty,
  type Methods,
  NO_REPLY,
  type OnSignal,
  OWNER_CHANGES,
  PROPERTIES,
  ruleOf,
  type ServedObject,
  type SignalMatch,
} from './messages.js';
import { Names } from './names.js';
import {
  type Answer,
  type Emitted,
  type Incoming,
  openTransport,
  type Reply,
  type Transport,
} from './transport.js';

/** Services answer within milliseconds; one that has just been woken from swap may take a while. */
const ANSWER_WITHIN_MS = 5_000;

/** What a mechanism says when its connection is gone: nothing can be done but to wait for the daemon. */
export const CURE_BUS_LOST = 'none needed: it is tried again until the message bus answers';

export interface BusOptions {
  readonly bus: BusKind;
  readonly clock: Clock;
  /** DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR and DBUS_SYSTEM_BUS_ADDRESS are read from it. */
  readonly env: NodeJS.ProcessEnv;
  /** The daemon hung up. At most once, and not after `close`. */
  readonly onLost: (reason: string) => void;
}

/**
 * Connects to a bus.
 * @throws Unavailable when there is none or it refuses.
 */
export async function connectBus(options: BusOptions): Promise<BusConnection> {
  return new BusConnection(await openTransport(options), options);
}

interface Listener {
  readonly match: SignalMatch;
  readonly fn: OnSignal;
}

/** What the daemon was asked to pass on, and for whom. */
interface Rule {
  readonly listeners: Set<Listener>;
  /** Rejects when the daemon refuses. */
  readonly added: Promise<unknown>;
}

/** A live connection. Every call rejects once it is lost or closed. */
export class BusConnection {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #replies = new Map<number, (reply: Reply) => void>();
  readonly #rules = new Map<string, Rule>();
  readonly #served = new Set<(call: Incoming) => Answer | undefined>();
  readonly #names: Names;
  #ended = false;

  /** @internal use {@link connectBus} */
  constructor(transport: Transport, { clock, onLost }: BusOptions) {
    this.#transport = transport;
    this.#clock = clock;
    this.#names = new Names({
      watch: (name, fn) => this.#listen({ ...OWNER_CHANGES, arg0: name }, fn).end,
      ask: (name, told) =>
        this.#ask({ ...DAEMON, member: 'GetNameOwner', signature: 's', body: [name] }, told),
    });
    transport.listen({
      reply: (serial, reply) => this.#replies.get(serial)?.(reply),
      signal: (signal) => this.#signalled(signal),
      call: (call) => this.#called(call),
      lost: (reason) => {
        this.#end(reason);
        onLost(reason);
      },
    });
  }

  /** Our unique name, as others see it: `:1.7`. */
  get name(): string {
    return this.#transport.name;
  }

  /**
   * Calls a method; resolves to what it returns, variants unwrapped and 64-bit numbers as bigint. A service that is
   * not there is not started.
   * @throws BusError
   */
  call(call: BusCall): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      this.#ask(call, (reply) => {
        if (reply instanceof BusError) reject(reply);
        else resolve(reply);
      });
    });
  }

  /** Reads a property. @throws BusError */
  async property(of: BusObject, name: string): Promise<unknown> {
    const [value] = await this.call(getProperty(of, name));
    return value;
  }

  /**
   * Calls `fn` for each such signal. Resolves, to what ends it, when the daemon passes them on.
   * @throws BusError
   */
  async onSignal(match: SignalMatch, fn: OnSignal): Promise<() => void> {
    const { added, end } = this.#listen(match, fn);
    const unfollow = await this.#names.follow(match.from, () => {});
    await added;
    return () => {
      end();
      unfollow();
    };
  }

  /**
   * Tells who owns a name, at once and whenever that changes: a unique name, or undefined while nobody does.
   * Resolves, to what ends it, when `fn` has been called for the first time.
   */
  onOwner(name: string, fn: (owner: string | undefined) => void): Promise<() => void> {
    return this.#names.follow(name, fn);
  }

  /**
   * Tells a property's value, at once and whenever it changes: undefined while its service is not there, or does not
   * tell it. Resolves, to what ends it, when `fn` has been called for the first time.
   * @throws BusError
   */
  async onProperty(of: BusObject, name: string, fn: (value: unknown) => void): Promise<() => void> {
    let asked = 0;
    let ended = false;
    const tell = (value: unknown) => {
      // An answer still to come is older than this: every change is told of.
      asked += 1;
      if (!ended) fn(value);
    };
    const read = (done: () => void) => {
      asked += 1;
      const mine = asked;
      this.#ask(getProperty(of, name), (reply) => {
        if (mine === asked) tell(reply instanceof BusError ? undefined : reply[0]);
        done();
      });
    };
    const changes = { from: of.to, path: of.path, interface: PROPERTIES, member: 'PropertiesChanged' };
    const unlisten = await this.onSignal({ ...changes, arg0: of.interface }, ([, changed, invalidated]) => {
      if (isRecord(changed) && name in changed) tell(changed[name]);
      else if (Array.isArray(invalidated) && invalidated.includes(name)) read(() => {});
    });
    let first: Promise<void> | undefined;
    const unfollow = await this.#names.follow(of.to, (owner) => {
      if (owner === undefined) tell(undefined);
      const told = owner === undefined ? Promise.resolve() : new Promise<void>(read);
      first ??= told;
    });
    await first;
    return () => {
      ended = true;
      unlisten();
      unfollow();
    };
  }

  /** Lets a service call methods on an object of ours; they return nothing. Resolves to what ends it. */
  async serve(object: ServedObject, methods: Methods): Promise<() => void> {
    const unfollow = await this.#names.follow(object.for, () => {});
    const serve = ({ path, interface: iface, member, sender, body }: Incoming): Answer | undefined => {
      if (path !== object.path || iface !== object.interface) return undefined;
      if (!this.#names.isOwnedBy(object.for, sender)) return undefined;
      const method = Object.hasOwn(methods, member) ? methods[member] : undefined;
      method?.(body());
      return method && { signature: '', body: [] };
    };
    this.#served.add(serve);
    return () => {
      if (this.#served.delete(serve)) unfollow();
    };
  }

  /** Lets every program on the bus use an object of ours. Returns what ends it. */
  export(object: ExportedObject): () => void {
    const serve = (call: Incoming) => answerFor(object, call);
    this.#served.add(serve);
    return () => void this.#served.delete(serve);
  }

  /** Emits a signal of an object of ours; nothing comes of it once the connection is gone. */
  emit(signal: Emitted): void {
    if (!this.#ended) this.#transport.emit(signal);
  }

  /** Resolves when everything the daemon has passed on before this is told. @throws BusError */
  async sync(): Promise<void> {
    await this.call({ ...DAEMON, member: 'GetId' });
  }

  /** Frees everything on both sides: the daemon drops what a client asked for when it hangs up. Idempotent. */
  close(): void {
    this.#transport.close();
    this.#end('the connection was closed');
  }

  #listen(match: SignalMatch, fn: OnSignal): { readonly added: Promise<unknown>; readonly end: () => void } {
    const listener = { match, fn };
    const text = ruleOf(match);
    let rule = this.#rules.get(text);
    if (!rule) {
      rule = { listeners: new Set(), added: this.#rule('AddMatch', text) };
      // Who does not wait for it must not hear of it elsewhere.
      rule.added.catch(() => {});
      this.#rules.set(text, rule);
    }
    const { listeners, added } = rule;
    listeners.add(listener);
    const end = () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#rules.delete(text);
      this.#rule('RemoveMatch', text).catch(() => {});
    };
    return { added, end };
  }

  #rule(member: 'AddMatch' | 'RemoveMatch', rule: string): Promise<unknown> {
    return this.call({ ...DAEMON, member, signature: 's', body: [rule] });
  }

  /**
   * As {@link call}, but `told` runs while the answer is read: before any signal that came after it, after any that
   * came before.
   */
  #ask(call: BusCall, told: (reply: readonly unknown[] | BusError) => void): void {
    if (this.#ended) {
      told(new BusError(DISCONNECTED, 'the connection is closed'));
      return;
    }
    const { withinMs = ANSWER_WITHIN_MS } = call;
    let serial: number;
    try {
      serial = this.#transport.send(call);
    } catch (error) {
      const why = error instanceof Error ? error.message : error;
      told(new BusError(FAILED, `${call.member} could not be sent: ${why}`));
      return;
    }
    const settle = (reply: Reply) => {
      cancel();
      this.#replies.delete(serial);
      told('body' in reply ? reply.body : new BusError(reply.errorName, reply.message));
    };
    const cancel = this.#clock.after(withinMs, () =>
      settle({
        errorName: NO_REPLY,
        message: `${call.to} has not answered ${call.member} within ${withinMs} ms`,
      }),
    );
    this.#replies.set(serial, settle);
  }

  #called(call: Incoming): Answer | undefined {
    for (const serve of this.#served) {
      const answer = serve(call);
      if (answer) return answer;
    }
    return undefined;
  }

  #signalled(signal: Incoming): void {
    const meant = [...this.#rules.values()].flatMap(({ listeners }) =>
      [...listeners].filter(({ match }) => this.#isMeant(match, signal)),
    );
    if (meant.length === 0) return;
    const args = signal.body();
    for (const { match, fn } of meant) {
      if (match.arg0 === undefined || match.arg0 === args[0]) fn(args, signal.path);
    }
  }

  #isMeant(match: SignalMatch, { member, interface: iface, path, sender }: Incoming): boolean {
    if (match.member !== member || match.interface !== iface) return false;
    // Anybody may send us anything: only what its service says counts.
    return (match.path ?? path) === path && this.#names.isOwnedBy(match.from, sender);
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#rules.clear();
    this.#served.clear();
    for (const settle of [...this.#replies.values()]) settle({ errorName: DISCONNECTED, message: reason });
  }
}

/** Whether a plain value is a dictionary. */
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
