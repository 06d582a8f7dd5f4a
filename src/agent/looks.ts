/**
 * When each target is to be looked at next, and how patiently: settling, resting, backing off from failures. It
 * keeps time and what was told; what a look finds and does is the attendant's.
 */
import type { Clock } from '../core/instant.js';
import type { TargetId } from '../core/target.js';
import { backoff, settleDelay } from './backoff.js';
import type { Journal } from './journal.js';

/** What one target is waiting for, between looks. */
interface Look {
  /** `boot` milliseconds of the next look; undefined: none is needed. */
  at: number | undefined;
  /** Looks in a row that found it still settling. */
  settling: number;
  /** Until when a target that is due but has nothing done to it is left alone, unless something happens. */
  restUntil: number;
  /** Failures in a row. */
  failures: number;
  /** Since when its step is being put off, for plan's patience. */
  waitingSince: number | undefined;
  /** What was told last, so that a reason is told once and not at every look. */
  told: string | undefined;
}

/** So often in a row is read what starts, some five minutes: what does not come up by then is left to the state checks. */
const MOST_STARTING = 36;

export interface LooksPorts {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Whether a target is in somebody's hands; those let go of it with a look. */
  readonly isHeld: (id: TargetId) => boolean;
  /** How long a target that is due and yet stays up (needed by another, dry_run) is left unread, unless something happens. */
  readonly restMs: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export class Looks {
  readonly #ports: LooksPorts;
  readonly #looks = new Map<TargetId, Look>();

  constructor(ports: LooksPorts) {
    this.#ports = ports;
  }

  /** Asks for a look as soon as possible; whatever the target was waiting for is over. */
  now(id: TargetId): void {
    const look = this.#of(id);
    look.at = this.#now();
    look.failures = 0;
    look.settling = 0;
  }

  /** Asks for a look now, unless one is coming that failures or a rest have put off. */
  soon(id: TargetId): void {
    const look = this.#of(id);
    if (look.at === undefined && !this.#ports.isHeld(id)) look.at = Math.max(this.#now(), look.restUntil);
  }

  /** What was found before no longer says anything about what is due: it may be looked at again at once. */
  freshen(id: TargetId): void {
    const look = this.#of(id);
    if (look.at === look.restUntil) look.at = undefined;
    look.restUntil = 0;
  }

  /** The next look due, in `boot` milliseconds; `Infinity` when none is. */
  nextAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const [id, look] of this.#looks)
      if (look.at !== undefined && !this.#ports.isHeld(id)) next = Math.min(next, look.at);
    return next;
  }

  /** Takes up every look that is due, of targets in nobody's hands. */
  takeDue(): readonly TargetId[] {
    const now = this.#now();
    const due: TargetId[] = [];
    for (const [id, look] of this.#looks) {
      if (look.at === undefined || look.at > now || this.#ports.isHeld(id)) continue;
      look.at = undefined;
      due.push(id);
    }
    return due;
  }

  /** Nothing is known of this target any more. */
  forget(id: TargetId): void {
    this.#looks.delete(id);
  }

  /** A step was put off, or AWS is still at work: look again when it may have come further. */
  waits(id: TargetId): void {
    const look = this.#of(id);
    look.waitingSince ??= this.#now();
    this.#settle(look);
  }

  /** AWS has taken a request: look again when it may have been carried out. */
  accepted(id: TargetId): void {
    const look = this.#of(id);
    look.failures = 0;
    look.waitingSince = undefined;
    this.#settle(look);
  }

  /** Something went wrong: look again later. Returns how often in a row it has by now. */
  failed(id: TargetId): number {
    const look = this.#of(id);
    look.at = this.#now() + backoff(look.failures++, this.#ports.random());
    return look.failures;
  }

  /** Whether the last thing that came of this target was a failure. */
  hasFailed(id: TargetId): boolean {
    return this.#of(id).failures > 0;
  }

  /**
   * A look has come to its end with nothing left to wait for; `rests`: it is due all the same; `starts`: it is on its
   * way up, and is read again for a while, so that whoever waits for it sees it run.
   */
  done(id: TargetId, is: { readonly rests: boolean; readonly starts: boolean }): void {
    const look = this.#of(id);
    if (!is.starts) look.settling = 0;
    look.waitingSince = undefined;
    look.failures = 0;
    look.restUntil = is.rests ? this.#now() + this.#ports.restMs() : 0;
    if (is.starts && look.settling < MOST_STARTING) this.#settle(look);
  }

  /** Milliseconds since the step of this target was first put off. */
  waitedMs(id: TargetId): number {
    const { waitingSince } = this.#of(id);
    return waitingSince === undefined ? 0 : this.#now() - waitingSince;
  }

  /** Tells something of a target, unless it was the last thing told. */
  tellOnce(id: TargetId, type: 'waiting' | 'failed' | 'refused' | 'dry-run', message: string): void {
    const look = this.#of(id);
    if (look.told === message) return;
    look.told = message;
    this.#ports.journal.tell(type, message, { targetId: id, level: type === 'failed' ? 'warn' : 'info' });
  }

  /** What was told last may be told again. */
  untell(id: TargetId): void {
    this.#of(id).told = undefined;
  }

  #settle(look: Look): void {
    look.at = this.#now() + settleDelay(look.settling++);
  }

  #now(): number {
    return this.#ports.clock.now().boot;
  }

  #of(id: TargetId): Look {
    let look = this.#looks.get(id);
    if (!look) {
      look = {
        at: undefined,
        settling: 0,
        restUntil: 0,
        failures: 0,
        waitingSince: undefined,
        told: undefined,
      };
      this.#looks.set(id, look);
    }
    return look;
  }
}
