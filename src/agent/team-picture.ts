/**
 * The team as this agent last saw it: the rows read and when, and since when each counter has stood still. Whatever
 * this agent writes is noted too, for people; what decides over a nap is a reading alone, for only there the members
 * were read after the targets that name them.
 */
import type { Clock } from '../core/instant.js';
import type { Lease } from '../core/lease.js';
import type { TargetId } from '../core/target.js';
import type { SharedTarget, TeamReading } from '../core/team.js';
import {
  asLease,
  busyUntil,
  leasesOn,
  NOTHING_SEEN,
  nameOf,
  remember,
  type Seen,
  type View,
} from '../core/team-leases.js';

export interface TeamPicturePorts {
  readonly clock: Clock;
  /** This agent's own member id. */
  readonly self: string;
  /** Reads every shared target. @throws OperationError */
  readonly read: () => Promise<TeamReading>;
}

/** A target as a reading shows it, with all that a judgement on it takes. */
export interface Shown {
  readonly shared: SharedTarget;
  readonly view: View;
  readonly begunAt: number;
}

interface Taken {
  readonly reading: TeamReading;
  /** `boot` milliseconds at which it was asked for, and answered. */
  readonly begunAt: number;
  readonly endedAt: number;
}

export class TeamPicture {
  readonly #ports: TeamPicturePorts;
  #seen: Seen = NOTHING_SEEN;
  #taken: Taken | undefined;
  /** Rows as of the last word on them, be it read or written. */
  readonly #latest = new Map<TargetId, SharedTarget>();
  /** Readings begun, and the last one answered, by number: clocks are too coarse to tell what was first. */
  #begun = 0;
  #answered = 0;
  #next: Promise<void> | undefined;
  /** Targets written to since by ourselves, and after which reading: what came of it only the next one tells. */
  readonly #doubtful = new Map<TargetId, number>();
  #underWay: { readonly begunAt: number; readonly done: Promise<void> } | undefined;

  constructor(ports: TeamPicturePorts) {
    this.#ports = ports;
  }

  /** When the last reading was begun; `-Infinity` before there was one. */
  readAt(): number {
    return this.#taken?.begunAt ?? Number.NEGATIVE_INFINITY;
  }

  /** When the last reading was answered; `-Infinity` before there was one. */
  answeredAt(): number {
    return this.#taken?.endedAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Reads unless a reading begun at `since` or later is there or under way. @throws OperationError */
  readSince(since: number): Promise<void> {
    if (this.readAt() >= since) return Promise.resolve();
    return this.#underWay && this.#underWay.begunAt >= since ? this.#underWay.done : this.readAnew();
  }

  /** Begins a reading; everybody who asks for one before it has begun is answered by it. @throws OperationError */
  readAnew(): Promise<void> {
    this.#next ??= Promise.resolve().then(() => {
      this.#next = undefined;
      const underWay = { begunAt: this.#ports.clock.now().boot, done: this.#read() };
      this.#underWay = underWay;
      return underWay.done.finally(() => {
        if (this.#underWay === underWay) this.#underWay = undefined;
      });
    });
    return this.#next;
  }

  async #read(): Promise<void> {
    const { clock, read } = this.#ports;
    const begunAt = clock.now().boot;
    this.#begun += 1;
    const number = this.#begun;
    const reading = await read();
    // One that was begun before another has nothing to add to it.
    if (number < this.#answered) return;
    this.#answered = number;
    const endedAt = clock.now().boot;
    this.#seen = remember(this.#seen, reading, endedAt);
    this.#taken = { reading, begunAt, endedAt };
    for (const [id, after] of this.#doubtful) if (after < number) this.#doubtful.delete(id);
    for (const row of reading.targets) {
      const latest = this.#latest.get(row.targetId);
      if (!latest || latest.version <= row.version) this.#latest.set(row.targetId, row);
    }
  }

  /** Takes note of a row as a write has left it. */
  note(row: SharedTarget): void {
    const { targetId, epoch } = row;
    this.#latest.set(targetId, row);
    if (this.#seen.epochs.get(targetId)?.count === epoch) return;
    const epochs = new Map(this.#seen.epochs).set(targetId, {
      count: epoch,
      at: this.#ports.clock.now().boot,
    });
    this.#seen = { ...this.#seen, epochs };
  }

  /** This agent has written to a row, and was not told what it is now. */
  doubt(id: TargetId): void {
    this.#doubtful.set(id, this.#begun);
  }

  /** Whether the row has to be read before anything is claimed by it. */
  isDoubtful(id: TargetId): boolean {
    return this.#doubtful.has(id) || !this.#latest.has(id);
  }

  /** The last word on a target; undefined: the table had no row of it. */
  row(id: TargetId): SharedTarget | undefined {
    return this.#latest.get(id);
  }

  /** A target by the last reading; undefined when it is not in it, or we have written to it since. */
  shown(id: TargetId): Shown | undefined {
    const shared = this.#taken?.reading.targets.find((row) => row.targetId === id);
    if (!shared || !this.#taken || this.#doubtful.has(id)) return undefined;
    if (this.row(id)?.version !== shared.version) return undefined;
    return { shared, view: this.#view(this.#taken.reading), begunAt: this.#taken.begunAt };
  }

  /** What teammates hold of a target, by the last reading. */
  leases(id: TargetId): readonly Lease[] {
    const shared = this.#taken?.reading.targets.find((row) => row.targetId === id);
    return shared && this.#taken ? leasesOn(shared, this.#view(this.#taken.reading)).map(asLease) : [];
  }

  /** Until when a teammate may still be at work on a target; `-Infinity` when none may. */
  busyUntil(id: TargetId): number {
    const row = this.row(id);
    return row ? busyUntil(row, { seen: this.#seen, self: this.#ports.self }) : Number.NEGATIVE_INFINITY;
  }

  /** Who carries out a target's state, for people. */
  actorOf(id: TargetId): string {
    const actor = this.row(id)?.actor;
    const member = this.#taken?.reading.members.find((one) => one.id === actor);
    return member ? nameOf(member) : 'a teammate';
  }

  #view(reading: TeamReading): View {
    return { reading, seen: this.#seen, self: this.#ports.self };
  }
}
