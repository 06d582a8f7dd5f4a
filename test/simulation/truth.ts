/**
 * What counts, told from what really happened on the rig and not from what the product made of it: activity,
 * timeouts, standing warnings, holds and NAPs, in true milliseconds. A model of SPEC section 6 of its own.
 */
import type { Registered } from '../../src/core/registry.js';
import { SENSORS, type SensorName } from '../../src/core/sensor.js';
import type { TargetId } from '../../src/core/target.js';
import type { Rig } from '../fakes/rig.js';

/** SPEC: "waking activity that begins at least 5 s later". */
const NAP_GRACE = 5_000;
/** Weak activity that goes on is seen a second before a lease ends; pauses of a second are not. */
const UNSEEN = 2_500;
/** Clocks are coarse: a sleep shorter than this is none. */
const NOTICEABLE_SLEEP = 2_000;

type DroppedBy = 'nap' | 'lock' | 'suspend';

interface Drop {
  readonly at: number;
  readonly by: DroppedBy;
  /** What dropped it is still so: no warning is needed. */
  stands: boolean;
  /** Whether a hold spared it nobody here can tell. */
  readonly isVague: boolean;
}

interface Need {
  counted: number;
  drop: Drop | undefined;
  warnedAt: number | undefined;
}

/** A lock that means away. */
interface Lock {
  readonly since: number;
  typed: { readonly began: number; readonly at: number } | undefined;
}

interface TrueHold {
  readonly id: TargetId | undefined;
  readonly account: string | undefined;
  readonly until: number;
  /** Given before a reboot with a set clock: how long it lasts nobody can tell. */
  blurred: boolean;
}

export class Truth {
  readonly #rig: Rig;
  readonly #needs = new Map<TargetId, Need>();
  #holds: TrueHold[] = [];
  #anchor = 0;
  #ownDrop: Drop | undefined;
  #lock: Lock | undefined;
  /** What the session is, and whether the daemon can know. */
  #session = { isLocked: false, isTold: true };
  /** Since when nothing has changed what weak activity is worth. */
  #steadySince = 0;
  #watching = new Set<SensorName>();
  isKnown = false;
  #clockWasSet = false;

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  /** A daemon begins: one full timeout for everything. Called before it starts. */
  began(): void {
    this.#needs.clear();
    this.#watching = new Set();
    this.isKnown = false;
    this.#ownDrop = undefined;
    this.#lock = undefined;
    this.#anchor = this.#rig.now;
    this.registryChanged();
    // A lock that is there already has come about before anybody could see: the grant of the start stands.
    if (this.#countsAsLocked()) this.#lock = { since: this.#rig.now, typed: undefined };
  }

  /** The session was locked or unlocked, or its signal broke or was mended; told to the daemon just now. */
  session(change: { isLocked?: boolean; isTold?: boolean }): ((id: TargetId) => boolean) | undefined {
    this.#session = { ...this.#session, ...change };
    return this.#followLock();
  }

  get isLocked(): boolean {
    return this.#session.isLocked;
  }

  #countsAsLocked(): boolean {
    return this.#session.isLocked && this.#session.isTold && this.#rig.settings.current().lockMeansAway;
  }

