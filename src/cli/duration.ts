/** Durations as people type them: `90m`, `2h`, `1h30m`, `3d`, plain minutes, and `until 18:30`. Pure. */
import { MAX_HOLD_MINUTES } from '../core/control.js';
import { usage } from './failure.js';

const MINUTES = { d: 24 * 60, h: 60, m: 1, s: 1 / 60 } as const;
const WHOLE = /^(?:\d+(?:\.\d+)?\s*(?:d|h|min|m|s)\s*)+$/;
const PART = /(\d+(?:\.\d+)?)\s*(d|h|min|m|s)/g;
const PLAIN = /^\d+(?:\.\d+)?$/;
const CLOCK_TIME = /^([01]?\d|2[0-3]):([0-5]\d)$/;
const HINT = 'Use 90m, 2h, 1h30m, 3d, plain minutes, or "until 18:30"; at most 7 days.';

/**
 * Minutes of a duration, fractions allowed.
 * @throws CommandError BAD_REQUEST when it is none, is zero, or is longer than the longest hold.
 */
export function parseMinutes(text: string): number {
  const clean = text.trim().toLowerCase();
  const minutes = PLAIN.test(clean) ? Number(clean) : WHOLE.test(clean) ? sum(clean) : Number.NaN;
  if (Number.isNaN(minutes)) throw usage(`"${text}" is not a duration`, HINT);
  if (minutes <= 0) throw usage('A hold lasts longer than nothing', HINT);
  if (minutes > MAX_HOLD_MINUTES) throw usage(`"${text}" is longer than 7 days`, HINT);
  return minutes;
}

function sum(text: string): number {
  let total = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(PART))
    total += Number(amount) * MINUTES[unit === 'min' ? 'm' : (unit as keyof typeof MINUTES)];
  return total;
}

/**
 * Minutes from `now` (wall milliseconds) until the local time `HH:MM` comes next, today or tomorrow.
 * @throws CommandError BAD_REQUEST when the text is not a time of day.
 */
export function minutesUntil(text: string, now: number): number {
  const [, hours, minutes] = CLOCK_TIME.exec(text.trim()) ?? [];
  if (hours === undefined || minutes === undefined) throw usage(`"${text}" is not a time of day`, HINT);
  const then = new Date(now);
  then.setHours(Number(hours), Number(minutes), 0, 0);
  // By the calendar, not by 24 hours: a day on which the clocks change is shorter or longer.
  if (then.getTime() <= now) then.setDate(then.getDate() + 1);
  return (then.getTime() - now) / 60_000;
}
