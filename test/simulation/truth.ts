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
/** Clocks are coarse: a sleep shorter than this is none. */
const NOTICEABLE_SLEEP = 2_000;

interface Need {
  counted: number;
  droppedAt: number | undefined;
  warnedAt: number | undefined;
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
  #ownDroppedAt: number | undefined;
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
    this.#ownDroppedAt = undefined;
    this.#anchor = this.#rig.now;
    this.registryChanged();
  }

  registryChanged(): void {
    const enabled = new Set(this.#enabled().map((entry) => entry.id));
    for (const id of this.#needs.keys()) if (!enabled.has(id)) this.#needs.delete(id);
    for (const id of enabled)
      if (!this.#needs.has(id))
        this.#needs.set(id, { counted: this.#rig.now, droppedAt: undefined, warnedAt: undefined });
  }

  settingsChanged(): void {
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
      for (const need of this.#needs.values())
        if (need.droppedAt === undefined) need.counted = Math.max(need.counted, now);
    }
    this.isKnown = known;
  }

  /** Returns which targets a waking activity is heeded for; undefined when it was weak. */
  activity(sensor: SensorName, began: number, at: number): ((id: TargetId) => boolean) | undefined {
    const rule = this.#rig.settings.current().sensors[sensor];
    if (!rule.enabled) return undefined;
    if (!rule.wakes) {
      for (const [id, need] of this.#needs)
        if (need.droppedAt === undefined && at < need.counted + this.timeout(id))
          need.counted = Math.max(need.counted, Math.min(at, this.#anchor + rule.extendsForMs));
      return undefined;
    }
    this.#anchor = Math.max(this.#anchor, at);
    const heeds = (droppedAt: number | undefined) =>
      droppedAt === undefined || began >= droppedAt + NAP_GRACE;
    const heeded = new Set<TargetId>();
    for (const [id, need] of this.#needs) {
      if (!heeds(need.droppedAt)) continue;
      heeded.add(id);
      need.droppedAt = undefined;
      need.counted = Math.max(need.counted, at);
      if (need.warnedAt !== undefined && at >= need.warnedAt) need.warnedAt = undefined;
    }
    const own = heeds(this.#ownDroppedAt);
    if (own) this.#ownDroppedAt = undefined;
    return (id) => (this.#needs.has(id) ? heeded.has(id) : own);
  }

  slept(ms: number): void {
    if (ms > NOTICEABLE_SLEEP) this.#stand();
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
      if (need.droppedAt !== undefined) need.counted = Number.NEGATIVE_INFINITY;
      need.droppedAt = undefined;
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
    const own = this.#ownDroppedAt;
    const before = new Map<TargetId, number | undefined>();
    for (const id of ids) {
      const need = this.#needs.get(id);
      if (!need) continue;
      before.set(id, need.droppedAt);
      need.droppedAt = now;
    }
    if (everything) this.#ownDroppedAt = now;
    return (spared, refused) => {
      for (const id of spared) {
        const need = this.#needs.get(id);
        if (need?.droppedAt === now) need.droppedAt = before.get(id);
      }
      if (everything && refused) this.#ownDroppedAt = own;
    };
  }

  isDropped(id: TargetId): boolean {
    return this.#needs.get(id)?.droppedAt !== undefined;
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
      if (other.droppedAt !== undefined) continue;
      if (!this.isKnown) return `presence is unknown, and ${kept} keeps its lease`;
      const ends = other.counted + this.timeout(kept);
      if (now < ends) return `the lease of ${kept} goes on for ${ends - now} ms`;
      const inUse = [...this.#watching].find((sensor) => machine.isInUse(sensor));
      if (inUse) return `somebody is at the ${inUse}`;
    }
    if (need.droppedAt !== undefined) return undefined;
    if (need.warnedAt === undefined) return 'no warning stands';
    const stands = Math.min(settings.current().warnMs, this.timeout(id) / 2);
    const stood = now - need.warnedAt;
    return stood < stands ? `its warning has stood ${stood} ms of ${stands}` : undefined;
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
