/** Schedules that fire: on time, as far as their role may, again when a try fails; late or twice when told to. */
import { DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { DescribeServicesCommand } from '@aws-sdk/client-ecs';
import { DescribeNodegroupCommand } from '@aws-sdk/client-eks';
import { DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateScheduleCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { describe, expect, test } from 'vitest';
import { demoFleet } from '../../../src/sandbox/index.js';
import { errorName, roleFor, START, sandboxWith } from './fixture.js';

const MINUTE = 60_000;
/** The schedules of this file are due a minute from the start, and fire this long after. */
const DUE = START + MINUTE;
const FIRED = DUE + 7_000;
const API = 'i-0a1c5e7d9b3f20461';
const PROTECTED = 'i-0c3e7a9f1d5b42683';
const arn = (service: string, resource: string) =>
  `arn:aws:${service}:ap-northeast-2:${demoFleet.account}:${resource}`;

/** A sandbox with a role, and how to put up a schedule that is due in a minute. */
async function armed(actions: string[], resources?: string[]) {
  const all = await sandboxWith();
  const { scheduler, sandbox, clock } = all;
  const RoleArn = await roleFor(all.iam, { actions, ...(resources && { resources }) });
  sandbox.journal.clear();
  const schedule = (action: string, input: object, changes: object = {}) => ({
    Name: 'switch',
    ScheduleExpression: 'at(2026-03-02T09:01:00)',
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    ActionAfterCompletion: 'DELETE' as const,
    Target: {
      Arn: `arn:aws:scheduler:::aws-sdk:${action}`,
      RoleArn,
      Input: JSON.stringify(input),
      RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 2 },
    },
    ...changes,
  });
  const arm = async (...how: Parameters<typeof schedule>) => {
    await scheduler.send(new CreateScheduleCommand(schedule(...how)));
    sandbox.journal.clear();
  };
  const firings = () => sandbox.journal.entries().map(({ at, error }) => [at, error]);
  const toFiring = () => clock.advance(FIRED - START);
  return { ...all, RoleArn, schedule, arm, firings, toFiring };
}

const stopsApi = (ids = [API]) => ['ec2:stopInstances', { InstanceIds: ids }] as const;

describe('what a schedule calls', () => {
  test('stops an instance within its minute, dated so, and is deleted', async () => {
    const { arm, clock, ec2, sandbox, scheduler, RoleArn } = await armed(
      ['ec2:StopInstances'],
      [arn('ec2', `instance/${API}`)],
    );
    await arm(...stopsApi());
    const described = async () =>
      (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [API] }))).Reservations?.[0]
        ?.Instances?.[0];
    clock.advance(FIRED - START - 1);
    expect(await described()).toMatchObject({ State: { Name: 'running' } });
    // Nobody looks for a while: it has happened at its instant all the same.
    clock.advance(20 * MINUTE);
    expect(await described()).toMatchObject({
      State: { Name: 'stopped' },
      StateTransitionReason: 'User initiated (2026-03-02 09:01:07 GMT)',
    });
    expect(sandbox.journal.entries()).toEqual([
      {
        at: FIRED,
        account: demoFleet.account,
        by: `arn:aws:sts::${demoFleet.account}:assumed-role/${RoleArn.split('/')[1]}/switch`,
        schedule: 'default/switch',
        region: 'ap-northeast-2',
        service: 'ec2',
        operation: 'StopInstances',
        parameters: { InstanceId: [API] },
        answered: true,
      },
    ]);
    expect((await scheduler.send(new ListSchedulesCommand({}))).Schedules).toEqual([]);
  });

  test('sets an ECS service to no tasks, as its events tell', async () => {
    const { arm, toFiring, clock, ecs } = await armed(
      ['ecs:UpdateService'],
      [arn('ecs', 'service/dev/payments')],
    );
    await arm('ecs:updateService', { Cluster: 'dev', Service: 'payments', DesiredCount: 0 });
    toFiring();
    clock.advance(10_000);
    const { services } = await ecs.send(
      new DescribeServicesCommand({ cluster: 'dev', services: ['payments'] }),
    );
    expect(services?.[0]).toMatchObject({ desiredCount: 0, runningCount: 0 });
    expect(services?.[0]?.events?.slice(0, 2)).toMatchObject([
      {
        createdAt: new Date(FIRED + 10_000),
        message: '(service payments) has reached a steady state.',
      },
      {
        createdAt: new Date(FIRED + 5_000),
        message: expect.stringMatching(/^\(service payments\) has stopped 1 running tasks: \(task \w+\)\.$/),
      },
    ]);
  });

  test('sets a scalable target’s minimum to zero with everything suspended', async () => {
    const { arm, toFiring, scaling } = await armed([
      'application-autoscaling:RegisterScalableTarget',
      'ecs:DescribeServices',
      'ecs:UpdateService',
    ]);
    await arm('applicationautoscaling:registerScalableTarget', {
      ServiceNamespace: 'ecs',
      ResourceId: 'service/dev/orders',
      ScalableDimension: 'ecs:service:DesiredCount',
      MinCapacity: 0,
      SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true },
    });
    toFiring();
    const found = await scaling.send(
      new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', ResourceIds: ['service/dev/orders'] }),
    );
    expect(found.ScalableTargets?.[0]).toMatchObject({
      MinCapacity: 0,
      MaxCapacity: 4,
      SuspendedState: { DynamicScalingInSuspended: true, DynamicScalingOutSuspended: true },
    });
  });

  test('sizes a node group down, its ARN ending in an id', async () => {
    const { arm, toFiring, eks } = await armed(
      ['eks:UpdateNodegroupConfig'],
      [arn('eks', 'nodegroup/dev-kubernetes/workers/*')],
    );
    const workers = { ClusterName: 'dev-kubernetes', NodegroupName: 'workers' };
    await arm('eks:updateNodegroupConfig', { ...workers, ScalingConfig: { MinSize: 0, DesiredSize: 0 } });
    toFiring();
    const { nodegroup } = await eks.send(
      new DescribeNodegroupCommand({ clusterName: 'dev-kubernetes', nodegroupName: 'workers' }),
    );
    expect(nodegroup?.scalingConfig).toEqual({ minSize: 0, desiredSize: 0, maxSize: 4 });
  });
});

