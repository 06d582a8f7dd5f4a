/**
 * What the system tells of the session and the machine, and what that means: a lock drops the presence leases where
 * the settings say so, an announced sleep may, and waking up calls for nothing but a fresh look.
 */
import type { SignalView } from '../core/control.js';
import type { Clock } from '../core/instant.js';
import type { Activity, SensorHealth } from '../core/sensor.js';
import {
  type SessionSignals,
  SIGNALS,
  type SignalName,
  type SignalsSettings,
} from '../core/session-signals.js';
import type { Settings } from '../core/settings.js';
import type { Attendant } from './attendant.js';
import type { Conditions } from './conditions.js';
import type { Drops } from './drops.js';
import type { Counted, LeaseBook } from './lease-book.js';
import type { SuspendNap } from './suspend-nap.js';

export interface MachineWatchPorts {
  readonly clock: Clock;
  readonly signals: SessionSignals;
  readonly settings: () => Settings;
  readonly book: LeaseBook;
  readonly drops: Drops;
  readonly suspendNap: SuspendNap;
  readonly attendant: Attendant;
  readonly conditions: Conditions;
  /** Called with what was typed under a lock, once it is over. */
  readonly returned: (activity: Activity, counted: Counted) => void;
  /** Called when presence may have changed, or has to be looked at. */
  readonly changed: () => void;
}

export class MachineWatch {
  readonly #ports: MachineWatchPorts;
  readonly #health = new Map<SignalName, SensorHealth>();
  #state: 'new' | 'listening' | 'stopped' = 'new';
  #wasToldLocked = false;

  constructor(ports: MachineWatchPorts) {
    this.#ports = ports;
  }

  /** Whether the session is locked; undefined while nobody can tell. */
  get locked(): boolean | undefined {
    return this.#health.get('lock')?.state === 'watching' ? this.#wasToldLocked : undefined;
  }

  /** How each signal is doing. */
  signals(): readonly SignalView[] {
    return SIGNALS.map((signal) => ({ signal, health: this.#health.get(signal) ?? { state: 'off' } }));
  }

  /** Begins to listen. Resolves when each signal is watched or is not available. */
  async start(): Promise<void> {
    const { clock, signals, suspendNap, changed } = this.#ports;
    await signals.start(this.#signalsSettings(), {
      locked: (locked, at) => {
        this.#wasToldLocked = locked;
        this.#followLock(Math.min(at.boot, clock.now().boot));
      },
      suspending: (until) => (this.#state === 'listening' ? suspendNap.before(until) : Promise.resolve()),
      resumed: () => {
        suspendNap.over();
        changed();
      },
      health: (signal, health) => this.#healthChanged(signal, health),
    });
    if (this.#state === 'new') this.#state = 'listening';
  }

  /** Applies changed settings: a lock that is there already means away, or no longer does, from now on. */
  configure(): void {
    const { clock, conditions, signals } = this.#ports;
    void signals.configure(this.#signalsSettings());
    for (const { signal, health } of this.signals()) conditions.signal(signal, health);
    this.#followLock(clock.now().boot);
  }

  /**
   * Whether an unlock waits to be acted on. A run of typing is told at its begin and its end: the sensors have to be
   * read first, for the password may still be on its way here.
   */
  isUnlocking(): boolean {
    const { book, settings } = this.#ports;
    return book.isLocked() && this.locked === false && settings().lockMeansAway;
  }

  /** Acts on an unlock: what was typed under the lock is the return. */
  unlock(): void {
    const { book, returned } = this.#ports;
    const typed = book.unlock();
    if (typed) returned(typed.activity, typed);
  }

  /**
   * The machine has slept. Nothing that was to happen before may happen now without a fresh look at the person and
   * a warning: not even what a lock or the sleep itself had called for.
   */
  slept(): void {
    const { attendant, book, suspendNap } = this.#ports;
    suspendNap.over();
    book.lapse('lock');
    attendant.abandonNaps();
  }

  /** Listens no more. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#ports.suspendNap.over();
    await this.#ports.signals.stop();
  }

  #healthChanged(signal: SignalName, health: SensorHealth): void {
    const { clock, conditions } = this.#ports;
    this.#health.set(signal, health);
    conditions.signal(signal, health);
    // One that is watched again tells of a lock that is there.
    if (signal === 'lock' && health.state !== 'watching') this.#wasToldLocked = false;
    this.#followLock(clock.now().boot);
  }

  /** Brings presence up to date with the lock and what it means. `since`: when a lock that is new began. */
  #followLock(since: number): void {
    const { book, changed } = this.#ports;
    if (this.#state === 'stopped' || this.#countsAsLocked() === book.isLocked()) return;
    if (!book.isLocked()) this.#lock(since);
    else if (this.isUnlocking()) changed();
    else {
      // Nobody can tell any more, or nobody wants to know: it is as if there had been no lock.
      book.ignoreLock();
      changed();
    }
  }

  #countsAsLocked(): boolean {
    return this.#ports.settings().lockMeansAway && this.locked === true;
  }

  /**
   * A lock is away at once, but only one that comes about before our eyes and while presence is known. A start of
   * the daemon and leaving unknown grant one full timeout without exception, for nobody has seen what was before:
   * leases granted under a lock run out in their time, with a warning.
   */
  #lock(since: number): void {
    const { book, changed, drops } = this.#ports;
    book.lock(since);
    if (this.#state === 'listening' && book.state() !== 'unknown') drops.drop({ by: 'lock', at: since });
    changed();
  }

  #signalsSettings(): SignalsSettings {
    return { delaySuspend: this.#ports.settings().onSuspend === 'nap' };
  }
}
