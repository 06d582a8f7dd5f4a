/**
 * A config file in use: its last good version stays in force, what is wrong on disk is told, and it is re-read
 * when it has changed and been still. What the text means is the reader's to say.
 */
import { chmod, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { CommandError, messageOf } from '../core/errors.js';
import { type Clock, sleep } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import { describeFault, type FileFault } from '../core/registry.js';
import { writeFileAtomic } from '../system/atomic-file.js';
import { faultMaker } from './place.js';
import { type OnDisk, readText } from './read-text.js';
import { identityOf, STILL_MS, watchFile } from './watch.js';

/** What a text came to. */
export interface Reading<T> {
  /** Undefined exactly when there are faults. */
  readonly value: T | undefined;
  readonly faults: readonly FileFault[];
  readonly unknownKeys: readonly string[];
}

/** Where the file is, and what it is read with. */
export interface LiveFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface LiveFile<T> {
  /** The last good version. */
  current(): T;
  /** Faults of the file as it is on disk; empty when it is in force. */
  faults(): readonly FileFault[];
  unknownKeys(): readonly string[];
  /** Calls back after any of the three changed. Returns what ends it. */
  onChange(fn: () => void): () => void;
  /**
   * Reads the file afresh, judges it, and then runs `edit` with its text (undefined: no file); nothing else is
   * read or edited meanwhile. A change not seen before is waited for until it is still, as in watching: half of
   * a file may be valid, and replacing it would lose the other half.
   */
  exclusively<R>(edit: (text: string | undefined) => Promise<R>): Promise<R>;
  /** Takes a text just written as the file's content, within `exclusively`. */
  accept(text: string): void;
  /** Stops watching, lets an edit that has begun end, and refuses one that is still waiting. Idempotent. */
  close(): Promise<void>;
}

/** What a live file holds. */
export interface Content<T> {
  /** In force until a good version has been read. */
  readonly initial: T;
  /** Written when there is no file at the start; undefined: a missing file stays missing. */
  readonly initialText: string | undefined;
  /** Judges a text, undefined for no file, given the version in force. */
  read(text: string | undefined, current: T): Reading<T>;
}

/**
 * Opens a file, in a folder that exists, and watches it. Never rejects: a file that is broken or cannot be read
 * leaves `initial` in force.
 */
export async function openLiveFile<T>(
  { path, clock, log }: LiveFileOptions,
  { initial, initialText, read }: Content<T>,
): Promise<LiveFile<T>> {
  const name = basename(path);
  const listeners = new Set<() => void>();
  let current = initial;
  let faults: readonly FileFault[] = [];
  let unknownKeys: readonly string[] = [];
  let last: OnDisk | undefined;
  let opened = false;
  let queue: Promise<unknown> = Promise.resolve();
  const closing = new AbortController();

  const judge = (disk: OnDisk) => {
    if (isDeepStrictEqual(disk, last)) return;
    last = disk;
    const before = { current, faults, unknownKeys };
    const reading: Reading<T> =
      disk.kind === 'unreadable'
        ? { value: undefined, faults: [faultMaker(path, '').whole(disk.message)], unknownKeys: [] }
        : read(disk.kind === 'text' ? disk.text : undefined, current);
    faults = reading.faults;
    unknownKeys = reading.unknownKeys;
    if (reading.value !== undefined && !isDeepStrictEqual(reading.value, current)) current = reading.value;
    if (isDeepStrictEqual(before, { current, faults, unknownKeys })) return;
    report(before);
    for (const listener of [...listeners]) listener();
  };
  const report = (before: { current: T; faults: readonly FileFault[]; unknownKeys: readonly string[] }) => {
    if (faults.length === 0 && (before.faults.length > 0 || (opened && before.current !== current)))
      log.info(`${name} is in force as it is on disk now`);
    if (!isDeepStrictEqual(faults, before.faults))
      for (const fault of faults) {
        const { file, line, column } = fault;
        log.error(`${describeFault(fault)}. What was in force stays so.`, { file, line, column });
      }
    if (unknownKeys.length > 0 && !isDeepStrictEqual(unknownKeys, before.unknownKeys))
      log.warn(`${name} has keys that mean nothing: ${unknownKeys.join(', ')}`);
  };
  const take = async (disk: OnDisk) => {
    if (disk.kind === 'text') await makePrivate(path);
    judge(disk);
    return disk.kind === 'text' ? disk.text : undefined;
  };
  const takeIfStill = async (identity: string) => {
    const disk = await readText(path);
    if ((await identityOf(path)) === identity) await take(disk);
  };
  const readStill = async () => {
    let disk = await readText(path);
    for (let before = last; !isDeepStrictEqual(disk, before); ) {
      before = disk;
      await sleep(clock, STILL_MS, closing.signal);
      disk = await readText(path);
    }
    return disk;
  };
  /** One after the other, whether or not the one before succeeded. */
  const enqueue = <R>(task: () => Promise<R>): Promise<R> => {
    const turn = queue.then(task, task);
    queue = turn.catch(() => undefined);
    return turn;
  };

  if (initialText !== undefined && (await readText(path)).kind === 'missing')
    await writeFileAtomic(path, initialText).catch((error: unknown) =>
      log.error(`${path} could not be written: ${messageOf(error)}`),
    );
  const stopWatching = await watchFile({
    path,
    clock,
    log,
    onStill: (identity) => {
      enqueue(() => takeIfStill(identity)).catch((error: unknown) =>
        log.error(`${name} could not be re-read: ${messageOf(error)}`),
      );
    },
  });
  await enqueue(async () => take(await readText(path)));
  opened = true;
  return {
    current: () => current,
    faults: () => faults,
    unknownKeys: () => unknownKeys,
    onChange(fn) {
      // A wrapper of its own, so that the same function may be given twice.
      const listener = () => fn();
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exclusively: (edit) => enqueue(async () => edit(await take(await readStill()))),
    accept: (text) => judge({ kind: 'text', text }),
    async close() {
      stopWatching();
      listeners.clear();
      closing.abort(new CommandError('REFUSED', `${name} is not edited any more: Cloudnap is ending`));
      await queue;
    },
  };
}

/** Takes the rights of others away, as far as the file is ours to change; Windows has none of this kind. */
async function makePrivate(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const others = await stat(path).then(
    ({ mode }) => mode & 0o077,
    () => 0,
  );
  if (others !== 0) await chmod(path, 0o600).catch(() => undefined);
}
