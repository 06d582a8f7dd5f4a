/** Schedules as they are sent, and what is read back from them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boundsAt,
  boundsSchedule,
  differences,
  firesAt,
  isOfBounds,
  scheduleName,
  stoppedBy,
  stopSchedule,
} from '../../../src/aws/switch-calls.js';
import type { EcsTarget, Target } from '../../../src/core/target.js';

const AT = Date.UTC(2026, 0, 31, 23, 5);
const ROLE = 'arn:aws:iam::123456789012:role/Stop1';
const instance: Target = { kind: 'ec2', region: 'eu-central-1', instanceId: 'i-0123456789abcdef0' };
const service: EcsTarget = { kind: 'ecs', region: 'cn-north-1', cluster: 'dev', service: 'web' };
const nodegroup: Target = { kind: 'eks', region: 'us-gov-west-1', cluster: 'kube', nodegroup: 'workers' };
const stop = (target: Target) => stopSchedule({ target, owner: 'me' }, AT, ROLE);

describe('a schedule', () => {
  it('has every field, and retries that end before anybody is back', () => {
    expect(stop(instance)).toEqual({
      Name: expect.stringMatching(/^me-ec2-[0-9a-f]{16}$/),
      GroupName: 'cloudnap',
      Description: expect.stringContaining('ec2:eu-central-1:i-0123456789abcdef0'),
      ScheduleExpression: 'at(2026-01-31T23:05:00)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      ActionAfterCompletion: 'DELETE',
      Target: {
        Arn: 'arn:aws:scheduler:::aws-sdk:ec2:stopInstances',
        RoleArn: ROLE,
        Input: '{"InstanceIds":["i-0123456789abcdef0"]}',
        RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 300 },
      },
    });
  });

  it.each([
    [
      stop(service),
      'arn:aws-cn:scheduler:::aws-sdk:ecs:updateService',
      { Cluster: 'dev', Service: 'web', DesiredCount: 0 },
    ],
    [
      stop(nodegroup),
      'arn:aws-us-gov:scheduler:::aws-sdk:eks:updateNodegroupConfig',
      { ClusterName: 'kube', NodegroupName: 'workers', ScalingConfig: { MinSize: 0, DesiredSize: 0 } },
    ],
    [
      boundsSchedule({ target: service, owner: 'me' }, AT, ROLE),
      'arn:aws-cn:scheduler:::aws-sdk:applicationautoscaling:registerScalableTarget',
      {
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: 'service/dev/web',
        MinCapacity: 0,
        SuspendedState: {
          DynamicScalingInSuspended: true,
          DynamicScalingOutSuspended: true,
          ScheduledScalingSuspended: true,
        },
      },
    ],
  ])('calls what a nap calls', (schedule, arn, input) => {
    expect(schedule.Target?.Arn).toBe(arn);
    expect(JSON.parse(schedule.Target?.Input ?? '')).toEqual(input);
  });

  it('of bounds comes a minute before the stop where there is time, and stops nothing by itself', () => {
    expect(boundsAt(AT, AT - 600_000)).toBe(AT - 60_000);
    expect(boundsAt(AT, AT - 70_000)).toBe(AT);
    const bounds = boundsSchedule({ target: service, owner: 'me' }, AT, ROLE);
    expect(stoppedBy('cn-north-1', bounds)).toBeUndefined();
    expect([bounds.Name, stop(service).Name].map(isOfBounds)).toEqual([true, false]);
  });

  it('tells its target and its time', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/);
    const region = fc.constant('eu-central-1');
    const target = fc.oneof(
      fc.record({
        kind: fc.constant('ec2' as const),
        region,
        instanceId: fc.stringMatching(/^i-[0-9a-f]{17}$/),
      }),
      fc.record({ kind: fc.constant('ecs' as const), region, cluster: name, service: name }),
      fc.record({ kind: fc.constant('eks' as const), region, cluster: name, nodegroup: name }),
    );
    fc.assert(
      fc.property(target, fc.integer({ min: 0, max: 50_000_000 }), (one, minute) => {
        const schedule = stopSchedule({ target: one, owner: 'me' }, minute * 60_000, ROLE);
        expect(stoppedBy('eu-central-1', schedule)).toEqual(one);
        expect(firesAt(schedule)).toBe(minute * 60_000);
        expect(schedule.Name.length).toBeLessThanOrEqual(64);
        expect(schedule.Description?.length).toBeLessThanOrEqual(512);
      }),
    );
  });

  it('of somebody else’s is none of ours', () => {
    const expressions = ['rate(5 minutes)', 'cron(0 9 * * ? *)', 'at(tomorrow)', ''];
    expect(expressions.map((ScheduleExpression) => firesAt({ ScheduleExpression }))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    for (const Input of ['', 'null', '{', '{"InstanceIds":"i-1"}', '{"InstanceIds":[]}'])
      expect(
        stoppedBy('eu-central-1', {
          Target: { Arn: 'arn:aws:scheduler:::aws-sdk:ec2:stopInstances', RoleArn: ROLE, Input },
        }),
      ).toBeUndefined();
  });

  it('has a name of its own for each owner and target, as long as an owner’s is', () => {
    const owners = ['team', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'];
    const names = owners.flatMap((owner) =>
      [instance, service, nodegroup].map((one) => scheduleName(owner, one)),
    );
    expect(new Set(names).size).toBe(6);
    for (const owner of ['', 'an owner', 'x'.repeat(48)])
      expect(() => scheduleName(owner, instance)).toThrow(TypeError);
  });

  it('that AWS holds otherwise is told by field', () => {
    const sent = stop(instance);
    const held = { ...sent, $metadata: {} };
    expect(differences(sent, held)).toEqual([]);
    expect(differences(sent, { ...held, State: 'DISABLED', ActionAfterCompletion: 'NONE' })).toEqual([
      'State',
      'ActionAfterCompletion',
    ]);
    const retries = { ...sent.Target, Arn: 'a', RoleArn: 'b', RetryPolicy: { MaximumRetryAttempts: 185 } };
    expect(differences(sent, { ...held, Target: retries })).toEqual([
      'Target.Arn',
      'Target.RoleArn',
      'RetryPolicy.MaximumRetryAttempts',
      'RetryPolicy.MaximumEventAgeInSeconds',
    ]);
  });
});
