/**
 * Which schedules stop a target, in the words of EventBridge Scheduler, and the way back from a schedule to its
 * target. Pure. Universal targets call any API action; their input has the API's names in Pascal case.
 */
import { createHash } from 'node:crypto';
import type { GetScheduleCommandOutput, UpdateScheduleCommandInput } from '@aws-sdk/client-scheduler';
import { MINUTE_MS, type SwitchOrder } from '../core/dead-man.js';
import { type EcsTarget, type Target, targetFault, targetId } from '../core/target.js';
import { resourceId } from './ecs-observe.js';
import { DIMENSION } from './scalable.js';

/** The schedule group that all of Cloudnap's schedules of a region are in. */
export const GROUP = 'cloudnap';

/** AWS tries again so often, and for so long after it was due: a later try would stop what has been brought back. */
const RETRY = { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 };
/** What is to fire sooner than this, in milliseconds, may be in the past when AWS gets it. */
const SOONEST_MS = 15_000;
/** Hexadecimal digits of a target's digest in a schedule's name. */
const DIGEST = 16;
/** The scheduler's limits, in characters. */
const LONGEST_NAME = 64;
const LONGEST_DESCRIPTION = 512;

/**
 * What a schedule does: stops a target of a kind, or (`bounds`) lets a service's scalable target no longer keep it up.
 */
type Part = Target['kind'] | 'bounds';

/** All that is sent of a schedule: an update that leaves a field out resets it. */
export type ScheduleInput = UpdateScheduleCommandInput & { readonly Name: string };

/** The name of the schedule that does one part. @throws TypeError for an owner that fits into no name */
export function scheduleName(owner: string, target: Target, part: Part = target.kind): string {
  const digest = createHash('sha256').update(targetId(target)).digest('hex').slice(0, DIGEST);
  const name = `${owner}-${part}-${digest}`;
  if (!/^[0-9A-Za-z_.-]+$/.test(owner) || name.length > LONGEST_NAME)
    throw new TypeError(`"${owner}" cannot be part of a schedule's name`);
  return name;
}

/** The name of the schedule that a service's scalable target has beside the service's own. */
export function boundsName(owner: string, target: EcsTarget): string {
  return scheduleName(owner, target, 'bounds');
}

/** Whether a name is that of a schedule for bounds, which stops nothing by itself. */
export function isOfBounds(name: string): boolean {
  return /-bounds-[0-9a-f]+$/.test(name);
}

/** What the names of one owner's schedules begin with. */
export function namePrefix(owner: string): string {
  return `${owner}-`;
}

/** The schedule that stops the target. `at`: when it fires. @param role the ARN of the role that AWS acts by */
export function stopSchedule(
  { target, owner }: Pick<SwitchOrder, 'target' | 'owner'>,
  at: number,
  role: string,
): ScheduleInput {
  const [action, input] = stopCall(target);
  const what = `Cloudnap: stops ${targetId(target)} unless its lease is renewed`;
  return schedule(scheduleName(owner, target), { what, at, role, region: target.region, action, input });
}

/**
 * When bounds are lowered for a stop at `at`: a minute before, for bounds have to come before the size, and a schedule
 * keeps only to its minute. Where that is too close to `now` (AWS takes none in the past), in the same minute.
 */
export function boundsAt(at: number, now: number): number {
  return at - MINUTE_MS > now + SOONEST_MS ? at - MINUTE_MS : at;
}

/** The schedule that lets a service's autoscaling no longer keep it up, as a nap does (see `scalable.ts`). */
export function boundsSchedule(
  { target, owner }: { readonly target: EcsTarget; readonly owner: string },
  at: number,
  role: string,
): ScheduleInput {
  const input = {
    ServiceNamespace: 'ecs',
    ScalableDimension: DIMENSION,
    ResourceId: resourceId(target.cluster, target.service),
    MinCapacity: 0,
    SuspendedState: {
      DynamicScalingInSuspended: true,
      DynamicScalingOutSuspended: true,
      ScheduledScalingSuspended: true,
    },
  };
  const what = `Cloudnap: suspends the autoscaling of ${targetId(target)} before it is stopped`;
  const action = 'applicationautoscaling:registerScalableTarget';
  const place = { region: target.region, action, input };
  return schedule(boundsName(owner, target), { what, at, role, ...place });
}

