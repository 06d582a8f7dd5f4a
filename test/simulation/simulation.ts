/**
 * Days drawn by chance: a person works, leaves, listens to music; the machine sleeps, crashes and boots; AWS
 * throttles and loses answers; others meddle in the console and in the files. After every step the checker judges,
 * and at the end of every day come calm hours.
 */
import type { Registered } from '../../src/core/registry.js';
import { Rig } from '../fakes/rig.js';
import { calmHours } from './calm.js';
import { Checker } from './checker.js';
import { everyday } from './everyday.js';
import { buildFleet, drawEntry } from './fleet.js';
import { troubleOf } from './mishaps.js';
import { random } from './random.js';
import { type Actor, DAY, HOUR, MINUTE, type Scene, SECOND } from './scene.js';
import type { Violation } from './verdicts.js';

export interface SimulationOptions {
  readonly seed: number;
  readonly days: number;
  /** Puts something wrong into the rig, to see whether it is found. */
  readonly sabotage?: (rig: Rig) => void;
}

export interface SimulationResult {
  readonly seed: number;
  /** Days that went by. */
  readonly days: number;
  readonly violation: Violation | undefined;
  /** The last things that happened. */
  readonly trace: readonly string[];
  /** How often something came about, so that a simulation that does nothing is noticed. */
  readonly tally: Readonly<Record<string, number>>;
}

/** Runs until the first violation or until the days are over. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { stackTraceLimit } = Error;
  // Errors are everyday here, and their stacks would take most of the time.
  Error.stackTraceLimit = 2;
  try {
    return await new Simulation(options).run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #scene: Scene;
  /** What happens next of each kind, in true milliseconds. */
  readonly #actors: (Actor & { at: number })[];
  readonly #tally: Record<string, number> = {};

  constructor(options: SimulationOptions) {
    this.#options = options;
    const things = random(options.seed ^ 0x5bd1e995);
    const rig = new Rig({ random: () => things.next() });
    this.#scene = this.#build(rig);
    const { rng } = this.#scene;
    options.sabotage?.(rig);
    rig.wire.trouble = (request) => troubleOf(this.#scene, request);
    rig.wire.latency = () => (this.#scene.isSlow && things.chance(0.4) ? things.int(50, 3_000) : 0);
    this.#actors = everyday(this.#scene).map((actor) => ({
      ...actor,
      at: rig.now + rng.within(actor.every),
    }));
  }

  async run(): Promise<SimulationResult> {
    const { days, seed } = this.#options;
    const { checker, rig } = this.#scene;
    const began = rig.now;
    await this.#begin();
    let day = 0;
    for (; day < days && !this.#violation; day += 1) {
      const end = began + (day + 1) * DAY;
      const calmAt = end - 4 * HOUR;
      while (rig.now < calmAt && !this.#violation) await this.#next(calmAt);
      if (!this.#violation) await calmHours(this.#scene);
      if (rig.now < end) await this.#pass(end - rig.now);
      // What was to happen in the calm hours happens as much later.
      for (const actor of this.#actors) actor.at += rig.now - calmAt;
    }
    const { naps, napsByLock, napsBySuspend, restores } = checker.entries;
    return {
      seed,
      days: day,
      violation: this.#violation,
      trace: checker.verdicts.trace,
      tally: {
        ...this.#tally,
        naps,
        'naps by a lock': napsByLock,
        'naps before a sleep': napsBySuspend,
        restores,
      },
    };
  }

  /** A fleet, some of it registered, with a machine and its settings. */
  #build(rig: Rig): Scene {
    const rng = random(this.#options.seed);
    const targets = buildFleet(rig.world, rng);
    let entries: readonly Registered[] = [];
    for (const target of targets)
      if (rng.chance(0.75)) entries = [...entries, drawEntry(target, entries, rng)];
    rig.registry.edit(entries);
    rig.settings.set({
      lockMeansAway: rng.chance(0.5),
      onSuspend: rng.chance(0.5) ? 'nap' : 'keep',
    });
    rig.settings.setAws({ checkIntervalMs: rng.pick([5, 15, 30, 30, 60, 60]) * MINUTE });
    return {
      rng,
      rig,
      checker: new Checker(rig),
      targets,
      storm: 0,
      isSlow: false,
      isThere: true,
      restartAt: undefined,
      pass: (ms) => this.#pass(ms),
    };
  }

  get #violation(): Violation | undefined {
    return this.#scene.checker.verdicts.violations[0];
  }

  /** Lets time go by until the next thing happens, and lets it happen. */
  async #next(until: number): Promise<void> {
    const { rig, rng } = this.#scene;
    const next = this.#actors.reduce((first, actor) => (actor.at < first.at ? actor : first));
    await this.#pass(Math.min(until, next.at) - rig.now);
    if (next.at > rig.now || this.#violation) return;
    next.at = rig.now + rng.within(next.every);
    this.#count(next.name);
    await next.act();
    this.#look();
  }

  async #pass(ms: number): Promise<void> {
    const { rig, rng } = this.#scene;
    if (ms > 0) await rig.run(ms);
    this.#look();
    if (rig.isRunning || this.#violation) return;
    rig.machine.unplug();
    this.#scene.restartAt ??= rig.now + rng.pick([SECOND, 20 * SECOND, 5 * MINUTE, HOUR]);
    if (rig.now >= this.#scene.restartAt) await this.#begin();
  }

  async #begin(): Promise<void> {
    const { checker, rig } = this.#scene;
    this.#scene.restartAt = undefined;
    checker.note('the daemon starts');
    checker.began();
    await rig.start();
    this.#count('starts');
  }

  /** What must hold at every instant beside what the checker hears of. */
  #look(): void {
    const { checker, rig } = this.#scene;
    if (rig.logged.length > 0) checker.fail(0, `the daemon had an internal error: ${rig.logged[0]}`);
  }

  #count(what: string): void {
    this.#tally[what] = (this.#tally[what] ?? 0) + 1;
  }
}
