/**
 * AWS as the tests need it: accounts with EC2 instances, ECS services and EKS node groups whose states take time,
 * and the hands of others on them. It knows nothing of Cloudnap; `world-api.ts` is the door Cloudnap comes in by.
 * Time is true time: it goes on through sleep, reboots and set clocks.
 */
import type { EcsFields, Fields } from '../../src/core/driver.js';
import {
  type Ec2Target,
  type EcsTarget,
  type EksTarget,
  type Target,
  type TargetId,
  targetId,
} from '../../src/core/target.js';

export type Scalable = NonNullable<EcsFields['scalable']>;

export interface Instance {
  readonly target: Ec2Target;
  state: 'pending' | 'running' | 'stopping' | 'stopped' | 'terminated';
  /** True milliseconds at which the transition under way ends. */
  until: number;
  transition: string;
  isProtected: boolean;
  readonly group: string | undefined;
  /** The start under way will fall back to stopped, as one without a usable disk key does. */
  startFails: boolean;
}

export interface Service {
  readonly target: EcsTarget;
  desired: number;
  running: number;
  until: number;
  scalable: Scalable | null;
  deployingUntil: number;
  /** When its tasks were last told to stop for good, true milliseconds. */
  stoppedAt: number | undefined;
  readonly daemon: boolean;
  active: boolean;
}

export interface Nodegroup {
  readonly target: EksTarget;
  min: number;
  desired: number;
  max: number;
  /** Status is UPDATING until then. */
  until: number;
  readonly tags: Readonly<Record<string, string>>;
  exists: boolean;
}

export type Resource = Instance | Service | Nodegroup;

export interface WorldOptions {
  /** True time in milliseconds. */
  readonly now: () => number;
  /** From 0 to below 1: how long things take. */
  readonly random: () => number;
}

export class World {
  readonly #options: WorldOptions;
  readonly #resources = new Map<string, Resource>();
  #stops = 0;
  #asOf: number | undefined;
  /** What AWS does by itself; run before anything is looked at, so that what was due has happened. */
  engine: () => void = () => {};

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  get now(): number {
    return this.#asOf ?? this.#options.now();
  }

  /** Does `work` as of an earlier instant, in true milliseconds. */
  at(instant: number, work: () => void): void {
    this.#asOf = instant;
    try {
      work();
    } finally {
      this.#asOf = undefined;
    }
  }

  addInstance(account: string, target: Ec2Target, more: Partial<Instance> = {}): Instance {
    const instance: Instance = {
      target,
      state: 'running',
      until: 0,
      transition: '',
      isProtected: false,
      group: undefined,
      startFails: false,
      ...more,
    };
    this.#resources.set(keyOf(account, targetId(target)), instance);
    return instance;
  }

  addService(account: string, target: EcsTarget, desired: number, more: Partial<Service> = {}): Service {
    const service: Service = {
      target,
      desired,
      running: desired,
      until: 0,
      scalable: null,
      deployingUntil: 0,
      stoppedAt: undefined,
      daemon: false,
      active: true,
      ...more,
    };
    this.#resources.set(keyOf(account, targetId(target)), service);
    return service;
  }

  addNodegroup(
    account: string,
    target: EksTarget,
    sizes: { min: number; desired: number; max: number },
    tags: Record<string, string> = {},
  ): Nodegroup {
    const group: Nodegroup = { target, ...sizes, until: 0, tags, exists: true };
    this.#resources.set(keyOf(account, targetId(target)), group);
    return group;
  }

  /** The resource as it is now; undefined when there never was one. */
  get(account: string, id: TargetId): Resource | undefined {
    this.engine();
    const resource = this.#resources.get(keyOf(account, id));
    if (resource) this.#settle(resource);
    return resource;
  }

  instance(account: string, id: TargetId): Instance | undefined {
    const found = this.get(account, id);
    return found && isInstance(found) ? found : undefined;
  }

  service(account: string, id: TargetId): Service | undefined {
    const found = this.get(account, id);
    return found && isService(found) ? found : undefined;
  }

  nodegroup(account: string, id: TargetId): Nodegroup | undefined {
    const found = this.get(account, id);
    return found && isNodegroup(found) ? found : undefined;
  }

