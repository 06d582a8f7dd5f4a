/** The end of the log and what is added to it: lines across rotations, whoever writes them. */
import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { type Clock, sleep } from '../core/instant.js';

/** How many older files the log keeps beside it: `aws_monitor.log.1` and so on, the oldest last. */
const OLDER_FILES = 5;
/** How often a followed log is looked at. */
const LOOK_MS = 250;
const CHUNK_BYTES = 64 * 1024;

/**
 * The last `count` lines that pass `wanted`, the oldest first, from the log and as many of its older files as it
 * takes. Undefined when there is no log at all.
 */
export function lastLines(
  path: string,
  count: number,
  wanted: (line: string) => boolean,
): string[] | undefined {
  let lines: string[] = [];
  let found = false;
  for (let age = 0; age <= OLDER_FILES && (age === 0 || lines.length < count); age++) {
    const text = read(age === 0 ? path : `${path}.${age}`);
    if (text === undefined) continue;
    found = true;
    lines = [...text.split('\n').filter((line) => line !== '' && wanted(line)), ...lines];
  }
  if (!found) return undefined;
  return count === 0 ? [] : lines.slice(-count);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** A log that is being read at its end. */
interface Open {
  readonly fd: number;
  readonly file: number;
  offset: number;
}

/**
 * Yields the lines added from now on until the signal is aborted. When the log is rotated, what is left of the old
 * file comes first; a log that is not there yet is waited for.
 */
export async function* follow(path: string, clock: Clock, signal: AbortSignal): AsyncGenerator<string> {
  let open = openAt(path, 'end');
  let rest = Buffer.alloc(0);
  try {
    while (!signal.aborted) {
      const [lines, left] = split(Buffer.concat([rest, open ? readOn(open) : Buffer.alloc(0)]));
      rest = left;
      yield* lines;
      if (!open || statSync(path, { throwIfNoEntry: false })?.ino !== open.file) {
        const next = openAt(path, 'start');
        if (next) {
          // Between the last reading and the rotation there may have been more.
          if (open) {
            const [last, half] = split(Buffer.concat([rest, readOn(open)]));
            yield* half.length > 0 ? [...last, half.toString()] : last;
            closeSync(open.fd);
          }
          rest = Buffer.alloc(0);
          open = next;
          continue;
        }
      }
      await sleep(clock, LOOK_MS, signal).catch(() => {});
    }
  } finally {
    if (open) closeSync(open.fd);
  }
}

function openAt(path: string, where: 'start' | 'end'): Open | undefined {
  try {
    const fd = openSync(path, 'r');
    const { ino, size } = fstatSync(fd);
    return { fd, file: ino, offset: where === 'end' ? size : 0 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Everything behind the offset, which moves on. A file that was emptied in place is read from its start. */
function readOn(open: Open): Buffer {
  if (fstatSync(open.fd).size < open.offset) open.offset = 0;
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const bytes = readSync(open.fd, chunk, 0, CHUNK_BYTES, open.offset);
    if (bytes === 0) return Buffer.concat(chunks);
    open.offset += bytes;
    chunks.push(chunk.subarray(0, bytes));
  }
}

/** Whole lines, and the bytes of one that is not whole yet. */
function split(bytes: Buffer): [string[], Buffer<ArrayBuffer>] {
  const end = bytes.lastIndexOf(0x0a);
  const lines = end < 0 ? [] : bytes.subarray(0, end).toString().split('\n');
  return [lines.filter((line) => line !== ''), Buffer.from(bytes.subarray(end + 1))];
}
