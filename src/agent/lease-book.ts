/**
 * Who needs what, until when: presence, the presence lease of every registered target, holds, and the warnings
 * that stand. State kept over the pure rules of core's `presence` and `lease`; it decides nothing else.
 */
import type { PresenceState } from '../core/control.js';
import { type Clock, momentOf, onBootAxis } from '../core/instant.js';
import {
  afterWaking,
  afterWeak,
  dropped,
  effectiveWarning,
  expiryOf,
  granted,
  heeds,
  type Lease,
  lastExpiry,
  napDueAt,
  type PresenceLease,
  withDependents,
  withRenewal,
} from '../core/lease.js';
import type { Hold, Ledger } from '../core/ledger.js';
import {
  isKnown,
  isWaking,
  newPresence,
  type Presence,
  withActivity,
  withGrant,
  withHealth,
} from '../core/presence.js';
import { dependentsOf, type Registered } from '../core/registry.js';
import type { Activity, SensorHealth, SensorName } from '../core/sensor.js';
import type { Settings } from '../core/settings.js';
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

export interface LeaseBookPorts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'holds' | 'addHold' | 'removeHolds'>;
  readonly settings: () => Settings;
  readonly registered: () => readonly Registered[];
  /** Whether the settings in force were ever read from the file. If not, nobody knows what counts as presence. */
  readonly configured: () => boolean;
}

/** What of the registry the leases need. */
interface RegistryInForce {
  /** The registry's own list: a new one is a new version. */
  readonly of: readonly Registered[];
  readonly entries: readonly Registered[];
  readonly dependents: ReadonlyMap<TargetId, ReadonlySet<TargetId>>;
  readonly names: ReadonlyMap<TargetId, string>;
}

export class LeaseBook {
  readonly #ports: LeaseBookPorts;
  #presence: Presence;
  /** The lease of nobody in particular: presence itself is told by it. */
  #own: PresenceLease;
  readonly #leases = new Map<TargetId, PresenceLease>();
  readonly #warnings = new Map<TargetId, number>();
  #holds: Hold[];
  /** By hold, in `boot` milliseconds. */
  readonly #holdEnds = new Map<number, number>();
  #known = false;
  #inForce: RegistryInForce | undefined;

