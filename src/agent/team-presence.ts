/**
 * This agent's own presence in the team: beats that tell how long its leases last, and its name among the holders of
 * each shared target it needs. What teammates may count on is always reckoned from before a beat was sent, and what
 * has run out by the time the next one is answered begins anew with an entrance.
 */
import type { Clock } from '../core/instant.js';
import type { TargetId } from '../core/target.js';
import type { Member, SharedTarget, TeamTable } from '../core/team.js';
import { declared, heartbeatFor } from '../core/team-leases.js';

/** What this machine needs of a shared target by itself. */
export interface Need {
  readonly id: TargetId;
  readonly timeoutMs: number;
  /** When the last lease of this machine's own ends, in `boot` milliseconds. */
  readonly until: number;
  /** Whether it is up, as far as is known. */
  readonly isUp: boolean;
}

const NEVER = Number.NEGATIVE_INFINITY;
/** A lease that moves by less is not worth a beat, milliseconds. */
const WORTH_MS = 1_000;
/** Where a member without a row begins to count: anywhere below. */
const SEQ_RANGE = 2 ** 40;

/** What was told. */
export interface Told {
  readonly taken: boolean;
  readonly left: readonly TargetId[];
  readonly entered: readonly SharedTarget[];
}

export interface TeamPresencePorts {
  readonly clock: Clock;
  readonly self: string;
  /** Who the person is to teammates, and their machine. */
  readonly called: () => { readonly name: string; readonly machine: string };
  readonly heartbeatMs: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

export class TeamPresence {
  readonly #ports: TeamPresencePorts;
  /** The seq in the table as far as is known; undefined once a beat was answered to nobody. */
  #seq: number | undefined;
  #beatAt = NEVER;
  #checkedAt = NEVER;
  /** Until when teammates may count on each lease they were told of. */
  readonly #told = new Map<TargetId, number>();
  /** Targets whose holder this agent is, unbroken. */
  readonly #in = new Set<TargetId>();

  constructor(ports: TeamPresencePorts) {
    this.#ports = ports;
  }

  /** How often this member beats at most. */
  heartbeatMs(needs: readonly Need[]): number {
    return heartbeatFor(
      this.#ports.heartbeatMs(),
      needs.map(({ timeoutMs }) => timeoutMs),
    );
  }

