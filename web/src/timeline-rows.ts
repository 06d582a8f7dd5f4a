/** A timeline as rows of bars, and how the arrow keys move among them. */
import type { WireSpan, WireTimeline } from '../../src/control/wire-desk.js';

/** What a bar tells: presence, activity, or what a service did. */
export type BarKind =
  | WireTimeline['presence'][number]['state']
  | 'active'
  | WireTimeline['targets'][number]['spans'][number]['state'];

/** Wall milliseconds. */
export interface Bar {
  readonly kind: BarKind;
  readonly from: number;
  readonly to: number;
}

export interface Row {
  readonly id: string;
  /** A sensor's bars are told by its name, presence by its own, a target by what it is called. */
  readonly of: 'presence' | WireTimeline['sensors'][number]['sensor'] | 'target';
  /** Of a target: what it is called, and what else tells it from others. */
  readonly name?: string;
  readonly detail?: string;
  readonly bars: readonly Bar[];
}

/** A bar by its place: row and bar, from 0. */
export interface Place {
  readonly row: number;
  readonly bar: number;
}

/** Presence, and under it each sensor that told anything. */
export function personRows({ presence, sensors }: WireTimeline): readonly Row[] {
  return [
    {
      id: 'presence',
      of: 'presence',
      bars: presence.map((span) => barOf(span.state, span)),
    },
    ...sensors
      .filter(({ spans }) => spans.length > 0)
      .map(({ sensor, spans }) => ({
        id: sensor,
        of: sensor,
        bars: spans.map((span) => barOf('active', span)),
      })),
  ];
}

/** Each service that anything is on record of. The account is told where there is more than one. */
export function serviceRows({ targets }: WireTimeline): readonly Row[] {
  const hasAccounts = new Set(targets.map(({ account }) => account)).size > 1;
  return targets.map(({ target, account, name, spans }) => {
    const detail = [name === null ? undefined : target, hasAccounts ? account : undefined]
      .filter((part) => part !== undefined)
      .join(' · ');
    return {
      id: `${account} ${target}`,
      of: 'target',
      name: name ?? target,
      ...(detail === '' ? {} : { detail }),
      bars: spans.map((span) => barOf(span.state, span)),
    };
  });
}

function barOf(kind: BarKind, { from, to }: WireSpan): Bar {
  return { kind, from: Date.parse(from), to: Date.parse(to) };
}

/** Milliseconds that bars of one kind come to. */
export function lengthOf(rows: readonly Row[], kind: BarKind): number {
  return rows
    .flatMap(({ bars }) => bars)
    .filter((bar) => bar.kind === kind)
    .reduce((sum, { from, to }) => sum + to - from, 0);
}

/**
 * Where a key leads from a place: along the row, or to what is nearest in time in the next row that has anything.
 * Undefined: nowhere, or it is no key of ours.
 */
export function placeAfter(rows: readonly Row[], { row, bar }: Place, key: string): Place | undefined {
  const bars = rows[row]?.bars ?? [];
  const within = (to: number) => (to >= 0 && to < bars.length && to !== bar ? { row, bar: to } : undefined);
  switch (key) {
    case 'ArrowRight':
      return within(bar + 1);
    case 'ArrowLeft':
      return within(bar - 1);
    case 'Home':
      return within(0);
    case 'End':
      return within(bars.length - 1);
    case 'ArrowUp':
    case 'ArrowDown': {
      const here = bars[bar];
      const step = key === 'ArrowUp' ? -1 : 1;
      for (let next = row + step; next >= 0 && next < rows.length; next += step) {
        const nearest = here && nearestBar(rows[next]?.bars ?? [], (here.from + here.to) / 2);
        if (nearest !== undefined) return { row: next, bar: nearest };
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

/** The bar at an instant, or else the nearest that is at most `within` milliseconds off; undefined: there is none. */
export function nearestBar(
  bars: readonly Bar[],
  at: number,
  within = Number.POSITIVE_INFINITY,
): number | undefined {
  let found: number | undefined;
  let least = within;
  for (const [i, { from, to }] of bars.entries()) {
    const off = at < from ? from - at : Math.max(0, at - to);
    if (off > least || (off === least && found !== undefined)) continue;
    found = i;
    least = off;
  }
  return found;
}

/** Where the keyboard comes in: what happened last in the first row that has anything. */
export function firstPlace(rows: readonly Row[]): Place | undefined {
  const row = rows.findIndex(({ bars }) => bars.length > 0);
  const bars = rows[row]?.bars;
  return bars && { row, bar: bars.length - 1 };
}
