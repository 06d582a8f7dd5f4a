/** Folds moments at which something happened into runs of activity. Pure: it is told the time. */
import { type Instant, sleptBetween } from '../core/instant.js';
import type { Activity, SensorName } from '../core/sensor.js';

/** A longer pause than this, in milliseconds, ends a run (the promise of `Activity.began`). */
export const PAUSE_MS = 1_000;

/** Two readings of the same moment differ by less than this: one input must not be reported as two. */
const SAME_MS = 50;

export class ActivityRuns {
  readonly #sensor: SensorName;
  #last: Instant;
  #began: number | undefined;
  #unbroken = false;

  /** Nothing before `start` is reported. */
  constructor(sensor: SensorName, start: Instant) {
    this.#sensor = sensor;
    this.#last = start;
  }

  /** The last moment told, or the start. */
  get last(): Instant {
    return this.#last;
  }

  /**
   * Something happened at `at`. Undefined if that is already told. `ongoing`: what happens is known to go on,
   * so that the next moment belongs to this run even after more than a pause, unless {@link broken} comes first.
   */
  happened(at: Instant, ongoing = false): Activity | undefined {
    const told = this.#began === undefined ? this.#last.mono : this.#last.mono + SAME_MS;
    if (at.mono <= told) {
      this.#unbroken ||= ongoing;
      return undefined;
    }
    // Known unbroken by a source whose clock stands still in sleep: sleep is a pause all the same.
    const joined = this.#unbroken && sleptBetween(this.#last, at) <= PAUSE_MS;
    const paused = at.boot - this.#last.boot > PAUSE_MS;
    if (this.#began === undefined || (paused && !joined)) this.#began = at.boot;
    this.#last = at;
    this.#unbroken = ongoing;
    return { sensor: this.#sensor, at, began: this.#began };
  }

  /** It cannot be said that it went on without a pause. */
  broken(): void {
    this.#unbroken = false;
  }
}

/**
 * The instant `ageMs` of waking time before `now`. Where the machine slept since `lookedAt`, when it was last
 * known what had happened, it is taken to lie before the sleep: waking up is no activity.
 */
export function instantBefore(now: Instant, ageMs: number, lookedAt: Instant): Instant {
  const slept = sleptBetween(lookedAt, now);
  const back = ageMs + (slept > PAUSE_MS ? slept : 0);
  return { wall: now.wall - back, mono: now.mono - ageMs, boot: now.boot - back };
}
