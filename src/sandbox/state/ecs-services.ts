/**
 * The life of an ECS service and its scalable target: tasks follow the desired count one at a time, a deployment
 * ends a step after its last task, and bounds that are not suspended pull a count back in.
 */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { EcsServiceSeed, ScalableSeed, Suspended } from '../fleet.js';
import type { Delays } from '../timing.js';

/** The largest range that `randomInt` draws from. */
const MAX_RANDOM = 2 ** 48 - 1;

interface Deployment {
  readonly id: string;
  readonly taskDefinition: string;
  readonly createdAt: number;
  status: 'PRIMARY' | 'ACTIVE';
  running: number;
  rollout: 'IN_PROGRESS' | 'COMPLETED';
  updatedAt: number;
}

/** What happened to a service, as DescribeServices tells it. */
interface ServiceEvent {
  readonly id: string;
  readonly at: number;
  readonly message: string;
}

/** ECS shows this many events of a service. */
const MAX_EVENTS = 100;

export interface EcsService {
  readonly cluster: string;
  readonly name: string;
  readonly scheduling: 'REPLICA' | 'DAEMON';
  readonly createdAt: number;
  status: 'ACTIVE' | 'INACTIVE';
  desired: number;
  desiredChangedAt: number;
  /** The primary first; older ones drain behind it. Never empty. */
  deployments: [Deployment, ...Deployment[]];
  /** When the last task came or went, or the last change was asked for. */
  steppedAt: number;
  /** Its new tasks never get healthy: a deployment that needs more of them never ends. */
  stalled: boolean;
  /** Newest first. */
  events: ServiceEvent[];
}

export interface ScalableTarget {
  readonly createdAt: number;
  min: number;
  max: number;
  suspended: Suspended;
  /** When it was last registered. */
  changedAt: number;
}

/** A service, steady at its desired count. */
export function createService(cluster: string, seed: EcsServiceSeed, now: number): EcsService {
  const primary = newDeployment(seed.taskDefinition ?? `${seed.name}:1`, now);
  primary.running = seed.desired;
  primary.rollout = 'COMPLETED';
  return {
    cluster,
    name: seed.name,
    scheduling: seed.scheduling ?? 'REPLICA',
    createdAt: now,
    status: 'ACTIVE',
    desired: seed.desired,
    desiredChangedAt: now,
    deployments: [primary],
    steppedAt: now,
    stalled: false,
    events: [eventOf(seed.name, 'has reached a steady state.', now)],
  };
}

/** A scalable target as its seed says. */
export function createScalableTarget(seed: ScalableSeed, now: number): ScalableTarget {
  return {
    createdAt: now,
    min: seed.min,
    max: seed.max,
    suspended: {
      dynamicScalingIn: seed.suspended?.dynamicScalingIn ?? false,
      dynamicScalingOut: seed.suspended?.dynamicScalingOut ?? false,
      scheduledScaling: seed.suspended?.scheduledScaling ?? false,
    },
    changedAt: now,
  };
}

/** Asks for another number of tasks. The same number again changes nothing. */
export function setDesired(service: EcsService, desired: number, now: number): void {
  if (service.desired === desired) return;
  service.desired = desired;
  service.desiredChangedAt = now;
  resume(service, now);
}

/** Deploys a task definition: a new primary starts empty, the others drain. */
export function deploy(service: EcsService, taskDefinition: string, now: number): void {
  for (const deployment of service.deployments) deployment.status = 'ACTIVE';
  service.deployments = [newDeployment(taskDefinition, now), ...service.deployments];
  resume(service, now);
}

/** Carries a service, and what its scalable target does to it, to where they stand at `now`. */
export function settleService(
  service: EcsService,
  target: ScalableTarget | undefined,
  now: number,
  delays: Delays,
): void {
  const bounded = target === undefined ? undefined : policyCount(service.desired, target);
  if (target !== undefined && bounded !== undefined) {
    const at = Math.max(service.desiredChangedAt, target.changedAt) + delays.scalingPolicy;
    if (at <= now) {
      stepUntil(service, at, delays.taskStep);
      setDesired(service, bounded, at);
    }
  }
  stepUntil(service, now, delays.taskStep);
}

/** Where registering a target puts the count, suspended or not. */
export function clamp(desired: number, target: ScalableTarget): number {
  return Math.min(Math.max(desired, target.min), target.max);
}

/** Tasks running over all deployments. */
export function runningCount(service: EcsService): number {
  return service.deployments.reduce((sum, deployment) => sum + deployment.running, 0);
}

/** Where scaling that is not suspended wants the count, or undefined if it is content. */
function policyCount(desired: number, target: ScalableTarget): number | undefined {
  if (desired < target.min && !target.suspended.dynamicScalingOut) return target.min;
  if (desired > target.max && !target.suspended.dynamicScalingIn) return target.max;
  return undefined;
}

function newDeployment(taskDefinition: string, now: number): Deployment {
  return {
    id: `ecs-svc/${String(randomInt(MAX_RANDOM)).padStart(19, '0')}`,
    taskDefinition,
    createdAt: now,
    status: 'PRIMARY',
    running: 0,
    rollout: 'IN_PROGRESS',
    updatedAt: now,
  };
}

function resume(service: EcsService, now: number): void {
  const [primary] = service.deployments;
  primary.rollout = 'IN_PROGRESS';
  primary.updatedAt = now;
  service.steppedAt = now;
}

function stepUntil(service: EcsService, now: number, stepMs: number): void {
  const [primary] = service.deployments;
  if (service.status === 'INACTIVE') return;
  while (primary.rollout === 'IN_PROGRESS' && service.steppedAt + stepMs <= now) {
    if (service.stalled && primary.running < service.desired) return;
    service.steppedAt += stepMs;
    if (moveOneTask(service)) continue;
    primary.rollout = 'COMPLETED';
    primary.updatedAt = service.steppedAt;
    service.deployments = [primary];
    tell(service, 'has reached a steady state.');
  }
}

/** Starts or stops one task towards the desired count; false if all is as it should be. */
function moveOneTask(service: EcsService): boolean {
  const [primary, ...older] = service.deployments;
  const draining = older.find((deployment) => deployment.running > 0);
  const task = `(task ${randomBytes(16).toString('hex')})`;
  if (primary.running < service.desired) {
    primary.running += 1;
    tell(service, `has started 1 tasks: ${task}.`);
    return true;
  }
  if (primary.running > service.desired) primary.running -= 1;
  else if (draining !== undefined) draining.running -= 1;
  else return false;
  tell(service, `has stopped 1 running tasks: ${task}.`);
  return true;
}

/** Adds to a service's events, at the step it has come to. */
function tell(service: EcsService, what: string): void {
  service.events = [eventOf(service.name, what, service.steppedAt), ...service.events].slice(0, MAX_EVENTS);
}

function eventOf(service: string, what: string, at: number): ServiceEvent {
  return { id: randomUUID(), at, message: `(service ${service}) ${what}` };
}
