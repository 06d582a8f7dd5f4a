/**
 * A file of log lines that is rotated by size and never stands in the way of the product: a full disk or a
 * failing one costs lines, not the process, and the number of lines lost is told when writing works again.
 */
import { chmodSync, lstatSync } from 'node:fs';
import path from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import { messageOf } from '../core/errors.js';

/** How long a failing disk is left alone before it is tried again. */
const RETRY_MS = 5_000;
/** Lines waiting for a disk that hangs take at most this many characters of memory. */
const MAX_WAITING = 1_000_000;
/** How long closing waits for a disk that hangs. */
const CLOSE_MS = 2_000;

/** Takes lines, each with its line end, and writes them when it can. `write` never throws. */
export interface LogFile {
  write(line: string): void;
  /** Resolves when all that can be written is written and the file is closed, after 2 s at the latest. Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens the log at `file`, readable by its owner alone. At `maxBytes` it becomes `file.1`, which was `file.1`
 * becomes `file.2`, and so on; `file.{keep}` is the last.
 * `lost` makes the line that tells of lines that were lost, and why.
 */
export function openLogFile(options: {
  readonly file: string;
  readonly maxBytes: number;
  readonly keep: number;
  readonly lost: (lines: number, why: string) => string;
  /** Milliseconds on a clock that nobody can set. */
  readonly now?: () => number;
}): LogFile {
  const { file, now = () => performance.now() } = options;
  let stream: RotatingFileStream | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let lostLines = 0;
  let why = '';

  const open = (): RotatingFileStream => {
    closeToOthers(file);
    const opened = createStream(path.basename(file), {
      path: path.dirname(file),
      size: `${options.maxBytes}B`,
      rotate: options.keep,
      mode: 0o600,
    });
    opened.on('error', () => {
      if (stream !== opened) return;
      failedAt = now();
      stream = undefined;
    });
    return opened;
  };

  /** `worth`: how many lines are lost with this one. */
  const append = (to: RotatingFileStream, line: string, worth: number) => {
    to.write(line, (error) => {
      if (!error) return;
      lostLines += worth;
      // Lines that waited behind the one that failed only learn that the stream is gone.
      if (!('code' in error && error.code === 'ERR_STREAM_DESTROYED')) why = messageOf(error);
    });
  };

  return {
    write(line) {
      if (stream === undefined && now() - failedAt < RETRY_MS) {
        lostLines += 1;
        return;
      }
      stream ??= open();
      if (stream.writableLength + line.length > MAX_WAITING) {
        lostLines += 1;
        why = 'the disk does not keep up';
        return;
      }
      if (lostLines > 0) {
        append(stream, options.lost(lostLines, why), lostLines);
        lostLines = 0;
      }
      append(stream, line, 1);
    },
    close() {
      const closing = stream;
      stream = undefined;
      failedAt = Number.POSITIVE_INFINITY;
      if (closing === undefined) return Promise.resolve();
      return new Promise((resolve) => {
        const gaveUp = setTimeout(resolve, CLOSE_MS);
        closing.once('close', () => {
          clearTimeout(gaveUp);
          resolve();
        });
        closing.end();
      });
    },
  };
}

/** A log left by an older version or another umask may be open to others; one that is missing will not be. */
function closeToOthers(file: string): void {
  try {
    if (lstatSync(file).isFile()) chmodSync(file, 0o600);
  } catch {
    // Missing, or on a file system without modes; opening it says what is really wrong.
  }
}