  /** Everything of one kind in a region of an account, in the order it was added. */
  in(account: string, kind: Target['kind'], region: string): readonly Resource[] {
    this.engine();
    const found: Resource[] = [];
    for (const [key, resource] of this.#resources) {
      const { target } = resource;
      if (!key.startsWith(`${account} `) || target.kind !== kind || target.region !== region) continue;
      this.#settle(resource);
      found.push(resource);
    }
    return found;
  }

  /** Every target there ever was in an account. */
  all(account: string): readonly TargetId[] {
    return [...this.#resources]
      .filter(([key]) => key.startsWith(`${account} `))
      .map(([, resource]) => targetId(resource.target));
  }

  /** What a snapshot of the resource should hold now; undefined when it does not exist (any more). */
  fields(account: string, id: TargetId): Fields | undefined {
    const resource = this.get(account, id);
    if (!resource) return undefined;
    if (isInstance(resource)) {
      if (resource.state === 'terminated') return undefined;
      const running = resource.state === 'running' || resource.state === 'pending';
      return { kind: 'ec2', running, transition: resource.transition };
    }
    if (isService(resource))
      return resource.active
        ? { kind: 'ecs', desired: resource.desired, scalable: resource.scalable }
        : undefined;
    const { min, desired, max } = resource;
    return resource.exists ? { kind: 'eks', min, desired, max } : undefined;
  }

  /** Whether nothing of it runs or is asked to. */
  isOff(account: string, id: TargetId): boolean {
    const resource = this.get(account, id);
    if (!resource) return true;
    if (isInstance(resource)) return resource.state === 'stopped' || resource.state === 'terminated';
    if (isService(resource)) return resource.desired === 0 && resource.running === 0;
    return resource.desired === 0 && this.now >= resource.until;
  }

  stop(instance: Instance): void {
    if (instance.state !== 'running' && instance.state !== 'pending') return;
    instance.state = 'stopping';
    instance.until = this.now + this.#takes(2_000, 60_000);
    // AWS dates every stop to the second; the number keeps two stops of one second apart.
    const second = new Date(this.now).toISOString().slice(0, 19).replace('T', ' ');
    instance.transition = `User initiated (${second} GMT) #${++this.#stops}`;
  }

  start(instance: Instance): void {
    if (instance.state !== 'stopped') return;
    instance.state = 'pending';
    instance.until = this.now + this.#takes(2_000, 40_000);
    instance.transition = '';
  }

  terminate(instance: Instance): void {
    instance.state = 'terminated';
  }

  /** Sets the desired count; tasks follow. */
  setDesired(service: Service, desired: number): void {
    if (service.desired === desired) return;
    if (desired === 0) service.stoppedAt = this.now;
    service.desired = desired;
    service.until = this.now + this.#takes(1_000, 45_000);
  }

  /** Application Auto Scaling: any registration clamps the count into the bounds, whatever is suspended. */
  register(service: Service, change: Partial<Scalable>): void {
    if (!service.scalable) return;
    service.scalable = { ...service.scalable, ...change };
    const { min, max } = service.scalable;
    this.setDesired(service, Math.min(Math.max(service.desired, min), max));
  }

  /** A new task definition: an old and a new deployment side by side for a while. */
  deploy(service: Service, ms: number): void {
    service.deployingUntil = this.now + ms;
  }

  setSizes(group: Nodegroup, sizes: { min: number; desired: number; max: number }): void {
    Object.assign(group, sizes);
    group.until = this.now + this.#takes(3_000, 40_000);
  }

  #settle(resource: Resource): void {
    if (this.now < resource.until) return;
    if (isInstance(resource)) {
      if (resource.state === 'stopping') resource.state = 'stopped';
      if (resource.state === 'pending') {
        resource.state = resource.startFails ? 'stopped' : 'running';
        if (resource.startFails) resource.transition = 'Server.InternalError: Internal error on launch';
        resource.startFails = false;
      }
    } else if (isService(resource)) resource.running = resource.desired;
  }

  #takes(least: number, most: number): number {
    return Math.round(least + this.#options.random() * (most - least));
  }
}

export function isInstance(resource: Resource): resource is Instance {
  return resource.target.kind === 'ec2';
}

export function isService(resource: Resource): resource is Service {
  return resource.target.kind === 'ecs';
}

export function isNodegroup(resource: Resource): resource is Nodegroup {
  return resource.target.kind === 'eks';
}

function keyOf(account: string, id: TargetId): string {
  return `${account} ${id}`;
}
