/** The dead-man's switches on record, and the name this installation has for what is kept elsewhere. */
import type { Switch } from '../core/dead-man.js';
import type { Database } from './database.js';
import { toSwitch } from './rows.js';

/** @throws LedgerError when they cannot be read, or one is damaged */
export function readSwitches(db: Database): readonly Switch[] {
  return db.all('SELECT * FROM switches ORDER BY target_id, account, owner').map(toSwitch);
}

/** @throws LedgerError when it cannot be written */
export function keepSwitch(db: Database, held: Switch): void {
  db.transaction(() => {
    db.run(
      `INSERT OR REPLACE INTO switches (target_id, account, owner, phase, fires_at, before_that, saved)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      held.targetId,
      held.account,
      held.owner,
      held.phase,
      held.firesAt,
      held.before ?? null,
      JSON.stringify(held.saved),
    );
  });
}

/** @throws LedgerError when it cannot be written */
export function dropSwitch(db: Database, held: Pick<Switch, 'targetId' | 'account' | 'owner'>): void {
  db.transaction(() => {
    db.run(
      'DELETE FROM switches WHERE target_id = ? AND account = ? AND owner = ?',
      held.targetId,
      held.account,
      held.owner,
    );
  });
}

/** @throws LedgerError when it can neither be read nor made */
export function installation(db: Database, random: () => number): string {
  return db.transaction(() => {
    const [row] = db.all("SELECT value FROM facts WHERE name = 'installation'");
    if (row !== undefined) return String(row.value);
    const made = Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    db.run("INSERT INTO facts (name, value) VALUES ('installation', ?)", made);
    return made;
  });
}
