/**
 * Turns a compositor's word that nobody has touched anything for a second, and that somebody does again, into runs of
 * activity. Between the two nothing wakes.
 */
import type { Clock, Instant } from '../../core/instant.js';
import { type ActivityRuns, instantBefore, PAUSE_MS } from '../runs.js';

export interface IdleWatchOptions {
  readonly clock: Clock;
  readonly runs: ActivityRuns;
  /** Something happened at `at`; `ongoing` as for {@link ActivityRuns.happened}. */
  readonly report: (at: Instant, ongoing: boolean) => void;
}

export class IdleWatch {
  readonly #options: IdleWatchOptions;
  /** Undefined until the compositor has said the first word about it. */
  #inUse: boolean | undefined;
  /** When it was last known what had happened. */
  #lookedAt: Instant;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.#lookedAt = options.clock.now();
  }

  /** Nobody has touched anything since the watch began. */
  atRest(): void {
    this.#inUse ??= false;
  }

  /** Somebody touches something, after a rest. */
  resumed(): void {
    const { clock, runs, report } = this.#options;
    this.#inUse = true;
    runs.broken();
    this.#lookedAt = clock.now();
    report(this.#lookedAt, true);
  }

  /** Nobody has touched anything for `PAUSE_MS`: the last touch was that long ago. */
  idled(): void {
    if (this.#inUse) this.#report(PAUSE_MS, false);
    this.#inUse = false;
    this.#options.runs.broken();
  }

  /** Reports what is not reported yet. While it is in use, the last touch is at most `PAUSE_MS` old: it is taken as now. */
  look(): void {
    if (this.#inUse) this.#report(0, true);
  }

  #report(ageMs: number, ongoing: boolean): void {
    const { clock, runs, report } = this.#options;
    const now = clock.now();
    const lookedAt = runs.last.mono > this.#lookedAt.mono ? runs.last : this.#lookedAt;
    this.#lookedAt = now;
    report(instantBefore(now, ageMs, lookedAt), ongoing);
  }
}
