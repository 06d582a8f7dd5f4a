/**
 * Days in the life of a team, drawn by chance from a seed: people come and go, lids are closed, agents crash, the way
 * to the table is slow, cut, or swallows answers, somebody joins and somebody leaves for good. Every evening the
 * way is mended, all are there once, then all are gone; the judge has the word all the while.
 */
import type { Settings } from '../../../src/core/settings.js';
import type { TeamTable } from '../../../src/core/team.js';
import { ACT_UNTIL_MS, TAKE_OVER_MS } from '../../../src/core/team-leases.js';
import { type Colleague, Company } from '../../fakes/company.js';
import { DEFAULT_SETTINGS, registered } from '../../fakes/fake-files.js';
import { ACCOUNT } from '../../fakes/rig.js';
import { type Random, random } from '../random.js';
import { Judge } from './judge.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const REGION = 'eu-central-1';
const TARGETS = [
  { kind: 'ec2', region: REGION, instanceId: 'i-web' },
  { kind: 'ecs', region: REGION, cluster: 'main', service: 'api' },
  { kind: 'eks', region: REGION, cluster: 'k8s', nodegroup: 'workers' },
] as const;

const TIMEOUT = HOUR;
const BEAT = 10 * MINUTE;
const CHECK = HOUR;
/**
 * Once all are gone it naps within: the lease; a heartbeat until a teammate's end is known; a warning; an actor that
 * died in the act; a look that failures have put off; and AWS's own time.
 */
const OFF_WITHIN = TIMEOUT + BEAT + MINUTE + TAKE_OVER_MS + ACT_UNTIL_MS + CHECK + 5 * MINUTE;
/** Once somebody is here and the way is mended, all is back within: the same without lease and warning. */
const UP_WITHIN = BEAT + TAKE_OVER_MS + ACT_UNTIL_MS + CHECK + 5 * MINUTE;

export interface TeamResult {
  readonly seed: number;
  readonly agents: number;
  readonly days: number;
  readonly violation: { readonly invariant: string; readonly message: string } | undefined;
  readonly trace: readonly string[];
  readonly tally: Readonly<Record<string, number>>;
}

/** One member of the team, and what goes on with it. */
interface Person {
  readonly who: Colleague;
  isHere: boolean;
  isCutOff: boolean;
  /** True milliseconds at which it wakes, or its agent is started again. */
  backAt: number;
}

class Team {
  readonly company: Company;
  readonly judge: Judge;
  readonly people: Person[] = [];
  readonly trace: string[] = [];
  readonly tally: Record<string, number> = {};
  readonly #draw: Random;
  #isCalm = false;
  #hired = 0;

  readonly #alter: (table: TeamTable) => TeamTable;

  constructor(seed: number, alter: (table: TeamTable) => TeamTable) {
    this.#alter = alter;
    this.#draw = random(seed);
    this.company = new Company(random(seed + 1).next);
    const [web, api, workers] = TARGETS;
    this.company.world.addInstance(ACCOUNT, web);
    const suspended = { scaleIn: false, scaleOut: false, scheduled: true };
    this.company.world.addService(ACCOUNT, api, 3, { scalable: { min: 2, max: 5, suspended } });
    this.company.world.addNodegroup(ACCOUNT, workers, { min: 1, desired: 2, max: 4 });
    this.judge = new Judge(this.company);
  }

  size(): number {
    return this.#draw.chance(0.95) ? this.#draw.int(2, 4) : this.#draw.int(5, 50);
  }

