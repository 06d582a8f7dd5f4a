/**
 * Days drawn by chance: a person works, leaves, listens to music; the machine sleeps, crashes and boots; AWS
 * throttles and loses answers; others meddle in the console and in the files. After every step the checker judges,
 * and at the end of every day, with calm weather, everything owed must come back and everything unneeded nap.
 */
import type { Registered } from '../../src/core/registry.js';
import type { SensorName } from '../../src/core/sensor.js';
import { type Target, type TargetId, targetId } from '../../src/core/target.js';
import { ACCOUNT, Rig } from '../fakes/rig.js';
import { isInstance, isService } from '../fakes/world.js';
import type { Request } from '../fakes/world-api.js';
import type { Trouble } from '../fakes/world-session.js';
import { Checker, type Violation } from './checker.js';
import { buildFleet, drawEntry, OTHER_ACCOUNT } from './fleet.js';
import { plain } from './owed.js';
import { type Random, random } from './random.js';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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

/** Something that happens every now and then. */
interface Actor {
  readonly name: string;
  /** Milliseconds between two times, on average. */
  readonly every: number;
  readonly act: () => void | Promise<void>;
  at: number;
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #rng: Random;
  readonly #rig: Rig;
  readonly #checker: Checker;
  readonly #targets: readonly Target[];
  readonly #actors: Actor[];
  readonly #tally: Record<string, number> = {};
  /** How bad the weather on the way to AWS is, from 0 to 1. */
  #storm = 0;
  #isSlow = false;
  /** The person: at the desk until, or away until. True time. */
  #isThere = true;
  #restartAt: number | undefined;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#rng = random(options.seed);
    const things = random(options.seed ^ 0x5bd1e995);
    this.#rig = new Rig({ random: () => things.next() });
    this.#targets = buildFleet(this.#rig.world, this.#rng);
    let entries: readonly Registered[] = [];
    for (const target of this.#targets)
      if (this.#rng.chance(0.75)) entries = [...entries, drawEntry(target, entries, this.#rng)];
    this.#rig.registry.edit(entries);
    this.#rig.settings.set({
      lockMeansAway: this.#rng.chance(0.5),
      onSuspend: this.#rng.chance(0.5) ? 'nap' : 'keep',
    });
    this.#rig.settings.setAws({ checkIntervalMs: this.#rng.pick([5, 15, 30, 30, 60, 60]) * MINUTE });
    this.#checker = new Checker(this.#rig);
    options.sabotage?.(this.#rig);
    const { wire } = this.#rig;
    wire.trouble = (request) => this.#trouble(request);
    wire.latency = () => (this.#isSlow && things.chance(0.4) ? things.int(50, 3_000) : 0);
    this.#actors = this.#everyday().map((actor) => ({ ...actor, at: this.#rng.within(actor.every) }));
    for (const actor of this.#actors) actor.at += this.#rig.now;
  }

  async run(): Promise<SimulationResult> {
    const { days, seed } = this.#options;
    const began = this.#rig.now;
    await this.#begin();
    let day = 0;
    for (; day < days && !this.#violation; day += 1) {
      const end = began + (day + 1) * DAY;
      const calmAt = end - 4 * HOUR;
      while (this.#rig.now < calmAt && !this.#violation) await this.#next(calmAt);
      if (!this.#violation) await this.#calm();
      if (this.#rig.now < end) await this.#pass(end - this.#rig.now);
      // What was to happen in the calm hours happens as much later.
      for (const actor of this.#actors) actor.at += this.#rig.now - calmAt;
    }
    return {
      seed,
      days: day,
      violation: this.#violation,
      trace: this.#checker.trace,
      tally: {
        ...this.#tally,
        naps: this.#checker.naps,
        'naps by a lock': this.#checker.napsByLock,
        'naps before a sleep': this.#checker.napsBySuspend,
        restores: this.#checker.restores,
      },
    };
  }

  get #violation(): Violation | undefined {
    return this.#checker.violations[0];
  }

  /** Lets time go by until the next thing happens, and lets it happen. */
  async #next(until: number): Promise<void> {
    const next = this.#actors.reduce((first, actor) => (actor.at < first.at ? actor : first));
    await this.#pass(Math.min(until, next.at) - this.#rig.now);
    if (next.at > this.#rig.now || this.#violation) return;
    next.at = this.#rig.now + this.#rng.within(next.every);
    this.#tally[next.name] = (this.#tally[next.name] ?? 0) + 1;
    await next.act();
    this.#look();
  }

  async #pass(ms: number): Promise<void> {
    if (ms > 0) await this.#rig.run(ms);
    this.#look();
    if (this.#rig.isRunning || this.#violation) return;
    this.#rig.machine.unplug();
    this.#restartAt ??= this.#rig.now + this.#rng.pick([SECOND, 20 * SECOND, 5 * MINUTE, HOUR]);
    if (this.#rig.now >= this.#restartAt) await this.#begin();
  }

  async #begin(): Promise<void> {
    this.#restartAt = undefined;
    this.#checker.note('the daemon starts');
    this.#checker.began();
    await this.#rig.start();
    this.#count('starts');
  }

  /** What must hold at every instant beside what the checker hears of. */
  #look(): void {
    const { logged } = this.#rig;
    if (logged.length > 0) this.#checker.fail(0, `the daemon had an internal error: ${logged[0]}`);
  }

  #count(what: string): void {
    this.#tally[what] = (this.#tally[what] ?? 0) + 1;
  }

  #everyday(): Omit<Actor, 'at'>[] {
    const rng = this.#rng;
    return [
      { name: 'comes or goes', every: 100 * MINUTE, act: () => this.#comeOrGo() },
      { name: 'uses a sensor', every: 6 * MINUTE, act: () => this.#useSomething() },
      { name: 'hold', every: 10 * HOUR, act: () => this.#hold() },
      { name: 'release', every: 30 * HOUR, act: () => this.#release() },
      { name: 'nap now', every: 12 * HOUR, act: () => this.#napNow() },
      { name: 'command', every: 8 * HOUR, act: () => this.#command() },
      { name: 'meddle', every: 3 * HOUR, act: () => this.#meddle() },
      { name: 'autoscale', every: 5 * HOUR, act: () => this.#autoscale() },
      { name: 'registry', every: 10 * HOUR, act: () => this.#editRegistry() },
      { name: 'settings', every: 12 * HOUR, act: () => this.#changeSettings() },
      { name: 'sensor', every: 8 * HOUR, act: () => this.#breakOrMend() },
      { name: 'sleep', every: 8 * HOUR, act: () => this.#sleep() },
      { name: 'suspend', every: 5 * HOUR, act: () => this.#suspend() },
      { name: 'lock', every: 4 * HOUR, act: () => this.#lockOrUnlock() },
      { name: 'signal', every: 16 * HOUR, act: () => this.#breakOrMendSignal() },
      { name: 'clock', every: 20 * HOUR, act: () => this.#setClock() },
      { name: 'crash', every: 6 * HOUR, act: () => this.#crash() },
      { name: 'reboot', every: 30 * HOUR, act: () => this.#reboot() },
      {
        name: 'weather',
        every: 3 * HOUR,
        act: () => {
          this.#storm = rng.chance(0.65) ? 0 : rng.next() * 0.6;
          this.#isSlow = rng.chance(0.5);
          this.#checker.note(`weather: storm ${this.#storm.toFixed(2)}, slow ${this.#isSlow}`);
        },
      },
      {
        name: 'disk',
        every: 2 * HOUR,
        act: () => {
          this.#rig.diskIsFull = !this.#rig.diskIsFull && rng.chance(0.1);
          this.#checker.note(`the disk is ${this.#rig.diskIsFull ? 'full' : 'free'}`);
        },
      },
      { name: 'sign-in', every: 16 * HOUR, act: () => this.#signIn() },
    ];
  }

  #comeOrGo(): void {
    this.#isThere = this.#rng.chance(0.4);
    if (!this.#isThere) this.#rig.machine.endRuns();
    this.#checker.note(this.#isThere ? 'the person comes' : 'the person goes');
  }

  #useSomething(): void {
    const rng = this.#rng;
    const weak: SensorName[] = ['window', 'audio', 'screen'];
    if (this.#isThere) {
      const sensor = rng.pick<SensorName>(['keyboard', 'keyboard', 'mouse', ...weak]);
      this.#rig.machine.use(sensor, rng.pick([0, 0, 5, 60, 600, 2_400]) * SECOND);
    } else if (rng.chance(0.3)) this.#rig.machine.use(rng.pick(weak), rng.pick([0, 60, 1_800]) * SECOND);
  }

  async #hold(): Promise<void> {
    const id = this.#someTarget(0.6);
    const minutes = this.#rng.pick([1, 20, 120, 600]);
    await this.#checker.hold(id, minutes);
  }

  async #release(): Promise<void> {
    await this.#checker.release(this.#someTarget(0.4));
  }

  async #napNow(): Promise<void> {
    await this.#checker.napNow(this.#someTarget(0.5));
  }

  #someTarget(probability: number): TargetId | undefined {
    const entries = this.#rig.registry.current();
    return entries.length > 0 && this.#rng.chance(probability) ? this.#rng.pick(entries).id : undefined;
  }

  async #command(): Promise<void> {
    const rng = this.#rng;
    const target = rng.pick(this.#targets);
    const verb = rng.pick(['start', 'stop', 'scale'] as const);
    await this.#checker.explicit(
      target,
      verb,
      rng.chance(0.5) ? rng.int(verb === 'scale' ? 0 : 1, 4) : undefined,
    );
  }

  #meddle(): void {
    const { world, wire } = this.#rig;
    const rng = this.#rng;
    const account = rng.chance(0.9) ? ACCOUNT : (wire.signedIn ?? ACCOUNT);
    const target = rng.pick(this.#targets);
    const id = targetId(target);
    const resource = world.get(account, id);
    if (!resource) return;
    const person = (what: string, work: () => void) => this.#checker.meddle(account, id, true, what, work);
    const deletes = rng.chance(0.02);
    if (isInstance(resource)) {
      if (deletes) person('terminates', () => world.terminate(resource));
      else if (rng.chance(0.1)) resource.isProtected = !resource.isProtected;
      else if (rng.chance(0.5)) person('starts', () => world.start(resource));
      else person('stops', () => world.stop(resource));
    } else if (isService(resource)) {
      if (!resource.active) return;
      const { scalable } = resource;
      const what = rng.int(0, 3);
      if (deletes) person('deletes', () => Object.assign(resource, { active: false }));
      else if (what === 0) person('deploys', () => world.deploy(resource, rng.pick([2, 8, 40]) * MINUTE));
      else if (what === 1 && scalable) {
        const min = rng.int(0, 3);
        person('sets bounds', () => world.register(resource, { min, max: rng.int(Math.max(min, 1), 6) }));
      } else if (what === 2 && scalable) {
        const suspended = { ...scalable.suspended, scaleOut: rng.chance(0.5), scheduled: rng.chance(0.5) };
        person('suspends', () => world.register(resource, { suspended }));
      } else if (!resource.daemon) {
        // Outside its bounds AWS itself would bend the size at the next registration.
        const size = scalable ? rng.int(scalable.min, scalable.max) : rng.int(0, 4);
        person('scales', () => world.setDesired(resource, size));
      }
    } else {
      if (!resource.exists) return;
      if (deletes) person('deletes', () => Object.assign(resource, { exists: false }));
      else if (world.now >= resource.until) {
        const min = rng.int(0, 2);
        const desired = rng.int(min, 4);
        person('scales', () =>
          world.setSizes(resource, { min, desired, max: rng.int(Math.max(desired, 1), 6) }),
        );
      }
    }
  }

  /** Application Auto Scaling does its work where it is let. */
  #autoscale(): void {
    const { world } = this.#rig;
    const target = this.#rng.pick(this.#targets);
    const id = targetId(target);
    const service = world.service(ACCOUNT, id);
    if (!service?.active || !service.scalable) return;
    const { min, max, suspended } = service.scalable;
    const goal = this.#rng.int(min, max);
    if (goal > service.desired ? suspended.scaleOut : suspended.scaleIn) return;
    // At zero tasks there is no load that could be measured.
    if (service.desired === 0) return;
    this.#checker.meddle(ACCOUNT, id, false, 'autoscales', () => world.setDesired(service, goal));
  }

  #editRegistry(): void {
    const rng = this.#rng;
    const entries = this.#rig.registry.current();
    const what = rng.int(0, 3);
    const target = rng.pick(this.#targets);
    const free = !entries.some((entry) => entry.target === target);
    const at = entries.length === 0 ? undefined : rng.pick(entries);
    const leaf = at && !entries.some((entry) => entry.dependsOn.includes(at.id)) ? at : undefined;
    if (what === 0 && leaf) this.#rig.registry.edit(entries.filter((entry) => entry !== leaf));
    else if (what === 1 && at)
      this.#rig.registry.edit(
        entries.map((entry) => (entry === at ? { ...entry, enabled: !entry.enabled } : entry)),
      );
    else if (what === 2 && at) {
      const others = entries.filter((entry) => entry !== at);
      const anew = drawEntry(at.target, others, rng);
      this.#rig.registry.edit(entries.map((entry) => (entry === at ? anew : entry)));
    } else if (free) this.#rig.registry.edit([...entries, drawEntry(target, entries, rng)]);
    this.#checker.note('the registry was edited');
  }

  #changeSettings(): void {
    const rng = this.#rng;
    const { settings } = this.#rig;
    const what = rng.int(0, 7);
    if (what === 0) settings.set({ timeoutMs: rng.pick([2, 10, 30, 30, 60]) * MINUTE });
    else if (what === 1) settings.set({ warnMs: rng.pick([0, 20, 60, 600]) * SECOND });
    else if (what === 2) settings.setAws({ dryRun: rng.chance(0.4) });
    else if (what === 3) settings.setSensor('window', { extendsForMs: rng.pick([0, 10, 120]) * MINUTE });
    else if (what === 4) settings.setSensor('mouse', { wakes: rng.chance(0.7), enabled: rng.chance(0.8) });
    else if (what === 5) settings.setSensor('screen', { enabled: rng.chance(0.5) });
    else if (what === 6) settings.set({ lockMeansAway: rng.chance(0.6) });
    else settings.set({ onSuspend: rng.chance(0.6) ? 'nap' : 'keep' });
    this.#checker.note('settings were changed');
  }

  #breakOrMend(): void {
    if (this.#rng.chance(0.15)) {
      // As when the display goes away.
      for (const sensor of ['keyboard', 'mouse'] as const) this.#rig.machine.break(sensor);
      this.#checker.note('keyboard and mouse break');
      return;
    }
    const sensor = this.#rng.pick<SensorName>(['keyboard', 'mouse', 'mouse', 'window', 'audio']);
    if (this.#rng.chance(0.5)) this.#rig.machine.break(sensor);
    else this.#rig.machine.mend(sensor);
    this.#checker.note(`the ${sensor} breaks or is mended`);
  }

  #sleep(): void {
    const ms = this.#rng.pick([3 * SECOND, 10 * MINUTE, 50 * MINUTE, 3 * HOUR]);
    this.#checker.sleep(ms);
  }

  /** Sleep is announced, and comes, or comes too soon, or does not come after all. */
  async #suspend(): Promise<void> {
    const rng = this.#rng;
    this.#isSlow ||= rng.chance(0.4);
    this.#rig.session.delayMaxMs = rng.pick([5 * SECOND, 5 * SECOND, 30 * SECOND, 400, 0]);
    await this.#checker.suspend({
      patience: rng.chance(0.7) ? HOUR : rng.int(0, 4_000),
      ms: rng.chance(0.2) ? 0 : rng.pick([SECOND, 20 * SECOND, 40 * MINUTE, 3 * HOUR]),
      isTold: rng.chance(0.8),
    });
  }

  #lockOrUnlock(): void {
    const rng = this.#rng;
    if (this.#checker.truth.isLocked) {
      if (rng.chance(0.6)) this.#rig.machine.use('keyboard', rng.pick([0, 3 * SECOND, 2 * MINUTE]));
      this.#checker.lock(false);
      this.#isThere = rng.chance(0.8);
    } else {
      this.#checker.lock(true);
      this.#isThere &&= rng.chance(0.5);
    }
  }

  #breakOrMendSignal(): void {
    this.#checker.signal(this.#rng.pick(['lock', 'suspend'] as const), this.#rng.chance(0.4));
  }

  #setClock(): void {
    const ms = this.#rng.pick([-1, 1]) * this.#rng.pick([SECOND, HOUR, 3 * DAY]);
    this.#rig.clock.setWall(this.#rig.clock.now().wall + ms);
    this.#checker.truth.clockSet();
    this.#checker.note(`the wall clock is set by ${ms} ms`);
  }

  /** Dies at one of the next boundaries, wherever that is, or right now. */
  #crash(): void {
    if (this.#rng.chance(0.85)) this.#rig.life?.killAtBoundary(this.#rng.int(1, 40));
    else this.#rig.kill();
    this.#checker.note('a crash is coming');
  }

  #reboot(): void {
    this.#checker.note('the machine reboots');
    this.#rig.reboot(this.#rng.pick([30 * SECOND, 20 * MINUTE, 2 * HOUR]));
    this.#checker.truth.rebooted();
    this.#restartAt = this.#rig.now;
  }

  async #signIn(): Promise<void> {
    const { wire } = this.#rig;
    const rng = this.#rng;
    wire.signedIn = rng.chance(0.6) ? ACCOUNT : rng.chance(0.5) ? OTHER_ACCOUNT : undefined;
    this.#checker.note(`signed in: ${wire.signedIn}`);
    if (wire.signedIn !== undefined && rng.chance(0.3)) await this.#checker.accept(wire.signedIn);
  }

  #trouble(request: Request): Trouble | undefined {
    const rng = this.#rng;
    if (this.#storm === 0 || !rng.chance(this.#storm)) return undefined;
    const starts = request.operation === 'ec2:StartInstances';
    const all: Trouble[] = ['throttled', 'unreachable', 'failed'];
    if (request.changes.length > 0) all.push('lost', 'lost', 'busy', 'denied');
    if (starts) all.push('capacity', 'startFails');
    if (request.changes.length > 0 && rng.chance(0.1)) return 'refused';
    return rng.pick(all);
  }

  /** Fair weather: everything owed comes back with the person, and everything naps when they leave. */
  async #calm(): Promise<void> {
    await this.#fairWeather();
    await this.#checker.release(undefined);
    // A hand that was there at a NAP does not count until it has been taken off.
    this.#rig.machine.endRuns();
    await this.#pass(6 * SECOND);
    await this.#work(30);
    if (this.#violation) return;
    const account = this.#rig.wire.signedIn ?? ACCOUNT;
    const outstanding = this.#checker.outstanding(account);
    if (outstanding.length > 0)
      this.#checker.fail(8, `still owed after half an hour of calm: ${outstanding.join('; ')}`);
    await this.#everythingNaps(account);
  }

  async #fairWeather(): Promise<void> {
    const { wire, machine, settings, ledger } = this.#rig;
    this.#checker.note('the weather turns fair');
    this.#storm = 0;
    this.#isSlow = false;
    this.#rig.diskIsFull = false;
    wire.signedIn = ledger.pinnedAccount() ?? ACCOUNT;
    for (const sensor of ['keyboard', 'mouse', 'window', 'audio'] as const) machine.mend(sensor);
    this.#checker.signal('lock', false);
    this.#checker.signal('suspend', false);
    this.#checker.lock(false);
    if (settings.current().aws.dryRun) settings.setAws({ dryRun: false });
    for (let tries = 0; tries < 3; tries += 1) {
      this.#restartAt = this.#rig.now;
      await this.#pass(SECOND);
    }
    // A crash that was planned may still be ahead; it may come, but not after this.
    this.#rig.life?.killAtBoundary(Number.POSITIVE_INFINITY);
  }

  /** Works for so many minutes, with pauses shorter than any timeout. */
  async #work(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes && !this.#violation; minute += 1) {
      this.#rig.machine.use('keyboard', 50 * SECOND);
      await this.#pass(MINUTE);
    }
  }

