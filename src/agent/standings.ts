/** How a target stands at an instant: whether it is wanted, by whom, and whether it may nap. Pure. */
import { type Drop, type DroppedBy, type Lease, lastExpiry, napDueAt } from '../core/lease.js';
import type { TargetId } from '../core/target.js';

/** How one registered and enabled target stands at an instant. All instants in `boot` milliseconds. */
export interface Standing {
  readonly id: TargetId;
  readonly timeoutMs: number;
  readonly warnMs: number;
  readonly leases: readonly Lease[];
  /** When its last lease ends; it is wanted before. */
  readonly expiresAt: number;
  /** Who keeps it, while somebody does. */
  readonly wantedBy: string | undefined;
  /** When its warning was given, while one stands. */
  readonly warnedAt: number | undefined;
  /** Why it may nap now; undefined: it may not. */
  readonly due: string | undefined;
}

/** What a standing follows from. */
export interface StandingFacts extends Pick<Standing, 'id' | 'timeoutMs' | 'warnMs' | 'leases' | 'warnedAt'> {
  readonly now: number;
  /** What ended its presence lease before its time. */
  readonly drop: Drop | undefined;
  /** Whether presence is known. */
  readonly known: boolean;
}

/** Why a target is due whose lease something else than time has ended. */
const DROPPED: Readonly<Record<DroppedBy, string>> = {
  nap: 'a nap was asked for',
  lock: 'the session is locked',
  suspend: 'the machine is about to sleep',
};

/** How a target stands now. */
export function standingOf(facts: StandingFacts): Standing {
  const { id, timeoutMs, warnMs, leases, warnedAt } = facts;
  const expiresAt = lastExpiry(leases);
  const wanted = facts.now < expiresAt;
  return {
    id,
    timeoutMs,
    warnMs,
    leases,
    expiresAt,
    wantedBy: wanted ? longest(leases) : undefined,
    warnedAt,
    due: wanted ? undefined : dueBecause(facts, expiresAt),
  };
}

/** Why a target that nobody wants may nap now: what dropped its lease, or time and a warning that has stood. */
function dueBecause(facts: StandingFacts, expiresAt: number): string | undefined {
  const { drop, known, now, timeoutMs, warnedAt, warnMs } = facts;
  if (drop?.stands) return DROPPED[drop.by];
  if (!known || warnedAt === undefined || now < napDueAt(expiresAt, warnedAt, warnMs)) return undefined;
  return `nothing has kept it awake for its timeout of ${minutes(timeoutMs)}`;
}

function longest(leases: readonly Lease[]): string | undefined {
  return leases.reduce<Lease | undefined>(
    (best, lease) => (best === undefined || lease.expiresAt > best.expiresAt ? lease : best),
    undefined,
  )?.holder;
}

/** A length of time for people. */
export function minutes(ms: number): string {
  const value = Math.round(ms / 600) / 100;
  return value >= 1 || value === 0 ? `${value} min` : `${Math.round(ms / 100) / 10} s`;
}
