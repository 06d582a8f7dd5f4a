/**
 * What went on in a period, for a picture of it: activity of each sensor, presence, and when each target ran and
 * napped. Pure; reckoned from the ledger's stretches and intervals. Where nothing is told, nobody knows: the machine
 * slept, or Cloudnap did not run.
 */
import type { PresenceState } from './control.js';
import type { Interval, Stretch } from './ledger.js';
import type { Period } from './savings.js';
import { SENSORS, type SensorName } from './sensor.js';
import type { TargetId } from './target.js';

/** Wall milliseconds. One that is an instant long is something that happened once. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

interface StateSpan<State extends string> extends Span {
  readonly state: State;
}

interface TargetTimeline {
  readonly targetId: TargetId;
  readonly account: string;
  /** From the registry; undefined: it has none, or is not registered any more. */
  readonly name: string | undefined;
  readonly spans: readonly StateSpan<Interval['state']>[];
}

/** Spans of one row never overlap and are in the order of time. */
export interface TimelineView extends Period {
  /** Every sensor, also one that told nothing. */
  readonly sensors: readonly { readonly sensor: SensorName; readonly spans: readonly Span[] }[];
  readonly presence: readonly StateSpan<PresenceState>[];
  /** Those of which more than an instant is on record, by what they are called. */
  readonly targets: readonly TargetTimeline[];
}

/** The longest period of which a timeline is told: a picture, and an answer, of more would be too much. */
export const LONGEST_TIMELINE_MS = 32 * 24 * 3_600_000;

/** Less than this between two spans of one presence is no gap: the daemon was started anew. */
const RESTART_MS = 60_000;
/** The same for a target: its size changed between two looks at it, which are five minutes apart unless set otherwise. */
const BETWEEN_LOOKS_MS = 10 * 60_000;

interface Facts extends Period {
  readonly stretches: readonly Stretch[];
  readonly intervals: readonly Interval[];
  readonly nameOf: (id: TargetId) => string | undefined;
}

/** The timeline of a period; what lies outside of it is cut off. The order of what it is made of says nothing. */
export function timelineOf({ from, to, stretches, intervals, nameOf }: Facts): TimelineView {
  const within = <T extends Span>(spans: readonly T[]): readonly T[] => clipped(spans, from, to);
  const of = (sensor: SensorName) => within(stretches.filter(({ what }) => what === sensor));
  const presence = stretches.flatMap(({ what, ...span }) =>
    isSensor(what) ? [] : [{ state: what, from: span.from, until: span.until }],
  );
  return {
    from,
    to,
    sensors: SENSORS.map((sensor) => ({ sensor, spans: inOne(of(sensor)) })),
    presence: inTurn(within(presence), RESTART_MS),
    targets: byTarget(within(intervals))
      .map(([first, ...rest]) => ({
        targetId: first.targetId,
        account: first.account,
        name: nameOf(first.targetId),
        spans: inTurn([first, ...rest], BETWEEN_LOOKS_MS),
      }))
      .filter(({ spans }) => spans.length > 0)
      .sort((a, b) => compare(a.name ?? a.targetId, b.name ?? b.targetId) || compare(a.account, b.account)),
  };
}

function isSensor(what: Stretch['what']): what is SensorName {
  return SENSORS.some((sensor) => sensor === what);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function clipped<T extends Span>(spans: readonly T[], from: number, to: number): readonly T[] {
  return spans
    .filter((span) => span.from < to && (span.until > from || span.from >= from))
    .map((span) => ({ ...span, from: Math.max(from, span.from), until: Math.min(to, span.until) }));
}

function byTarget(intervals: readonly Interval[]): readonly (readonly [Interval, ...Interval[]])[] {
  const found = new Map<string, [Interval, ...Interval[]]>();
  for (const interval of intervals) {
    const key = `${interval.account} ${interval.targetId}`;
    const known = found.get(key);
    if (known) known.push(interval);
    else found.set(key, [interval]);
  }
  return [...found.values()];
}

/** Spans of one thing as spans that do not overlap: a wall clock that was set back tells the same time twice. */
function inOne(spans: readonly Span[]): readonly Span[] {
  const joined: Span[] = [];
  for (const { from, until } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1);
    if (last && from <= last.until)
      joined[joined.length - 1] = { ...last, until: Math.max(last.until, until) };
    else joined.push({ from, until });
  }
  return joined;
}

/**
 * Spans of states that take turns. Where they overlap, because a wall clock was set back, the one begun later counts;
 * an instant of a state is left out, and neighbours of one state with less than `joinedMs` between them are one.
 */
function inTurn<State extends string>(
  spans: readonly StateSpan<State>[],
  joinedMs: number,
): readonly StateSpan<State>[] {
  const sorted = spans.filter(({ from, until }) => until > from).sort((a, b) => a.from - b.from);
  const turns: StateSpan<State>[] = [];
  for (const { state, from, until } of pieces(sorted)) {
    const last = turns.at(-1);
    if (last?.state === state && from <= last.until + joinedMs) turns[turns.length - 1] = { ...last, until };
    else turns.push({ state, from, until });
  }
  return turns;
}

/** Spans, in the order of their begin, cut at every edge; of those that overlap the one begun last. */
function* pieces<Of extends Span>(sorted: readonly Of[]): Generator<Of> {
  const edges = [...new Set(sorted.flatMap(({ from, until }) => [from, until]))].sort((a, b) => a - b);
  let open: Of[] = [];
  let next = 0;
  for (const [i, from] of edges.entries()) {
    open = open.filter(({ until }) => until > from);
    for (let begun = sorted[next]; begun && begun.from <= from; begun = sorted[++next]) open.push(begun);
    const until = edges[i + 1];
    const counts = open.at(-1);
    if (until !== undefined && counts) yield { ...counts, from, until };
  }
}
