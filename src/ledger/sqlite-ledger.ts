/** The ledger on disk: core's port in SQL over one SQLite file. Every write is one transaction, synced to disk. */
import type { Switch } from '../core/dead-man.js';
import { LedgerError } from '../core/errors.js';
import type { Event } from '../core/events.js';
import type { Moment } from '../core/instant.js';
import type {
  Entry,
  EntryChange,
  EntryDraft,
  Hold,
  Interval,
  IntervalMark,
  Ledger,
  Outcome,
  Sighting,
  Stretch,
} from '../core/ledger.js';
import { parseTargetId, type TargetId, targetId } from '../core/target.js';
import { ActivityTable } from './activity.js';
import { type Database, isDuplicate, openDatabase } from './database.js';
import { toEntry, toEvent, toHold, toInterval, toSighting } from './rows.js';
import { dropSwitch, installation, keepSwitch, readSwitches } from './switches.js';

/** The newest events kept; with some 200 bytes each, the history stays under 30 MB. */
const KEPT_EVENTS = 100_000;
/** Events between two looks at whether old ones must go. */
const PRUNE_EVERY = 1_000;

/** A ledger that holds its file until it is told to let go. */
export interface OpenLedger extends Ledger {
  /** Lets go of the file; twice is harmless. Anything else called afterwards throws LedgerError. */
  dispose(): void;
}

/**
 * Opens the ledger at `path`, making it when there is none.
 *
 * @throws LedgerError when the file is damaged, not ours, of a newer version or out of reach; it is then left
 * as it is, never overwritten or made anew
 */
export function openLedger(options: { readonly path: string; readonly keepEvents?: number }): OpenLedger {
  return new SqliteLedger(openDatabase(options.path), options.keepEvents ?? KEPT_EVENTS);
}

class SqliteLedger implements OpenLedger {
  readonly #db: Database;
  readonly #activity: ActivityTable;
  readonly #keepEvents: number;
  /** Counts down to the next pruning; the first events of a run prune what an earlier run left. */
  #untilPrune = 0;

  constructor(db: Database, keepEvents: number) {
    this.#db = db;
    this.#activity = new ActivityTable(db);
    this.#keepEvents = keepEvents;
  }

  dispose(): void {
    this.#db.close();
  }

  openEntries(): readonly Entry[] {
    return this.#db.all('SELECT * FROM entries WHERE outcome IS NULL ORDER BY id').map(toEntry);
  }