/** When a schedule fires; undefined for an expression that is none of ours. */
export function firesAt({
  ScheduleExpression = '',
}: Pick<GetScheduleCommandOutput, 'ScheduleExpression'>): number | undefined {
  const [, text] = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(ScheduleExpression) ?? [];
  const at = text === undefined ? Number.NaN : Date.parse(`${text}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** The target that a schedule stops, read back from its call; undefined for one that stops none. */
export function stoppedBy(
  region: string,
  { Target: call }: Pick<GetScheduleCommandOutput, 'Target'>,
): Target | undefined {
  const [, action] = /:aws-sdk:(.+)$/.exec(call?.Arn ?? '') ?? [];
  const input = fieldsOf(call?.Input);
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const target = ((): Target | undefined => {
    switch (action) {
      case 'ec2:stopInstances': {
        const { InstanceIds: ids } = input;
        return { kind: 'ec2', region, instanceId: text(Array.isArray(ids) ? ids[0] : undefined) };
      }
      case 'ecs:updateService':
        return { kind: 'ecs', region, cluster: text(input.Cluster), service: text(input.Service) };
      case 'eks:updateNodegroupConfig':
        return {
          kind: 'eks',
          region,
          cluster: text(input.ClusterName),
          nodegroup: text(input.NodegroupName),
        };
      default:
        return undefined;
    }
  })();
  return target && targetFault(target) === undefined ? target : undefined;
}

/** Names of the fields in which the schedule that AWS holds differs from what was sent. Empty: it is as ordered. */
export function differences(sent: ScheduleInput, held: GetScheduleCommandOutput): readonly string[] {
  const { RetryPolicy: retry = {} } = held.Target ?? {};
  const pairs: Record<string, readonly [unknown, unknown]> = {
    ScheduleExpression: [sent.ScheduleExpression, held.ScheduleExpression],
    ScheduleExpressionTimezone: [sent.ScheduleExpressionTimezone, held.ScheduleExpressionTimezone],
    State: [sent.State, held.State],
    FlexibleTimeWindow: [sent.FlexibleTimeWindow?.Mode, held.FlexibleTimeWindow?.Mode],
    ActionAfterCompletion: [sent.ActionAfterCompletion, held.ActionAfterCompletion],
    'Target.Arn': [sent.Target?.Arn, held.Target?.Arn],
    'Target.RoleArn': [sent.Target?.RoleArn, held.Target?.RoleArn],
    'Target.Input': [sent.Target?.Input, held.Target?.Input],
    'RetryPolicy.MaximumRetryAttempts': [RETRY.MaximumRetryAttempts, retry.MaximumRetryAttempts],
    'RetryPolicy.MaximumEventAgeInSeconds': [RETRY.MaximumEventAgeInSeconds, retry.MaximumEventAgeInSeconds],
  };
  return Object.keys(pairs).filter((field) => pairs[field]?.[0] !== pairs[field]?.[1]);
}

function stopCall(target: Target): [action: string, input: object] {
  switch (target.kind) {
    case 'ec2':
      return ['ec2:stopInstances', { InstanceIds: [target.instanceId] }];
    case 'ecs':
      return ['ecs:updateService', { Cluster: target.cluster, Service: target.service, DesiredCount: 0 }];
    case 'eks':
      return [
        'eks:updateNodegroupConfig',
        {
          ClusterName: target.cluster,
          NodegroupName: target.nodegroup,
          ScalingConfig: { MinSize: 0, DesiredSize: 0 },
        },
      ];
  }
}

function schedule(
  Name: string,
  {
    what,
    at,
    role,
    region,
    action,
    input,
  }: { what: string; at: number; role: string; region: string; action: string; input: object },
): ScheduleInput {
  return {
    Name,
    GroupName: GROUP,
    Description: what.slice(0, LONGEST_DESCRIPTION),
    ScheduleExpression: `at(${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)})`,
    ScheduleExpressionTimezone: 'UTC',
    FlexibleTimeWindow: { Mode: 'OFF' },
    State: 'ENABLED',
    ActionAfterCompletion: 'DELETE',
    Target: {
      Arn: `arn:${partitionOf(region)}:scheduler:::aws-sdk:${action}`,
      RoleArn: role,
      Input: JSON.stringify(input),
      RetryPolicy: RETRY,
    },
  };
}

/** The first part of every ARN in a region ("Amazon Resource Names", IAM user guide). */
function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

function fieldsOf(json: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json ?? '');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
