/** The ledger in memory: what a call wrote is there when it returns, so a simulated crash loses nothing of it. */
import type { Switch } from '../../src/core/dead-man.js';
import { LedgerError } from '../../src/core/errors.js';
import type { Event } from '../../src/core/events.js';
import type { Moment } from '../../src/core/instant.js';
import {
  ACTIVITY_KEPT_MS,
  type Entry,
  type EntryChange,
  type EntryDraft,
  type Hold,
  type Interval,
  type IntervalMark,
  type Ledger,
  type Outcome,
  type Sighting,
  type Stretch,
} from '../../src/core/ledger.js';
import { parseTargetId, type TargetId, targetId } from '../../src/core/target.js';

/** A closed entry as the fake remembers it, for tests to look at. */
export interface ClosedEntry {
  readonly entry: Entry;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly at: Moment;
}

/** Events kept, at least; a simulation of years must not fill the memory. */
const KEPT_EVENTS = 5_000;
/** Stretches of activity between two looks at whether old ones must go. */
const PRUNE_EVERY = 1_000;

export class MemoryLedger implements Ledger {
  /** All entries closed so far, in the order they were closed. */
  readonly closed: ClosedEntry[] = [];
  readonly #open = new Map<number, Entry>();
  readonly #holds = new Map<number, Hold>();
  readonly #sightings = new Map<string, Sighting>();
  readonly #intervals: Interval[] = [];
  /** Where in `#intervals` the open one of a target and account is. */
  readonly #running = new Map<string, number>();
  readonly #activity = new Map<string, Stretch>();
  #untilPrune = PRUNE_EVERY;
  #events: Event[] = [];
  #account: string | undefined;
  #installation: string | undefined;
  readonly #switches = new Map<string, Switch>();
  #ids = 0;
  #failures = 0;

  /** The next `calls` calls, whatever they are, throw LedgerError and do nothing. */
  failNext(calls = 1): void {
    this.#failures = calls;
  }

