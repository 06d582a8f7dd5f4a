/**
 * Durable replacement of a small file: readers see the old bytes or the new ones, never a mixture, and once the
 * promise has resolved the new ones survive a power cut. What a killed writer left behind is swept up.
 */
import { randomBytes } from 'node:crypto';
import { open, readdir, readlink, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Temp files this process is writing now: all others that bear its pid are left from an earlier life of the pid. */
const writing = new Set<string>();

/** As many symbolic links as Linux itself follows. */
const MAX_LINKS = 40;

/**
 * Writes `data` to `path` atomically and durably; the file is then readable by its owner alone (0600). A symbolic
 * link stays one: the file it points to is replaced. The folder must exist.
 * @throws the file system's error; then the file is as it was and no temp file is left.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  const target = await followLinks(path);
  const folder = dirname(target);
  await sweep(folder, basename(target));
  const temp = join(
    folder,
    `${tempPrefix(basename(target))}${process.pid}-${randomBytes(6).toString('hex')}.tmp`,
  );
  writing.add(temp);
  try {
    const handle = await open(temp, 'wx', 0o600);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temp, target);
  } catch (error) {
    await unlink(temp).catch(() => undefined);
    throw error;
  } finally {
    writing.delete(temp);
  }
  await syncFolder(folder);
}

/** The path a chain of symbolic links ends at, whether or not a file is there yet. */
async function followLinks(path: string): Promise<string> {
  let at = path;
  for (let hops = 0; hops < MAX_LINKS; hops++) {
    const next = await readlink(at).catch(() => undefined);
    if (next === undefined) return at;
    at = resolve(dirname(at), next);
  }
  throw new Error(`${path} is a symbolic link that leads nowhere`);
}

const tempPrefix = (name: string) => `.${name}.`;

/** Removes temp files of this name whose writers live no more. */
async function sweep(folder: string, name: string): Promise<void> {
  const prefix = tempPrefix(name);
  for (const found of await readdir(folder)) {
    const pid = found.startsWith(prefix)
      ? /^(\d+)-[0-9a-f]{12}\.tmp$/.exec(found.slice(prefix.length))?.[1]
      : undefined;
    if (pid === undefined || isWriting(Number(pid), join(folder, found))) continue;
    await unlink(join(folder, found)).catch(() => undefined);
  }
}

function isWriting(pid: number, temp: string): boolean {
  if (pid === process.pid) return writing.has(temp);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Makes the rename itself durable, where the system can: Windows and some network drives cannot sync a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
