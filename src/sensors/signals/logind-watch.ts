/** What logind tells of this person's session and of the machine's sleep, for as long as one connection lives. */
import type { BusConnection } from '../../system/dbus/bus.js';
import { findSession, MANAGER, sessionAt } from '../dbus/logind.js';

/** What logind does by default: systemd's own default of InhibitDelayMaxSec. */
const DELAY_MAX_MS = 5_000;

export interface Found {
  /** The path of the person's session; undefined when logind knows none. */
  readonly session: string | undefined;
}

export interface LogindEvents {
  /** What is watched now; undefined while logind is not there. */
  found(found: Found | undefined): void;
  /** What the session's desktop has told logind; undefined when that is not known any more. */
  lockedHint(locked: boolean | undefined): void;
  /** Somebody asked for the session to be locked (`loginctl lock-session`), or unlocked. */
  lockRequested(locked: boolean): void;
  /** The machine is about to sleep, or is awake again. */
  sleep(begins: boolean): void;
}

export class LogindWatch {
  readonly #bus: BusConnection;
  readonly #env: NodeJS.ProcessEnv;
  readonly #events: LogindEvents;
  #present = false;
  #session: string | undefined;
  #endSession: () => void = () => {};
  #looks: Promise<void> = Promise.resolve();
  #delayMaxMs = DELAY_MAX_MS;

  private constructor(bus: BusConnection, env: NodeJS.ProcessEnv, events: LogindEvents) {
    this.#bus = bus;
    this.#env = env;
    this.#events = events;
  }

  /** Resolves when everything there is to know has been told. Rejects when the bus refuses. */
  static async start(bus: BusConnection, env: NodeJS.ProcessEnv, events: LogindEvents): Promise<LogindWatch> {
    const watch = new LogindWatch(bus, env, events);
    const from = { from: MANAGER.to, path: MANAGER.path, interface: MANAGER.interface };
    await bus.onSignal({ ...from, member: 'PrepareForSleep' }, ([begins]) => events.sleep(begins === true));
    // Somebody signs in or out: another session may now be the person's.
    await bus.onSignal({ ...from, member: 'SessionNew' }, () => watch.#lookUnasked());
    await bus.onSignal({ ...from, member: 'SessionRemoved' }, () => watch.#lookUnasked());
    await bus.onProperty(MANAGER, 'InhibitDelayMaxUSec', (usec) => {
      watch.#delayMaxMs = typeof usec === 'bigint' ? Number(usec / 1_000n) : DELAY_MAX_MS;
    });
    let first: Promise<void> | undefined;
    await bus.onOwner(MANAGER.to, (owner) => {
      watch.#present = owner !== undefined;
      const look = watch.#look();
      first ??= look;
      if (first !== look) look.catch(() => {});
    });
    await first;
    return watch;
  }

  /** How long logind waits for who holds sleep back. */
  get delayMaxMs(): number {
    return this.#delayMaxMs;
  }

  #lookUnasked(): void {
    // What can fail here is the connection, and that is told elsewhere.
    this.#look().catch(() => {});
  }

  /** Finds the session anew, and follows it if it is another. One look after the other. */
  #look(): Promise<void> {
    const look = this.#looks.then(() => this.#lookOnce());
    this.#looks = look.catch(() => {});
    return look;
  }

  async #lookOnce(): Promise<void> {
    const session = this.#present ? await findSession(this.#bus, this.#env) : undefined;
    if (session !== this.#session) {
      this.#endSession();
      this.#endSession = () => {};
      this.#session = session;
      this.#events.lockedHint(undefined);
      this.#events.lockRequested(false);
      if (session !== undefined) await this.#follow(session);
    }
    this.#events.found(this.#present ? { session } : undefined);
  }

  async #follow(session: string): Promise<void> {
    const of = sessionAt(session);
    const from = { from: of.to, path: of.path, interface: of.interface };
    const { lockedHint, lockRequested } = this.#events;
    const ends = [
      await this.#bus.onSignal({ ...from, member: 'Lock' }, () => lockRequested(true)),
      await this.#bus.onSignal({ ...from, member: 'Unlock' }, () => lockRequested(false)),
      await this.#bus.onProperty(of, 'LockedHint', (locked) =>
        lockedHint(typeof locked === 'boolean' ? locked : undefined),
      ),
    ];
    this.#endSession = () => {
      for (const end of ends) end();
    };
  }
}
