/**
 * The judge of a simulated team. It knows AWS, the writes that reached the table and when they were sent, and nothing
 * of how agents decide: whose lease the table could know of, whose hands a target is in, and what it was at first.
 */
import type { Fields } from '../../../src/core/driver.js';
import type { TargetId } from '../../../src/core/target.js';
import type { SharedTarget } from '../../../src/core/team.js';
import type { Colleague, Company, TeamChange } from '../../fakes/company.js';
import { ACCOUNT } from '../../fakes/rig.js';

export class Broken extends Error {
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(message);
    this.invariant = invariant;
  }
}

/** What the table could know of one member's lease on one target. */
interface Standing {
  /** Until when by the member's own clock, in true milliseconds. */
  readonly until: number;
  /** Whether the member is known to hold it: a lease that had run out begins anew with an entrance. */
  readonly isIn: boolean;
}

export class Judge {
  readonly #company: Company;
  readonly #atFirst: ReadonlyMap<TargetId, Fields | undefined>;
  /** By member and target. */
  readonly #standings = new Map<string, Map<TargetId, Standing>>();
  /** When each member's last beat was sent, true milliseconds. */
  readonly #sentAt = new Map<string, number>();
  readonly #rates = new Map<string, number>();
  readonly #rows = new Map<TargetId, SharedTarget>();
  readonly #last = new Map<TargetId, { readonly change: TeamChange; readonly epoch: number }>();
  /** The first thing found. */
  broken: Broken | undefined;
  readonly tally: Record<string, number> = { claims: 0, 'nap calls': 0, 'restore calls': 0, 'taken over': 0 };

  constructor(company: Company) {
    this.#company = company;
    this.#atFirst = new Map(company.world.all(ACCOUNT).map((id) => [id, this.#fields(id)]));
    company.table.watcher = (method, row) => {
      if (row) this.#wrote(method, row);
      else this.#beats();
    };
    company.watcher = { wrote() {}, changed: (change, by) => this.#changed(change, by) };
  }

  /** A member that draws breath: its clock goes at this rate. */
  knows(member: string, rate: number): void {
    this.#rates.set(member, rate);
  }

  /** A member sends a beat, true now. */
  sends(member: string): void {
    this.#sentAt.set(member, this.#company.now);
  }

  /** That everything is exactly as it was at first. */
  expectUp(why: string): void {
    for (const [id, first] of this.#atFirst)
      if (!same(this.#fields(id), first))
        this.#break('back', `${why}, and ${id} is ${text(this.#fields(id))}; it was ${text(first)}`);
  }

  /** That everything naps. */
  expectOff(why: string): void {
    for (const id of this.#atFirst.keys())
      if (!this.#company.world.isOff(ACCOUNT, id))
        this.#break('left running', `${why}, and ${id} is ${text(this.#fields(id))}`);
  }

  /** That no entry is open for what is up, of an agent that has had the time to close it. */
  expectNothingOwed(who: Colleague): void {
    const open = who.rig.ledger.openEntries();
    if (open.length > 0)
      this.#break('once', `${who.name} still owes ${open.map(({ targetId }) => targetId).join(', ')}`);
  }

  #beats(): void {
    for (const [member] of this.#sentAt) {
      const row = this.#company.table.memberOf(member);
      if (!row) continue;
      const known = this.#standings.get(member) ?? new Map<TargetId, Standing>();
      const seq = this.#seqs.get(member);
      if (seq === row.seq) continue;
      this.#seqs.set(member, row.seq);
      const { now } = this.#company;
      const sentAt = this.#sentAt.get(member) ?? now;
      const rate = this.#rates.get(member) ?? 1;
      const next = new Map<TargetId, Standing>();
      for (const [id, lastsMs] of Object.entries(row.leases) as [TargetId, number][]) {
        const before = known.get(id);
        const isHolder = this.#rows.get(id)?.holders.includes(member) ?? false;
        const isUnbroken = isHolder && before?.isIn === true && now < before.until;
        next.set(id, { until: sentAt + lastsMs / rate, isIn: isUnbroken });
      }
      this.#standings.set(member, next);
    }
  }

  readonly #seqs = new Map<string, number>();

  #wrote(method: string, row: SharedTarget): void {
    const before = this.#rows.get(row.targetId);
    this.#rows.set(row.targetId, row);
    for (const [member, standings] of this.#standings) {
      const standing = standings.get(row.targetId);
      if (!standing) continue;
      if (!row.holders.includes(member)) {
        if (method === 'claimNap' && standing.isIn && member !== row.actor)
          this.#claimed(row, member, standing);
        standings.set(row.targetId, { ...standing, isIn: false });
      } else if (method === 'enter' && !standing.isIn)
        // Any entrance will do for the judge to believe it; only the member's own can have brought it about.
        standings.set(row.targetId, { ...standing, isIn: true });
    }
    if (method === 'claimNap') {
      this.#count('claims');
      if (before && before.actor !== row.actor && before.state === 'napping') this.#count('taken over');
      for (const [member, standings] of this.#standings) {
        const standing = standings.get(row.targetId);
        if (member !== row.actor && standing?.isIn) this.#claimed(row, member, standing);
      }
    }
  }

  #claimed(row: SharedTarget, member: string, { until }: Standing): void {
    const left = until - this.#company.now;
    if (left > 0)
      this.#break(
        'lease',
        `${row.actor} claims the nap of ${row.targetId}; ${member} needs it for ${left} ms`,
      );
  }

  #changed(change: TeamChange, by: Colleague): void {
    const { id, verb, from, to } = change;
    if (verb !== 'nap' && verb !== 'restore') return;
    this.#count(`${verb} calls`);
    const row = this.#company.table.target(id);
    const self = by.rig.ledger.installation(() => 0);
    const first = this.#atFirst.get(id);
    if (verb === 'nap' && (row?.state !== 'napping' || row.actor !== self))
      this.#break('hands', `${by.name} naps ${id}, which is ${row?.state} in the hands of ${row?.actor}`);
    if (verb === 'nap' && change.entry && !same(change.entry.saved, first))
      this.#break('exact', `${by.name} naps ${id} and has saved ${text(change.entry.saved)}`);
    const last = this.#last.get(id);
    const epoch = row?.epoch ?? 0;
    if (verb === 'nap' && last?.change.verb === 'nap' && last.change.by !== by.name && last.epoch === epoch)
      this.#break('two', `${last.change.by} and ${by.name} nap ${id}`);
    if (verb === 'restore' && same(from, first) && !same(to, first))
      this.#break('once', `${by.name} restores ${id}, which was back, to ${text(to)}`);
    this.#last.set(id, { change, epoch });
  }

  #break(invariant: string, message: string): void {
    this.broken ??= new Broken(invariant, message);
  }

  #count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }

  #fields(id: TargetId): Fields | undefined {
    return structuredClone(this.#company.world.fields(ACCOUNT, id));
  }
}

/** What a snapshot says of a size, whatever AWS says of the last change. */
function same(one: unknown, other: unknown): boolean {
  return text(one) === text(other);
}

function text(fields: unknown): string {
  return JSON.stringify(fields, (key, value: unknown) => (key === 'transition' ? undefined : value));
}
