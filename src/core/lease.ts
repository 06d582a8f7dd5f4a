/**
 * Leases: the one idea everything follows from. A target runs while a live lease is on it; it may nap once the
 * last is gone and its warning has stood. Pure, over values and `now`; all instants in `boot` milliseconds.
 */
import type { Activity } from './sensor.js';
import type { TargetId } from './target.js';

/** After a NAP or a lock, only activity that begins at least this much later counts: the hand that gave it is still there. */
export const NAP_GRACE_MS = 5_000;

/** What ends a presence lease before its time: a person's NAP, a locked session, a machine about to sleep. */
export type DroppedBy = 'nap' | 'lock' | 'suspend';

export interface Drop {
  readonly at: number;
  readonly by: DroppedBy;
  /**
   * Whether what dropped it still calls for a nap: one needs no warning then. No longer once the session was unlocked
   * or the machine woke: the lease is gone all the same, like one that has run out.
   */
  readonly stands: boolean;
}

/** The lease that the person's activity renews, for one target. */
export interface PresenceLease {
  /** The activity counted last, or the instant of a grant. */
  readonly renewedAt: number;
  /** Undefined while it is in force. */
  readonly drop: Drop | undefined;
}

/** A fresh presence lease: a start of the daemon, a registration, leaving unknown. */
export function granted(at: number): PresenceLease {
  return { renewedAt: at, drop: undefined };
}

/**
 * A renewal without activity. What a person's NAP dropped stays dropped; a lock or a suspend only told that nobody was
 * there, and gives way to it.
 */
export function withRenewal(lease: PresenceLease, at: number): PresenceLease {
  return {
    renewedAt: Math.max(lease.renewedAt, at),
    drop: lease.drop?.by === 'nap' ? lease.drop : undefined,
  };
}

/** The presence lease after it was dropped at `at`. A NAP is the person's own word: nothing weaker replaces it. */
export function dropped(lease: PresenceLease, at: number, by: DroppedBy): PresenceLease {
  if (lease.drop?.by === 'nap' && by !== 'nap') return lease;
  return { ...lease, drop: { at, by, stands: true } };
}

/** The presence lease once what dropped it is over: still gone, but a nap now needs a standing warning. */
export function lapsed(lease: PresenceLease, by: DroppedBy): PresenceLease {
  if (lease.drop?.by !== by) return lease;
  return { ...lease, drop: { ...lease.drop, stands: false } };
}

/** The presence lease as if it had never been dropped so: it runs out when it would have. */
export function takenBack(lease: PresenceLease, by: DroppedBy): PresenceLease {
  return lease.drop?.by === by ? { ...lease, drop: undefined } : lease;
}

/** The presence lease after a hold took its place: what dropped it is over, and after the hold a warning comes first. */
export function heldInstead(lease: PresenceLease): PresenceLease {
  return lease.drop === undefined ? lease : { renewedAt: Number.NEGATIVE_INFINITY, drop: undefined };
}

/** When the presence lease ends: counted activity + timeout; `-Infinity` when it was dropped. */
export function expiryOf(lease: PresenceLease, timeoutMs: number): number {
  return lease.drop === undefined ? lease.renewedAt + timeoutMs : Number.NEGATIVE_INFINITY;
}

/** Whether waking activity may renew this lease: not while it belongs to the very hand that dropped it. */
export function heeds(lease: PresenceLease, activity: Activity): boolean {
  return lease.drop === undefined || activity.began >= lease.drop.at + NAP_GRACE_MS;
}

/** The presence lease after waking activity. */
export function afterWaking(lease: PresenceLease, activity: Activity): PresenceLease {
  if (!heeds(lease, activity)) return lease;
  return { renewedAt: Math.max(lease.renewedAt, activity.at.boot), drop: undefined };
}

/**
 * The presence lease after weak activity: `counted = min(lastWeak, anchor + extends_for)`. Once the lease has
 * expired, weak activity counts for nothing until a waking sensor has spoken.
 */
export function afterWeak(
  lease: PresenceLease,
  activity: Activity,
  rule: { anchor: number; extendsForMs: number; timeoutMs: number },
): PresenceLease {
  const at = activity.at.boot;
  // What began before and went on without a pause has kept it alive all along, even if it is told only now.
  if (activity.began >= expiryOf(lease, rule.timeoutMs)) return lease;
  return { ...lease, renewedAt: Math.max(lease.renewedAt, Math.min(at, rule.anchor + rule.extendsForMs)) };
}

/** One promise that a target is needed. */
export interface Lease {
  /** Who holds it, in words: `presence`, `hold by cli`, `api, which depends on it`, `Mina on mina-laptop`. */
  readonly holder: string;
  readonly kind: 'presence' | 'hold' | 'dependent' | 'team';
  /** `Infinity` while presence is unknown, or what teammates hold. */
  readonly expiresAt: number;
  /** The target that depends on this one and whose lease this is; for kind `dependent` only. */
  readonly dependent?: TargetId;
  /** The hold whose lease this is, and who asked for it; for kind `hold` only. */
  readonly hold?: { readonly id: number; readonly by: string };
}

/** When the last of these leases ends; `-Infinity` when there is none. A target is wanted while `now` is before it. */
export function lastExpiry(leases: readonly Lease[]): number {
  return leases.reduce((latest, lease) => Math.max(latest, lease.expiresAt), Number.NEGATIVE_INFINITY);
}

/** Every target's own leases plus those of everything that depends on it. */
export function withDependents(
  own: ReadonlyMap<TargetId, readonly Lease[]>,
  dependents: ReadonlyMap<TargetId, ReadonlySet<TargetId>>,
  nameOf: (id: TargetId) => string,
): ReadonlyMap<TargetId, readonly Lease[]> {
  const all = new Map<TargetId, readonly Lease[]>();
  for (const [id, leases] of own) {
    const inherited = [...(dependents.get(id) ?? [])].flatMap((dependent) => {
      const expiresAt = lastExpiry(own.get(dependent) ?? []);
      return expiresAt === Number.NEGATIVE_INFINITY
        ? []
        : [
            {
              holder: `${nameOf(dependent)}, which depends on it`,
              kind: 'dependent' as const,
              expiresAt,
              dependent,
            },
          ];
    });
    all.set(id, [...leases, ...inherited]);
  }
  return all;
}

/** How long a warning stands in effect: never more than half of the target's timeout. */
export function effectiveWarning(warnMs: number, timeoutMs: number): number {
  return Math.min(warnMs, timeoutMs / 2);
}

/**
 * How long before a lease runs out the sensors have to be read: what goes on was told of when it began, and once the
 * lease has run out a weak sensor can no longer extend it. Never more than half of the timeout.
 */
export function lookAhead(timeoutMs: number): number {
  return Math.min(1_000, timeoutMs / 2);
}

/** When a nap is due: its lease gone and its warning stood, whichever is later. */
export function napDueAt(expiresAt: number, warnedAt: number, warnMs: number): number {
  return Math.max(expiresAt, warnedAt + warnMs);
}
