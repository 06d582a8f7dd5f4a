/**
 * One daemon a home: a lock that the operating system takes back when the process dies, however it dies. The
 * lock is SQLite's own on `cloudnap.lock`, which is the same on every OS; the file itself stays empty.
 */
import {
  chmodSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import Libsql from 'libsql';
import { messageOf } from '../core/errors.js';
import type { Paths } from './paths.js';

/** How long a refused start waits for the pid of a daemon that has locked but not yet written it. */
const PID_WAIT_MS = 1_000;
const PID_POLL_MS = 20;

/** Somebody else holds the lock. */
export class AlreadyRunningError extends Error {
  /** The holder's; undefined when it cannot be found out. */
  readonly pid: number | undefined;
  constructor(pid: number | undefined) {
    super(`Cloudnap is already running${pid === undefined ? '' : ` (pid ${pid})`}.`);
    this.name = 'AlreadyRunningError';
    this.pid = pid;
  }
}

/** The lock, held until it is released or the process ends. */
export interface Lock {
  /** Removes the pid file and lets others in. Releasing twice is harmless. */
  release(): void;
}

/**
 * The connections that hold locks, by lock file. They must stay reachable, or the garbage collector would
 * unlock. And they tell whether this very process holds it: POSIX drops a process's locks on a file when it
 * closes any descriptor of that file, so a file that is locked from here must not even be opened again.
 */
const held = new Map<string, Libsql.Database>();

/**
 * Takes the lock and writes this process's pid (0600).
 *
 * @throws AlreadyRunningError when another process has it, or this one already
 * @throws Error when the lock file cannot be opened at all
 */
export function acquireLock(paths: Pick<Paths, 'lock' | 'pid'>): Lock {
  if (held.has(paths.lock)) throw new AlreadyRunningError(process.pid);
  const db = lockFile(paths.lock);
  if (db === undefined) throw new AlreadyRunningError(runningPid(paths.pid));
  held.set(paths.lock, db);
  try {
    // Whole at every moment: it is read by others at any.
    const draft = `${paths.pid}.new`;
    rmSync(draft, { force: true });
    writeFileSync(draft, `${process.pid}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(draft, paths.pid);
  } catch (error) {
    release();
    throw error;
  }
  function release(): void {
    // Not the one of somebody in this process who came after.
    if (held.get(paths.lock) !== db) return;
    held.delete(paths.lock);
    // While it is still locked, so that it is never the next one's pid that goes.
    rmSync(paths.pid, { force: true });
    db?.close();
  }
  return { release };
}

/** The pid in the file; undefined when there is none or its process is gone. */
function readPid(pidFile: string): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8').trim());
    return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** The connection that holds the lock, or undefined when somebody else has it. */
function lockFile(file: string): Libsql.Database | undefined {
  // Opening it here, before SQLite does, harms nobody: this process has no lock on it yet.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  try {
    return tryLock(file);
  } catch (error) {
    if (!isNoDatabase(error))
      throw new Error(`${file} cannot be locked: ${messageOf(error)}`, { cause: error });
  }
  // Something has been written into it. SQLite looks inside only after it has got its shared lock, so nobody
  // holds it. Emptied, not replaced: another start that does the same then still contends for the same file.
  truncateSync(file, 0);
  return tryLock(file);
}

function tryLock(file: string): Libsql.Database | undefined {
  const db = new Libsql(file, { timeout: 0 });
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    // Left open for good: nothing is ever written, so a full disk does not keep the daemon from starting.
    db.exec('BEGIN EXCLUSIVE');
    return db;
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
}

/**
 * Who holds the lock. The pid file may be an earlier daemon's that was killed, while the holder is about to
 * write its own: then this waits a moment for it.
 */
function runningPid(pidFile: string): number | undefined {
  const deadline = performance.now() + PID_WAIT_MS;
  let pid = readPid(pidFile);
  while (pid === undefined && performance.now() < deadline) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PID_POLL_MS);
    pid = readPid(pidFile);
  }
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is alive all the same.
    return codeOf(error) === 'EPERM';
  }
}

const isBusy = (error: unknown) => codeOf(error).startsWith('SQLITE_BUSY');
const isNoDatabase = (error: unknown) => /^SQLITE_(NOTADB|CORRUPT)/.test(codeOf(error));

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
