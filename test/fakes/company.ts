/**
 * Several workstations that share one AWS, one table and one true time. Each has a clock of its own, which began
 * elsewhere and may run at a rate of its own, and sleeps, wakes, crashes and is cut off by itself.
 */
import type { Entry } from '../../src/core/ledger.js';
import type { Registered } from '../../src/core/registry.js';
import type { Settings } from '../../src/core/settings.js';
import type { TargetId } from '../../src/core/target.js';
import { random } from '../simulation/random.js';
import { SwitchYard } from './memory-switch-board.js';
import { MemoryTeamTable } from './memory-team-table.js';
import type { Life } from './process.js';
import { ACCOUNT, Rig, type RigCompany } from './rig.js';
import { World } from './world.js';

/** A request that reached AWS and would change something. */
export interface TeamChange {
  readonly by: string;
  readonly id: TargetId;
  readonly operation: string;
  readonly verb: 'nap' | 'restore' | 'scale' | undefined;
  /** True milliseconds. */
  readonly at: number;
  /** What a snapshot would hold before and after. */
  readonly from: unknown;
  readonly to: unknown;
  /** The caller's open entry of the target at that instant. */
  readonly entry: Entry | undefined;
}

export interface ColleagueOptions {
  readonly settings?: Partial<Settings>;
  readonly registered: readonly Registered[];
  readonly startsAt?: { readonly wall: number; readonly boot: number };
  /** Milliseconds its clock counts in a true one. */
  readonly rate?: number;
}

/** One workstation of the company. */
export class Colleague {
  readonly name: string;
  readonly rig: Rig;
  readonly #company: Company;
  readonly #rate: number;
  /** True milliseconds up to which its clock has gone, and the part of a millisecond it is behind. */
  #caughtUp: number;
  #rest = 0;
  /** Asleep since, true milliseconds. */
  #asleep: number | undefined;

  constructor(name: string, company: Company, options: ColleagueOptions) {
    const { settings, registered, rate = 1, startsAt } = options;
    this.name = name;
    this.#company = company;
    this.#rate = rate;
    this.#caughtUp = company.now;
    this.rig = new Rig({
      company,
      registered,
      person: { name, machine: `${name}-laptop` },
      random: company.random,
      ...(startsAt ? { startsAt } : {}),
      ...(settings ? { settings } : {}),
    });
    this.rig.watcher = {
      event() {},
      wrote: (method, args, result) => company.watcher.wrote(this, method, args, result),
      verb() {},
      activity() {},
      health() {},
      read() {},
      reading() {},
      sending() {},
      changing: (request, account, verbs, apply) => company.changing(this, request, account, verbs, apply),
    };
  }

  get isAsleep(): boolean {
    return this.#asleep !== undefined;
  }

  /** The open entry of a target. */
  entry(id: TargetId): Entry | undefined {
    return this.rig.ledger.openEntries().find((entry) => entry.targetId === id);
  }

  /** When its next timer is due, true milliseconds; `Infinity`: none is, or it sleeps. */
  dueAt(): number {
    const left = this.isAsleep ? undefined : this.rig.clock.nextDueIn;
    if (left === undefined) return Number.POSITIVE_INFINITY;
    // Its clock moves by whole milliseconds.
    return left <= 0
      ? this.#caughtUp
      : this.#caughtUp + Math.ceil((Math.ceil(left) - this.#rest) / this.#rate);
  }

