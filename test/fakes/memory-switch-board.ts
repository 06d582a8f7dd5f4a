/**
 * Dead-man's switches over a `World`: AWS's side, which holds the schedules and fires them at their true time, and the
 * `SwitchBoard` that a process has to it. Nothing has to wind it: the world looks for what is due whenever it is looked at.
 */
import { templateFor } from '../../src/aws/switch-template.js';
import { MINUTE_MS, type SwitchBoard, type SwitchOrder, type SwitchStack } from '../../src/core/dead-man.js';
import type { Outcomes } from '../../src/core/driver.js';
import { OperationError } from '../../src/core/errors.js';
import { type Target, type TargetId, targetId } from '../../src/core/target.js';
import { isInstance, isService, type World } from './world.js';

/** What a schedule does when it fires: the stop, or what lets a service's autoscaling no longer keep it up. */
type Part = 'stop' | 'bounds';

/** One schedule. */
interface Schedule {
  readonly account: string;
  readonly owner: string;
  readonly target: Target;
  readonly part: Part;
  /** True milliseconds. */
  readonly at: number;
}

/** One time that a schedule fires. */
export interface Firing extends Schedule {
  readonly id: TargetId;
}

/** What becomes of a firing. Late or once more within the minutes in which AWS still may. */
export interface Fate {
  readonly lateMs?: number;
  /** It comes once more, so long after the first time. */
  readonly againMs?: number;
  /** AWS never gets it done. */
  readonly isLost?: boolean;
}

/** A firing under way, and the tries that failed. */
interface Flight {
  readonly firing: Firing;
  readonly at: number;
  readonly failures: number;
}

/** How a process reaches it: `apply` runs when the request has arrived, for the account it is signed in to. */
export type Reach = <T>(
  request: { readonly operation: string; readonly region: string; readonly isWrite: boolean },
  apply: (account: string) => T,
) => Promise<T>;

/** A failed call is tried so often again, and so long after. */
const MOST_RETRIES = 2;
const RETRY_MS = MINUTE_MS;
const SHARED = 'team';
const NONE_LEFT = Number.POSITIVE_INFINITY;

/** The schedules of all accounts. */
export class SwitchYard {
  /** Told of each try to change a target, and carries it out: for those who keep account of all changes. */
  watch: (firing: Firing, change: () => void) => void = (_firing, change) => change();
  /** What becomes of a firing. */
  fate: (firing: Firing) => Fate = () => ({});
  readonly #world: World;
  readonly #schedules = new Map<string, Schedule>();
  /** Covered targets by account and region. */
  readonly #stacks = new Map<string, Map<TargetId, Target>>();
  #flights: Flight[] = [];
  /** True milliseconds at which the next thing happens. */
  #nextAt = NONE_LEFT;
  #isFiring = false;

  constructor(world: World) {
    this.#world = world;
    world.engine = () => this.fire();
  }

  /** When something fires next, in true milliseconds; undefined when nothing will. */
  get nextAt(): number | undefined {
    return this.#nextAt === NONE_LEFT ? undefined : this.#nextAt;
  }