describe('a try that fails', () => {
  test.each([
    ['for another instance', ['ec2:StopInstances'], [arn('ec2', 'instance/i-0b2d6f8e0c4a31572')]],
    ['for another action', ['ec2:StartInstances'], ['*']],
  ])(
    'is refused by a role %s, tried as often as it may be, then dropped',
    async (_what, actions, resources) => {
      const { arm, clock, firings, sandbox, scheduler } = await armed(actions, resources);
      await arm(...stopsApi());
      clock.advance(60 * MINUTE);
      expect(firings()).toEqual([
        [FIRED, 'UnauthorizedOperation'],
        [FIRED + 20_000, 'UnauthorizedOperation'],
        [FIRED + 60_000, 'UnauthorizedOperation'],
      ]);
      expect(sandbox.resources()[0]?.instances[0]?.state).toBe('running');
      expect((await scheduler.send(new ListSchedulesCommand({}))).Schedules).toEqual([]);
    },
  );

  test('is tried again for as long as its age allows', async () => {
    const { arm, schedule, clock, firings } = await armed(['ec2:*']);
    const { Target } = schedule(...stopsApi([PROTECTED]));
    const RetryPolicy = { MaximumEventAgeInSeconds: 100, MaximumRetryAttempts: 100 };
    await arm(...stopsApi([PROTECTED]), { Target: { ...Target, RetryPolicy } });
    clock.advance(60 * MINUTE);
    expect(firings().map(([at]) => Number(at) - FIRED)).toEqual([0, 20_000, 60_000]);
  });

  test('goes through once what was wrong is over', async () => {
    const { arm, clock, firings, sandbox } = await armed(['ec2:*']);
    sandbox.trouble.add({ effect: { kind: 'throttle' }, service: 'ec2', operation: 'StopInstances' });
    await arm(...stopsApi());
    clock.advance(5 * MINUTE);
    expect(firings()).toEqual([
      [FIRED, 'RequestLimitExceeded'],
      [FIRED + 20_000, undefined],
    ]);
  });

  test('uses the role as it is then', async () => {
    const { arm, clock, firings, iam } = await armed(['ec2:*']);
    await arm(...stopsApi());
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'switches', PolicyName: 'stop' }));
    clock.advance(60 * MINUTE);
    expect(
      new Set(
        firings()
          .slice(1)
          .map(([, error]) => error),
      ),
    ).toEqual(new Set(['UnauthorizedOperation']));
  });
});

