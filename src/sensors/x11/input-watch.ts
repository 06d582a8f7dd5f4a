/**
 * Watches one kind of input device without waking while nothing happens: the server tells when the idle time
 * falls under a second and when it has risen over it again; in between it is looked at now and then.
 */
import type { Clock, Instant } from '../../core/instant.js';
import { type ActivityRuns, instantBefore, PAUSE_MS } from '../runs.js';
import type { XConnection } from './connection.js';
import type { InputDevices } from './input-devices.js';

/** How often input that goes on is looked at: what a forced reset can hide of it is at most this long. */
const LOOK_EVERY_MS = 5_000;

/** After a forced reset the counter stays low for a second, in which real input makes no transition. */
const LOOK_AFTER_RESET_MS = 0.9 * PAUSE_MS;
const LOOK_AGAIN_MS = 50;

/** What a counter's value may be off by, with the time the request takes to get there. */
const READING_MS = 10;

export interface InputWatchOptions {
  readonly connection: Pick<XConnection, 'onCounter' | 'settle' | 'sync'>;
  readonly devices: Pick<InputDevices, 'master' | 'read'>;
  readonly clock: Clock;
  readonly runs: ActivityRuns;
  /** Something happened at `at`; `ongoing` as for {@link ActivityRuns.happened}. */
  readonly report: (at: Instant, ongoing: boolean) => void;
  /**
   * Begins a look; what it resolves to is told what the counters say, and says whether that is activity. What
   * is looked at before the counters are read is explained by them.
   */
  readonly look: () => Promise<(use: Use) => boolean>;
  /** The wait before the second look at something that has not counted yet; doubled with each look. */
  readonly firstWaitMs: number;
}

export interface Use {
  /** The counter was set back since the look before. */
  readonly used: boolean;
  /** But by a program, which may have hidden use before it. */
  readonly forced: boolean;
  /** Milliseconds the devices had been at rest before this run of input; 0 but for its first look. */
  readonly restedMs: number;
}

export class InputWatch {
  readonly #options: InputWatchOptions;
  /** Below the threshold, until the look that closes the run. */
  #open = false;
  #closing = false;
  #stopped = false;
  #lookedAt: Instant;
  /** The idle time at the look before. */
  #idleMs = 0;
  /** Monotonic milliseconds of the look before, and of the last use of a device. */
  #askedAt: number;
  #usedAt: number;
  #restedMs = 0;
  #waitMs: number;
  #cancelTimer: () => void = () => {};
  #looks: Promise<void> = Promise.resolve();

  private constructor(options: InputWatchOptions) {
    this.#options = options;
    this.#lookedAt = options.clock.now();
    this.#askedAt = this.#usedAt = this.#lookedAt.mono;
    this.#waitMs = options.firstWaitMs;
  }

  static async start(options: InputWatchOptions): Promise<InputWatch> {
    const watch = new InputWatch(options);
    const { connection, devices } = options;
    await connection.onCounter(devices.master, 'falls', PAUSE_MS, () => watch.#opened());
    await connection.onCounter(devices.master, 'rises', PAUSE_MS, () => watch.#closed());
    await connection.settle();
    const asked = options.clock.now().mono;
    const { idleMs } = await devices.read();
    watch.#idleMs = idleMs;
    if (watch.#open) return watch;
    watch.#usedAt = asked - idleMs;
    if (idleMs < PAUSE_MS) {
      // Used at this moment already: there will be no fall before it has been left alone.
      watch.#open = true;
      watch.#schedule(options.firstWaitMs);
    }
    return watch;
  }

  /** Reports what is not reported yet. Rejects when the server cannot be read. */
  async read(): Promise<void> {
    // A transition on its way arrives before the answer; without one there is nothing new.
    await this.#options.connection.sync();
    if (this.#open) await this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  #opened(): void {
    const now = this.#options.clock.now();
    this.#restedMs = now.mono - this.#usedAt;
    this.#open = true;
    this.#closing = false;
    this.#waitMs = this.#options.firstWaitMs;
    this.#lookedAt = now;
    this.#options.runs.broken();
    this.#lookUnasked();
  }

  #closed(): void {
    this.#closing = true;
    this.#lookUnasked();
  }

  #lookUnasked(): void {
    // What can fail here is the connection, and it reports that itself.
    this.#look().catch(() => {});
  }

  /** One look after the other, so that each compares with the one before. */
  #look(): Promise<void> {
    const look = this.#looks.then(() => this.#lookOnce());
    this.#looks = look.catch(() => {});
    return look;
  }

  async #lookOnce(): Promise<void> {
    if (this.#stopped) return;
    const { clock, devices, runs, look, report } = this.#options;
    this.#cancelTimer();
    // The counters are older than the answer: reckoned from here they err to the early side, never to the late.
    const asked = clock.now();
    const counts = await look();
    const { idleMs, forced } = await devices.read();
    if (this.#stopped) return;
    const usedAt = asked.mono - idleMs;
    // An idle time that shrank says so however late the answer comes; one that grew is told apart by the clock.
    const used = idleMs < this.#idleMs || usedAt > this.#askedAt - READING_MS;
    // What counts now did not count at the look before, so it is no older: an answer that was late made it seem so.
    const ageMs = Math.min(idleMs, asked.mono - this.#askedAt);
    const lookedAt = runs.last.mono > this.#lookedAt.mono ? runs.last : this.#lookedAt;
    const counted = counts({ used, forced, restedMs: this.#restedMs });
    this.#lookedAt = asked;
    this.#askedAt = asked.mono;
    this.#idleMs = idleMs;
    this.#restedMs = 0;
    this.#usedAt = Math.max(this.#usedAt, usedAt);
    if (counted) {
      report(instantBefore(asked, ageMs, lookedAt), !this.#closing);
      this.#waitMs = LOOK_EVERY_MS;
    } else if (used) {
      runs.broken();
    }
    if (this.#closing) {
      this.#open = this.#closing = false;
      runs.broken();
    } else if (this.#open) {
      this.#schedule(forced ? Math.max(LOOK_AFTER_RESET_MS - idleMs, LOOK_AGAIN_MS) : this.#waitMs);
      this.#waitMs = Math.min(2 * this.#waitMs, LOOK_EVERY_MS);
    }
  }

  #schedule(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.after(ms, () => this.#lookUnasked());
  }
}
