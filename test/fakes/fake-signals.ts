/**
 * The session of a person whom a test plays: it locks and unlocks it, has the machine sleep, and takes the signals
 * away. Like the real ones they tell of a lock at the start, and of sleep only to who is started.
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

/** How long the machine waits for who holds sleep back, unless a test says otherwise. */
const DELAY_MAX_MS = 5_000;

/** One person's session on one machine, over any number of lives of the daemon. */
export class PersonsSession {
  readonly #clock: Clock;
  readonly #broken = new Set<SignalName>();
  #isLocked = false;
  #told = false;
  #settings: SignalsSettings | undefined;
  #sink: SignalsSink | undefined;
  #isHeldBack = false;
  #sleeps = 0;
  delayMaxMs = DELAY_MAX_MS;

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
          suspending: async (until) => {
            let done: Promise<void> | undefined;
            life.enter(() => {
              done = sink.suspending(until);
            });
            await done;
          },
          resumed: () => life.enter(() => sink.resumed()),
          health: (signal, health) => life.enter(() => sink.health(signal, health)),
        };
        this.#told = false;
        this.#seeToHold();
        for (const signal of SIGNALS) this.#tellHealth(signal);
        this.#tellLock();
      },
      configure: async (settings) => {
        if (!life.isAlive) return;
        this.#settings = settings;
        this.#seeToHold();
      },
      stop: async () => {
        if (life.isAlive) this.unplug();
      },
    };
  }

  /** Nobody listens any more. */
  unplug(): void {
    this.#sink = undefined;
    this.#isHeldBack = false;
  }

  /** Whether the machine would wait before it sleeps. */
  get isHeldBack(): boolean {
    return this.#isHeldBack;
  }

  /** Whether what happens is told to anybody. */
  isTelling(signal: SignalName): boolean {
    return this.#sink !== undefined && !this.#broken.has(signal);
  }

  lock(locked: boolean): void {
    this.#isLocked = locked;
    this.#tellLock();
  }

  /** Announces sleep. Resolves when the machine may sleep; it does not wait longer than {@link delayMaxMs}. */
  async suspend(): Promise<void> {
    this.#sleeps += 1;
    const mine = this.#sleeps;
    if (!this.#sink || this.#broken.has('suspend')) return;
    const { boot } = this.#clock.now();
    const done = this.#sink.suspending(boot + (this.#isHeldBack ? this.delayMaxMs : 0)).then(() => {
      if (mine === this.#sleeps) this.#isHeldBack = false;
    });
    if (!this.#isHeldBack) return;
    let cancel: () => void = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.#clock.after(this.delayMaxMs, resolve);
    });
    await Promise.race([done, late]);
    cancel();
  }

  /** Awake again, or sleep was called off. */
  resume(): void {
    this.#sleeps += 1;
    if (!this.#broken.has('suspend')) this.#sink?.resumed();
    this.#seeToHold();
  }

  /** A signal can no longer be told: its word is withdrawn. */
  break(signal: SignalName): void {
    if (this.#broken.has(signal)) return;
    this.#broken.add(signal);
    this.#tellHealth(signal);
    if (signal === 'lock') this.#tellLock();
    else this.#seeToHold();
  }

  mend(signal: SignalName): void {
    if (!this.#broken.delete(signal)) return;
    this.#tellHealth(signal);
    if (signal === 'lock') this.#tellLock();
    else this.#seeToHold();
  }

  #seeToHold(): void {
    const wanted = this.#sink !== undefined && (this.#settings?.delaySuspend ?? false);
    this.#isHeldBack = wanted && !this.#broken.has('suspend');
  }

  #tellLock(): void {
    const locked = this.#isLocked && !this.#broken.has('lock');
    if (!this.#sink || locked === this.#told) return;
    this.#told = locked;
    this.#sink.locked(locked, this.#clock.now());
  }

  #tellHealth(signal: SignalName): void {
    const health: SensorHealth = this.#broken.has(signal)
      ? { state: 'unavailable', reason: 'it broke', cure: 'mend it' }
      : { state: 'watching', mechanism: 'a test' };
    this.#sink?.health(signal, health);
  }
}
