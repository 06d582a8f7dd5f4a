/**
 * The log: JSON lines in a rotated file, and pretty on a terminal when there is one. Every message and field is
 * freed of secrets before it goes anywhere. The libraries behind it are loaded when a log is created, so that a
 * command that keeps none pays nothing.
 */
import type { Logger } from '../core/logger.js';
import { redact, redactText } from './redact.js';

const MAX_BYTES = 5_000_000;
const KEPT_FILES = 5;
/** Names that the log itself uses in every line. */
const OWN_FIELDS = new Set(['level', 'time', 'msg']);

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A log that must be closed, or its last lines may be lost. */
export interface Log extends Logger {
  /** Resolves when all lines are written. What is logged afterwards is dropped. Never rejects. */
  close(): Promise<void>;
}

/**
 * Creates the log at `path` (0600, 5 MB and five older files of the same size). `terminal`: where it is to be
 * seen as well, in a readable form or as the same JSON lines.
 *
 * Logging never throws and never waits: what cannot be written is counted and told later.
 */
export async function createLogger(options: {
  readonly path: string;
  readonly level?: LogLevel;
  readonly terminal?: { readonly stream: NodeJS.WritableStream; readonly json: boolean } | undefined;
  /** Bytes at which the file is rotated. */
  readonly maxBytes?: number;
}): Promise<Log> {
  const { level = 'info', terminal } = options;
  const [{ pino }, { openLogFile }] = await Promise.all([import('pino'), import('./log-file.js')]);
  const file = openLogFile({
    file: options.path,
    maxBytes: options.maxBytes ?? MAX_BYTES,
    keep: KEPT_FILES,
    lost: (lines, why) => {
      const msg = `${lines} lines of this log were lost: ${redactText(why)}`;
      return `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg })}\n`;
    },
  });
  const streams = [
    { level, stream: file },
    ...(terminal ? [{ level, stream: terminal.json ? terminal.stream : await pretty(terminal.stream) }] : []),
  ];
  const lines = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(streams),
  );
  // A terminal that was closed takes no daemon with it; the file goes on.
  const gone = () => undefined;
  terminal?.stream.on('error', gone);
  let closed = false;

  const log = (at: LogLevel) => (message: string, fields?: object) => {
    if (closed || !lines.isLevelEnabled(at)) return;
    try {
      lines[at](fields ? asFields(redact(fields)) : {}, redactText(message));
    } catch {
      // A field whose getter throws, or a terminal that is gone: the sentence alone, or nothing.
      file.write(
        `${JSON.stringify({ level: at, time: new Date().toISOString(), msg: redactText(message) })}\n`,
      );
    }
  };
  return {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    async close() {
      if (closed) return;
      closed = true;
      await file.close();
      terminal?.stream.off('error', gone);
    },
  };
}

/** A synchronous formatter: no worker thread, which would break in a single executable. */
async function pretty(terminal: NodeJS.WritableStream) {
  const { default: prettyStream } = await import('pino-pretty');
  return prettyStream({
    destination: terminal,
    sync: true,
    colorize: 'isTTY' in terminal && terminal.isTTY === true,
    translateTime: 'SYS:HH:MM:ss',
    hideObject: true,
  });
}

/** Fields that bear the name of one of the log's own get a `_`, so that no line says `level` twice. */
function asFields(plain: unknown): object {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return { fields: plain };
  return Object.fromEntries(
    Object.entries(plain).map(([key, value]) => [OWN_FIELDS.has(key) ? `${key}_` : key, value]),
  );
}