  /** When something is to be told, in `boot` milliseconds; `Infinity` when all has been. */
  dueAt(needs: readonly Need[], now = this.#ports.clock.now().boot): number {
    const live = needs.filter(({ until }) => now < until);
    const isOver = (id: TargetId) => !live.some((need) => need.id === id);
    if ([...this.#in].some(isOver) || live.some(({ id }) => this.#isNew(id, now))) return now;
    // A lease without an end is told as a fresh one, again and again.
    const hasMoved = live.some(({ id, until }) => Math.abs(until - this.#toldOf(id)) > WORTH_MS);
    const ends = live.map(({ until }) => until);
    return Math.min(
      ...ends,
      hasMoved ? Math.max(now, this.#beatAt + this.heartbeatMs(needs)) : Number.POSITIVE_INFINITY,
    );
  }

  /**
   * When this machine's own leases are to be looked at again, in `boot` milliseconds: activity moves them without a
   * word, and teammates are to know of it while what they know still lasts.
   */
  checkAt(needs: readonly Need[]): number {
    const now = this.#ports.clock.now().boot;
    const isUsed = needs.some(({ until }) => now < until);
    return isUsed ? this.#checkedAt + this.heartbeatMs(needs) : Number.POSITIVE_INFINITY;
  }

  /** They were looked at. */
  checked(): void {
    this.#checkedAt = this.#ports.clock.now().boot;
  }

  /**
   * Tells what is due. Leaves first, so that others can nap at once; then beats, and enters what it has not entered
   * with a lease that still lasted. `taken` is false when another beats in this member's name: then it was not told.
   *
   * @throws OperationError what is not told by then is told the next time
   */
  async tell(table: TeamTable, needs: readonly Need[], signal: AbortSignal): Promise<Told> {
    const { clock } = this.#ports;
    const now = clock.now().boot;
    const live = needs.filter(({ until }) => now < until);
    const left = [...this.#in].filter((id) => !live.some((need) => need.id === id));
    for (const id of left) await this.#leave(table, id, signal);
    if (live.length === 0 || this.dueAt(needs, now) > now) return { taken: true, left, entered: [] };
    if (!(await this.#beat(table, live, signal))) return { taken: false, left, entered: [] };
    const entered: SharedTarget[] = [];
    let failure: unknown;
    for (const { id } of live) {
      if (!this.#isNew(id, clock.now().boot)) continue;
      // One row that cannot be entered must not leave the rest without their holder.
      await this.enter(table, id, signal).then(
        (row) => entered.push(row),
        (thrown: unknown) => {
          failure ??= thrown;
        },
      );
    }
    if (failure !== undefined) throw failure;
    return { taken: true, left, entered };
  }

  /** Adds this agent to a target's holders, which also makes its row. @throws OperationError */
  async enter(table: TeamTable, id: TargetId, signal: AbortSignal): Promise<SharedTarget> {
    const { clock, self } = this.#ports;
    const row = await table.enter(id, { id: self, seq: await this.#seqNow(table, signal) }, signal);
    // An entrance answered after its lease was over tells nobody anything: it is made again with the next beat.
    if (clock.now().boot < this.#toldOf(id)) this.#in.add(id);
    return row;
  }

  /** Leaves every target and the team. @throws OperationError */
  async withdraw(table: TeamTable, ids: readonly TargetId[], signal: AbortSignal): Promise<void> {
    for (const id of new Set([...ids, ...this.#in])) await this.#leave(table, id, signal);
    await table.removeMember(this.#ports.self, signal);
    this.#seq = undefined;
  }

  async #leave(table: TeamTable, id: TargetId, signal: AbortSignal): Promise<void> {
    await table.leave(id, { id: this.#ports.self, seq: await this.#seqNow(table, signal) }, signal);
    this.#in.delete(id);
    this.#told.delete(id);
  }

  async #beat(table: TeamTable, live: readonly Need[], signal: AbortSignal): Promise<boolean> {
    const { called, clock, self } = this.#ports;
    const expected = await this.#seqNow(table, signal);
    const sentAt = clock.now().boot;
    const leases: Member['leases'] = Object.fromEntries(
      live.map(({ id, until, timeoutMs }) => [id, declared(until, sentAt, timeoutMs)]),
    );
    const before = new Map(this.#told);
    // Until it is answered nobody knows which of the two the table has: teammates may count on the shorter only.
    this.#seq = undefined;
    this.#told.clear();
    for (const { id } of live)
      this.#told.set(id, Math.min(before.get(id) ?? NEVER, sentAt + (leases[id] ?? 0)));
    const member = { id: self, ...called(), seq: expected + 1, leases };
    if (!(await table.beat({ member, expected }, signal))) {
      this.#in.clear();
      return false;
    }
    const answeredAt = clock.now().boot;
    // Teammates may have seen the end of what they were told before: then it begins anew.
    for (const id of this.#in) if (this.#toldOf(id) <= answeredAt) this.#in.delete(id);
    for (const { id } of live) this.#told.set(id, sentAt + (leases[id] ?? 0));
    this.#seq = member.seq;
    this.#beatAt = sentAt;
    return true;
  }

  async #seqNow(table: TeamTable, signal: AbortSignal): Promise<number> {
    const { random, self } = this.#ports;
    this.#seq ??= (await table.member(self, signal))?.seq ?? Math.floor(random() * SEQ_RANGE);
    return this.#seq;
  }

  /** Whether teammates do not know of this lease, or may think it over. */
  #isNew(id: TargetId, now: number): boolean {
    return !this.#in.has(id) || this.#toldOf(id) <= now;
  }

  #toldOf(id: TargetId): number {
    return this.#told.get(id) ?? NEVER;
  }
}
