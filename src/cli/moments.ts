/** Moments and lengths of time in words for people: "in 12 min, at 18:32". Pure; wall milliseconds throughout. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A moment as the wire has it (RFC 3339 or null) in wall milliseconds; undefined: there is none. */
export function wallOf(moment: string | null): number | undefined {
  return moment === null ? undefined : Date.parse(moment);
}

/** A length of time at the precision a person cares for: `45 s`, `4 min 10 s`, `12 min`, `2 h 5 min`, `3 d 4 h`. */
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 600) return both(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return both(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return both(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function both(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/** The local time of day, with the date where it is not the day of `now`: `18:32`, `Tue 14 May 18:32`. */
export function timeOf(at: number, now: number): string {
  const date = new Date(at);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const today = new Date(now);
  const sameDay = date.toDateString() === today.toDateString();
  if (sameDay) return time;
  const [weekday, month, day, year] = date.toDateString().split(' ');
  const withYear = date.getFullYear() === today.getFullYear() ? '' : ` ${year}`;
  return `${weekday} ${Number(day)} ${month}${withYear} ${time}`;
}

/** The local time of day with seconds, for lists of events: `18:32:07`. */
export function secondsOf(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** A moment both ways: `in 12 min, at 18:32`, `3 min ago, at 18:17`, `now`. */
export function when(at: number, now: number): string {
  const gap = at - now;
  if (Math.abs(gap) < 1000) return 'now';
  const clock = `${Math.abs(gap) < DAY ? 'at' : 'on'} ${timeOf(at, now)}`;
  return gap > 0 ? `in ${lengthOf(gap)}, ${clock}` : `${lengthOf(-gap)} ago, ${clock}`;
}
