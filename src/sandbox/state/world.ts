/** Everything that exists in the sandbox: accounts, their regions, and what is in them. Time passes in `settle`. */
import { randomBytes } from 'node:crypto';
import type { Fleet, RegionFleet } from '../fleet.js';
import type { Delays } from '../timing.js';
import {
  createScalableTarget,
  createService,
  type EcsService,
  type ScalableTarget,
  settleService,
} from './ecs-services.js';
import {
  createInstance,
  type Instance,
  isDueForReplacement,
  settleInstance,
  terminate,
} from './instances.js';
import { createNodegroup, type Nodegroup, settleNodegroup } from './nodegroups.js';
import type { Role } from './roles.js';
import { createScheduler, type SchedulerState } from './schedules.js';
import type { Stack } from './stacks.js';

/** An ECS cluster: its services by name. */
export interface EcsCluster {
  readonly name: string;
  readonly services: Map<string, EcsService>;
}

/** An EKS cluster. */
export interface EksCluster {
  readonly name: string;
  readonly autoMode: boolean;
  readonly createdAt: number;
  readonly nodegroups: Map<string, Nodegroup>;
  readonly fargateProfiles: readonly string[];
}

/** One region of one account. */
export interface Region {
  readonly name: string;
  readonly account: string;
  /** By instance id, in the order they were made. */
  readonly instances: Map<string, Instance>;
  readonly ecsClusters: Map<string, EcsCluster>;
  /** By resource id, `service/CLUSTER/SERVICE`. */
  readonly scalableTargets: Map<string, ScalableTarget>;
  readonly eksClusters: Map<string, EksCluster>;
  readonly scheduler: SchedulerState;
  /** CloudFormation's, by id, in the order they were made; deleted ones stay. */
  readonly stacks: Map<string, Stack>;
  /** By name. All regions of an account have the same. */
  readonly roles: Map<string, Role>;
}

/** The regions that exist, whether or not anything is in them. */
export const REGION_NAMES: readonly string[] = [
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-southeast-1',
  'eu-central-1',
  'eu-west-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
];

/** The scalable target's name for an ECS service. */
export function scalableId(cluster: string, service: string): string {
  return `service/${cluster}/${service}`;
}

/** All accounts. The fleet's account owns the fleet; any other account exists and is empty. */
export class World {
  readonly #regions = new Map<string, Region>();
  /** By account. */
  readonly #roles = new Map<string, Map<string, Role>>();

  constructor(fleet: Fleet, now: number) {
    for (const [name, seed] of Object.entries(fleet.regions))
      fill(this.region(fleet.account, name), seed, now);
  }

  /** The region, empty if nothing was ever in it. */
  region(account: string, name: string): Region {
    const key = `${account}/${name}`;
    const known = this.#regions.get(key);
    if (known !== undefined) return known;
    const region: Region = {
      name,
      account,
      instances: new Map(),
      ecsClusters: new Map(),
      scalableTargets: new Map(),
      eksClusters: new Map(),
      scheduler: createScheduler(),
      stacks: new Map(),
      roles: this.#rolesOf(account),
    };
    this.#regions.set(key, region);
    return region;
  }

  /** Every region of every account that was ever looked at or filled. */
  all(): readonly Region[] {
    return [...this.#regions.values()];
  }

  /** Every region of the account that was ever looked at or filled. */
  regions(account: string): readonly Region[] {
    return this.all().filter((region) => region.account === account);
  }

  #rolesOf(account: string): Map<string, Role> {
    const roles = this.#roles.get(account) ?? new Map<string, Role>();
    this.#roles.set(account, roles);
    return roles;
  }
}

/** Carries everything in the region to where it stands at `now`. */
export function settle(region: Region, now: number, delays: Delays): void {
  for (const instance of [...region.instances.values()]) {
    settleInstance(instance, now, delays);
    if (isDueForReplacement(instance, now, delays)) replaceMember(region, instance, now);
  }
  for (const cluster of region.ecsClusters.values()) {
    for (const service of cluster.services.values()) {
      const target = region.scalableTargets.get(scalableId(cluster.name, service.name));
      settleService(service, target, now, delays);
    }
  }
  for (const cluster of region.eksClusters.values()) {
    for (const nodegroup of cluster.nodegroups.values()) settleNodegroup(nodegroup, now, delays);
  }
}

/** What an Auto Scaling group does to a member it finds stopped: terminate it, launch another. */
function replaceMember(region: Region, member: Instance, now: number): void {
  terminate(member, now);
  const id = `i-0${randomBytes(8).toString('hex')}`;
  const seed = {
    id,
    type: member.type,
    tags: member.tags,
    ...(member.autoScalingGroup === undefined ? {} : { autoScalingGroup: member.autoScalingGroup }),
  };
  region.instances.set(id, createInstance(seed, { region: region.name, now, index: region.instances.size }));
}

function fill(region: Region, seed: RegionFleet, now: number): void {
  for (const [index, instance] of (seed.instances ?? []).entries()) {
    region.instances.set(instance.id, createInstance(instance, { region: region.name, now, index }));
  }
  for (const cluster of seed.ecsClusters ?? []) {
    const services = new Map<string, EcsService>();
    for (const service of cluster.services ?? []) {
      services.set(service.name, createService(cluster.name, service, now));
      if (service.scalable === undefined) continue;
      const id = scalableId(cluster.name, service.name);
      region.scalableTargets.set(id, createScalableTarget(service.scalable, now));
    }
    region.ecsClusters.set(cluster.name, { name: cluster.name, services });
  }
  for (const cluster of seed.eksClusters ?? []) {
    const nodegroups = new Map(
      (cluster.nodegroups ?? []).map((group) => [group.name, createNodegroup(cluster.name, group, now)]),
    );
    region.eksClusters.set(cluster.name, {
      name: cluster.name,
      autoMode: cluster.autoMode ?? false,
      createdAt: now,
      nodegroups,
      fargateProfiles: cluster.fargateProfiles ?? [],
    });
  }
}
