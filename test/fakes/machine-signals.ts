/**
 * What a machine tells of its session, in the hands of a test: it locks and unlocks, announces sleep and says that
 * it is awake again; each signal can break. Like the real ones it tells of a lock that is there when it is asked.
 */
import type { Clock } from '../../src/core/instant.js';
import type { SensorHealth } from '../../src/core/sensor.js';
import {
  type SessionSignals,
  SIGNALS,
  type SignalName,
  type SignalsSettings,
  type SignalsSink,
} from '../../src/core/session-signals.js';
import type { Life } from './process.js';

/** The session of one machine, over any number of lives of the daemon. */
export class MachineSignals {
  isLocked = false;
  readonly #clock: Clock;
  readonly #broken = new Set<SignalName>();
  #settings: SignalsSettings | undefined;
  #sink: SignalsSink | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The signals of one process: those of an earlier one fall silent. */
  signals(life: Life): SessionSignals {
    return {
      start: async (settings, sink) => {
        this.#settings = settings;
        this.#sink = {
          locked: (locked, at) => life.enter(() => sink.locked(locked, at)),
          suspending: (until) => (life.isAlive ? sink.suspending(until) : Promise.resolve()),
          resumed: () => life.enter(() => sink.resumed()),
          health: (signal, health) => life.enter(() => sink.health(signal, health)),
        };
        for (const signal of SIGNALS) this.#tellHealth(signal);
        if (this.isLocked) this.#tellLock();
      },
      configure: async (settings) => {
        if (life.isAlive) this.#settings = settings;
      },
      stop: async () => {
        if (life.isAlive) this.unplug();
      },
    };
  }

  /** Nobody listens any more, and nobody holds sleep back. */
  unplug(): void {
    this.#sink = undefined;
    this.#settings = undefined;
  }

  isWatching(signal: SignalName): boolean {
    return this.#sink !== undefined && !this.#broken.has(signal);
  }

  /** Whether sleep is held back until the daemon has done what it has to. */
  get delaysSuspend(): boolean {
    return this.isWatching('suspend') && (this.#settings?.delaySuspend ?? false);
  }

  lock(isLocked = true): void {
    if (this.isLocked === isLocked) return;
    this.isLocked = isLocked;
    if (this.isWatching('lock')) this.#tellLock();
  }

  /** The machine is about to sleep, in `ms` at the latest. Resolves when the daemon lets it. */
  async suspending(ms: number): Promise<void> {
    if (this.isWatching('suspend')) await this.#sink?.suspending(this.#clock.now().boot + ms);
  }

  /** It is awake again, or does not sleep after all. */
  resumed(): void {
    if (this.isWatching('suspend')) this.#sink?.resumed();
  }

  break(signal: SignalName): void {
    if (this.#broken.has(signal)) return;
    this.#broken.add(signal);
    this.#tellHealth(signal);
  }

  mend(signal: SignalName): void {
    if (!this.#broken.delete(signal)) return;
    this.#tellHealth(signal);
    if (signal === 'lock' && this.isLocked) this.#tellLock();
  }

  #tellLock(): void {
    this.#sink?.locked(this.isLocked, this.#clock.now());
  }

  #tellHealth(signal: SignalName): void {
    const health: SensorHealth = this.#broken.has(signal)
      ? { state: 'unavailable', reason: 'it broke', cure: 'mend it' }
      : { state: 'watching', mechanism: 'a test' };
    this.#sink?.health(signal, health);
  }
}
