/** Quiet hours: a part of every day, which may go over midnight. */
import type { QuietHours } from './settings.js';

const DAY_MINUTES = 24 * 60;

/** Whether a minute of the day lies in them. The first minute does, the last does not. */
export function isQuiet(hours: QuietHours | undefined, minuteOfDay: number): boolean {
  if (!hours) return false;
  const { from, until } = hours;
  return from < until
    ? minuteOfDay >= from && minuteOfDay < until
    : minuteOfDay >= from || minuteOfDay < until;
}

/** Milliseconds until they end, by whole minutes and at least one. */
export function untilQuietEnds({ until }: QuietHours, minuteOfDay: number): number {
  const minutes = (until - minuteOfDay + DAY_MINUTES) % DAY_MINUTES;
  return Math.max(1, minutes) * 60_000;
}
