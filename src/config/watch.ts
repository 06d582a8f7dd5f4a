/**
 * Tells when a file has changed and has then been still for a moment. The folders are watched, not the file: a
 * watch on a file follows its inode, and editors that replace the file, or delete and write it anew, would be
 * lost. While nothing happens there is no timer and no reading.
 */
import { type FSWatcher, watch } from 'node:fs';
import { lstat, readlink, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';

/** A change is complete when nothing more has come for so long: editors write in several steps. */
export const STILL_MS = 200;

/** How often the file is looked at where the system cannot watch (out of inotify watches, some network drives). */
const POLL_MS = 2_000;

interface WatchOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called each time the file is still again after a change; also when it vanished or came back. */
  readonly onStill: () => void;
}

/** Watches until the returned function is called. Resolved means that changes from now on are seen. */
export async function watchFile({ path, clock, log, onStill }: WatchOptions): Promise<() => void> {
  const watchers = new Map<string, FSWatcher>();
  let folders: ReadonlyMap<string, string | undefined> = new Map();
  let closed = false;
  let seen = await signature(path);
  /** A change that is not yet still, and what stops waiting for it. */
  let pending: string | undefined;
  let cancel: () => void = () => undefined;
  let looking = false;
  let lookAgain = false;

  const settle = async () => {
    const now = await signature(path);
    if (closed) return;
    if (now !== pending) return wait(now);
    pending = undefined;
    const changed = now !== seen;
    seen = now;
    await arm();
    if (closed) return;
    if (changed) onStill();
    // What changed while the links were being followed anew.
    await look();
  };
  const wait = (changed: string) => {
    pending = changed;
    cancel();
    cancel = clock.after(STILL_MS, () => void settle());
  };
  /** One look at a time, however many events come; an event during a look causes another. */
  const look = async () => {
    lookAgain = true;
    if (looking) return;
    looking = true;
    while (lookAgain && !closed) {
      lookAgain = false;
      const now = await signature(path);
      if (!closed && now !== (pending ?? seen)) wait(now);
    }
    looking = false;
  };
  const poll = () => {
    cancelPoll = clock.after(POLL_MS, () => {
      void look();
      poll();
    });
  };
  let cancelPoll: (() => void) | undefined;
  const fallBack = (folder: string, reason: unknown) => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
    if (closed || cancelPoll !== undefined) return;
    log.warn(
      `${folder} cannot be watched; ${basename(path)} is looked at every ${POLL_MS / 1000} s instead`,
      {
        reason: String(reason),
      },
    );
    poll();
  };
  /** Watches every folder that the path leads through now, and none that it no longer does. */
  const arm = async () => {
    folders = await foldersOf(path);
    if (closed) return;
    for (const [folder, watcher] of watchers)
      if (!folders.has(folder)) {
        watcher.close();
        watchers.delete(folder);
      }
    for (const folder of folders.keys()) {
      if (watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, { persistent: false }, (_event, changed) => {
          const name = folders.get(folder);
          if (name === undefined || changed === null || changed === name) void look();
        });
        watcher.on('error', (error) => fallBack(folder, error));
        watchers.set(folder, watcher);
      } catch (error) {
        fallBack(folder, error);
      }
    }
  };

  await arm();
  // What changed while the watch was being set up.
  await look();
  return () => {
    closed = true;
    cancel();
    cancelPoll?.();
    for (const watcher of watchers.values()) watcher.close();
  };
}

/** What differs whenever the file's content may: it tells our own reading and others' events from changes. */
async function signature(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs].join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}

/** Far more links than anybody chains; a circle ends here. */
const MAX_LINKS = 40;

/**
 * The folders in which a change can mean another content, each with the one name that matters there. Undefined
 * where a link lies: its target may lead through other links in that folder, so every name matters.
 */
async function foldersOf(path: string): Promise<ReadonlyMap<string, string | undefined>> {
  const folders = new Map<string, string | undefined>();
  let at = resolve(path);
  for (let hops = 0; hops < MAX_LINKS; hops++) {
    const isLink = await lstat(at).then(
      (stats) => stats.isSymbolicLink(),
      () => false,
    );
    const folder = dirname(at);
    folders.set(folder, isLink || folders.has(folder) ? undefined : basename(at));
    if (!isLink) break;
    at = resolve(folder, await readlink(at));
  }
  return folders;
}