  /** Returns for which targets an unlock is a return; undefined when it is none. */
  #followLock(): ((id: TargetId) => boolean) | undefined {
    const { now, settings } = this.#rig;
    const isLocked = this.#countsAsLocked();
    if (isLocked === (this.#lock !== undefined)) return undefined;
    this.#steadySince = now;
    if (isLocked) {
      this.#lock = { since: now, typed: undefined };
      if (this.isKnown) this.droppedBy('lock');
      return undefined;
    }
    const typed = this.#lock?.typed;
    this.#lock = undefined;
    if (!settings.current().lockMeansAway || !this.#session.isTold) {
      this.#changeDrops((drop) => (drop.by === 'lock' ? undefined : drop));
      return undefined;
    }
    this.over('lock');
    if (!typed) return undefined;
    return this.#wake(typed.began, typed.at, (timeout) => now < typed.at + timeout);
  }

  /** Every presence lease is dropped, without anybody's word: what a hold keeps is spared. */
  droppedBy(by: 'lock' | 'suspend'): void {
    const { now } = this.#rig;
    const ids = [...this.#needs.keys()];
    const around = new Map(ids.map((id) => [id, [id, ...this.#dependentsOf(id)]]));
    for (const [id, need] of this.#needs) {
      const kept = around.get(id) ?? [];
      if (need.drop?.by === 'nap' || kept.some((one) => this.isHeld(one))) continue;
      need.drop = { at: now, by, stands: true, isVague: kept.some((one) => this.#mayBeHeld(one)) };
    }
    if (this.#ownDrop?.by !== 'nap') this.#ownDrop = { at: now, by, stands: true, isVague: false };
  }

  /** What dropped leases is over: the lease is gone, but a nap needs its warning. */
  over(by: 'lock' | 'suspend'): void {
    this.#changeDrops((drop) => (drop.by === by ? { ...drop, stands: false } : drop));
  }

  #changeDrops(change: (drop: Drop) => Drop | undefined): void {
    for (const need of this.#needs.values()) need.drop &&= change(need.drop);
    this.#ownDrop &&= change(this.#ownDrop);
  }

  /** Whether there is a hold on it of which nobody here can tell whether the daemon heeds it now. */
  #mayBeHeld(id: TargetId): boolean {
    const { now } = this.#rig;
    return this.#holds.some(
      (hold) => (hold.blurred || now < hold.until + 1_000) && (hold.id === undefined || hold.id === id),
    );
  }

  registryChanged(): void {
    this.#steadySince = this.#rig.now;
    const enabled = new Set(this.#enabled().map((entry) => entry.id));
    for (const id of this.#needs.keys()) if (!enabled.has(id)) this.#needs.delete(id);
    for (const id of enabled)
      if (!this.#needs.has(id))
        this.#needs.set(id, { counted: this.#rig.now, drop: undefined, warnedAt: undefined });
  }

  settingsChanged(): void {
    this.#steadySince = this.#rig.now;
    // First: a lock that means away from now on drops what is in force, not what becoming known grants.
    this.#followLock();
    this.#stand();
    this.health();
  }

  health(): void {
    const { machine, settings } = this.#rig;
    const rules = settings.current().sensors;
    const watching = new Set(
      SENSORS.filter((name) => rules[name].enabled && rules[name].wakes && machine.isWatching(name)),
    );
    const recovered = [...watching].some((name) => !this.#watching.has(name));
    this.#watching = watching;
    if (recovered) this.#stand();
    const known = watching.size > 0;
    if (known && !this.isKnown) {
      const { now } = this.#rig;
      this.#anchor = now;
      // A grant is for everybody but those whom a person has sent to nap.
      this.#changeDrops((drop) => (drop.by === 'nap' ? drop : undefined));
      for (const need of this.#needs.values())
        if (need.drop === undefined) need.counted = Math.max(need.counted, now);
    }
    this.isKnown = known;
  }

  /** Returns which targets a waking activity is heeded for; undefined when it was weak. */
  activity(sensor: SensorName, began: number, at: number): ((id: TargetId) => boolean) | undefined {
    const rule = this.#rig.settings.current().sensors[sensor];
    if (!rule.enabled) return undefined;
    if (this.#lock) {
      const counts =
        rule.wakes && began >= this.#lock.since + NAP_GRACE && at >= (this.#lock.typed?.at ?? at);
      if (counts) this.#lock.typed = { began, at };
      return undefined;
    }
    if (!rule.wakes) {
      for (const [id, need] of this.#needs)
        if (need.drop === undefined && at < need.counted + this.timeout(id))
          need.counted = Math.max(need.counted, Math.min(at, this.#anchor + rule.extendsForMs));
      return undefined;
    }
    return this.#wake(began, at, () => true);
  }

  /** Waking activity renews what heeds it and what `may` be renewed, by its timeout. */
  #wake(began: number, at: number, may: (timeout: number) => boolean): (id: TargetId) => boolean {
    this.#anchor = Math.max(this.#anchor, at);
    const heeds = (drop: Drop | undefined) => drop === undefined || began >= drop.at + NAP_GRACE;
    const heeded = new Set<TargetId>();
    for (const [id, need] of this.#needs) {
      if (!may(this.timeout(id))) continue;
      if (!heeds(need.drop)) continue;
      heeded.add(id);
      need.drop = undefined;
      need.counted = Math.max(need.counted, at);
      if (need.warnedAt !== undefined && at >= need.warnedAt) need.warnedAt = undefined;
    }
    const own = may(this.#rig.settings.current().timeoutMs) && heeds(this.#ownDrop);
    if (own) this.#ownDrop = undefined;
    return (id) => (this.#needs.has(id) ? heeded.has(id) : own);
  }

  slept(ms: number): void {
    if (ms <= NOTICEABLE_SLEEP) return;
    this.#stand();
    this.over('lock');
    this.over('suspend');
  }

  clockSet(): void {
    this.#clockWasSet = true;
  }

  rebooted(): void {
    if (this.#clockWasSet) for (const hold of this.#holds) hold.blurred = true;
  }

  warned(id: TargetId): void {
    const need = this.#needs.get(id);
    if (need) need.warnedAt ??= this.#rig.now;
  }

  withdrawn(id: TargetId): void {
    const need = this.#needs.get(id);
    if (need) need.warnedAt = undefined;
  }

  hold(id: TargetId | undefined, minutes: number, account: string | undefined): void {
    const until = this.#rig.now + minutes * 60_000;
    this.#holds.push({ id, account, until, blurred: false });
    for (const [covered, need] of this.#needs) {
      if (id !== undefined && id !== covered) continue;
      // One given this very instant belongs to the hold's own end.
      if (need.warnedAt !== this.#rig.now) need.warnedAt = undefined;
      if (need.drop !== undefined) need.counted = Number.NEGATIVE_INFINITY;
      need.drop = undefined;
    }
  }

  release(id: TargetId | undefined): void {
    this.#holds = this.#holds.filter((hold) => id !== undefined && hold.id !== id);
  }

  /**
   * A NAP of these targets; `everything`: of all there are. Returns what takes it back for those that were spared,
   * and for everything when it was refused.
   */
  dropped(
    ids: readonly TargetId[],
    everything: boolean,
  ): (spared: readonly TargetId[], refused: boolean) => void {
    const { now } = this.#rig;
    const own = this.#ownDrop;
    const before = new Map<TargetId, Drop | undefined>();
    const drop: Drop = { at: now, by: 'nap', stands: true, isVague: false };
    for (const id of ids) {
      const need = this.#needs.get(id);
      if (!need) continue;
      before.set(id, need.drop);
      need.drop = drop;
    }
    if (everything) this.#ownDrop = drop;
    return (spared, refused) => {
      for (const id of spared) {
        const need = this.#needs.get(id);
        if (need?.drop === drop) need.drop = before.get(id);
      }
      if (everything && refused) this.#ownDrop = own;
    };
  }

  /** Whether nobody can tell if a hold has spared it: then whoever is back may bring it back. */
  mayBeSpared(id: TargetId): boolean {
    return this.#needs.get(id)?.drop?.isVague ?? false;
  }

  /** Whether the person has sent it to nap: that goes for unknown presence, too. */
  isNappedByPerson(id: TargetId): boolean {
    return this.#needs.get(id)?.drop?.by === 'nap';
  }

  /** Whether a hold surely keeps this target itself. */
  isHeld(id: TargetId): boolean {
    const { now, wire } = this.#rig;
    return this.#holds.some(
      (hold) =>
        !hold.blurred &&
        now < hold.until &&
        (hold.id === undefined || hold.id === id) &&
        (hold.account === undefined || hold.account === wire.signedIn),
    );
  }

  get hasHolds(): boolean {
    return this.#holds.some((hold) => hold.blurred || this.#rig.now < hold.until);
  }

  /** Why an automatic nap of this target may not happen now; undefined: it may. */
  forbids(id: TargetId): string | undefined {
    const { now, machine, settings } = this.#rig;
    const need = this.#needs.get(id);
    if (!need) return 'it is not registered and enabled';
    for (const kept of [id, ...this.#dependentsOf(id)]) {
      const other = this.#needs.get(kept);
      if (!other) continue;
      if (this.isHeld(kept)) return `a hold keeps ${kept}`;
      if (other.drop !== undefined && (this.isKnown || other.drop.by === 'nap')) continue;
      if (!this.isKnown) return `presence is unknown, and ${kept} keeps its lease`;
      const ends = this.#countedNow(other, this.timeout(kept)) + this.timeout(kept);
      if (now < ends) return `the lease of ${kept} goes on for ${ends - now} ms`;
      if (this.#lock) continue;
      const inUse = [...this.#watching].find((sensor) => machine.isInUse(sensor));
      if (inUse) return `somebody is at the ${inUse}`;
    }
    if (need.drop?.stands) return undefined;
    if (need.warnedAt === undefined) return 'no warning stands';
    const stands = Math.min(settings.current().warnMs, this.timeout(id) / 2);
    const stood = now - need.warnedAt;
    return stood < stands ? `its warning has stood ${stood} ms of ${stands}` : undefined;
  }

  /** What counts by now: weak activity that has gone on since before the lease ended was not told of, but is seen. */
  #countedNow(need: Need, timeout: number): number {
    const { machine, now, settings } = this.#rig;
    let { counted } = need;
    if (this.#lock) return counted;
    for (const sensor of SENSORS) {
      const rule = settings.current().sensors[sensor];
      const run = machine.runOf(sensor);
      if (!rule.enabled || rule.wakes || !run) continue;
      const resumed = this.#rig.trueTime(run.resumed);
      const isSeen = resumed >= this.#steadySince && resumed < need.counted + timeout - UNSEEN;
      const at = Math.min(now, this.#rig.trueTime(run.until));
      if (isSeen) counted = Math.max(counted, Math.min(at, this.#anchor + rule.extendsForMs));
    }
    return counted;
  }

  timeout(id: TargetId): number {
    const own = this.#rig.registry.current().find((entry) => entry.id === id)?.timeoutMs;
    return own ?? this.#rig.settings.current().timeoutMs;
  }

  /** Everything that depends on this target, however far. */
  #dependentsOf(id: TargetId): readonly TargetId[] {
    const all: TargetId[] = [];
    const visit = (on: TargetId) => {
      for (const entry of this.#enabled())
        if (entry.dependsOn.includes(on) && !all.includes(entry.id)) {
          all.push(entry.id);
          visit(entry.id);
        }
    };
    visit(id);
    return all;
  }

  /** Every warning has to stand anew. */
  #stand(): void {
    for (const need of this.#needs.values()) need.warnedAt = undefined;
  }

  #enabled(): readonly Registered[] {
    return this.#rig.registry.current().filter((entry) => entry.enabled);
  }
}
