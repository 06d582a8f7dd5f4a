/**
 * Folds what Mutter tells of idleness into activity without waking while nothing happens: a watch for the next input
 * while at rest, a watch for the first second without any while in use, and in between a look now and then.
 *
 * Mutter's idle time starts anew by itself on two occasions, with nobody there: when the machine wakes (which looks
 * like input) and when the last idle inhibitor is gone (which is silent). While anything inhibits, Mutter also keeps
 * to itself that nobody is there. Programs cannot set it back: `ResetIdletime` is refused outside Mutter's own tests.
 */
import { type Clock, type Instant, NOTICEABLE_SLEEP_MS, sleptBetween } from '../../core/instant.js';
import { type ActivityRuns, instantBefore, PAUSE_MS } from '../runs.js';

/** How often use that goes on is looked at. */
const LOOK_EVERY_MS = 5_000;

/** Mutter's idle monitor. What it promises is ordered: what was announced before an answer arrives before it. */
export interface IdleMonitor {
  /** Milliseconds of waking time since the last input, or since Mutter set it back. */
  idleMs(): Promise<number>;
  /** Calls `fn` each time there has been no input for `ms`; never while {@link inhibited}. */
  onIdle(ms: number, fn: () => void): Promise<void>;
  /** Calls `fn` at the next input, once. */
  onceActive(fn: () => void): Promise<void>;
  /** Whether a program keeps the session from becoming idle. */
  inhibited(): boolean;
  /** Calls `fn` each time that has changed. */
  onInhibited(fn: () => void): void;
}

export interface IdleWatchOptions {
  readonly monitor: IdleMonitor;
  readonly clock: Clock;
  readonly runs: ActivityRuns;
  /** Something happened at `at`; `ongoing` as for {@link ActivityRuns.happened}. */
  readonly report: (at: Instant, ongoing: boolean) => void;
  /** Mutter could not be asked, so that input may now go unnoticed. */
  readonly failed: (error: unknown) => void;
}

export class IdleWatch {
  readonly #options: IdleWatchOptions;
  /** Between an input after rest and the first second without any. */
  #inUse = false;
  #stopped = false;
  /** Counts up when what is being asked must no longer be believed. */
  #epoch = 0;
  /** When it was last known what had happened. */
  #lookedAt: Instant;
  /** When Mutter last announced input: sleep since then has not been accounted for. */
  #heardAt: Instant;
  #cancelTimer: () => void = () => {};
  #work: Promise<void> = Promise.resolve();

  private constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.#lookedAt = this.#heardAt = options.clock.now();
  }

  /** Resolves when it watches; input of the same moment shows with the next. */
  static async start(options: IdleWatchOptions): Promise<IdleWatch> {
    const watch = new IdleWatch(options);
    const { monitor } = options;
    monitor.onInhibited(() => watch.#inhibitedChanged());
    await monitor.onIdle(PAUSE_MS, () => watch.#idle());
    await watch.#awaitInput();
    return watch;
  }

  /** Reports what is not reported yet. Rejects when Mutter cannot be asked. */
  read(): Promise<void> {
    // At rest there is nothing but what Mutter announces, and the answer comes after that.
    return this.#then(async () => {
      if (this.#inUse) await this.#look(true);
      else await this.#options.monitor.idleMs();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#epoch += 1;
    this.#cancelTimer();
  }

  #awaitInput(): Promise<void> {
    return this.#options.monitor.onceActive(() => this.#input());
  }

  #input(): void {
    if (this.#stopped) return;
    const { clock, monitor, report } = this.#options;
    const now = clock.now();
    const slept = sleptBetween(this.#heardAt, now);
    this.#heardAt = this.#lookedAt = now;
    if (slept >= NOTICEABLE_SLEEP_MS) {
      // It may be Mutter's own doing on waking up. A person who is there does more than this.
      this.#unasked(() => this.#awaitInput());
      return;
    }
    this.#inUse = true;
    report(now, !monitor.inhibited());
    this.#schedule();
  }

  #idle(): void {
    if (this.#inUse) this.#unasked(() => this.#close());
  }

  #inhibitedChanged(): void {
    if (this.#stopped) return;
    if (this.#options.monitor.inhibited()) {
      if (this.#inUse) this.#unasked(() => this.#inhibitedInUse());
      return;
    }
    // The idle time has just been set back and proves nothing: only further input shows that somebody is there.
    this.#epoch += 1;
    this.#options.runs.broken();
    if (!this.#inUse) return;
    this.#rest();
    this.#unasked(() => this.#awaitInput());
  }

  /** Until now a pause would have been announced; from now on none is. */
  async #inhibitedInUse(): Promise<void> {
    if (!this.#inUse) return;
    await this.#look(true);
    this.#options.runs.broken();
    if (this.#inUse) this.#schedule();
  }

  #rest(): void {
    this.#inUse = false;
    this.#epoch += 1;
    this.#cancelTimer();
  }

  /** While inhibited nothing announces a pause, so each second is ended as if it were followed by one. */
  #schedule(): void {
    const { clock, monitor } = this.#options;
    this.#cancelTimer();
    const inhibited = monitor.inhibited();
    this.#cancelTimer = clock.after(inhibited ? PAUSE_MS : LOOK_EVERY_MS, () =>
      this.#unasked(() => (inhibited ? this.#close() : this.#lookOrClose())),
    );
  }

  async #lookOrClose(): Promise<void> {
    if (!this.#inUse) return;
    const idleMs = await this.#look(true);
    if (!this.#inUse || idleMs === undefined) return;
    const slept = sleptBetween(this.#heardAt, this.#lookedAt) >= NOTICEABLE_SLEEP_MS;
    if (idleMs >= PAUSE_MS || slept) await this.#close();
    else this.#schedule();
  }

  /** Reports the last input of what may be a run, and waits for the next. */
  async #close(): Promise<void> {
    if (!this.#inUse) return;
    this.#rest();
    await this.#look(false);
    this.#options.runs.broken();
    // Once more behind the watch, for input that came before it was there.
    await Promise.all([this.#awaitInput(), this.#look(false)]);
  }

  /**
   * Asks when the last input was, and reports it. Resolves to how long ago that was; to undefined when the answer has
   * been overtaken: by input that was announced, or by an idle time set back.
   */
  async #look(goesOn: boolean): Promise<number | undefined> {
    const { clock, monitor, runs, report } = this.#options;
    const epoch = this.#epoch;
    // The answer is younger than the question: reckoned from here it errs to the early side, never to the late.
    const asked = clock.now();
    const idleMs = await monitor.idleMs();
    if (this.#stopped || epoch !== this.#epoch || this.#inUse !== goesOn) return undefined;
    const at = instantBefore(asked, idleMs, this.#lookedAt);
    // What came after the pause that ends a run is not part of it.
    if (!goesOn && idleMs < PAUSE_MS) runs.broken();
    this.#lookedAt = asked;
    report(at, goesOn && !monitor.inhibited());
    return idleMs;
  }

  #unasked(step: () => Promise<void>): void {
    this.#then(step).catch((error) => {
      if (!this.#stopped) this.#options.failed(error);
    });
  }

  /** One step after the other, so that each knows what the one before has found. */
  #then(step: () => Promise<void>): Promise<void> {
    const done = this.#work.then(step);
    this.#work = done.catch(() => {});
    return done;
  }
}
