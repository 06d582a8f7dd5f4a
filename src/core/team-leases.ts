/**
 * What follows from a team's table for one reader: whose leases are live, who may still be at work, whether a target
 * may be claimed. Pure; all instants are `boot` milliseconds of the reader.
 *
 * Why nobody naps under a live lease. A member beats (its lease), and if its lease had run out by its own clock it also
 * enters (the row's version moves). A reader that wants to nap begins a reading after the leases it knows of have run
 * out by its own clock, each counted from when it first *had* the beat in hand, which is later than when it was sent.
 * A beat that this reading does not show was therefore answered after its member's lease was over, so that member enters
 * again; the claim is granted only if nobody has entered since the reading.
 */
import type { Lease } from './lease.js';
import type { TargetId } from './target.js';
import type { Member, SharedTarget, TeamReading } from './team.js';

/** How much longer, in parts, one waits for another's time to be over: no two clocks run at quite the same rate. */
const DRIFT = 0.001;

/** AWS is asked for something at most this long after the claim was sent; else it is claimed again. */
export const ACT_WITHIN_MS = 10_000;
/** What was asked of AWS in an epoch's name is ended this long after the claim was sent. */
export const ACT_UNTIL_MS = 60_000;
/** A reader that has seen an epoch stand still for this long may take it over: its actor is done, or gone. */
export const TAKE_OVER_MS = 2 * ACT_UNTIL_MS;

/** When a reader first saw a counter at its value. */
interface FirstSeen {
  readonly count: number;
  readonly at: number;
}

/** What a reader remembers from one reading to the next: members' seqs by id, targets' epochs by target. */
export interface Seen {
  readonly members: ReadonlyMap<string, FirstSeen>;
  readonly epochs: ReadonlyMap<TargetId, FirstSeen>;
}

export const NOTHING_SEEN: Seen = { members: new Map(), epochs: new Map() };

/**
 * What is remembered after a reading that was answered at `at`: what has moved is counted anew, what stood still goes
 * on. Members and targets that are not in the reading are forgotten, which only ever makes a reader wait longer.
 */
export function remember(seen: Seen, reading: TeamReading, at: number): Seen {
  return {
    members: counted(
      seen.members,
      reading.members.map(({ id, seq }) => [id, seq]),
      at,
    ),
    epochs: counted(
      seen.epochs,
      reading.targets.map(({ targetId, epoch }) => [targetId, epoch]),
      at,
    ),
  };
}

function counted<K>(
  before: ReadonlyMap<K, FirstSeen>,
  counts: readonly (readonly [K, number])[],
  at: number,
): ReadonlyMap<K, FirstSeen> {
  return new Map(
    counts.map(([key, count]) => {
      const known = before.get(key);
      return [key, known?.count === count ? known : { count, at }];
    }),
  );
}

/** One teammate's lease on a shared target as this reader sees it. */
export interface TeamLease {
  readonly member: Member;
  /** When it is over unless the member beats again. */
  readonly expiresAt: number;
}

/** What a reader judges a target by. */
export interface View {
  readonly reading: TeamReading;
  readonly seen: Seen;
  /** The reader's own member id. */
  readonly self: string;
}

/**
 * The leases on a target of all members but the reader. A holder whose row is gone holds nothing; one without a lease
 * on this target neither.
 */
export function leasesOn(shared: SharedTarget, { reading, seen, self }: View): readonly TeamLease[] {
  return reading.members.flatMap((member) => {
    const lastsMs = member.leases[shared.targetId];
    const first = seen.members.get(member.id);
    if (member.id === self || !shared.holders.includes(member.id)) return [];
    return lastsMs === undefined || first === undefined
      ? []
      : [{ member, expiresAt: first.at + lastsMs * (1 + DRIFT) }];
  });
}

/** Until when a teammate may still be asking AWS for something about this target; `-Infinity` when none may. */
export function busyUntil(shared: SharedTarget, { seen, self }: Pick<View, 'seen' | 'self'>): number {
  const isUnderWay = shared.state === 'napping' || shared.state === 'restoring';
  if (!isUnderWay || shared.actor === self) return Number.NEGATIVE_INFINITY;
  const first = seen.epochs.get(shared.targetId);
  // One that was never read may have begun this moment.
  return first?.count === shared.epoch ? first.at + TAKE_OVER_MS : Number.POSITIVE_INFINITY;
}

