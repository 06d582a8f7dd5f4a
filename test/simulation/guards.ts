/**
 * Whom a target belongs to by a person's start or scaling (invariant 5), from what a look could show the daemon: it
 * knows what it was told when it last read a target, and forgets with its process what it had not written.
 */
import type { Fields } from '../../src/core/driver.js';
import type { Sighting } from '../../src/core/ledger.js';
import { type Target, type TargetId, targetId } from '../../src/core/target.js';
import type { Rig } from '../fakes/rig.js';
import { openEntry } from './court.js';
import { isSize, plain } from './owed.js';

/** What was there when a reading began. */
export interface Look {
  /** `ACCOUNT TARGET` */
  readonly key: string;
  /** True milliseconds. */
  readonly at: number;
  readonly fields: Fields | undefined;
}

export class Guards {
  /** `ACCOUNT TARGET` whose person's start or scaling Cloudnap has had the chance to see. */
  readonly guarded = new Set<string>();
  readonly #rig: Rig;
  readonly #readAt = new Map<TargetId, number>();
  /** Readings under way, by target, and the last that came to its end, by account and target. */
  readonly #looking = new Map<TargetId, Look>();
  readonly #sighted = new Map<string, Look>();
  readonly #meddledAt = new Map<string, number>();
  /** What the ledger does not hold yet, with what it last held: it dies with the daemon. */
  readonly #unwritten = new Map<string, Look | undefined>();
  readonly #unwrittenGuards = new Set<string>();

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  /** A daemon begins. */
  began(): void {
    for (const key of this.#unwrittenGuards) this.guarded.delete(key);
    this.#unwrittenGuards.clear();
    for (const [key, seen] of this.#unwritten) {
      if (seen) this.#sighted.set(key, seen);
      else this.#sighted.delete(key);
    }
    this.#unwritten.clear();
  }

  /** A reading of these targets has begun. */
  reading(targets: readonly Target[]): void {
    const { world, wire, now } = this.#rig;
    for (const target of targets) {
      const id = targetId(target);
      this.#readAt.set(id, now);
      const account = wire.signedIn;
      if (account !== undefined)
        this.#looking.set(id, { key: `${account} ${id}`, at: now, fields: world.fields(account, id) });
    }
  }

  /** These targets were read. */
  read(targets: readonly Target[]): void {
    for (const target of targets) {
      const id = targetId(target);
      const look = this.#looking.get(id);
      if (!look) continue;
      const before = this.#sighted.get(look.key);
      this.#sight(look);
      const meddledAt = this.#meddledAt.get(look.key) ?? Number.NEGATIVE_INFINITY;
      if (!before || meddledAt <= before.at || openEntry(this.#rig, id)) continue;
      const isAutoscaled = this.#isAutoscaled(look.key.slice(0, look.key.indexOf(' ')), id);
      if (isStarted(before.fields, look.fields, isAutoscaled)) this.guard(look.key);
    }
  }

  /** The ledger holds what was last seen of these. */
  wrote(sightings: readonly Sighting[]): void {
    for (const { account, targetId: id } of sightings) {
      this.#unwritten.delete(`${account} ${id}`);
      this.#unwrittenGuards.delete(`${account} ${id}`);
    }
  }

  /** When the last reading of a target began, in true milliseconds. */
  readAt(id: TargetId): number | undefined {
    return this.#readAt.get(id);
  }

  /** A person has given a target another size. */
  meddled(account: string, id: TargetId): void {
    this.#meddledAt.set(`${account} ${id}`, this.#rig.now);
  }

  /** Guards what a person runs; until that is written, no longer than the daemon lives. */
  guard(key: string): void {
    this.guarded.add(key);
    this.#unwrittenGuards.add(key);
  }

  /** The same by command: what came of it is known without a look at it. */
  started(account: string, id: TargetId): void {
    const key = `${account} ${id}`;
    this.guard(key);
    this.#sight({ key, at: this.#rig.now, fields: this.#rig.world.fields(account, id) });
  }

  /** Presence has been renewed for these, or a person wants them to nap. */
  unguard(match: (id: TargetId) => boolean): void {
    for (const key of [...this.guarded])
      if (match(key.slice(key.indexOf(' ') + 1) as TargetId)) this.guarded.delete(key);
  }

  /** Whether a person runs it, as far as anybody can tell: the daemon may have thrown a look away that we count. */
  mayBeGuarded(account: string, id: TargetId): boolean {
    const key = `${account} ${id}`;
    const sighting = this.#rig.ledger
      .sightings()
      .find((seen) => seen.account === account && seen.targetId === id);
    return this.guarded.has(key) || (this.#meddledAt.has(key) && (sighting?.guarded ?? false));
  }

  #sight(look: Look): void {
    if (!this.#unwritten.has(look.key)) this.#unwritten.set(look.key, this.#sighted.get(look.key));
    this.#sighted.set(look.key, look);
  }

  /** Whether an autoscaler may change its size, so that a new size is nobody's word. */
  #isAutoscaled(account: string, id: TargetId): boolean {
    const { world, registry } = this.#rig;
    const isOurs = registry.current().find((entry) => entry.id === id)?.autoscalerOurs ?? false;
    const tags = world.nodegroup(account, id)?.tags ?? {};
    return isOurs || Object.keys(tags).length > 0 || world.service(account, id)?.scalable != null;
  }
}

/** Whether what was seen next shows that somebody started it or gave it another size that no autoscaler would. */
function isStarted(before: Fields | undefined, now: Fields | undefined, isAutoscaled: boolean): boolean {
  if (!before || !now) return false;
  const size = (fields: Fields) => Number([...plain(fields)].find(([field]) => isSize(field))?.[1] ?? 0);
  if (size(now) === 0) return false;
  if (size(before) === 0) return true;
  return !isAutoscaled && size(before) !== size(now);
}