  /** @throws LedgerError when the holds cannot be read. */
  constructor(ports: LeaseBookPorts) {
    this.#ports = ports;
    const now = ports.clock.now().boot;
    this.#presence = newPresence(now);
    this.#own = granted(now);
    this.#holds = [...ports.ledger.holds()];
    for (const hold of this.#holds) this.holdEndsAt(hold);
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

  /** Takes in an activity. Returns whether a waking sensor has spoken, and for which targets that counts. */
  activity(activity: Activity): { readonly waking: boolean; readonly counts: (id: TargetId) => boolean } {
    const settings = this.#ports.settings();
    const rules = settings.sensors;
    if (!rules[activity.sensor].enabled) return { waking: false, counts: () => false };
    const anchor = this.#presence.anchor;
    this.#presence = withActivity(this.#presence, activity, rules);
    if (!rules[activity.sensor].wakes) {
      const extendsForMs = rules[activity.sensor].extendsForMs;
      const weak = (lease: PresenceLease, timeoutMs: number) =>
        afterWeak(lease, activity, { anchor, extendsForMs, timeoutMs });
      this.#own = weak(this.#own, settings.timeoutMs);
      for (const entry of this.#enabled())
        this.#update(entry.id, (lease) => weak(lease, entry.timeoutMs ?? settings.timeoutMs));
      return { waking: false, counts: () => false };
    }
    const heeding = new Map([...this.#leases].map(([id, lease]) => [id, heeds(lease, activity)]));
    const heededByOwn = heeds(this.#own, activity);
    this.#own = afterWaking(this.#own, activity);
    for (const id of this.#leases.keys()) this.#update(id, (lease) => afterWaking(lease, activity));
    return { waking: true, counts: (id) => heeding.get(id) ?? heededByOwn };
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
    this.#own = withRenewal(this.#own, now);
    for (const id of this.#leases.keys()) this.#update(id, (lease) => withRenewal(lease, now));
    this.resetWarnings();
  }

  /** What presence is now. */
  state(): PresenceState {
    if (!this.#known) return 'unknown';
    const now = this.#ports.clock.now().boot;
    return now < expiryOf(this.#own, this.#ports.settings().timeoutMs) ? 'present' : 'away';
  }

  /** When presence turns into absence; `Infinity` while it is unknown. */
  awayAt(): number {
    return this.#known ? expiryOf(this.#own, this.#ports.settings().timeoutMs) : Number.POSITIVE_INFINITY;
  }

  /** Every registered and enabled target, as it stands now. */
  standings(account: string | undefined): ReadonlyMap<TargetId, Standing> {
    const settings = this.#ports.settings();
    const now = this.#ports.clock.now().boot;
    const { entries, dependents, names } = this.#registry();
    const own = new Map(entries.map((entry) => [entry.id, this.#ownLeases(entry, account)]));
    const all = withDependents(own, dependents, (id) => names.get(id) ?? id);
    const standings = new Map<TargetId, Standing>();
    for (const entry of entries) {
      const leases = all.get(entry.id) ?? [];
      const timeoutMs = entry.timeoutMs ?? settings.timeoutMs;
      const warnMs = effectiveWarning(settings.warnMs, timeoutMs);
      const expiresAt = lastExpiry(leases);
      const warnedAt = this.#warnings.get(entry.id);
      const wanted = now < expiresAt;
      const isDropped = this.#leases.get(entry.id)?.droppedAt !== undefined;
      standings.set(entry.id, {
        id: entry.id,
        timeoutMs,
        warnMs,
        leases,
        expiresAt,
        wantedBy: wanted ? longest(leases) : undefined,
        warnedAt,
        due: wanted
          ? undefined
          : isDropped
            ? 'a nap was asked for'
            : this.#dueByTime(now, expiresAt, warnedAt, warnMs, timeoutMs),
      });
    }
    return standings;
  }

  #dueByTime(
    now: number,
    expiresAt: number,
    warnedAt: number | undefined,
    warnMs: number,
    timeoutMs: number,
  ) {
    if (!this.#known || warnedAt === undefined || now < napDueAt(expiresAt, warnedAt, warnMs))
      return undefined;
    return `nothing has kept it awake for its timeout of ${minutes(timeoutMs)}`;
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

  /** Drops the presence lease of these targets, and presence itself when all are meant. */
  drop(ids: readonly TargetId[], everything: boolean): void {
    const now = this.#ports.clock.now().boot;
    for (const id of ids) this.#update(id, (lease) => dropped(lease, now));
    if (everything) this.#own = dropped(this.#own, now);
  }

  /** Adds a hold, durably. It also takes back a NAP of what it covers: when it ends, a warning comes first. */
  addHold(hold: {
    targetId: TargetId | undefined;
    account: string | undefined;
    minutes: number;
    by: string;
  }): Hold {
    const { clock } = this.#ports;
    const added = this.#ports.ledger.addHold({
      targetId: hold.targetId,
      account: hold.account,
      createdAt: momentOf(clock.now(), clock.bootId),
      durationMs: hold.minutes * 60_000,
      askedBy: hold.by,
    });
    this.#holds.push(added);
    for (const id of this.#leases.keys())
      if (hold.targetId === undefined || hold.targetId === id)
        this.#update(id, (lease) =>
          lease.droppedAt === undefined
            ? lease
            : { renewedAt: Number.NEGATIVE_INFINITY, droppedAt: undefined },
        );
    return added;
  }

  /** Ends the holds that `match`, durably, and returns them. */
  removeHolds(match: (hold: Hold) => boolean): readonly Hold[] {
    const gone = this.#holds.filter(match);
    if (gone.length === 0) return gone;
    this.#ports.ledger.removeHolds(gone.map((hold) => hold.id));
    this.#holds = this.#holds.filter((hold) => !gone.includes(hold));
    for (const hold of gone) this.#holdEnds.delete(hold.id);
    return gone;
  }

  /** Holds whose time is over. */
  isOver(hold: Hold): boolean {
    return this.#ports.clock.now().boot >= this.holdEndsAt(hold);
  }

  /**
   * When a hold ends. Within the boot it was given in by the boot clock; after a reboot by the wall clock, but
   * never later than its whole length from the start of the daemon: a wall clock set back must not prolong it.
   * Reckoned once, so that one set afterwards changes nothing.
   */
  holdEndsAt(hold: Hold): number {
    const known = this.#holdEnds.get(hold.id);
    if (known !== undefined) return known;
    const { clock } = this.#ports;
    const now = clock.now();
    const began = onBootAxis(hold.createdAt, now, clock.bootId);
    const end = Math.min(began, now.boot) + hold.durationMs;
    this.#holdEnds.set(hold.id, end);
    return end;
  }

  holds(): readonly Hold[] {
    return this.#holds;
  }

  /** The instants at which something here changes by itself, for the loop's timer. */
  *deadlines(standings: ReadonlyMap<TargetId, Standing>): Iterable<number> {
    yield this.awayAt();
    for (const hold of this.#holds) yield this.holdEndsAt(hold);
    for (const standing of standings.values()) {
      if (standing.warnedAt === undefined) yield standing.expiresAt - standing.warnMs;
      else yield napDueAt(standing.expiresAt, standing.warnedAt, standing.warnMs);
    }
  }

  #ownLeases(entry: Registered, account: string | undefined): readonly Lease[] {
    const lease = this.#leases.get(entry.id);
    const timeoutMs = entry.timeoutMs ?? this.#ports.settings().timeoutMs;
    const presence: Lease[] =
      lease === undefined || lease.droppedAt !== undefined
        ? []
        : [
            {
              holder: 'presence',
              kind: 'presence',
              expiresAt: this.#known ? expiryOf(lease, timeoutMs) : Number.POSITIVE_INFINITY,
            },
          ];
    const holds = this.#holds
      .filter((hold) => hold.targetId === undefined || hold.targetId === entry.id)
      .filter((hold) => hold.account === undefined || account === undefined || hold.account === account)
      .map((hold) => ({
        holder: `a hold by ${hold.askedBy}`,
        kind: 'hold' as const,
        expiresAt: this.holdEndsAt(hold),
      }));
    return [...presence, ...holds];
  }

  #enabled(): readonly Registered[] {
    return this.#registry().entries;
  }

  /** The enabled entries and who depends on whom, worked out once for each version of the registry. */
  #registry(): RegistryInForce {
    const registered = this.#ports.registered();
    if (this.#inForce?.of !== registered) {
      const entries = registered.filter((entry) => entry.enabled);
      this.#inForce = {
        of: registered,
        entries,
        dependents: dependentsOf(entries),
        names: new Map(entries.map((entry) => [entry.id, entry.name ?? entry.id])),
      };
    }
    return this.#inForce;
  }

  #update(id: TargetId, change: (lease: PresenceLease) => PresenceLease): void {
    const lease = this.#leases.get(id);
    if (lease) this.#leases.set(id, change(lease));
  }
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
