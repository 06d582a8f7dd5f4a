/** Instants in words, in the page's language. */

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];

/** `in 4 minutes`, `2 hours ago`. */
export function relative(at: string, now: number, language: string): string {
  const seconds = Math.round((Date.parse(at) - now) / 1_000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit);
}

/** `14:05`, with the day when it is not today. */
export function clockTime(at: string, now: number, language: string): string {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(language, {
    ...(isToday ? {} : { month: 'short', day: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
  }).format(date);
}

/** `14:05:09`, with the day when it is not today. */
export function momentText(at: string, now: number, language: string): string {
  const seconds = new Intl.DateTimeFormat(language, { timeStyle: 'medium' }).format(new Date(at));
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  if (isToday) return seconds;
  const day = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' }).format(new Date(at));
  return `${day} ${seconds}`;
}

/** `4:05` or `1:04:05` of what is left until an instant; never less than nothing. */
export function countdown(at: string, now: number): string {
  const left = Math.max(0, Math.ceil((Date.parse(at) - now) / 1_000));
  const [hours, minutes, seconds] = [Math.floor(left / 3_600), Math.floor(left / 60) % 60, left % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** `1 hr 59 min` of what is left until an instant, to the minute; never less than one. */
export function length(at: string, now: number, language: string): string {
  const minutes = Math.max(1, Math.round((Date.parse(at) - now) / 60_000));
  const of = (value: number, unit: 'day' | 'hour' | 'minute') =>
    new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(value);
  const [large, small, size] =
    minutes < 1_440 ? (['hour', 'minute', 60] as const) : (['day', 'hour', 1_440] as const);
  const whole = Math.floor(minutes / size);
  const rest = Math.floor((minutes % size) / (size === 60 ? 1 : 60));
  return [...(whole > 0 ? [of(whole, large)] : []), ...(rest > 0 ? [of(rest, small)] : [])].join(' ');
}

/** Until tomorrow at 9:00 on this computer's clock, in whole minutes: never ended before. */
export function minutesUntilMorning(now: Date): number {
  const morning = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9);
  return Math.max(1, Math.ceil((morning.getTime() - now.getTime()) / 60_000));
}
