/** The tables of cloudnap.db and how an older file becomes a newer one. */
import type { Database } from 'libsql';

/** Marks the file as ours (`CLNP`), so that somebody else's database is never written to. */
export const APPLICATION_ID = 0x434c4e50;

/**
 * One step a version, applied in order and never edited once released: `user_version` counts the steps a file
 * has been through. Moments are wall and boot milliseconds with the boot they belong to; saved, left, fields
 * and keep are JSON, validated whenever they are read.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id TEXT NOT NULL,
    account TEXT NOT NULL,
    stopped_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    saved TEXT NOT NULL,
    left_as TEXT,
    phase TEXT NOT NULL,
    called_by TEXT,
    keep TEXT NOT NULL,
    opened_wall REAL NOT NULL,
    opened_boot REAL NOT NULL,
    opened_boot_id TEXT NOT NULL,
    outcome TEXT,
    closed_because TEXT,
    closed_wall REAL,
    closed_boot REAL,
    closed_boot_id TEXT
  ) STRICT;
  -- A target has one open entry at most, whatever the account: its snapshot is never replaced while it is open.
  CREATE UNIQUE INDEX one_open_entry ON entries (target_id) WHERE outcome IS NULL;

  CREATE TABLE holds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id TEXT,
    account TEXT,
    created_wall REAL NOT NULL,
    created_boot REAL NOT NULL,
    created_boot_id TEXT NOT NULL,
    duration_ms REAL NOT NULL,
    asked_by TEXT NOT NULL
  ) STRICT;

  CREATE TABLE sightings (
    target_id TEXT NOT NULL,
    account TEXT NOT NULL,
    fields TEXT NOT NULL,
    up INTEGER NOT NULL,
    guarded INTEGER NOT NULL,
    size REAL,
    PRIMARY KEY (target_id, account)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE intervals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target_id TEXT NOT NULL,
    account TEXT NOT NULL,
    state TEXT NOT NULL,
    size REAL NOT NULL,
    instance_type TEXT,
    began REAL NOT NULL,
    until REAL NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE UNIQUE INDEX one_open_interval ON intervals (target_id, account) WHERE ended = 0;
  CREATE INDEX intervals_by_time ON intervals (began, until);

  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    at REAL NOT NULL,
    target_id TEXT,
    message TEXT NOT NULL,
    level TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_target ON events (target_id, id) WHERE target_id IS NOT NULL;

  CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE activity (
    what TEXT NOT NULL,
    began REAL NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (what, began)
  ) STRICT, WITHOUT ROWID;
  -- Asked for from some day until now, and pruned, by the end.
  CREATE INDEX activity_by_end ON activity (until);
  `,
  `
  -- What AWS holds in our name, written before it is asked to: see core/dead-man.ts.
  CREATE TABLE switches (
    target_id TEXT NOT NULL,
    account TEXT NOT NULL,
    owner TEXT NOT NULL,
    phase TEXT NOT NULL,
    fires_at REAL NOT NULL,
    before_that REAL,
    saved TEXT NOT NULL,
    PRIMARY KEY (target_id, account, owner)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** The version of the files that this build writes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings a file of version `from` to today's, all steps or none. */
export function migrate(db: Database, from: number, steps: readonly string[] = MIGRATIONS): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(from)) db.exec(step);
    db.exec(`PRAGMA user_version = ${steps.length}`);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    db.exec('COMMIT');
  } catch (error) {
    if (db.inTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
