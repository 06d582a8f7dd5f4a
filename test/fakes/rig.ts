/**
 * A whole workstation for tests of the agent: clock, ledger, files, senses and AWS, all fakes, and the daemon that
 * can be started, ended and killed among them. True time goes on through everything that happens to the clocks.
 */
import { Agent } from '../../src/agent/agent.js';
import type { AgentPorts } from '../../src/agent/agent-ports.js';
import type { Control } from '../../src/core/control.js';
import type { Event } from '../../src/core/events.js';
import type { Registered } from '../../src/core/registry.js';
import type { Settings } from '../../src/core/settings.js';
import type { Flush } from './clock.js';
import { FakeClock } from './clock.js';
import { DEFAULT_SETTINGS, FakeRegistry, FakeSettings } from './fake-files.js';
import { Machine, type SensesWatcher } from './fake-senses.js';
import { PersonsSession } from './fake-signals.js';
import { MemoryLedger } from './memory-ledger.js';
import { SwitchYard } from './memory-switch-board.js';
import { MemoryTeamTable, type TeamRequest, type TeamTrouble } from './memory-team-table.js';
import { Life } from './process.js';
import { World } from './world.js';
import { type Trouble, type Wire, type WireWatcher, worldSession } from './world-session.js';

export const ACCOUNT = '111111111111';
export const REGIONS = ['eu-central-1', 'us-east-1'];

/** Hears everything that happens on a rig. */
export interface RigWatcher extends WireWatcher, SensesWatcher {
  event(event: Event): void;
  wrote(method: string, args: readonly unknown[], result: unknown): void;
}

const KEPT_EVENTS = 2_000;

export interface RigOptions {
  readonly settings?: Partial<Settings>;
  readonly registered?: readonly Registered[];
  /** From 0 to below 1. */
  readonly random?: () => number;
  readonly flush?: Flush;
  /** What it has in common with other workstations; without, it is alone in the world. */
  readonly company?: RigCompany;
  readonly person?: AgentPorts['person'];
  /** Where its clock begins, milliseconds. */
  readonly startsAt?: { readonly wall: number; readonly boot: number };
}

/** What several workstations have in common: one AWS, one table, one true time. */
export interface RigCompany extends Pick<Wire, 'world' | 'yard' | 'table'> {
  /** True milliseconds. */
  readonly now: number;
}

export class Rig {
  readonly clock: FakeClock;
  readonly ledger = new MemoryLedger();
  readonly settings: FakeSettings;
  readonly registry: FakeRegistry;
  readonly machine: Machine;
  readonly session: PersonsSession;
  readonly world: World;
  readonly wire: Wire;
  /** The events told last, oldest first. */
  readonly events: Event[] = [];
  /** Puts something else in the place of a port, for tests that want to see it found out. */
  alter: (ports: AgentPorts) => AgentPorts = (ports) => ports;
  /** Set before the first start. */
  watcher: RigWatcher | undefined;
  life: Life | undefined;
  /** No write to the ledger succeeds. */
  diskIsFull = false;
  agent: Agent | undefined;
  /** What goes wrong with a request to the team's table, if anything. */
  teamTrouble: (request: TeamRequest) => TeamTrouble | undefined = () => undefined;
  /** Milliseconds to the team's table, and as many back. */
  teamLatency: (request: TeamRequest) => number = () => 0;
  /** Errors the daemon logged. */
  readonly logged: string[] = [];
  readonly #random: () => number;
  readonly #person: AgentPorts['person'];
  readonly #company: RigCompany | undefined;
  /** True time minus time since boot. */
  #sinceBoot = 0;

  constructor(options: RigOptions = {}) {
    const { company, random = () => 0.5 } = options;
    this.#random = random;
    this.#person = options.person ?? { name: 'somebody', machine: 'desk' };
    this.#company = company;
    this.clock = new FakeClock({ flush: options.flush ?? 'promises', ...options.startsAt });
    this.settings = new FakeSettings({ ...DEFAULT_SETTINGS, ...options.settings });
    this.registry = new FakeRegistry(options.registered);
    this.machine = new Machine(this.clock, {
      activity: (sensor, began, at) => this.watcher?.activity(sensor, began, at),
      health: () => this.watcher?.health(),
    });
    this.session = new PersonsSession(this.clock);
    this.world = company?.world ?? new World({ now: () => this.now, random });
    this.wire = {
      world: this.world,
      clock: this.clock,
      signedIn: ACCOUNT,
      trouble: (): Trouble | undefined => undefined,
      latency: () => 0,
      requests: 0,
      yard: company?.yard ?? new SwitchYard(this.world),
      table: company?.table ?? new MemoryTeamTable(),
      toTable: {
        clock: this.clock,
        trouble: (request) => this.teamTrouble(request),
        latencyMs: (request) => this.teamLatency(request),
      },
      flying: new Set(),
    };
  }