  /** Its clock goes on to the present. */
  async catchUp(): Promise<void> {
    if (this.isAsleep) return;
    await this.rig.run(this.#gone());
  }

  async start(prepare: (life: Life) => void = () => {}): Promise<void> {
    await this.rig.start(prepare);
  }

  /** The machine sleeps until it is woken. */
  sleep(): void {
    this.rig.sleep(0);
    this.#asleep = this.#company.now;
  }

  async wake(): Promise<void> {
    if (!this.isAsleep) return;
    this.#asleep = undefined;
    this.rig.sleep(this.#gone());
    await this.rig.clock.flush();
  }

  /** Ends the daemon as a signal would, while the others go on. */
  async stop(): Promise<void> {
    let isOver = this.rig.agent === undefined;
    void this.rig.agent?.stop().then(() => {
      isOver = true;
    });
    for (let waited = 0; !isOver && waited < 30; waited += 1) await this.#company.pass(1_000);
    this.rig.kill('at its clean end');
  }

  /** No answer comes from the table, and nothing reaches it. */
  cutOff(isCutOff: boolean): void {
    this.rig.teamTrouble = () => (isCutOff ? 'unreachable' : undefined);
  }

  #gone(): number {
    const { now } = this.#company;
    const exactly = (now - this.#caughtUp) * this.#rate + this.#rest;
    const whole = Math.floor(exactly);
    this.#caughtUp = now;
    this.#rest = exactly - whole;
    return whole;
  }
}

/** Hears what the colleagues do. */
export interface CompanyWatcher {
  wrote(by: Colleague, method: string, args: readonly unknown[], result: unknown): void;
  changed(change: TeamChange, by: Colleague): void;
}

export class Company implements RigCompany {
  readonly world: World;
  readonly yard: SwitchYard;
  readonly table = new MemoryTeamTable();
  readonly colleagues: Colleague[] = [];
  readonly changes: TeamChange[] = [];
  watcher: CompanyWatcher = { wrote() {}, changed() {} };
  readonly random: () => number;
  #now = Date.UTC(2026, 0, 5, 9);

  /** @param numbers from 0 to below 1: members draw their names of them, so that no constant will do */
  constructor(numbers: () => number = random(1).next) {
    this.random = numbers;
    this.world = new World({ now: () => this.#now, random: numbers });
    this.yard = new SwitchYard(this.world);
  }

  get now(): number {
    return this.#now;
  }

  /** Somebody joins, at a machine of their own. */
  hire(name: string, options: ColleagueOptions): Colleague {
    const colleague = new Colleague(name, this, options);
    this.colleagues.push(colleague);
    return colleague;
  }

  /** Time goes by for everybody, from timer to timer. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    // What was handed in since may have set timers.
    for (const colleague of this.colleagues) await colleague.catchUp();
    for (;;) {
      const next = Math.min(...this.colleagues.map((colleague) => colleague.dueAt()));
      if (next > end) break;
      this.#now = Math.max(this.#now, next);
      for (const colleague of this.colleagues) if (colleague.dueAt() <= this.#now) await colleague.catchUp();
    }
    this.#now = end;
    for (const colleague of this.colleagues) await colleague.catchUp();
    this.world.engine();
  }

  /** A request of a colleague's is applied. */
  changing(
    by: Colleague,
    request: { readonly operation: string; readonly changes: readonly TargetId[] },
    account: string,
    verbs: ReadonlyMap<TargetId, { readonly verb: 'nap' | 'restore' | 'scale' }>,
    apply: () => unknown,
  ): unknown {
    const before = request.changes.map((id) => structuredClone(this.world.fields(account, id)));
    const result = apply();
    for (const [at, id] of request.changes.entries()) {
      const change: TeamChange = {
        by: by.name,
        id,
        operation: request.operation,
        verb: verbs.get(id)?.verb,
        at: this.#now,
        from: before[at],
        to: structuredClone(this.world.fields(account, id)),
        entry: by.entry(id),
      };
      this.changes.push(change);
      this.watcher.changed(change, by);
    }
    return result;
  }

  /** What a snapshot of everything would hold, by target. */
  everything(): Readonly<Record<TargetId, unknown>> {
    return Object.fromEntries(
      this.world.all(ACCOUNT).map((id) => [id, structuredClone(this.world.fields(ACCOUNT, id))]),
    );
  }
}
