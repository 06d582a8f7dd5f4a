/**
 * What the sensors and the lock add up to. Pure folds over what they report: when each sensor last spoke, when a
 * waking one did, whether anything that may end an absence is still watching, and since when the session is locked.
 * What it means for a target is the lease's matter.
 */
import { NAP_GRACE_MS } from './lease.js';
import { type Activity, SENSORS, type SensorHealth, type SensorName } from './sensor.js';
import type { SensorSettings } from './settings.js';

/** A lock that means away. */
interface Lock {
  readonly since: number;
  /** The last waking activity under it that is not of the hand that locked: perhaps the password. */
  readonly waking: Activity | undefined;
}

/** All instants in `boot` milliseconds. */
export interface Presence {
  /** The last activity of each sensor. */
  readonly last: Readonly<Partial<Record<SensorName, number>>>;
  readonly lastWaking: number | undefined;
  /**
   * What `extends_for` of weak activity is measured from: the last waking activity, or a renewal granted without
   * one (a start of the daemon, leaving unknown).
   */
  readonly anchor: number;
  readonly health: Readonly<Partial<Record<SensorName, SensorHealth>>>;
  /** Undefined while the session is not locked, or a lock means nothing. */
  readonly lock: Lock | undefined;
}

type SensorRules = Readonly<Record<SensorName, SensorSettings>>;

/** Presence before any sensor has spoken; the start grants one full timeout. */
export function newPresence(now: number): Presence {
  return { last: {}, lastWaking: undefined, anchor: now, health: {}, lock: undefined };
}

/**
 * Presence after an activity. Reports may come late and out of order: nothing moves backwards. Under a lock a hand
 * tells of nobody: it is kept in mind for {@link withoutLock}.
 */
export function withActivity(presence: Presence, activity: Activity, rules: SensorRules): Presence {
  const at = activity.at.boot;
  const last = { ...presence.last, [activity.sensor]: Math.max(at, presence.last[activity.sensor] ?? at) };
  if (!rules[activity.sensor].wakes) return { ...presence, last };
  const { lock } = presence;
  if (lock !== undefined) {
    const counts = activity.began >= lock.since + NAP_GRACE_MS && at >= (lock.waking?.at.boot ?? at);
    return { ...presence, last, lock: counts ? { ...lock, waking: activity } : lock };
  }
  const lastWaking = Math.max(at, presence.lastWaking ?? at);
  return { ...presence, last, lastWaking, anchor: Math.max(presence.anchor, lastWaking) };
}

/** Presence once the session is locked and that means away. A lock that is there already stays as it is. */
export function withLock(presence: Presence, since: number): Presence {
  return presence.lock === undefined ? { ...presence, lock: { since, waking: undefined } } : presence;
}

/** Presence once the lock is gone, or means nothing any more. */
export function withoutLock(presence: Presence): Presence {
  return { ...presence, lock: undefined };
}

/** Presence after a sensor's health has changed. */
export function withHealth(presence: Presence, sensor: SensorName, health: SensorHealth): Presence {
  return { ...presence, health: { ...presence.health, [sensor]: health } };
}

/** Presence after a renewal without activity. */
export function withGrant(presence: Presence, now: number): Presence {
  return { ...presence, anchor: Math.max(presence.anchor, now) };
}

/** Whether any sensor that may end an absence is enabled and watching. If not, presence is unknown. */
export function isKnown(presence: Presence, rules: SensorRules): boolean {
  return SENSORS.some((name) => isWaking(name, rules) && presence.health[name]?.state === 'watching');
}

/** Whether a sensor is enabled and may end an absence. */
export function isWaking(name: SensorName, rules: SensorRules): boolean {
  return rules[name].enabled && rules[name].wakes;
}
