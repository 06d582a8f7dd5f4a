/** What the tests of both config files share: a folder of their own, a log that is kept, and waiting for events. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Logger } from '../../../src/core/logger.js';
import { FakeClock } from '../../fakes/clock.js';

/** A folder that is gone after the test. */
export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'cloudnap-config-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A log that keeps its lines, each after its level. */
export class KeptLog implements Logger {
  readonly lines: string[] = [];
  debug = (message: string) => void this.lines.push(`debug ${message}`);
  info = (message: string) => void this.lines.push(`info ${message}`);
  warn = (message: string) => void this.lines.push(`warn ${message}`);
  error = (message: string) => void this.lines.push(`error ${message}`);
}

/** A clock that also tells when somebody begins to wait on it. */
export class WatchedClock extends FakeClock {
  #waiting: (() => void)[] = [];

  override after(ms: number, fn: () => void): () => void {
    const cancel = super.after(ms, fn);
    for (const waiting of this.#waiting.splice(0)) waiting();
    return cancel;
  }

  /** Resolves when a timer is set, at once where one is already. */
  timerSet(): Promise<void> {
    return this.pending > 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Resolves at the next change. */
export function nextChange(file: { onChange(fn: () => void): () => void }): Promise<void> {
  return new Promise((resolve) => {
    const end = file.onChange(() => {
      end();
      resolve();
    });
  });
}

/** Lets time go by, as long as somebody waits for it, until a promise is settled. */
export async function withTime<T>(clock: WatchedClock, promise: Promise<T>): Promise<T> {
  let done = false;
  const settled = promise.then(
    () => {
      done = true;
    },
    () => {
      done = true;
    },
  );
  while (!done) {
    await Promise.race([settled, clock.timerSet()]);
    if (!done) await clock.advance(200);
  }
  return promise;
}

/**
 * Lets a change on disk reach a watched file: waits for the system's event, then lets the file be still until
 * it has been re-read.
 */
export async function settled(
  file: { onChange(fn: () => void): () => void },
  clock: WatchedClock,
  change: () => Promise<unknown>,
): Promise<void> {
  const changed = nextChange(file);
  await change();
  await withTime(clock, changed);
}
