/** The activity history in cloudnap.db: few rows, for a stretch that goes on grows in place. */
import { ACTIVITY_KEPT_MS, type Stretch } from '../core/ledger.js';
import type { Database } from './database.js';
import { toStretch } from './rows.js';

/** Stretches written between two looks at whether old ones must go. */
const PRUNE_EVERY = 1_000;

export class ActivityTable {
  readonly #db: Database;
  /** Counts down to the next pruning; the first stretches of a run prune what an earlier run left. */
  #untilPrune = 0;

  constructor(db: Database) {
    this.#db = db;
  }

  /** See `Ledger.markActivity`. */
  mark(stretches: readonly Stretch[]): void {
    if (stretches.length === 0) return;
    const isPruning = this.#untilPrune <= 0;
    this.#db.transaction(() => {
      for (const { what, from, until } of stretches) {
        this.#db.run(
          `INSERT INTO activity (what, began, until) VALUES (?, ?, ?)
           ON CONFLICT (what, began) DO UPDATE SET until = max(until, excluded.until)`,
          what,
          from,
          until,
        );
      }
      if (!isPruning) return;
      const newest = Math.max(...stretches.map(({ until }) => until));
      this.#db.run('DELETE FROM activity WHERE until < ?', newest - ACTIVITY_KEPT_MS);
    });
    this.#untilPrune = (isPruning ? PRUNE_EVERY : this.#untilPrune) - stretches.length;
  }

  /** See `Ledger.activity`. */
  read(from: number, to: number): readonly Stretch[] {
    // One that is an instant long lies in the window that begins with it.
    return this.#db
      .all(
        `SELECT * FROM activity WHERE until >= ? AND began < ? AND (until > ? OR began >= ?)
         ORDER BY began, what`,
        from,
        to,
        from,
        from,
      )
      .map(toStretch);
  }
}
