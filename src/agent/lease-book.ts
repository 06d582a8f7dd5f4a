/**
 * Who needs what, until when: presence, the presence lease of every registered target, holds, and the warnings
 * that stand. State kept over the pure rules of core's `presence` and `lease`; it decides nothing else.
 */
import type { PresenceState } from '../core/control.js';
import type { Clock } from '../core/instant.js';
import {
  afterWaking,
  afterWeak,
  type DroppedBy,
  dropped,
  effectiveWarning,
  expiryOf,
  granted,
  heeds,
  heldInstead,
  type Lease,
  lapsed,
  lastExpiry,
  lookAhead,
  napDueAt,
  type PresenceLease,
  takenBack,
  withDependents,
  withRenewal,
} from '../core/lease.js';
import type { Hold } from '../core/ledger.js';
import {
  isKnown,
  isWaking,
  newPresence,
  type Presence,
  withActivity,
  withGrant,
  withHealth,
  withLock,
  withoutLock,
} from '../core/presence.js';
import type { Registered } from '../core/registry.js';
import type { Activity, SensorHealth, SensorName } from '../core/sensor.js';
import type { Settings } from '../core/settings.js';
import type { TargetId } from '../core/target.js';
import { Holds, type HoldsPorts } from './holds.js';
import { InForce } from './in-force.js';
import { type Standing, standingOf } from './standings.js';

export interface LeaseBookPorts extends HoldsPorts {
  readonly clock: Clock;
  readonly settings: () => Settings;
  readonly registered: () => readonly Registered[];
  /** Whether the settings in force were ever read from the file. If not, nobody knows what counts as presence. */
  readonly configured: () => boolean;
  /** What teammates hold of shared targets; without a team nothing. */
  readonly teamLeases?: (() => ReadonlyMap<TargetId, readonly Lease[]>) | undefined;
}

/** What an activity came to: whether a waking sensor has spoken, and for which targets that counts. */
export interface Counted {
  readonly waking: boolean;
  /** Whether a lease that had run out goes on: its end is ahead again. */
  readonly revives: boolean;
  readonly counts: (id: TargetId) => boolean;
}

const NOTHING: Counted = { waking: false, revives: false, counts: () => false };

export class LeaseBook {
  readonly holds: Holds;
  readonly #ports: LeaseBookPorts;
  #presence: Presence;
  /** The lease of nobody in particular: presence itself is told by it. */
  #own: PresenceLease;
  readonly #leases = new Map<TargetId, PresenceLease>();
  readonly #warnings = new Map<TargetId, number>();
  #known = false;
  readonly #inForce: InForce;

  /** @throws LedgerError when the holds cannot be read. */
  constructor(ports: LeaseBookPorts) {
    this.#ports = ports;
    const now = ports.clock.now().boot;
    this.#presence = newPresence(now);
    this.#own = granted(now);
    this.holds = new Holds(ports);
    this.#inForce = new InForce(ports.registered);
    this.followRegistry();
  }

  get presence(): Presence {
    return this.#presence;
  }