  /** Every schedule that is held. */
  get schedules(): readonly Schedule[] {
    return [...this.#schedules.values()];
  }

  /** Somebody deletes a schedule in the console. */
  lose(account: string, owner: string, target: Target, part: Part = 'stop'): void {
    this.#schedules.delete(keyOf({ account, owner, target, part }));
    this.#rewind();
  }

  /** Carries out what is due, each as of its own time and in their order. */
  fire(): void {
    const { now } = this.#world;
    if (this.#isFiring || this.#nextAt > now) return;
    this.#isFiring = true;
    try {
      while (this.#nextAt <= now) this.#world.at(this.#nextAt, () => this.#step());
    } finally {
      this.#isFiring = false;
    }
  }

  /** The way of one process to its schedules. `aheadMs`: what AWS's clock shows more than the process's wall clock. */
  board({ reach, aheadMs }: { readonly reach: Reach; readonly aheadMs: () => number }): SwitchBoard {
    let isHeard = false;
    const ask: Reach = async (request, apply) => {
      const answer = await reach(request, (account) => {
        this.fire();
        return apply(account);
      });
      isHeard = true;
      return answer;
    };
    return {
      aheadMs: () => (isHeard ? aheadMs() : 0),
      arm: (orders, signal) => eachItsOwn(orders, (order) => this.#arm(order, ask), signal),
      disarm: (switches, signal) =>
        eachItsOwn(
          switches,
          ({ target, owner }) =>
            ask(
              { operation: 'scheduler:DeleteSchedule', region: target.region, isWrite: true },
              (account) => {
                for (const part of ['stop', 'bounds'] as const) this.lose(account, owner, target, part);
              },
            ),
          signal,
        ),
      held: (region, owner, signal) =>
        unlessAborted(signal, () =>
          ask({ operation: 'scheduler:ListSchedules', region, isWrite: false }, (account) =>
            this.#held(account, region, owner),
          ),
        ),
      stack: (region, signal) =>
        unlessAborted(signal, () =>
          ask({ operation: 'cloudformation:DescribeStacks', region, isWrite: false }, (account) =>
            this.#stack(account, region),
          ),
        ),
      install: async (targets, signal) => {
        const installed: SwitchStack[] = [];
        for (const region of new Set(targets.map((target) => target.region))) {
          const mine = targets.filter((target) => target.region === region);
          const request = { operation: 'cloudformation:UpdateStack', region, isWrite: true };
          installed.push(
            await unlessAborted(signal, () =>
              ask(request, (account) => this.#install(account, region, mine)),
            ),
          );
        }
        return installed;
      },
      uninstall: (region, signal) =>
        unlessAborted(signal, () =>
          ask({ operation: 'cloudformation:DeleteStack', region, isWrite: true }, (account) => {
            for (const [key, one] of this.#schedules)
              if (one.account === account && one.target.region === region) this.#schedules.delete(key);
            this.#stacks.delete(placeOf(account, region));
            this.#rewind();
          }),
        ),
      template: templateFor,
    };
  }

  async #arm(order: SwitchOrder, ask: Reach): Promise<void> {
    const { target, owner, saved } = order;
    const { region } = target;
    const id = targetId(target);
    const parts: readonly Part[] = saved.kind === 'ecs' && saved.scalable ? ['stop', 'bounds'] : ['stop'];
    for (const part of parts) {
      const operation = order.isHeld ? 'scheduler:UpdateSchedule' : 'scheduler:CreateSchedule';
      await ask({ operation, region, isWrite: true }, (account) => {
        if (!this.#stacks.get(placeOf(account, region))?.has(id))
          throw new OperationError('refused', 'AWS has not been allowed to stop it', {
            operation,
            target: id,
          });
        const key = keyOf({ account, owner, target, part });
        const held = this.#schedules.get(key);
        if (!held && order.isHeld)
          throw new OperationError('missing', 'its schedule is not there', { operation, target: id });
        const wanted = part === 'stop' ? order.firesAt : order.firesAt - MINUTE_MS;
        const at = owner === SHARED ? Math.max(wanted, held?.at ?? wanted) : wanted;
        this.#schedules.set(key, { account, owner, target, part, at });
        if (part === 'stop' && parts.length === 1)
          this.#schedules.delete(keyOf({ account, owner, target, part: 'bounds' }));
        this.#rewind();
      });
      await ask({ operation: 'scheduler:GetSchedule', region, isWrite: false }, () => {});
    }
  }

  #held(account: string, region: string, owner: string | undefined): ReadonlyMap<TargetId, number> {
    const held = new Map<TargetId, number>();
    for (const one of this.#schedules.values()) {
      if (one.part !== 'stop' || one.account !== account || one.target.region !== region) continue;
      if (owner !== undefined && one.owner !== owner) continue;
      const id = targetId(one.target);
      held.set(id, Math.min(one.at, held.get(id) ?? one.at));
    }
    return held;
  }

  #stack(account: string, region: string): SwitchStack | undefined {
    const covered = this.#stacks.get(placeOf(account, region));
    return covered && { region, covers: [...covered.keys()], trouble: undefined };
  }

  #install(account: string, region: string, targets: readonly Target[]): SwitchStack {
    const place = placeOf(account, region);
    const covered = this.#stacks.get(place) ?? new Map<TargetId, Target>();
    for (const target of targets) covered.set(targetId(target), target);
    this.#stacks.set(place, covered);
    return { region, covers: [...covered.keys()], trouble: undefined };
  }

  /** The next thing: a schedule that is due becomes a firing, or a firing reaches its target. */
  #step(): void {
    const { now } = this.#world;
    for (const [key, schedule] of this.#schedules) {
      if (schedule.at > now) continue;
      this.#schedules.delete(key);
      const firing = { ...schedule, id: targetId(schedule.target) };
      const { lateMs = 0, againMs, isLost = false } = this.fate(firing);
      if (isLost) continue;
      this.#flights.push({ firing, at: schedule.at + lateMs, failures: 0 });
      if (againMs !== undefined)
        this.#flights.push({ firing, at: schedule.at + lateMs + againMs, failures: 0 });
    }
    const due = this.#flights.filter(({ at }) => at <= now);
    this.#flights = this.#flights.filter(({ at }) => at > now);
    for (const flight of due) this.#land(flight);
    this.#rewind();
  }

  #land({ firing, failures }: Flight): void {
    const covered = this.#stacks.get(placeOf(firing.account, firing.target.region));
    const change = covered?.has(firing.id) ? this.#changeOf(firing) : undefined;
    if (change) this.watch(firing, change);
    else if (failures < MOST_RETRIES)
      this.#flights.push({ firing, at: this.#world.now + RETRY_MS, failures: failures + 1 });
  }

  /** What the call does; undefined where AWS refuses it as things stand. */
  #changeOf({ account, id, part }: Firing): (() => void) | undefined {
    const world = this.#world;
    const found = world.get(account, id);
    if (!found) return undefined;
    if (isInstance(found)) {
      if (found.isProtected || found.state === 'pending' || found.state === 'terminated') return undefined;
      return () => world.stop(found);
    }
    if (isService(found)) {
      if (!found.active || found.daemon) return undefined;
      if (part === 'stop') return () => world.setDesired(found, 0);
      return found.scalable ? () => world.register(found, { min: 0, suspended: ALL_SUSPENDED }) : undefined;
    }
    if (!found.exists || world.now < found.until) return undefined;
    return () => world.setSizes(found, { min: 0, desired: 0, max: found.max });
  }

  #rewind(): void {
    const instants = [...this.#schedules.values(), ...this.#flights].map(({ at }) => at);
    this.#nextAt = Math.min(NONE_LEFT, ...instants);
  }
}

const ALL_SUSPENDED = { scaleIn: true, scaleOut: true, scheduled: true };

async function eachItsOwn<T extends Pick<SwitchOrder, 'target'>>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  signal: AbortSignal | undefined,
): Promise<Outcomes> {
  const outcomes = new Map<TargetId, 'accepted' | OperationError>();
  const one = async (item: T) => {
    const id = targetId(item.target);
    try {
      await unlessAborted(signal, () => work(item));
      outcomes.set(id, 'accepted');
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      outcomes.set(id, thrown);
    }
  };
  await Promise.all(items.map(one));
  return outcomes;
}

async function unlessAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  return work();
}

function keyOf({ account, owner, target, part }: Omit<Schedule, 'at'>): string {
  return `${account} ${owner} ${part} ${targetId(target)}`;
}

function placeOf(account: string, region: string): string {
  return `${account} ${region}`;
}
