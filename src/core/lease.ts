/**
 * Leases: the one idea everything follows from. A target runs while a live lease is on it; it may nap once the
 * last is gone and its warning has stood. Pure, over values and `now`; all instants in `boot` milliseconds.
 */
import type { Activity } from './sensor.js';
import type { TargetId } from './target.js';

/** After a NAP, only activity that begins at least this much later counts: the hand that gave it is still there. */
export const NAP_GRACE_MS = 5_000;

/** The lease that the person's activity renews, for one target. */
export interface PresenceLease {
  /** The activity counted last, or the instant of a grant. */
  readonly renewedAt: number;
  /** When a NAP dropped it; undefined while it is in force. */
  readonly droppedAt: number | undefined;
}

/** A fresh presence lease: a start of the daemon, a registration, leaving unknown. */
export function granted(at: number): PresenceLease {
  return { renewedAt: at, droppedAt: undefined };
}

/** A renewal without activity: prolongs a lease in force, and leaves a dropped one dropped. */
export function withRenewal(lease: PresenceLease, at: number): PresenceLease {
  return { ...lease, renewedAt: Math.max(lease.renewedAt, at) };
}

/** The presence lease after a NAP at `at`. */
export function dropped(lease: PresenceLease, at: number): PresenceLease {
  return { ...lease, droppedAt: at };
}

/** When the presence lease ends: counted activity + timeout; `-Infinity` when it was dropped. */
export function expiryOf(lease: PresenceLease, timeoutMs: number): number {
  return lease.droppedAt === undefined ? lease.renewedAt + timeoutMs : Number.NEGATIVE_INFINITY;
}

/** Whether waking activity may renew this lease: not while it belongs to the very hand that gave a NAP. */
export function heeds(lease: PresenceLease, activity: Activity): boolean {
  return lease.droppedAt === undefined || activity.began >= lease.droppedAt + NAP_GRACE_MS;
}

/** The presence lease after waking activity. */
export function afterWaking(lease: PresenceLease, activity: Activity): PresenceLease {
  if (!heeds(lease, activity)) return lease;
  return { renewedAt: Math.max(lease.renewedAt, activity.at.boot), droppedAt: undefined };
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
  if (at >= expiryOf(lease, rule.timeoutMs)) return lease;
  return { ...lease, renewedAt: Math.max(lease.renewedAt, Math.min(at, rule.anchor + rule.extendsForMs)) };
}

/** One promise that a target is needed. */
export interface Lease {
  /** Who holds it, in words: `presence`, `hold by cli`, `api, which depends on it`. */
  readonly holder: string;
  readonly kind: 'presence' | 'hold' | 'dependent';
  /** `Infinity` while presence is unknown. */
  readonly expiresAt: number;
  /** The target that depends on this one and whose lease this is; for kind `dependent` only. */
  readonly dependent?: TargetId;
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

/** When a nap is due: its lease gone and its warning stood, whichever is later. */
export function napDueAt(expiresAt: number, warnedAt: number, warnMs: number): number {
  return Math.max(expiresAt, warnedAt + warnMs);
}
