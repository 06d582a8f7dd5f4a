/**
 * The port to the durable record: snapshots and what became of them, holds, a person's last word, intervals,
 * history. Every method that writes is durable when it returns; every method throws LedgerError when the
 * record cannot be read or written, and then nothing of that call has happened.
 */

import type { PresenceState } from './control.js';
import type { Switch } from './dead-man.js';
import type { FieldName, Fields } from './driver.js';
import type { Event } from './events.js';
import type { Moment } from './instant.js';
import type { SensorName } from './sensor.js';
import type { Target, TargetId } from './target.js';

/**
 * How far an open entry has come.
 * - `napping`: the intent to nap is written; AWS may or may not have been called
 * - `napped`: the nap was confirmed by reading
 * - `restoring`: the intent to restore is written; AWS may or may not have been called
 */
export type Phase = 'napping' | 'napped' | 'restoring';

/** Who stopped the target. A person's explicit stop is undone by an explicit start, never by presence. */
type StoppedBy = 'lease' | 'person';

/**
 * How an entry ended.
 * - `restored`: the target is back as saved
 * - `overridden`: a person changed it meanwhile; what they changed is theirs
 * - `deleted`: it no longer exists in AWS
 * - `unneeded`: the nap never took effect and is no longer wanted
 * - `handed-over`: a teammate has taken it over; what is owed is in the team's table
 */
export type Outcome = 'restored' | 'overridden' | 'deleted' | 'unneeded' | 'handed-over';

/** The record of one nap, open from the intent until the target is back or no longer ours. */
export interface Entry {
  readonly id: number;
  readonly targetId: TargetId;
  readonly target: Target;
  readonly account: string;
  readonly by: StoppedBy;
  /** Why it was stopped, for people. */
  readonly reason: string;
  /** The snapshot: never replaced while the entry is open. */
  readonly saved: Fields;
  /** What was read when the nap was confirmed; undefined until then, and again once it is napped anew. */
  readonly left: Fields | undefined;
  readonly phase: Phase;
  /** Why it is to be restored; undefined: nobody has asked for it yet. */
  readonly calledBy: string | undefined;
  /** Fields that a person changed meanwhile and that a restore leaves alone. */
  readonly keep: readonly FieldName[];
  readonly openedAt: Moment;
}

export interface EntryDraft {
  readonly target: Target;
  readonly account: string;
  readonly by: StoppedBy;
  readonly reason: string;
  readonly saved: Fields;
  readonly at: Moment;
}

/** What may change of an open entry. The snapshot is not among it. */
export interface EntryChange {
  /** `napping` forgets what was left: nothing is confirmed any more. */
  readonly phase?: Phase;
  readonly left?: Fields;
  /** null takes the call back. */
  readonly calledBy?: string | null;
  readonly keep?: readonly FieldName[];
  readonly by?: StoppedBy;
}

/** A durable lease that somebody asked for. */
export interface Hold {
  readonly id: number;
  /** Undefined: every target. */
  readonly targetId: TargetId | undefined;
  readonly account: string | undefined;
  readonly createdAt: Moment;
  readonly durationMs: number;
  /** Who asked, for `why`: `cli`, `udp 127.0.0.1:53211`. */
  readonly askedBy: string;
}

/** What a target was last seen as, so that changes made by others are noticed even over a restart. */
export interface Sighting {
  readonly targetId: TargetId;
  readonly account: string;
  readonly fields: Fields;
  /** Whether it ran (power on or starting). */
  readonly up: boolean;
  /** A person started or scaled it: not napped until presence has been renewed once more. */
  readonly guarded: boolean;
  /** The last size above zero it was seen or stopped with: what a start without a size goes back to. */
  readonly size: number | undefined;
}

