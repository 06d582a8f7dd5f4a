/**
 * One SQLite file, held durably and privately: opening it with every check that comes before the first write,
 * transactions, and the translation of SQLite's errors into LedgerError.
 *
 * Of libsql 0.5.29 it must be known: binding a boolean aborts the process; a lone null or object as the only
 * parameter is taken for named parameters, so parameters always go in an array; text is cut at a NUL; `get` adds
 * a `_metadata` column; closing does not checkpoint; asking a closed connection for `inTransaction` aborts the
 * process.
 */
import { chmodSync, closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import Libsql from 'libsql';
import { LedgerError, messageOf } from '../core/errors.js';
import type { Row } from './rows.js';
import { APPLICATION_ID, migrate, SCHEMA_VERSION } from './schema.js';

/** How long another process (a backup, a shell) may hold the file before a call fails; the event loop waits. */
const BUSY_TIMEOUT_MS = 2_000;

/** What may be bound to a statement. */
type Value = string | number | null;

/** An open database. Every method throws LedgerError, and a transaction that throws has changed nothing. */
export interface Database {
  /** Runs `fn` in one transaction, durable when this returns. Must not be nested. */
  transaction<T>(fn: () => T): T;
  /** Changes rows, only inside `transaction`; returns how many, and the id of the last one inserted. */
  run(sql: string, ...values: Value[]): { readonly changes: number; readonly id: number };
  all(sql: string, ...values: Value[]): readonly Row[];
  /** Lets go of the file; harmless when it has been let go. */
  close(): void;
}

/**
 * Opens the file, and makes it when there is none. One that is damaged, empty, somebody else's or of a newer
 * version is refused and left exactly as it is.
 *
 * @throws LedgerError with what is wrong and the cure
 */
export function openDatabase(file: string): Database {
  try {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) create(file);
    closeToOthers(file);
    const db = connect(file);
    try {
      admit(db, file);
      // Written ahead and synced at every commit: what returned is there after a power cut, too.
      db.exec('PRAGMA journal_mode = WAL');
      db.exec('PRAGMA synchronous = FULL');
      if (process.platform === 'darwin') db.exec('PRAGMA fullfsync = ON');
      return wrap(db, file);
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw asLedgerError(error, file, 'opened');
  }
}

/**
 * Makes a new ledger beside its place and moves it there whole. So a crash leaves none or a good one, and an
 * empty file is never mistaken for a new one.
 */
function create(file: string): void {
  const draft = `${file}.new`;
  // What is left of a ledger that somebody removed must not be taken for this one's write-ahead log.
  for (const old of [draft, `${draft}-journal`, `${file}-wal`, `${file}-shm`]) rmSync(old, { force: true });
  closeSync(openSync(draft, 'wx', 0o600));
  const db = connect(draft);
  try {
    db.exec('PRAGMA synchronous = FULL');
    migrate(db, 0);
  } finally {
    db.close();
  }
  renameSync(draft, file);
  if (process.platform === 'win32') return;
  const folder = openSync(path.dirname(file), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** SQLite gives its side files the mode of the main one, but not to those that are there already. */
function closeToOthers(file: string): void {
  for (const each of [file, `${file}-wal`, `${file}-shm`]) {
    if (lstatSync(each, { throwIfNoEntry: false })?.isFile()) chmodSync(each, 0o600);
  }
}

function connect(file: string): Libsql.Database {
  return new Libsql(file, { timeout: BUSY_TIMEOUT_MS });
}

/** Everything that must be known before the first write to a file. */
function admit(db: Libsql.Database, file: string): void {
  const version = pragma(db, 'user_version');
  if (statSync(file).size === 0) {
    throw new LedgerError(`The ledger ${file} is empty, which it never is when it is whole. ${CURE_DAMAGE}`);
  }
  if (pragma(db, 'application_id') !== APPLICATION_ID) {
    throw new LedgerError(
      `${file} is a database, but not Cloudnap's. Move it elsewhere; it was not touched.`,
    );
  }
  if (typeof version !== 'number' || version > SCHEMA_VERSION) {
    throw new LedgerError(
      `The ledger ${file} is of version ${version}, written by a newer Cloudnap; this one knows versions up to ` +
        `${SCHEMA_VERSION}. Update Cloudnap; the file was not touched.`,
    );
  }
  const damage = pragma(db, 'quick_check(1)');
  if (damage !== 'ok') throw new LedgerError(`The ledger ${file} is damaged (${damage}). ${CURE_DAMAGE}`);
  if (version < SCHEMA_VERSION) migrate(db, version);
}

function pragma(db: Libsql.Database, name: string): unknown {
  const [row] = db.prepare(`PRAGMA ${name}`).all([]) as Row[];
  return row && Object.values(row)[0];
}

function wrap(db: Libsql.Database, file: string): Database {
  const opened = statSync(file);
  const statements = new Map<string, Libsql.Statement<unknown[]>>();
  let open = true;
  const prepared = (sql: string) => {
    mustBeOpen();
    const known = statements.get(sql) ?? db.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  const mustBeOpen = () => {
    if (!open) throw new LedgerError(`The ledger ${file} was closed already.`);
  };
  const rollback = () => {
    try {
      if (db.inTransaction) db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself; the error that led here is the one to tell.
    }
  };
  /** SQLite would go on writing into a file that nobody will ever find again. */
  const inPlace = () => {
    const now = statSync(file, { throwIfNoEntry: false });
    if (now?.ino === opened.ino && now.dev === opened.dev) return;
    throw new LedgerError(`The ledger ${file} was removed or replaced while in use. Restart Cloudnap.`);
  };

  return {
    transaction(fn) {
      mustBeOpen();
      try {
        inPlace();
        rollback();
        db.exec('BEGIN IMMEDIATE');
        const result = fn();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        rollback();
        throw asLedgerError(error, file, 'written');
      }
    },
    run(sql, ...values) {
      const { changes, lastInsertRowid } = prepared(sql).run(values.map(bindable));
      return { changes, id: Number(lastInsertRowid) };
    },
    all(sql, ...values) {
      try {
        return prepared(sql).all(values.map(bindable)) as Row[];
      } catch (error) {
        throw asLedgerError(error, file, 'read');
      }
    },
    close() {
      if (!open) return;
      open = false;
      try {
        // Everything into the one file, so that a copy of it is a copy of the ledger.
        db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // It stays in the write-ahead log, where the next start finds it.
      }
      db.close();
    },
  };
}

function bindable(value: Value): Value {
  return typeof value === 'string' ? value.replaceAll('\0', '\u{fffd}') : value;
}

const CURE_DAMAGE =
  'Nothing naps until it is whole: put back a copy of it, or move it away and start anew. It was not touched.';

/** What to do, by SQLite's primary result codes. */
const CURES: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'Another program is using it; close that one.',
  SQLITE_LOCKED: 'Another program is using it; close that one.',
  SQLITE_FULL: 'The disk is full; make room.',
  SQLITE_READONLY: 'It may not be written; check the permissions of the file and its folder.',
  SQLITE_PERM: 'It may not be opened; check the permissions of the file and its folder.',
  SQLITE_CANTOPEN: 'Check that its folder exists and is yours.',
  SQLITE_IOERR: 'The disk does not work as it should.',
  SQLITE_CORRUPT: CURE_DAMAGE,
  SQLITE_NOTADB: CURE_DAMAGE,
};

function asLedgerError(error: unknown, file: string, done: 'opened' | 'read' | 'written'): LedgerError {
  if (error instanceof LedgerError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // Extended codes such as SQLITE_IOERR_FSYNC begin with their primary one.
  const primary = code.split('_').slice(0, 2).join('_');
  const cure = CURES[primary] ?? '';
  return new LedgerError(
    `The ledger ${file} cannot be ${done}: ${messageOf(error)}. ${cure}`.trimEnd(),
    error,
  );
}

/** Whether the error says that a unique index forbids the row. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'SQLITE_CONSTRAINT_UNIQUE';
}
