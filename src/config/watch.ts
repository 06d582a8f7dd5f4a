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

/** How often the file is looked at where a folder cannot be watched: it is gone, or the system has no watches left. */
const POLL_MS = 2_000;

/** Far more links than anybody chains; a circle ends here. */
const MAX_LINKS = 40;

interface WatchOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Called each time the file is still again after a change, also when it vanished or came back, with its
   * {@link identityOf}. A reader that finds another identity after reading has read into the next change: it
   * drops what it read, and is called again.
   */
  readonly onStill: (identity: string) => void;
}

/** Watches until the returned function is called. Resolved means that changes from now on are seen. Never rejects. */
export async function watchFile(options: WatchOptions): Promise<() => void> {
  const watched = new WatchedFile(options);
  await watched.start();
  return () => watched.close();
}

class WatchedFile {
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly identity: string }>();
  #folders: Folders = new Map();
  #closed = false;
  /** The file as it was last reported, and a change that is not still yet. */
  #seen = '';
  #pending: string | undefined;
  #cancelWait: () => void = () => undefined;
  #cancelPoll: (() => void) | undefined;
  #looking = false;
  #lookAgain = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#seen = await identityOf(this.#options.path);
    await this.#arm();
    // What changed while the watch was being set up.
    await this.#look();
  }

  close(): void {
    this.#closed = true;
    this.#cancelWait();
    this.#cancelPoll?.();
    for (const { watcher } of this.#watchers.values()) watcher.close();
  }

  /** One look at a time, however many events come; an event during a look causes another. */
  async #look(): Promise<void> {
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    while (this.#lookAgain && !this.#closed) {
      this.#lookAgain = false;
      const now = await identityOf(this.#options.path);
      if (!this.#closed && now !== (this.#pending ?? this.#seen)) this.#wait(now);
    }
    this.#looking = false;
  }

  #wait(changed: string): void {
    this.#pending = changed;
    this.#cancelWait();
    this.#cancelWait = this.#options.clock.after(STILL_MS, () => void this.#settle());
  }

  async #settle(): Promise<void> {
    const now = await identityOf(this.#options.path);
    if (this.#closed) return;
    if (now !== this.#pending) return this.#wait(now);
    const changed = now !== this.#seen;
    this.#pending = undefined;
    this.#seen = now;
    await this.#arm();
    if (this.#closed) return;
    if (changed) this.#options.onStill(now);
    // What changed while the folders were being followed anew.
    await this.#look();
  }

  /** Watches every folder that the path leads through now, and none that it no longer does. */
  async #arm(): Promise<void> {
    this.#folders = await foldersOf(this.#options.path);
    for (const folder of [...this.#watchers.keys()]) if (!this.#folders.has(folder)) this.#unwatch(folder);
    let failure: { folder: string; reason: unknown } | undefined;
    for (const folder of this.#folders.keys()) {
      const identity = await identityOf(folder, ({ dev, ino }) => [dev, ino]);
      if (this.#closed) return;
      // A folder that was deleted and made anew is another one, and a watch on the old one says nothing more.
      if (this.#watchers.get(folder)?.identity === identity) continue;
      this.#unwatch(folder);
      try {
        this.#watchers.set(folder, { watcher: this.#watch(folder), identity });
      } catch (reason) {
        failure = { folder, reason };
      }
    }
    if (failure) this.#startPolling(failure.folder, failure.reason);
    else this.#stopPolling();
  }

  #watch(folder: string): FSWatcher {
    const watcher = watch(folder, { persistent: false }, (_event, changed) => {
      const name = this.#folders.get(folder);
      if (name === undefined || changed === null || changed === name) void this.#look();
    });
    return watcher.on('error', (reason) => {
      this.#unwatch(folder);
      this.#startPolling(folder, reason);
    });
  }

  #unwatch(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }

  #startPolling(folder: string, reason: unknown): void {
    if (this.#closed || this.#cancelPoll !== undefined) return;
    const { clock, log, path } = this.#options;
    log.warn(
      `${folder} cannot be watched; ${basename(path)} is looked at every ${POLL_MS / 1000} s instead`,
      {
        reason: String(reason),
      },
    );
    const poll = () => {
      this.#cancelPoll = clock.after(POLL_MS, () => {
        poll();
        void this.#look();
      });
    };
    poll();
  }

  #stopPolling(): void {
    this.#cancelPoll?.();
    this.#cancelPoll = undefined;
  }
}

type Stats = { readonly [field in 'dev' | 'ino' | 'size' | 'mtimeNs']: bigint };

/** What differs whenever a file's content may; of a folder `of` takes only what says which folder it is. */
export async function identityOf(
  path: string,
  of: (stats: Stats) => bigint[] = ({ dev, ino, size, mtimeNs }) => [dev, ino, size, mtimeNs],
): Promise<string> {
  try {
    return of(await stat(path, { bigint: true })).join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable';
  }
}

/**
 * The folders in which a change can mean another content, each with the one name that matters there. Undefined
 * where a link lies: its target may lead through other links in that folder, so every name matters.
 */
type Folders = ReadonlyMap<string, string | undefined>;

async function foldersOf(path: string): Promise<Folders> {
  const folders = new Map<string, string | undefined>();
  let at = resolve(path);
  for (let hops = 0; hops < MAX_LINKS; hops++) {
    const isLink = await lstat(at).then(
      (stats) => stats.isSymbolicLink(),
      () => false,
    );
    const target = isLink ? await readlink(at).catch(() => undefined) : undefined;
    const folder = dirname(at);
    folders.set(folder, isLink || folders.has(folder) ? undefined : basename(at));
    if (target === undefined) break;
    at = resolve(folder, target);
  }
  return folders;
}