/** A stretch of time a target spent running or napping; savings are reckoned from these. */
export interface Interval {
  readonly targetId: TargetId;
  readonly account: string;
  readonly state: 'running' | 'napping';
  /** Tasks, nodes, or 1 for an instance: while running what ran, while napping what would have. */
  readonly size: number;
  readonly instanceType: string | undefined;
  /** Wall milliseconds. */
  readonly from: number;
  /** Wall milliseconds it was last known to go on at. */
  readonly until: number;
  readonly ended: boolean;
}

/** When the intervals of a target change: undefined state ends what is open. */
export interface IntervalMark {
  readonly targetId: TargetId;
  readonly account: string;
  readonly state: 'running' | 'napping' | undefined;
  readonly size: number;
  readonly instanceType: string | undefined;
  /** Wall milliseconds. */
  readonly at: number;
}

/**
 * A stretch of the activity history: a sensor told activity, or presence was so. That it was, and when, is all that is
 * ever known of it. One that is an instant long is something that happened once.
 */
export interface Stretch {
  readonly what: SensorName | PresenceState;
  /** Wall milliseconds. */
  readonly from: number;
  /** Wall milliseconds, never before `from`. */
  readonly until: number;
}

/** How far back the activity history goes: what ended longer before the newest stretch may be gone. */
export const ACTIVITY_KEPT_MS = 90 * 24 * 3_600_000;

export interface Ledger {
  /** All open entries of all accounts, oldest first. */
  openEntries(): readonly Entry[];
  /** Opens an entry. @throws LedgerError also when the target has an open entry already, of any account. */
  open(draft: EntryDraft): Entry;
  /** Changes an open entry and returns it. @throws LedgerError also when it is not open. */
  change(id: number, change: EntryChange): Entry;
  /** Closes an open entry. @throws LedgerError also when it is not open. */
  close(id: number, outcome: Outcome, reason: string, at: Moment): void;

  holds(): readonly Hold[];
  addHold(hold: Omit<Hold, 'id'>): Hold;
  /**
   * Tells anew when a hold was given: the same instant, on the clock of another boot. One that is gone already is
   * passed over.
   */
  anchorHold(id: number, createdAt: Moment): void;
  /** Removes holds; ids that are gone already are passed over. */
  removeHolds(ids: readonly number[]): void;

  sightings(): readonly Sighting[];
  /** Writes sightings, replacing those of the same target and account. */
  see(sightings: readonly Sighting[]): void;

  /**
   * Marks what each target spends its time on at `at`. The same state, size and type as the open interval
   * prolongs it to `at`; anything else ends it where it was last known to go on, and begins another. So time in
   * which nobody looked counts only when the same state is found again.
   */
  markIntervals(marks: readonly IntervalMark[]): void;
  /** Intervals that touch [from, to), wall milliseconds, oldest first. */
  intervals(from: number, to: number): readonly Interval[];

  /**
   * Writes stretches of the activity history. One of the same `what` and `from` as one on record is that one, grown:
   * it is prolonged and never shortened, so the same may be written any number of times.
   */
  markActivity(stretches: readonly Stretch[]): void;
  /** Stretches that touch [from, to), wall milliseconds, by their begin; nothing is joined or cut. */
  activity(from: number, to: number): readonly Stretch[];

  /** Appends to the history. */
  record(events: readonly Event[]): void;
  /** The newest events first, for all targets or one. */
  history(query: { targetId?: TargetId | undefined; limit: number }): readonly Event[];

  /** The dead-man's switches that AWS holds or may hold, of all accounts. */
  switches(): readonly Switch[];
  /** Writes a switch, replacing that of the same target, account and owner. */
  keepSwitch(held: Switch): void;
  /** Forgets a switch that AWS no longer holds; one that is gone already is passed over. */
  dropSwitch(held: Pick<Switch, 'targetId' | 'account' | 'owner'>): void;

  /**
   * Tells this ledger from every other, for what is kept elsewhere in its name: eight hexadecimal digits, made from
   * `random` at the first call.
   */
  installation(random: () => number): string;

  /** The pinned account; undefined until the first registration. */
  pinnedAccount(): string | undefined;
  pinAccount(account: string): void;
}
