/**
 * Application Auto Scaling's part of an ECS service: reading scalable targets and registering bounds and flags.
 *
 * Any RegisterScalableTarget makes AWS clamp the service's size into the bounds, even one that names none. So a nap
 * lowers the bounds before the size, and a restore raises the size before the bounds.
 */
import type { ScalableTarget } from '@aws-sdk/client-application-auto-scaling';
import type { EcsFields } from '../core/driver.js';
import { chunks } from './batches.js';
import type { Clients } from './clients.js';

export type Scalable = NonNullable<EcsFields['scalable']>;

/** Resource ids in one DescribeScalableTargets, the most it takes. */
const BATCH = 50;

/** What Application Auto Scaling changes of a service. */
export const DIMENSION = 'ecs:service:DesiredCount';
export const ALL_SUSPENDED = { scaleIn: true, scaleOut: true, scheduled: true } as const;

/** The scalable targets of these services; a service without one is not in the map. Keys are resource ids. */
export async function readScalable(
  clients: Clients,
  region: string,
  resources: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Scalable>> {
  const found = new Map<string, Scalable>();
  if (resources.length === 0) return found;
  const { sdk, client } = await clients.scaling(region);
  for (const part of chunks(resources, BATCH)) {
    let token: string | undefined;
    do {
      const input = {
        ServiceNamespace: 'ecs' as const,
        ScalableDimension: DIMENSION as typeof DIMENSION,
        ResourceIds: part,
        ...(token ? { NextToken: token } : {}),
      };
      const answer = await clients.ask(
        { operation: 'application-autoscaling:DescribeScalableTargets', signal },
        (how) => client.send(new sdk.DescribeScalableTargetsCommand(input), how),
      );
      for (const target of answer.ScalableTargets ?? [])
        if (target.ResourceId) found.set(target.ResourceId, asFields(target));
      token = answer.NextToken || undefined;
    } while (token);
  }
  return found;
}

/** Sets bounds and flags; a bound left out stays as it is. All three flags are always sent: one left out is off. */
export async function registerScalable(
  clients: Clients,
  region: string,
  resource: string,
  change: { min?: number; max?: number; suspended: Scalable['suspended'] },
  signal?: AbortSignal,
): Promise<void> {
  const { sdk, client } = await clients.scaling(region);
  const { min, max, suspended } = change;
  const input = {
    ServiceNamespace: 'ecs' as const,
    ScalableDimension: DIMENSION as typeof DIMENSION,
    ResourceId: resource,
    ...(min === undefined ? {} : { MinCapacity: min }),
    ...(max === undefined ? {} : { MaxCapacity: max }),
    SuspendedState: {
      DynamicScalingInSuspended: suspended.scaleIn,
      DynamicScalingOutSuspended: suspended.scaleOut,
      ScheduledScalingSuspended: suspended.scheduled,
    },
  };
  await clients.ask({ operation: 'application-autoscaling:RegisterScalableTarget', signal }, (how) =>
    client.send(new sdk.RegisterScalableTargetCommand(input), how),
  );
}

function asFields(target: ScalableTarget): Scalable {
  const flags = target.SuspendedState;
  return {
    min: target.MinCapacity ?? 0,
    max: target.MaxCapacity ?? 0,
    suspended: {
      scaleIn: flags?.DynamicScalingInSuspended ?? false,
      scaleOut: flags?.DynamicScalingOutSuspended ?? false,
      scheduled: flags?.ScheduledScalingSuspended ?? false,
    },
  };
}
