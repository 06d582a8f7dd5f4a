/** Lines of the log for people. Pure. */
import { secondsOf, timeOf } from '../moments.js';
import { clean, type Paint } from '../paint.js';

/** In rising order. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

/** Whether a line is at least so important. A line that is not JSON always is: something went wrong there. */
export function atLeast(line: string, level: Level): boolean {
  const parsed = parse(line);
  return !parsed || LEVELS.indexOf(levelOf(parsed)) >= LEVELS.indexOf(level);
}

/** `18:32:07 warn  message  field=value`; the date too where it is not today. */
export function logLine(line: string, now: number, paint: Paint): string {
  const parsed = parse(line);
  if (!parsed) return clean(line);
  const { level: _level, time, msg, ...fields } = parsed;
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  const more = Object.entries(fields).map(([key, value]) => `${key}=${shown(value)}`);
  return [
    paint.dim(Number.isNaN(at) ? '--:--:--' : momentOf(at, now)),
    levelWord(levelOf(parsed), paint),
    clean(String(msg ?? '')),
    ...(more.length > 0 ? [paint.dim(clean(more.join(' ')))] : []),
  ].join('  ');
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : undefined;
  } catch {
    return undefined;
  }
}

function levelOf(line: Record<string, unknown>): Level {
  return LEVELS.find((level) => level === line.level) ?? 'info';
}

function momentOf(at: number, now: number): string {
  // Today the time is all; on another day the date replaces what timeOf would round to minutes.
  const [...date] = timeOf(at, now).split(' ').slice(0, -1);
  return [...date, secondsOf(at)].join(' ');
}

function levelWord(level: Level, paint: Paint): string {
  const word = level.padEnd(5);
  if (level === 'error') return paint.red(word);
  if (level === 'warn') return paint.yellow(word);
  return level === 'debug' ? paint.dim(word) : word;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