  open(draft: EntryDraft): Entry {
    const name = targetId(draft.target);
    // A name that cannot be read back would make the whole ledger unreadable.
    if (parseTargetId(name) === undefined) throw new LedgerError(`${name} is not the name of a target.`);
    return this.#db.transaction(() => {
      try {
        const { id } = this.#db.run(
          `INSERT INTO entries (target_id, account, stopped_by, reason, saved, phase, keep,
             opened_wall, opened_boot, opened_boot_id) VALUES (?, ?, ?, ?, ?, 'napping', '[]', ?, ?, ?)`,
          name,
          draft.account,
          draft.by,
          draft.reason,
          JSON.stringify(draft.saved),
          ...columns(draft.at),
        );
        return this.#entry(id);
      } catch (error) {
        if (isDuplicate(error)) throw new LedgerError(`${name} has an open entry already.`, error);
        throw error;
      }
    });
  }

  change(id: number, change: EntryChange): Entry {
    return this.#db.transaction(() => {
      const { changes } = this.#db.run(
        `UPDATE entries SET phase = coalesce(?, phase),
           left_as = coalesce(?, CASE WHEN ? THEN NULL ELSE left_as END),
           called_by = CASE ? WHEN 1 THEN ? ELSE called_by END,
           keep = coalesce(?, keep), stopped_by = coalesce(?, stopped_by)
         WHERE id = ? AND outcome IS NULL`,
        change.phase ?? null,
        change.left ? JSON.stringify(change.left) : null,
        change.phase === 'napping' ? 1 : 0,
        change.calledBy === undefined ? 0 : 1,
        change.calledBy ?? null,
        change.keep ? JSON.stringify(change.keep) : null,
        change.by ?? null,
        id,
      );
      if (changes === 0) throw notOpen(id);
      return this.#entry(id);
    });
  }

  close(id: number, outcome: Outcome, reason: string, at: Moment): void {
    this.#db.transaction(() => {
      const { changes } = this.#db.run(
        `UPDATE entries SET outcome = ?, closed_because = ?, closed_wall = ?, closed_boot = ?, closed_boot_id = ?
         WHERE id = ? AND outcome IS NULL`,
        outcome,
        reason,
        ...columns(at),
        id,
      );
      if (changes === 0) throw notOpen(id);
    });
  }

  holds(): readonly Hold[] {
    return this.#db.all('SELECT * FROM holds ORDER BY id').map(toHold);
  }

  addHold(hold: Omit<Hold, 'id'>): Hold {
    return this.#db.transaction(() => {
      const { id } = this.#db.run(
        `INSERT INTO holds (target_id, account, created_wall, created_boot, created_boot_id, duration_ms, asked_by)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        hold.targetId ?? null,
        hold.account ?? null,
        ...columns(hold.createdAt),
        hold.durationMs,
        hold.askedBy,
      );
      return { ...hold, id };
    });
  }

  anchorHold(id: number, createdAt: Moment): void {
    this.#db.transaction(() => {
      this.#db.run(
        'UPDATE holds SET created_wall = ?, created_boot = ?, created_boot_id = ? WHERE id = ?',
        ...columns(createdAt),
        id,
      );
    });
  }

  removeHolds(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.#db.transaction(() => {
      for (const id of ids) this.#db.run('DELETE FROM holds WHERE id = ?', id);
    });
  }

  sightings(): readonly Sighting[] {
    return this.#db.all('SELECT * FROM sightings').map(toSighting);
  }

  see(sightings: readonly Sighting[]): void {
    if (sightings.length === 0) return;
    this.#db.transaction(() => {
      for (const sighting of sightings) {
        this.#db.run(
          `INSERT OR REPLACE INTO sightings (target_id, account, fields, up, guarded, size)
           VALUES (?, ?, ?, ?, ?, ?)`,
          sighting.targetId,
          sighting.account,
          JSON.stringify(sighting.fields),
          sighting.up ? 1 : 0,
          sighting.guarded ? 1 : 0,
          sighting.size ?? null,
        );
      }
    });
  }

  /**
   * Each mark either prolongs the open interval of its target and account up to its own time (the same state,
   * size and type), or ends that interval and begins another. An interval ends where it was last known to go
   * on, not at the mark that found something else: what happened in between nobody saw, and time that nobody
   * looked counts only when the same state is found again. Whoever knows that the old state went on until the
   * change marks it once more, at the time of the change, before the new one; both may be in one call.
   *
   * A wall clock that was set back into the open interval shortens it, so that a clock gone wild for a moment
   * does not count for years; set back before its beginning, it ends the interval as it is.
   */
  markIntervals(marks: readonly IntervalMark[]): void {
    if (marks.length === 0) return;
    this.#db.transaction(() => {
      for (const mark of marks) this.#mark(mark);
    });
  }

  intervals(from: number, to: number): readonly Interval[] {
    // One that has only just begun is an instant long and lies in the window all the same.
    return this.#db
      .all(
        'SELECT * FROM intervals WHERE began < ? AND (until > ? OR began >= ?) ORDER BY began, id',
        to,
        from,
        from,
      )
      .map(toInterval);
  }

  markActivity(stretches: readonly Stretch[]): void {
    this.#activity.mark(stretches);
  }

  activity(from: number, to: number): readonly Stretch[] {
    return this.#activity.read(from, to);
  }

  record(events: readonly Event[]): void {
    if (events.length === 0) return;
    this.#db.transaction(() => {
      for (const event of events) {
        this.#db.run(
          'INSERT INTO events (type, at, target_id, message, level) VALUES (?, ?, ?, ?, ?)',
          event.type,
          event.at,
          event.targetId ?? null,
          event.message,
          event.level,
        );
      }
      if (this.#untilPrune <= 0) {
        this.#db.run('DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?', this.#keepEvents);
      }
    });
    this.#untilPrune = (this.#untilPrune <= 0 ? PRUNE_EVERY : this.#untilPrune) - events.length;
  }

  history(query: { targetId?: TargetId | undefined; limit: number }): readonly Event[] {
    const { targetId: id, limit } = query;
    // The order of telling, not of the wall clock, which may have been set back.
    const rows =
      id === undefined
        ? this.#db.all('SELECT * FROM events ORDER BY id DESC LIMIT ?', limit)
        : this.#db.all('SELECT * FROM events WHERE target_id = ? ORDER BY id DESC LIMIT ?', id, limit);
    return rows.map(toEvent);
  }

  switches(): readonly Switch[] {
    return readSwitches(this.#db);
  }

  keepSwitch(held: Switch): void {
    keepSwitch(this.#db, held);
  }

  dropSwitch(held: Pick<Switch, 'targetId' | 'account' | 'owner'>): void {
    dropSwitch(this.#db, held);
  }

  installation(random: () => number): string {
    return installation(this.#db, random);
  }

  pinnedAccount(): string | undefined {
    const [row] = this.#db.all("SELECT value FROM facts WHERE name = 'account'");
    return row === undefined ? undefined : String(row.value);
  }

  pinAccount(account: string): void {
    this.#db.transaction(() => {
      this.#db.run("INSERT OR REPLACE INTO facts (name, value) VALUES ('account', ?)", account);
    });
  }

  #entry(id: number): Entry {
    const [row] = this.#db.all('SELECT * FROM entries WHERE id = ?', id);
    if (row === undefined) throw notOpen(id);
    return toEntry(row);
  }

  #mark(mark: IntervalMark): void {
    const instanceType = mark.instanceType ?? null;
    // IS and not =, for a type that is unknown is the same as one that is unknown.
    const { changes } = this.#db.run(
      `UPDATE intervals SET until = ? WHERE target_id = ? AND account = ? AND ended = 0
         AND state = ? AND size = ? AND instance_type IS ? AND began <= ?`,
      mark.at,
      mark.targetId,
      mark.account,
      mark.state ?? null,
      mark.size,
      instanceType,
      mark.at,
    );
    if (changes > 0) return;
    this.#db.run(
      'UPDATE intervals SET ended = 1 WHERE target_id = ? AND account = ? AND ended = 0',
      mark.targetId,
      mark.account,
    );
    if (mark.state === undefined) return;
    this.#db.run(
      `INSERT INTO intervals (target_id, account, state, size, instance_type, began, until)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      mark.targetId,
      mark.account,
      mark.state,
      mark.size,
      instanceType,
      mark.at,
      mark.at,
    );
  }
}

function columns(moment: Moment): [number, number, string] {
  return [moment.wall, moment.boot, moment.bootId];
}

function notOpen(id: number): LedgerError {
  return new LedgerError(`Entry ${id} is not open.`);
}