  /** True milliseconds. */
  get now(): number {
    return this.#company?.now ?? this.clock.now().boot + this.#sinceBoot;
  }

  /** An instant on the `boot` axis as true time. */
  trueTime(boot: number): number {
    return boot + this.#sinceBoot;
  }

  get control(): Control {
    if (!this.agent) throw new Error('no daemon runs');
    return this.agent.control;
  }

  get isRunning(): boolean {
    return this.life?.isAlive ?? false;
  }

  /** Starts the daemon; `prepare` has its life first, to plan its death. */
  async start(prepare: (life: Life) => void = () => {}): Promise<void> {
    const life = new Life();
    this.life = life;
    prepare(life);
    const ports: AgentPorts = {
      clock: life.clock(this.clock),
      ledger: life.ledger(
        this.ledger,
        (method, args, result) => this.watcher?.wrote(method, args, result),
        () => this.diskIsFull,
      ),
      session: worldSession({
        wire: this.wire,
        life,
        regions: REGIONS,
        ...(this.watcher ? { watcher: this.watcher } : {}),
      }),
      senses: this.machine.senses(life),
      signals: this.session.signals(life),
      registry: {
        current: () => this.registry.current(),
        faults: () => [],
        add: (draft) => this.registry.add(draft),
        remove: (id) => this.registry.remove(id),
        onChange: (fn) => this.registry.onChange(() => life.enter(fn)),
      },
      settings: {
        current: () => this.settings.current(),
        faults: () => [],
        unknownKeys: () => [],
        onChange: (fn) => this.settings.onChange(() => life.enter(fn)),
      },
      log: this.#log(life),
      version: '0.0.0',
      person: this.#person,
      random: this.#random,
    };
    const agent = new Agent(this.alter(ports));
    this.agent = agent;
    agent.control.subscribe((event) => {
      if (!life.isAlive) return;
      this.events.push(event);
      if (this.events.length > KEPT_EVENTS) this.events.splice(0, KEPT_EVENTS / 2);
      this.watcher?.event(event);
    });
    await agent.start(() => {});
    await this.clock.flush();
  }

  /** Ends the daemon as a signal would, letting time go by for it. */
  async stop(): Promise<void> {
    const ending = this.agent?.stop();
    for (let waited = 0; waited < 30_000 && this.clock.pending > 0; waited += 1_000)
      await this.clock.advance(1_000);
    await ending;
    this.life?.kill('at its clean end');
    this.#unplug();
  }

  /** Kills the daemon between two of its steps. */
  kill(where = 'from outside'): void {
    this.life?.kill(where);
    this.#unplug();
  }

  /** Waking time goes by. */
  async run(ms: number): Promise<void> {
    await this.clock.advance(ms);
    this.machine.tick();
  }

  /** The machine sleeps; the daemon lives on. */
  sleep(ms: number): void {
    this.machine.endRuns();
    for (const arrive of [...this.wire.flying]) arrive();
    this.clock.sleepMachine(ms);
  }

  /** The machine goes down for `ms`; the daemon has to be started again. */
  reboot(ms: number): void {
    this.kill('by a reboot');
    const before = this.now;
    this.clock.reboot(ms);
    this.#sinceBoot = before + ms - this.clock.now().boot;
  }

  #unplug(): void {
    this.machine.unplug();
    this.session.unplug();
  }

  #log(life: Life) {
    const error = (message: string, fields?: object) => {
      if (!life.isAlive) return;
      const thrown = (fields as { error?: unknown } | undefined)?.error;
      this.logged.push(thrown instanceof Error ? `${message}: ${thrown.stack}` : message);
    };
    return { debug() {}, info() {}, warn() {}, error };
  }
}
