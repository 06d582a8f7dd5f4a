/** From what ECS says of a service to what the product knows of it. */
import type { Service } from '@aws-sdk/client-ecs';
import type { Observed, Power, Why } from '../core/driver.js';
import { type EcsTarget, targetId } from '../core/target.js';
import type { Scalable } from './scalable.js';

const DAEMON: Why = {
  reason: 'It is a DAEMON service: ECS runs one task on each instance and takes no desired count',
  hint: 'Let the cluster’s instances nap instead.',
};

/** One service as AWS shows it; undefined when AWS does not know it. */
export function observeService(
  target: EcsTarget,
  service: Service | undefined,
  scalable: Scalable | null,
): Observed {
  const id = targetId(target);
  if (!service || !isAlive(service)) {
    const state = service?.status ?? 'missing';
    return { target, id, power: 'gone', state, fields: undefined };
  }
  const desired = service.desiredCount ?? 0;
  const running = service.runningCount ?? 0;
  const power = powerOf(desired, running, service.pendingCount ?? 0);
  return {
    target,
    id,
    power,
    state: service.status ?? 'ACTIVE',
    fields: { kind: 'ecs', desired, scalable },
    stoppedAt: desired === 0 ? stoppedAt(service) : undefined,
    counts: { desired, running, ...(scalable ? { min: scalable.min, max: scalable.max } : {}) },
    refusal: service.schedulingStrategy === 'DAEMON' ? DAEMON : undefined,
    napWaits: isDeploying(service) ? 'A deployment is in progress' : undefined,
    restoreWaits: power === 'stopping' ? 'Its tasks are still stopping' : undefined,
  };
}

/**
 * When its tasks were last told to stop, in milliseconds. Nothing but ECS's own events tells, and only in words; where
 * those change, it is not known.
 */
function stoppedAt({ events = [] }: Service): number | undefined {
  const stops = events.flatMap(({ message = '', createdAt }) =>
    createdAt && STOPPING.test(message) ? [createdAt.getTime()] : [],
  );
  return stops.length === 0 ? undefined : Math.max(...stops);
}

const STOPPING = / has (stopped \d+ running tasks|begun draining connections)/;

function powerOf(desired: number, running: number, pending: number): Power {
  if (desired === 0) return running + pending > 0 ? 'stopping' : 'off';
  return running >= desired ? 'on' : 'starting';
}

/** DRAINING is what a deleted service is until its last task has ended; it takes no changes. */
export function isAlive(service: Service): boolean {
  return service.status === undefined || service.status === 'ACTIVE';
}

/** Whether a deployment is under way: ECS's own by its rollout, others (CodeDeploy, external) by a second task set. */
function isDeploying(service: Service): boolean {
  const { deployments = [], taskSets = [] } = service;
  const rolling = deployments.some((one) => one.status === 'PRIMARY' && one.rolloutState === 'IN_PROGRESS');
  return rolling || deployments.length > 1 || taskSets.length > 1;
}

/** Application Auto Scaling's name for a service. */
export function resourceId(cluster: string, service: string | undefined): string {
  return `service/${cluster}/${service ?? ''}`;
}

/** The name at the end of an ARN, old form or new. */
export function lastPart(arn: string | undefined): string {
  return arn?.slice(arn.lastIndexOf('/') + 1) ?? '';
}
