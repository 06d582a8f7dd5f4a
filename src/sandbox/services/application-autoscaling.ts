/**
 * Application Auto Scaling for ECS services. Every RegisterScalableTarget pulls the count into the bounds there
 * and then, even one that only changes a flag, even while everything is suspended.
 */
import { z } from 'zod';
import { AwsError, commonErrors } from '../errors.js';
import { pageOf } from '../paging.js';
import { json11 } from '../protocol/json11.js';
import { operation, type Service } from '../service.js';
import {
  clamp,
  createScalableTarget,
  type EcsService,
  type ScalableTarget,
  setDesired,
} from '../state/ecs-services.js';
import type { Region } from '../state/world.js';

const DIMENSION = 'ecs:service:DesiredCount';

const namespace = z.literal('ecs');
const dimension = z.literal(DIMENSION);
const suspension = z.object({
  DynamicScalingInSuspended: z.boolean().default(false),
  DynamicScalingOutSuspended: z.boolean().default(false),
  ScheduledScalingSuspended: z.boolean().default(false),
});

export const applicationAutoScaling: Service = {
  signingName: 'application-autoscaling',
  protocol: json11('AnyScaleFrontendService'),
  errors: commonErrors({
    action: 'application-autoscaling',
    throttled: ['ThrottlingException', 400],
    denied: ['AccessDeniedException', 400],
    expiredToken: ['ExpiredTokenException', 400],
    unknownKey: ['UnrecognizedClientException', 400],
    unavailable: ['InternalServiceException', 500],
    invalid: ['ValidationException', 400],
    unknownOperation: ['UnknownOperationException', 400],
  }),
  operations: {
    DescribeScalableTargets: operation({
      input: z.object({
        ServiceNamespace: namespace,
        ScalableDimension: dimension.optional(),
        ResourceIds: z.array(z.string()).max(50).optional(),
        MaxResults: z.int().min(1).max(50).default(50),
        NextToken: z.string().optional(),
      }),
      run(input, { region }) {
        const found = [...region.scalableTargets].filter(([id]) => input.ResourceIds?.includes(id) ?? true);
        const request = {
          operation: 'DescribeScalableTargets',
          size: input.MaxResults,
          token: input.NextToken,
        };
        const page = pageOf(
          found,
          request,
          () => new AwsError('InvalidNextTokenException', 'The next token supplied was invalid'),
        );
        return {
          ScalableTargets: page.items.map(([id, target]) => targetJson(region, id, target)),
          NextToken: page.nextToken,
        };
      },
    }),

    RegisterScalableTarget: operation({
      mutates: true,
      input: z.object({
        ServiceNamespace: namespace,
        ScalableDimension: dimension,
        ResourceId: z.string(),
        MinCapacity: z.int().min(0).optional(),
        MaxCapacity: z.int().min(0).optional(),
        SuspendedState: suspension.optional(),
      }),
      run(input, { region, now }) {
        const service = serviceOf(region, input.ResourceId);
        const known = region.scalableTargets.get(input.ResourceId);
        const min = input.MinCapacity ?? known?.min;
        const max = input.MaxCapacity ?? known?.max;
        if (min === undefined || max === undefined) {
          throw new AwsError(
            'ValidationException',
            'MinCapacity and MaxCapacity are needed for a new target',
          );
        }
        if (min > max) {
          throw new AwsError(
            'ValidationException',
            'Minimum capacity cannot be greater than maximum capacity',
          );
        }
        const target = known ?? createScalableTarget({ min, max }, now);
        target.min = min;
        target.max = max;
        target.changedAt = now;
        if (input.SuspendedState !== undefined) {
          target.suspended = {
            dynamicScalingIn: input.SuspendedState.DynamicScalingInSuspended,
            dynamicScalingOut: input.SuspendedState.DynamicScalingOutSuspended,
            scheduledScaling: input.SuspendedState.ScheduledScalingSuspended,
          };
        }
        region.scalableTargets.set(input.ResourceId, target);
        setDesired(service, clamp(service.desired, target), now);
        return { ScalableTargetARN: targetArn(region, input.ResourceId) };
      },
    }),

    DeregisterScalableTarget: operation({
      mutates: true,
      input: z.object({ ServiceNamespace: namespace, ScalableDimension: dimension, ResourceId: z.string() }),
      run(input, { region }) {
        if (!region.scalableTargets.delete(input.ResourceId)) {
          throw new AwsError(
            'ObjectNotFoundException',
            `No scalable target found for service namespace: ecs, resource ID: ${input.ResourceId}, scalable dimension: ${DIMENSION}`,
          );
        }
        return {};
      },
    }),
  },
};

function serviceOf(region: Region, resourceId: string): EcsService {
  const [kind, cluster = '', name = ''] = resourceId.split('/');
  const service = region.ecsClusters.get(cluster)?.services.get(name);
  if (kind !== 'service' || service?.status !== 'ACTIVE') {
    throw new AwsError('ValidationException', `ECS service doesn't exist: ${resourceId}`);
  }
  return service;
}

/** A scalable target's ARN. */
export function targetArn(region: Region, id: string): string {
  return `arn:aws:application-autoscaling:${region.name}:${region.account}:scalable-target/${Buffer.from(id).toString('hex')}`;
}

function targetJson(region: Region, id: string, target: ScalableTarget): object {
  return {
    ServiceNamespace: 'ecs',
    ResourceId: id,
    ScalableDimension: DIMENSION,
    MinCapacity: target.min,
    MaxCapacity: target.max,
    RoleARN: `arn:aws:iam::${region.account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService`,
    CreationTime: target.createdAt / 1000,
    SuspendedState: {
      DynamicScalingInSuspended: target.suspended.dynamicScalingIn,
      DynamicScalingOutSuspended: target.suspended.dynamicScalingOut,
      ScheduledScalingSuspended: target.suspended.scheduledScaling,
    },
    ScalableTargetARN: targetArn(region, id),
  };
}