  /** Gives new targets one full timeout and forgets those that have left. */
  followRegistry(): void {
    const now = this.#ports.clock.now().boot;
    const enabled = new Set(this.#enabled().map((entry) => entry.id));
    for (const id of this.#leases.keys()) if (!enabled.has(id)) this.#leases.delete(id);
    for (const id of this.#warnings.keys()) if (!enabled.has(id)) this.#warnings.delete(id);
    for (const id of enabled) if (!this.#leases.has(id)) this.#leases.set(id, granted(now));
  }

  /** Takes in an activity. Under a lock that means away it renews nothing. */
  activity(activity: Activity): Counted {
    const settings = this.#ports.settings();
    const rules = settings.sensors;
    if (!rules[activity.sensor].enabled) return NOTHING;
    const anchor = this.#presence.anchor;
    this.#presence = withActivity(this.#presence, activity, rules);
    if (this.isLocked()) return NOTHING;
    if (!rules[activity.sensor].wakes) {
      const extendsForMs = rules[activity.sensor].extendsForMs;
      const weak = (lease: PresenceLease, timeoutMs: number) =>
        afterWeak(lease, activity, { anchor, extendsForMs, timeoutMs });
      this.#own = weak(this.#own, settings.timeoutMs);
      for (const entry of this.#enabled())
        this.#update(entry.id, (lease) => weak(lease, entry.timeoutMs ?? settings.timeoutMs));
      return NOTHING;
    }
    return this.#renew(activity, () => true);
  }

  /** Waking activity renews every lease that heeds it and that `may` be renewed, by the timeout of its target. */
  #renew(activity: Activity, may: (timeoutMs: number) => boolean): Counted {
    const { timeoutMs } = this.#ports.settings();
    const now = this.#ports.clock.now().boot;
    const heeding = new Map<TargetId, boolean>();
    let revives = false;
    for (const [id, lease] of this.#leases) {
      const own = this.#timeoutOf(id);
      const renews = may(own) && heeds(lease, activity);
      heeding.set(id, renews);
      if (!renews) continue;
      revives ||= expiryOf(lease, own) <= now;
      this.#leases.set(id, afterWaking(lease, activity));
    }
    const ownRenews = may(timeoutMs) && heeds(this.#own, activity);
    if (ownRenews) this.#own = afterWaking(this.#own, activity);
    return { waking: true, revives, counts: (id) => heeding.get(id) ?? ownRenews };
  }

  /** Whether the session is locked and that means away. */
  isLocked(): boolean {
    return this.#presence.lock !== undefined;
  }

  /** The session is locked from `since` on, in `boot` milliseconds: no hand at this machine tells of the person. */
  lock(since: number): void {
    this.#presence = withLock(this.#presence, since);
  }

  /**
   * The session was unlocked. What was typed under the lock is the return of whoever unlocked it, unless it is so
   * old that it would have run out by now; returns for which targets it counts, if there is any.
   */
  unlock(): (Counted & { readonly activity: Activity }) | undefined {
    const activity = this.#presence.lock?.waking;
    this.#presence = withoutLock(this.#presence);
    this.lapse('lock');
    if (!activity) return undefined;
    this.#presence = withActivity(this.#presence, activity, this.#ports.settings().sensors);
    const now = this.#ports.clock.now().boot;
    return { activity, ...this.#renew(activity, (timeoutMs) => now < activity.at.boot + timeoutMs) };
  }

  /** A lock means nothing any more: leases run out when they would have, and a nap needs its warning. */
  ignoreLock(): void {
    this.#presence = withoutLock(this.#presence);
    this.#change((lease) => takenBack(lease, 'lock'));
  }

  /** What dropped these leases is over: those that are gone because of it need a warning before a nap. */
  lapse(by: DroppedBy): void {
    this.#change((lease) => lapsed(lease, by));
  }

  /** Takes in a sensor's health. A waking sensor that has come back makes every warning stand anew. */
  health(sensor: SensorName, health: SensorHealth): void {
    const before = this.#presence.health[sensor]?.state;
    this.#presence = withHealth(this.#presence, sensor, health);
    const recovered = health.state === 'watching' && before !== undefined && before !== 'watching';
    if (recovered && isWaking(sensor, this.#ports.settings().sensors)) this.resetWarnings();
    this.followKnown();
  }

  /** Leaving unknown renews the presence lease. Called when sensors or their settings have changed. */
  followKnown(): void {
    const known = this.#ports.configured() && isKnown(this.#presence, this.#ports.settings().sensors);
    if (known && !this.#known) this.grantAll();
    this.#known = known;
  }

  /** Renews every presence lease that is in force, without activity. */
  grantAll(): void {
    const now = this.#ports.clock.now().boot;
    this.#presence = withGrant(this.#presence, now);
    this.#change((lease) => withRenewal(lease, now));
    this.resetWarnings();
  }

  /** What presence is now. */
  state(): PresenceState {
    if (!this.#known) return 'unknown';
    if (this.isLocked()) return 'locked';
    const now = this.#ports.clock.now().boot;
    return now < expiryOf(this.#own, this.#ports.settings().timeoutMs) ? 'present' : 'away';
  }

  /** When presence turns into absence; `Infinity` while it is unknown. */
  awayAt(): number {
    return this.#known ? expiryOf(this.#own, this.#ports.settings().timeoutMs) : Number.POSITIVE_INFINITY;
  }

  /** From when on presence is about to turn into absence, unless something goes on that was not told of. */
  leavesAt(): number {
    return this.awayAt() - lookAhead(this.#ports.settings().timeoutMs);
  }

  /** Whether a presence lease is about to run out, unless something goes on that was not told of. */
  isEnding(): boolean {
    const now = this.#ports.clock.now().boot;
    return this.#known && this.#ends().some(({ at, ahead }) => now >= at - ahead && now < at);
  }

  /** When each presence lease runs out, and how long before the sensors have to be read. */
  #ends(): readonly { readonly at: number; readonly ahead: number }[] {
    return [...this.#leases].map(([id, lease]) => {
      const timeoutMs = this.#timeoutOf(id);
      return { at: expiryOf(lease, timeoutMs), ahead: lookAhead(timeoutMs) };
    });
  }

  /** Every registered and enabled target, as it stands now. */
  standings(account: string | undefined): ReadonlyMap<TargetId, Standing> {
    const settings = this.#ports.settings();
    const now = this.#ports.clock.now().boot;
    const { entries, dependents, names } = this.#inForce.get();
    const team = this.#ports.teamLeases?.();
    const own = new Map(
      entries.map((entry) => [
        entry.id,
        [...this.#ownLeases(entry, account), ...(team?.get(entry.id) ?? [])],
      ]),
    );
    const all = withDependents(own, dependents, (id) => names.get(id) ?? id);
    const rows = entries.map((entry): [TargetId, Standing] => {
      const { id } = entry;
      const timeoutMs = entry.timeoutMs ?? settings.timeoutMs;
      const standing = standingOf({
        id,
        now,
        timeoutMs,
        warnMs: effectiveWarning(settings.warnMs, timeoutMs),
        leases: all.get(id) ?? [],
        warnedAt: this.#warnings.get(id),
        drop: this.#leases.get(id)?.drop,
        known: this.#known,
      });
      return [id, standing];
    });
    return new Map(rows);
  }

  /** `boot` milliseconds. */
  now(): number {
    return this.#ports.clock.now().boot;
  }

  /** Whether a hold keeps a target awake. */
  isHeld(id: TargetId): boolean {
    const now = this.now();
    return this.holds
      .all()
      .some((hold) => (hold.targetId === undefined || hold.targetId === id) && this.holds.endsAt(hold) > now);
  }

  /**
   * When the last lease of this machine's own ends on each target: what teammates may be told. Theirs are left out, or
   * two agents could keep a target awake for each other's sake for ever.
   */
  ownUntil(account: string | undefined): ReadonlyMap<TargetId, number> {
    const { entries, dependents } = this.#inForce.get();
    const own = new Map(entries.map((entry) => [entry.id, this.#ownLeases(entry, account)]));
    const all = withDependents(own, dependents, (id) => id);
    return new Map([...all].map(([id, leases]) => [id, lastExpiry(leases)]));
  }

  /** Notes that a warning has been given. One that stands already keeps its time. */
  warn(id: TargetId): void {
    if (!this.#warnings.has(id)) this.#warnings.set(id, this.#ports.clock.now().boot);
  }

  /** Takes a warning back. Returns whether one stood. */
  withdraw(id: TargetId): boolean {
    return this.#warnings.delete(id);
  }

  anyWarning(): boolean {
    return this.#warnings.size > 0;
  }

  /** Every warning has to stand anew: after a wake-up, a recovered sensor, a changed setting. */
  resetWarnings(): void {
    this.#warnings.clear();
  }

  /** Drops the presence lease of these targets at `at`, and presence itself when all are meant. */
  drop(
    ids: readonly TargetId[],
    how: { readonly by: DroppedBy; readonly at: number; readonly everything: boolean },
  ): void {
    for (const id of ids) this.#update(id, (lease) => dropped(lease, how.at, how.by));
    if (how.everything) this.#own = dropped(this.#own, how.at, how.by);
  }

  /** Adds a hold, durably. It also takes back a NAP of what it covers: when it ends, a warning comes first. */
  addHold(hold: Parameters<Holds['add']>[0]): Hold {
    const added = this.holds.add(hold);
    for (const id of this.#leases.keys())
      if (hold.targetId === undefined || hold.targetId === id) this.#update(id, heldInstead);
    return added;
  }

  /** The instants at which something here changes by itself, for the loop's timer. */
  *deadlines(standings: ReadonlyMap<TargetId, Standing>): Iterable<number> {
    yield this.awayAt();
    yield this.leavesAt();
    for (const { at, ahead } of this.#ends()) yield at - ahead;
    for (const hold of this.holds.all()) yield this.holds.endsAt(hold);
    for (const standing of standings.values()) {
      if (standing.warnedAt === undefined) yield standing.expiresAt - standing.warnMs;
      else yield napDueAt(standing.expiresAt, standing.warnedAt, standing.warnMs);
    }
  }

  #ownLeases(entry: Registered, account: string | undefined): readonly Lease[] {
    const lease = this.#leases.get(entry.id);
    const timeoutMs = entry.timeoutMs ?? this.#ports.settings().timeoutMs;
    const presence = lease === undefined ? [] : this.#presenceLease(lease, timeoutMs);
    const holds = this.holds
      .all()
      .filter((hold) => hold.targetId === undefined || hold.targetId === entry.id)
      .filter((hold) => hold.account === undefined || account === undefined || hold.account === account)
      .map((hold) => ({
        holder: `a hold by ${hold.askedBy}`,
        kind: 'hold' as const,
        expiresAt: this.holds.endsAt(hold),
        hold: { id: hold.id, by: hold.askedBy },
      }));
    return [...presence, ...holds];
  }

  /** Unknown presence keeps every lease but one that the person dropped. */
  #presenceLease(lease: PresenceLease, timeoutMs: number): readonly Lease[] {
    const isKept = !this.#known && lease.drop?.by !== 'nap';
    const expiresAt = isKept ? Number.POSITIVE_INFINITY : expiryOf(lease, timeoutMs);
    return expiresAt === Number.NEGATIVE_INFINITY
      ? []
      : [{ holder: 'presence', kind: 'presence', expiresAt }];
  }

  #enabled(): readonly Registered[] {
    return this.#inForce.get().entries;
  }

  #timeoutOf(id: TargetId): number {
    const own = this.#enabled().find((entry) => entry.id === id)?.timeoutMs;
    return own ?? this.#ports.settings().timeoutMs;
  }

  /** Changes every presence lease, presence itself included. */
  #change(change: (lease: PresenceLease) => PresenceLease): void {
    this.#own = change(this.#own);
    for (const [id, lease] of this.#leases) this.#leases.set(id, change(lease));
  }

  #update(id: TargetId, change: (lease: PresenceLease) => PresenceLease): void {
    const lease = this.#leases.get(id);
    if (lease) this.#leases.set(id, change(lease));
  }
}
