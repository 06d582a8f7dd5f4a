/** The day or week a timeline shows, on this computer's calendar: where it begins and ends, and the marks on its axis. */

export const VIEWS = ['day', 'week'] as const;
export type View = (typeof VIEWS)[number];

/** Wall milliseconds; `to` is the begin of what follows. */
export interface Period {
  readonly view: View;
  readonly from: number;
  readonly to: number;
}

/** A mark on the axis; a minor one is without its words where there is little room. */
export interface Tick {
  readonly at: number;
  readonly isMinor: boolean;
}

const HOURS_BETWEEN_TICKS = 3;

/** The period around an instant. `firstDay`: the weekday that weeks begin with, Sunday being 0. */
export function periodAround(view: View, at: number, firstDay: number): Period {
  const date = new Date(at);
  const back = view === 'day' ? 0 : (date.getDay() - firstDay + 7) % 7;
  const begin = (days: number) =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate() - back + days).getTime();
  return { view, from: begin(0), to: begin(view === 'day' ? 1 : 7) };
}

/** The period before (-1) or after (1) one. Days are as long as the calendar has them: 23 hours, or 25, in some. */
export function neighbour({ view, from, to }: Period, way: -1 | 1, firstDay: number): Period {
  return periodAround(view, way === -1 ? from - 1 : to, firstDay);
}

/** Where the axis is marked: every three hours of a day, every day of a week. */
export function ticksOf({ view, from, to }: Period): readonly Tick[] {
  const start = new Date(from);
  const at = (step: number) =>
    view === 'day'
      ? new Date(start.getFullYear(), start.getMonth(), start.getDate(), step * HOURS_BETWEEN_TICKS)
      : new Date(start.getFullYear(), start.getMonth(), start.getDate() + step);
  const steps = Array.from({ length: view === 'day' ? 24 / HOURS_BETWEEN_TICKS : 7 }, (_, step) => step);
  return steps
    .map((step) => ({ at: at(step).getTime(), isMinor: view === 'day' && step % 2 === 1 }))
    .filter((tick) => tick.at < to);
}

/** The weekday that weeks begin with where a language is spoken, Sunday being 0; Monday where it is not known. */
export function firstDayOf(tag: string): number {
  interface Week {
    readonly firstDay: number;
  }
  // A method in newer browsers, a property in older ones, in some neither.
  const locale: Intl.Locale & { getWeekInfo?: () => Week; weekInfo?: Week } = new Intl.Locale(tag);
  return ((locale.getWeekInfo?.() ?? locale.weekInfo)?.firstDay ?? 1) % 7;
}

/** Where in a period an instant is, from 0 to 1. */
export function fraction(at: number, { from, to }: Pick<Period, 'from' | 'to'>): number {
  return Math.min(1, Math.max(0, (at - from) / (to - from)));
}

/** What a period is called: `Monday, November 23`, `Nov 22 – 28`; with the year where it is not this one. */
export function nameOf({ view, from, to }: Period, now: number, language: string): string {
  const isThisYear = new Date(from).getFullYear() === new Date(now).getFullYear();
  const format = new Intl.DateTimeFormat(language, {
    ...(isThisYear ? {} : { year: 'numeric' }),
    ...(view === 'day' ? { weekday: 'long', month: 'long' } : { month: 'short' }),
    day: 'numeric',
  });
  return view === 'day' ? format.format(from) : format.formatRange(from, to - 1);
}

/** The words at a mark: `9 AM` in a day, `Mon 23` in a week. */
export function tickText({ at }: Tick, view: View, language: string): string {
  if (view === 'day') return new Intl.DateTimeFormat(language, { hour: 'numeric' }).format(at);
  const weekday = new Intl.DateTimeFormat(language, { weekday: 'short' }).format(at);
  return `${weekday} ${new Date(at).getDate()}`;
}

/** An instant within a period: the time, and the day too where there is more than one. */
export function timeText(at: number, view: View, language: string): string {
  return new Intl.DateTimeFormat(language, {
    ...(view === 'day' ? {} : { weekday: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
  }).format(at);
}