describe('trouble with firings', () => {
  test('makes one late', async () => {
    const { arm, clock, firings, sandbox } = await armed(['ec2:*']);
    const resource = API;
    sandbox.trouble.add({ effect: { kind: 'latency', ms: 2 * MINUTE }, operation: 'Fire', resource });
    await arm(...stopsApi());
    clock.advance(60 * MINUTE);
    expect(firings()).toEqual([[FIRED + 2 * MINUTE, undefined]]);
  });

  test('delivers one twice, the second even after its schedule was deleted', async () => {
    const { arm, clock, firings, sandbox } = await armed(['ec2:*']);
    const resource = 'switch';
    sandbox.trouble.add({ effect: { kind: 'doubled', ms: 3 * MINUTE }, operation: 'Fire', resource });
    await arm(...stopsApi());
    clock.advance(60 * MINUTE);
    expect(firings()).toEqual([
      [FIRED, undefined],
      [FIRED + 3 * MINUTE, undefined],
    ]);
  });

  test('loses an answer, so that the scheduler calls again', async () => {
    const { arm, clock, firings, sandbox } = await armed(['ec2:*']);
    sandbox.trouble.add({ effect: { kind: 'lost-answer' }, operation: 'Fire' });
    await arm(...stopsApi());
    clock.advance(60 * MINUTE);
    expect(firings()).toEqual([
      [FIRED, undefined],
      [FIRED + 20_000, undefined],
    ]);
  });

  test('that is added after the instant does not reach back', async () => {
    const { arm, toFiring, firings, sandbox } = await armed(['ec2:*']);
    await arm(...stopsApi());
    toFiring();
    sandbox.trouble.add({ effect: { kind: 'deny' }, operation: 'Fire', times: 'always' });
    expect(firings()).toEqual([[FIRED, undefined]]);
  });
});

describe('a schedule’s moment', () => {
  test('moves with an update, and the old one does not fire', async () => {
    const { arm, schedule, clock, firings, scheduler } = await armed(['ec2:*']);
    await arm(...stopsApi());
    clock.advance(30_000);
    const later = { ScheduleExpression: 'at(2026-03-02T09:06:00)' };
    await scheduler.send(new UpdateScheduleCommand(schedule(...stopsApi(), later)));
    clock.advance(60 * MINUTE);
    expect(firings().slice(1)).toEqual([[FIRED + 5 * MINUTE, undefined]]);
  });

  test('passes a disabled one by, and one that is kept stays when it has fired', async () => {
    const { arm, clock, firings, scheduler } = await armed(['ec2:*']);
    await arm(...stopsApi(), { Name: 'off', State: 'DISABLED' });
    await arm(...stopsApi(), { Name: 'kept', ActionAfterCompletion: 'NONE' });
    clock.advance(60 * MINUTE);
    expect(firings()).toEqual([[FIRED, undefined]]);
    const names = (await scheduler.send(new ListSchedulesCommand({}))).Schedules?.map(({ Name }) => Name);
    expect(names).toEqual(['off', 'kept']);
  });

  test('is used up: what fired is not found to be moved on', async () => {
    const { arm, schedule, toFiring, scheduler } = await armed(['ec2:*']);
    await arm(...stopsApi());
    toFiring();
    const later = { ScheduleExpression: 'at(2026-03-02T09:06:00)' };
    const update = scheduler.send(new UpdateScheduleCommand(schedule(...stopsApi(), later)));
    expect(await errorName(update)).toBe('ResourceNotFoundException');
    expect(await errorName(scheduler.send(new GetScheduleCommand({ Name: 'switch' })))).toBe(
      'ResourceNotFoundException',
    );
  });
});