  openEntries(): readonly Entry[] {
    this.#mayFail();
    return [...this.#open.values()];
  }

  open(draft: EntryDraft): Entry {
    this.#mayFail();
    const id = targetId(draft.target);
    if (parseTargetId(id) === undefined) throw new LedgerError(`${id} is not the name of a target`);
    for (const entry of this.#open.values()) {
      if (entry.targetId === id) throw new LedgerError(`${id} has an open entry already (${entry.id})`);
    }
    const entry: Entry = {
      id: ++this.#ids,
      targetId: id,
      target: draft.target,
      account: draft.account,
      by: draft.by,
      reason: draft.reason,
      saved: draft.saved,
      left: undefined,
      phase: 'napping',
      calledBy: undefined,
      keep: [],
      openedAt: draft.at,
    };
    this.#open.set(entry.id, entry);
    return entry;
  }

  change(id: number, change: EntryChange): Entry {
    this.#mayFail();
    const entry = this.#openEntry(id);
    const changed: Entry = {
      ...entry,
      phase: change.phase ?? entry.phase,
      left: change.left ?? (change.phase === 'napping' ? undefined : entry.left),
      calledBy: change.calledBy === undefined ? entry.calledBy : (change.calledBy ?? undefined),
      keep: change.keep ?? entry.keep,
      by: change.by ?? entry.by,
    };
    this.#open.set(id, changed);
    return changed;
  }

  close(id: number, outcome: Outcome, reason: string, at: Moment): void {
    this.#mayFail();
    const entry = this.#openEntry(id);
    this.#open.delete(id);
    this.closed.push({ entry, outcome, reason, at });
  }

  holds(): readonly Hold[] {
    this.#mayFail();
    return [...this.#holds.values()];
  }

  addHold(hold: Omit<Hold, 'id'>): Hold {
    this.#mayFail();
    const added: Hold = { ...hold, id: ++this.#ids };
    this.#holds.set(added.id, added);
    return added;
  }

  anchorHold(id: number, createdAt: Moment): void {
    this.#mayFail();
    const hold = this.#holds.get(id);
    if (hold) this.#holds.set(id, { ...hold, createdAt });
  }

  removeHolds(ids: readonly number[]): void {
    this.#mayFail();
    for (const id of ids) this.#holds.delete(id);
  }

  sightings(): readonly Sighting[] {
    this.#mayFail();
    return [...this.#sightings.values()];
  }

  see(sightings: readonly Sighting[]): void {
    this.#mayFail();
    for (const sighting of sightings) this.#sightings.set(keyOf(sighting), sighting);
  }

  markIntervals(marks: readonly IntervalMark[]): void {
    this.#mayFail();
    for (const mark of marks) this.#mark(mark);
  }

  intervals(from: number, to: number): readonly Interval[] {
    this.#mayFail();
    return this.#intervals
      .filter((interval) => interval.from < to && (interval.until > from || interval.from >= from))
      .sort((a, b) => a.from - b.from);
  }

  markActivity(stretches: readonly Stretch[]): void {
    this.#mayFail();
    for (const { what, from, until } of stretches) {
      const key = `${what} ${from}`;
      const known = this.#activity.get(key);
      this.#activity.set(key, { what, from, until: Math.max(until, known?.until ?? until) });
    }
    this.#untilPrune -= stretches.length;
    if (this.#untilPrune > 0) return;
    this.#untilPrune = PRUNE_EVERY;
    const newest = Math.max(...stretches.map(({ until }) => until));
    for (const [key, { until }] of this.#activity)
      if (until < newest - ACTIVITY_KEPT_MS) this.#activity.delete(key);
  }

  activity(from: number, to: number): readonly Stretch[] {
    this.#mayFail();
    return [...this.#activity.values()]
      .filter((stretch) => stretch.from < to && (stretch.until > from || stretch.from >= from))
      .sort((a, b) => a.from - b.from || (a.what < b.what ? -1 : 1));
  }

  record(events: readonly Event[]): void {
    this.#mayFail();
    this.#events.push(...events);
    if (this.#events.length > 2 * KEPT_EVENTS) this.#events = this.#events.slice(-KEPT_EVENTS);
  }

  history(query: { targetId?: TargetId | undefined; limit: number }): readonly Event[] {
    this.#mayFail();
    const { targetId: id, limit } = query;
    const found: Event[] = [];
    for (let at = this.#events.length - 1; at >= 0 && found.length < limit; at -= 1) {
      const event = this.#events[at];
      if (event && (id === undefined || event.targetId === id)) found.push(event);
    }
    return found;
  }

  switches(): readonly Switch[] {
    this.#mayFail();
    return [...this.#switches.values()];
  }

  keepSwitch(held: Switch): void {
    this.#mayFail();
    this.#switches.set(`${keyOf(held)} ${held.owner}`, held);
  }

  dropSwitch(held: Pick<Switch, 'targetId' | 'account' | 'owner'>): void {
    this.#mayFail();
    this.#switches.delete(`${keyOf(held)} ${held.owner}`);
  }

  installation(random: () => number): string {
    this.#mayFail();
    this.#installation ??= Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    return this.#installation;
  }

  pinnedAccount(): string | undefined {
    this.#mayFail();
    return this.#account;
  }

  pinAccount(account: string): void {
    this.#mayFail();
    this.#account = account;
  }

  #mark(mark: IntervalMark): void {
    const key = keyOf(mark);
    const at = this.#running.get(key);
    const open = at === undefined ? undefined : this.#intervals[at];
    if (at !== undefined && open !== undefined) {
      const same =
        open.state === mark.state && open.size === mark.size && open.instanceType === mark.instanceType;
      if (same && mark.at >= open.from) {
        this.#intervals[at] = { ...open, until: mark.at };
        return;
      }
      this.#intervals[at] = { ...open, ended: true };
      this.#running.delete(key);
    }
    if (mark.state === undefined) return;
    this.#running.set(key, this.#intervals.length);
    const { targetId: id, account, state, size, instanceType } = mark;
    this.#intervals.push({
      targetId: id,
      account,
      state,
      size,
      instanceType,
      from: mark.at,
      until: mark.at,
      ended: false,
    });
  }

  #openEntry(id: number): Entry {
    const entry = this.#open.get(id);
    if (entry === undefined) throw new LedgerError(`entry ${id} is not open`);
    return entry;
  }

  #mayFail(): void {
    if (this.#failures === 0) return;
    this.#failures -= 1;
    throw new LedgerError('the ledger cannot be read or written (told to fail by the test)');
  }
}

function keyOf(of: { targetId: TargetId; account: string }): string {
  return `${of.targetId} ${of.account}`;
}
