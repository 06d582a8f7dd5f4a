/** What a team's table costs to keep, as an estimate: the writes of its members' beats. Pure. */

/** On-demand writes in us-east-1, USD a million units, by hand as of 2025-01 (aws.amazon.com/dynamodb/pricing/on-demand). */
const USD_PER_MILLION_WRITES = 0.625;
const HOURS_AT_WORK = 8 * 21;
const HOURS_IN_MONTH = 730;

export interface TeamCost {
  /** Writes a month if everybody works eight hours a day, and if everybody did day and night. */
  readonly writesAtWork: number;
  readonly writesAlways: number;
  readonly usdAtWork: number;
  readonly usdAlways: number;
}

/** For so many members whose leases move all the time; who does not type beats less. */
export function teamCost(members: number, heartbeatMs: number): TeamCost {
  const perHour = (members * 3_600_000) / heartbeatMs;
  const usd = (writes: number) => (writes / 1_000_000) * USD_PER_MILLION_WRITES;
  const [writesAtWork, writesAlways] = [perHour * HOURS_AT_WORK, perHour * HOURS_IN_MONTH];
  return { writesAtWork, writesAlways, usdAtWork: usd(writesAtWork), usdAlways: usd(writesAlways) };
}