/** Whether a target may be claimed for a nap by what a reading begun at `begunAt` shows. */
export type NapVerdict =
  | { readonly may: 'claim'; readonly over: readonly string[] }
  /** The leases known are over, but the reading is older than that: read again, then judge. */
  | { readonly may: 'read'; readonly since: number }
  | { readonly may: 'wait'; readonly for: TeamLease }
  | { readonly may: 'wait'; readonly for: 'actor'; readonly until: number };

/** Judges whether this reader may claim a nap now. */
export function mayNap(
  shared: SharedTarget,
  view: View,
  { begunAt, now }: { begunAt: number; now: number },
): NapVerdict {
  const leases = leasesOn(shared, view);
  const last = leases.reduce<TeamLease | undefined>(
    (best, lease) => (best === undefined || lease.expiresAt > best.expiresAt ? lease : best),
    undefined,
  );
  if (last && now < last.expiresAt) return { may: 'wait', for: last };
  if (last && begunAt < last.expiresAt) return { may: 'read', since: last.expiresAt };
  const until = busyUntil(shared, view);
  if (now < until) return { may: 'wait', for: 'actor', until };
  return { may: 'claim', over: shared.holders.filter((id) => id !== view.self) };
}

/** A teammate's lease as everybody else's. */
export function asLease({ member, expiresAt }: TeamLease): Lease {
  return { holder: nameOf(member), kind: 'team', expiresAt };
}

/** Who a member is, for people. */
export function nameOf(member: Pick<Member, 'name' | 'machine'>): string {
  return `${member.name} on ${member.machine}`;
}

/** How often a member beats at most: often enough that its leases on shared targets never run out meanwhile. */
export function heartbeatFor(settingMs: number, timeoutsMs: readonly number[]): number {
  return Math.min(settingMs, ...timeoutsMs.map((timeoutMs) => timeoutMs / 3));
}

/** How long a lease is said to last: one without an end (presence is unknown) as a fresh one, renewed at each beat. */
export function declared(until: number, now: number, timeoutMs: number): number {
  const left = until === Number.POSITIVE_INFINITY ? timeoutMs : until - now;
  return Math.max(0, Math.floor(left));
}

/** What the table says of a target, set against this agent's own open ledger entry. */
export interface AdviceFacts {
  /** Undefined: the table has no row of it. */
  readonly shared: SharedTarget | undefined;
  readonly self: string;
  /** This agent's open entry: of a nap, or of a person's explicit stop, which is no matter of the team's. */
  readonly entry: 'none' | 'nap' | 'person';
  /** A lease of this agent's own (not a teammate's) is live on it. */
  readonly isNeeded: boolean;
  /** When a teammate may still be at work, see {@link busyUntil}. */
  readonly busyUntil: number;
  readonly now: number;
}

/**
 * What to do about a shared target before it is planned like an own one.
 * - `go-on`: the ledger and the table agree; nap and restore need their claim
 * - `call`: a nap of ours is over for the team; what of it still stands is given back, and the entry is closed
 * - `let-go`: a teammate has taken our nap over: the entry is closed, and nothing is asked of AWS
 * - `adopt`: the nap in the table is for us to finish or to undo: claim it, open an entry with its snapshot, and look
 *   again; `called`: it is to be restored
 * - `wait`: a teammate is at work on it
 */
export type TeamAdvice =
  | { readonly do: 'go-on' }
  | { readonly do: 'call' }
  | { readonly do: 'let-go' }
  | { readonly do: 'adopt'; readonly called: boolean }
  | { readonly do: 'wait'; readonly until: number };

/** Advises. The order of the questions is the meaning. */
export function advise({ shared, self, entry, isNeeded, busyUntil: until, now }: AdviceFacts): TeamAdvice {
  if (shared === undefined || entry === 'person') return { do: 'go-on' };
  if (shared.state === 'up') return { do: entry === 'nap' ? 'call' : 'go-on' };
  const isOurs = shared.actor === self;
  if (entry === 'nap') return { do: isOurs ? 'go-on' : 'let-go' };
  // Claimed by us and never written down, or written off and never told: the look that follows finds out which.
  if (isOurs) return { do: 'adopt', called: shared.state === 'restoring' };
  if (now < until) return { do: 'wait', until };
  if (isNeeded) return { do: 'adopt', called: true };
  // Half-way, and whoever was at it is gone: somebody has to finish it.
  return shared.state === 'napped' ? { do: 'go-on' } : { do: 'adopt', called: shared.state === 'restoring' };
}
