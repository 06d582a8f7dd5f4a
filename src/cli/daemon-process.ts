/** The daemon as a process of this machine: its pid, whether it lives, and starting it in the background. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, sleep } from '../core/instant.js';
import type { CliContext } from './context.js';

/** How often is looked whether a process has started or ended. */
const LOOK_MS = 50;

/** The pid in a pid file; undefined when there is none. It may be that of a process that was killed. */
export function readPid(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a process lives. A zombie does not: it has ended, and only its parent has not looked. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The state follows the name, which is in brackets and may itself hold anything.
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return true;
  }
}

/** Waits until `done` says so, looking again and again; false when it never did within `limitMs`. */
export async function waitFor(
  clock: Clock,
  limitMs: number,
  done: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const begin = clock.now().mono;
  while (!(await done())) {
    if (clock.now().mono - begin > limitMs) return false;
    await sleep(clock, LOOK_MS);
  }
  return true;
}

/** A daemon that was started in the background. */
export interface Launched {
  readonly pid: number | undefined;
  /** Undefined while it runs; then its exit code, or why it could not even be started. */
  ended(): number | string | undefined;
  /** What it has said on stderr so far. */
  complaint(): string;
  /** Lets go of it: it goes on by itself, and this process may end. */
  release(): void;
}

/**
 * Starts `cloudnap run` detached, with the same home. Its log goes to the log file alone; its stderr is kept so that
 * a failure can be told.
 */
export function launch(context: CliContext, home: string | undefined): Launched {
  // A file and not a pipe: a pipe would break when this process ends, and with it the daemon.
  const folder = mkdtempSync(join(tmpdir(), 'cloudnap-start-'));
  const path = join(folder, 'stderr');
  const stderr = openSync(path, 'w', 0o600);
  const { command, args } = context.launch;
  let end: number | string | undefined;
  const child: ChildProcess = spawn(
    command,
    [...args, 'run', '--quiet', ...(home === undefined ? [] : ['--home', resolve(home)])],
    { detached: true, stdio: ['ignore', 'ignore', stderr], env: context.env, windowsHide: true },
  );
  child.on('exit', (code, signal) => {
    end = code ?? `it was ended by ${signal}`;
  });
  child.on('error', (error) => {
    end = error.message;
  });
  return {
    pid: child.pid,
    ended: () => end,
    complaint: () => readFileSync(path, 'utf8').trim(),
    release: () => {
      child.unref();
      closeSync(stderr);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