  async joins(): Promise<void> {
    const draw = this.#draw;
    this.#hired += 1;
    const rate = 1 + (draw.next() - 0.5) * 0.0008;
    const who = this.company.hire(`m${this.#hired}`, {
      registered: TARGETS.map((target) => registered({ target, shared: true })),
      settings: SETTINGS,
      rate,
      startsAt: {
        wall: this.company.now + draw.int(-12, 12) * HOUR + draw.int(0, 1e6),
        boot: draw.int(1e6, 1e9),
      },
    });
    const person: Person = { who, isHere: false, isCutOff: false, backAt: Number.POSITIVE_INFINITY };
    const self = who.rig.ledger.installation(draw.next);
    this.judge.knows(self, rate);
    who.rig.teamTrouble = ({ method }) => {
      if (person.isCutOff) return 'unreachable';
      if (method === 'beat') this.judge.sends(self);
      if (this.#isCalm || !draw.chance(0.02)) return undefined;
      this.#count('trouble with the table');
      return draw.pick(['lost', 'lost', 'throttled', 'unreachable'] as const);
    };
    who.rig.teamLatency = () => (draw.chance(0.05) ? draw.int(1, 15_000) : draw.int(5, 200));
    who.rig.wire.latency = (request) => (request.changes.length > 0 ? draw.int(20, 3_000) : 0);
    who.rig.wire.trouble = () =>
      this.#isCalm || !draw.chance(0.01) ? undefined : draw.pick(['lost', 'throttled', 'failed'] as const);
    who.rig.alter = (ports) => {
      const table = this.#alter(ports.session.team({ table: '', region: REGION }));
      return { ...ports, session: { ...ports.session, team: () => table } };
    };
    this.people.push(person);
    this.#tell(`${who.name} joins`);
    await who.start();
  }

  /** From the morning to the evening, with everything that may happen. */
  async works(ms: number): Promise<void> {
    const end = this.company.now + ms;
    while (this.company.now < end && !this.judge.broken) {
      for (const person of [...this.people]) await this.#lives(person);
      if (this.#draw.chance(0.004)) await this.joins();
      await this.company.pass(Math.min(end - this.company.now, this.#draw.int(3, 30) * MINUTE));
    }
  }

  /** Everything is mended, and everybody is at their keyboard for once; then they are gone. */
  async evening(): Promise<void> {
    this.#isCalm = true;
    for (const person of this.people) {
      Object.assign(person, { isCutOff: false, isHere: false });
      await this.#isBack(person);
    }
    await this.company.pass(SECOND);
    for (let gone = 0; gone < UP_WITHIN; gone += 20 * MINUTE) {
      for (const { who } of this.people) await types(who, MINUTE);
      await this.company.pass(20 * MINUTE);
    }
    this.judge.expectUp('everybody is here');
    for (const { who } of this.people) this.judge.expectNothingOwed(who);
    await this.company.pass(OFF_WITHIN);
    this.judge.expectOff('everybody is gone');
    this.#isCalm = false;
  }

  async #lives(person: Person): Promise<void> {
    const draw = this.#draw;
    const { who } = person;
    if (this.company.now >= person.backAt) await this.#isBack(person);
    if (draw.chance(person.isHere ? 0.15 : 0.06)) person.isHere = !person.isHere;
    if (draw.chance(person.isCutOff ? 0.3 : 0.03)) {
      person.isCutOff = !person.isCutOff;
      this.#happens('partition', `${who.name} is ${person.isCutOff ? 'cut off' : 'reached again'}`);
    }
    if (Number.isFinite(person.backAt)) return;
    if (!who.rig.isRunning) {
      this.#happens('crash at a boundary', `${who.name} has died ${who.rig.life?.diedAt}`);
      person.backAt = this.company.now + draw.within(30 * MINUTE);
    } else if (draw.chance(0.02)) {
      this.#happens('crash', `${who.name} crashes`);
      who.rig.kill();
      person.backAt = this.company.now + draw.within(30 * MINUTE);
    } else if (draw.chance(0.025)) {
      this.#happens('sleep', `${who.name} closes the lid`);
      who.sleep();
      person.backAt = this.company.now + draw.within(HOUR);
    } else if (this.people.length > 2 && draw.chance(0.002)) {
      this.#happens('leave', `${who.name} leaves for good`);
      who.rig.kill();
      this.people.splice(this.people.indexOf(person), 1);
      this.company.colleagues.splice(this.company.colleagues.indexOf(who), 1);
    } else if (person.isHere) await types(who, draw.int(0, 20 * MINUTE));
  }

  /** Wakes, or has its agent started again, which may die at any of its next steps. */
  async #isBack(person: Person): Promise<void> {
    const { who } = person;
    await who.wake();
    person.backAt = Number.POSITIVE_INFINITY;
    if (this.#isCalm) who.rig.life?.killAtBoundary(Number.POSITIVE_INFINITY);
    if (who.rig.isRunning) return;
    who.rig.kill();
    const isFragile = !this.#isCalm && this.#draw.chance(0.5);
    const dies = this.#draw.int(1, 400);
    this.#tell(`${who.name} starts${isFragile ? `, to die at its boundary ${dies}` : ''}`);
    await who.start((life) => (isFragile ? life.killAtBoundary(dies) : undefined));
  }

  #happens(what: string, message: string): void {
    this.#count(what);
    this.#tell(message);
  }

  #tell(message: string): void {
    this.trace.push(`${iso(this.company.now)} ${message}`);
  }

  #count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1;
  }
}

const SETTINGS: Partial<Settings> = {
  timeoutMs: TIMEOUT,
  warnMs: MINUTE,
  aws: { ...DEFAULT_SETTINGS.aws, checkIntervalMs: CHECK },
  team: { ...DEFAULT_SETTINGS.team, enabled: true, heartbeatMs: BEAT },
};

const iso = (at: number) => new Date(at).toISOString();

async function types(who: Colleague, ms: number): Promise<void> {
  if (!who.rig.isRunning || who.isAsleep) return;
  await who.catchUp();
  who.rig.machine.use('keyboard', ms);
  await who.rig.clock.flush();
}

/** Lives through days until something is found. The same seed tells the same story. */
export async function simulateTeam({
  seed,
  days,
  size,
  alter = (table) => table,
}: {
  seed: number;
  days: number;
  /** How many agents there are at first; undefined: from 2 to 50, by chance. */
  size?: number;
  /** Makes every agent's view of the table a wrong one, to see it found out. */
  alter?: (table: TeamTable) => TeamTable;
}): Promise<TeamResult> {
  const team = new Team(seed, alter);
  const agents = size ?? team.size();
  for (let at = 0; at < agents; at += 1) await team.joins();
  let lived = 0;
  for (; lived < days && !team.judge.broken; lived += 1) {
    await team.works(20 * HOUR);
    if (!team.judge.broken) await team.evening();
  }
  const { broken } = team.judge;
  const calls = team.company.changes
    .slice(-20)
    .map(({ at, by, id, operation, verb }) => `${iso(at)} ${by}: ${operation} of ${id} for a ${verb}`);
  return {
    seed,
    agents,
    days: lived,
    violation: broken && { invariant: broken.invariant, message: broken.message },
    trace: [...team.trace, ...calls].sort(),
    tally: { ...team.tally, ...team.judge.tally },
  };
}
