/**
 * What napping saved, reckoned from the ledger's intervals and the small table of prices. Only time that was seen
 * counts, and only what has a price: the numbers err on the low side.
 */
import type { Interval } from './ledger.js';
import { PRICE_SOURCE, type Price, type PriceSource, priceOf } from './prices.js';
import { type Kind, parseTargetId, type TargetId } from './target.js';

/**
 * What AWS goes on billing while a target naps. How much of it there is the ledger does not know, so it is named and
 * never reckoned; nor is it part of the always-on cost, so it makes no saving look larger.
 */
export type StillBilled = 'disks' | 'addresses' | 'control-plane';

const STILL_BILLED: Readonly<Record<Kind, readonly StillBilled[]>> = {
  ec2: ['disks', 'addresses'],
  ecs: [],
  eks: ['control-plane'],
};

/** Hours are of the target as a whole, whatever its size; money counts every instance, task and node. */
interface Sums {
  readonly nappingHours: number;
  readonly runningHours: number;
  /** Of the napping hours, those without a price. */
  readonly unpricedHours: number;
}

export interface TargetSavings extends Sums {
  readonly targetId: TargetId;
  readonly account: string;
  /** The last one seen. */
  readonly instanceType: string | undefined;
  /** `unknown`: none of its time has a price. */
  readonly price: Price['basis'] | 'unknown';
  /** undefined: none of its time has a price. */
  readonly savedUsd: number | undefined;
  /** What its seen time would have cost had it never napped; undefined with {@link savedUsd}. */
  readonly alwaysOnUsd: number | undefined;
  readonly stillBilled: readonly StillBilled[];
}

export interface SavingsView {
  /** Wall milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly total: Sums & { readonly savedUsd: number; readonly alwaysOnUsd: number };
  /** What saved most first. */
  readonly targets: readonly TargetSavings[];
  readonly prices: PriceSource;
}

/** Wall milliseconds. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

const HOUR_MS = 3_600_000;

/** The first of this month, midnight on this computer's clock, until now. */
export function monthSoFar(now: number): Period {
  const date = new Date(now);
  return { from: new Date(date.getFullYear(), date.getMonth(), 1).getTime(), to: now };
}

/** Reckons a period. What lies outside of it is cut off; the order of the intervals says nothing. */
export function reckonSavings(intervals: readonly Interval[], { from, to }: Period): SavingsView {
  const within = intervals
    .map((interval) => ({
      ...interval,
      from: Math.max(from, interval.from),
      until: Math.min(to, interval.until),
    }))
    .filter((interval) => interval.until > interval.from)
    .sort((a, b) => a.from - b.from);
  const byTarget = new Map<string, Interval[]>();
  for (const interval of within) {
    const key = `${interval.account} ${interval.targetId}`;
    const known = byTarget.get(key);
    if (known) known.push(interval);
    else byTarget.set(key, [interval]);
  }
  const targets = [...byTarget.values()]
    .flatMap((of) => ofTarget(of) ?? [])
    .sort(
      (a, b) =>
        (b.savedUsd ?? 0) - (a.savedUsd ?? 0) ||
        b.nappingHours - a.nappingHours ||
        (a.targetId < b.targetId ? -1 : 1),
    );
  const sum = (of: (target: TargetSavings) => number) =>
    targets.reduce((total, target) => total + of(target), 0);
  const total = {
    nappingHours: sum(({ nappingHours }) => nappingHours),
    runningHours: sum(({ runningHours }) => runningHours),
    unpricedHours: sum(({ unpricedHours }) => unpricedHours),
    savedUsd: sum(({ savedUsd }) => savedUsd ?? 0),
    alwaysOnUsd: sum(({ alwaysOnUsd }) => alwaysOnUsd ?? 0),
  };
  return { from, to, total, targets, prices: PRICE_SOURCE };
}

/** One target of one account; undefined when nothing of it was seen. */
function ofTarget(intervals: readonly Interval[]): TargetSavings | undefined {
  const [first] = intervals;
  const target = first && parseTargetId(first.targetId);
  if (!first || !target) return undefined;
  const hours = { napping: 0, running: 0, unpriced: 0 };
  const usd = { napping: 0, running: 0 };
  let price: TargetSavings['price'] = 'unknown';
  for (const { state, size, instanceType, from, until } of stretches(intervals)) {
    const length = (until - from) / HOUR_MS;
    hours[state] += length;
    const found = priceOf(target, instanceType);
    if (found) {
      usd[state] += length * size * found.usdPerHour;
      price = found.basis;
    } else if (state === 'napping') hours.unpriced += length;
  }
  const isPriced = price !== 'unknown';
  return {
    targetId: first.targetId,
    account: first.account,
    instanceType: intervals.at(-1)?.instanceType,
    price,
    nappingHours: hours.napping,
    runningHours: hours.running,
    unpricedHours: hours.unpriced,
    savedUsd: isPriced ? usd.napping : undefined,
    alwaysOnUsd: isPriced ? usd.napping + usd.running : undefined,
    stillBilled: STILL_BILLED[target.kind],
  };
}

/**
 * The intervals of one target, in the order of their beginning, as stretches that do not overlap. A wall clock that
 * was set back makes intervals overlap; that time counts once, for the one that saves least.
 */
function* stretches(intervals: readonly Interval[]): Generator<Interval> {
  const edges = [...new Set(intervals.flatMap(({ from, until }) => [from, until]))].sort((a, b) => a - b);
  let open: Interval[] = [];
  let next = 0;
  for (const [i, from] of edges.entries()) {
    open = open.filter(({ until }) => until > from);
    for (let begun = intervals[next]; begun && begun.from <= from; begun = intervals[++next])
      open.push(begun);
    const until = edges[i + 1];
    const counts = open.sort(leastSavingFirst)[0];
    if (until !== undefined && counts) yield { ...counts, from, until };
  }
}

function leastSavingFirst(a: Interval, b: Interval): number {
  if (a.state !== b.state) return a.state === 'running' ? -1 : 1;
  return a.size - b.size || (a.instanceType ?? '').localeCompare(b.instanceType ?? '');
}