  async #everythingNaps(account: string): Promise<void> {
    if (this.#violation || account !== this.#rig.ledger.pinnedAccount()) return;
    this.#rig.machine.endRuns();
    const entries = this.#rig.registry.current();
    const nappable = new Set(
      entries.filter((entry) => this.#isNappable(account, entry)).map((entry) => entry.id),
    );
    const longest = Math.max(...entries.map((entry) => this.#checker.truth.timeout(entry.id)), 0);
    const { warnMs } = this.#rig.settings.current();
    // A lock need not wait for any timeout, nor for a warning.
    const locks = this.#rng.chance(0.4);
    if (locks) {
      this.#rig.settings.set({ lockMeansAway: true });
      this.#checker.lock(true);
    }
    // Deployments are waited for 15 minutes, dependents for 10 at every level, retries up to 5.
    await this.#pass((locks ? 0 : longest + warnMs) + 60 * MINUTE);
    for (const entry of entries) {
      if (!nappable.has(entry.id) || this.#staysFor(entry, nappable)) continue;
      // Noticed only now, because nobody looked in bad weather, or the look was thrown away: it counts from now.
      if (this.#checker.mayBeGuarded(account, entry.id)) continue;
      if (!this.#rig.world.isOff(account, entry.id))
        this.#checker.fail(0, `${entry.id} does not nap though nobody needs it`);
    }
  }

  #isNappable(account: string, entry: Registered): boolean {
    const { world } = this.#rig;
    const resource = world.get(account, entry.id);
    const fields = world.fields(account, entry.id);
    if (!entry.enabled || !resource || !fields) return false;
    // Only one entry may be open for a target, whatever its account.
    const open = this.#rig.ledger.openEntries().find((one) => one.targetId === entry.id);
    if (open && open.account !== account) return false;
    const size = plain(fields).get('desired') ?? plain(fields).get('state');
    if (!size || this.#checker.guarded.has(`${account} ${entry.id}`)) return false;
    if (isInstance(resource)) return !resource.isProtected && resource.group === undefined;
    if (isService(resource)) return !resource.daemon;
    return entry.autoscalerOurs || Object.keys(resource.tags).length === 0;
  }

  /** Whether something that depends on it cannot nap, so that it stays too. */
  #staysFor(entry: Registered, nappable: ReadonlySet<TargetId>): boolean {
    return this.#rig.registry
      .current()
      .filter((other) => other.enabled && other.dependsOn.includes(entry.id))
      .some((other) => !nappable.has(other.id) || this.#staysFor(other, nappable));
  }
}
