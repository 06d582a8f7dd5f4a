/** Application Auto Scaling through the real SDK: clamping, suspension, and what a policy does to a count. */
import {
  type ApplicationAutoScalingClient,
  DeregisterScalableTargetCommand,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import { DescribeServicesCommand, type ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { describe, expect, test } from 'vitest';
import { errorName, sandboxWith } from './fixture.js';

const ORDERS = {
  ServiceNamespace: 'ecs',
  ScalableDimension: 'ecs:service:DesiredCount',
  ResourceId: 'service/dev/orders',
} as const;
const ALL_SUSPENDED = {
  DynamicScalingInSuspended: true,
  DynamicScalingOutSuspended: true,
  ScheduledScalingSuspended: true,
};

async function desired(ecs: ECSClient, name = 'orders') {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'dev', services: [name] }));
  return services?.[0]?.desiredCount;
}

const setDesired = (ecs: ECSClient, desiredCount: number) =>
  ecs.send(new UpdateServiceCommand({ cluster: 'dev', service: 'orders', desiredCount }));

async function target(scaling: ApplicationAutoScalingClient, ResourceId: string = ORDERS.ResourceId) {
  const found = await scaling.send(
    new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', ResourceIds: [ResourceId] }),
  );
  return found.ScalableTargets?.[0];
}

describe('RegisterScalableTarget', () => {
  test('changes bounds and flags, and leaves what it is not given', async () => {
    const { scaling } = await sandboxWith();
    await scaling.send(
      new RegisterScalableTargetCommand({ ...ORDERS, MinCapacity: 0, SuspendedState: ALL_SUSPENDED }),
    );
    expect(await target(scaling)).toMatchObject({
      MinCapacity: 0,
      MaxCapacity: 4,
      SuspendedState: ALL_SUSPENDED,
    });
    await scaling.send(new RegisterScalableTargetCommand({ ...ORDERS, MinCapacity: 1 }));
    expect(await target(scaling)).toMatchObject({ MinCapacity: 1, SuspendedState: ALL_SUSPENDED });
  });

  test('pulls the count into the bounds even if they are omitted and all is suspended', async () => {
    const { scaling, ecs } = await sandboxWith();
    await scaling.send(new RegisterScalableTargetCommand({ ...ORDERS, SuspendedState: ALL_SUSPENDED }));
    await setDesired(ecs, 0);
    expect(await desired(ecs)).toBe(0);
    await scaling.send(new RegisterScalableTargetCommand({ ...ORDERS, SuspendedState: ALL_SUSPENDED }));
    expect(await desired(ecs)).toBe(1);
    await setDesired(ecs, 9);
    await scaling.send(new RegisterScalableTargetCommand({ ...ORDERS }));
    expect(await desired(ecs)).toBe(4);
  });

  test('keeps a user’s own suspension readable', async () => {
    const { scaling } = await sandboxWith();
    expect((await target(scaling, 'service/dev/search'))?.SuspendedState).toEqual({
      DynamicScalingInSuspended: false,
      DynamicScalingOutSuspended: false,
      ScheduledScalingSuspended: true,
    });
  });

  test.each([
    ['min over max', { ...ORDERS, MinCapacity: 5 }],
    ['a new target without bounds', { ...ORDERS, ResourceId: 'service/dev/payments', MinCapacity: 1 }],
    [
      'a service that does not exist',
      { ...ORDERS, ResourceId: 'service/dev/nothing', MinCapacity: 1, MaxCapacity: 2 },
    ],
  ])('refuses %s', async (_what, input) => {
    const { scaling } = await sandboxWith();
    expect(await errorName(scaling.send(new RegisterScalableTargetCommand(input)))).toBe(
      'ValidationException',
    );
  });
});

describe('a count outside the bounds', () => {
  test('is pulled back in after a while', async () => {
    const { ecs, clock } = await sandboxWith();
    await setDesired(ecs, 0);
    clock.advance(59_999);
    expect(await desired(ecs)).toBe(0);
    clock.advance(1);
    expect(await desired(ecs)).toBe(1);
  });

  test('stays while scaling out is suspended, and is pulled in once it is resumed', async () => {
    const { ecs, scaling, clock, sandbox } = await sandboxWith();
    const suspend = { ...ORDERS, SuspendedState: ALL_SUSPENDED };
    await scaling.send(new RegisterScalableTargetCommand(suspend));
    await setDesired(ecs, 0);
    clock.advance(3_600_000);
    expect(await desired(ecs)).toBe(0);
    sandbox.person('changeScalableTarget', {
      region: 'ap-northeast-2',
      cluster: 'dev',
      service: 'orders',
      suspended: { dynamicScalingIn: false, dynamicScalingOut: false, scheduledScaling: false },
    });
    expect(await desired(ecs)).toBe(0);
    clock.advance(60_000);
    expect(await desired(ecs)).toBe(1);
  });

  test('is nobody’s business where there is no scalable target', async () => {
    const { ecs, clock } = await sandboxWith();
    await ecs.send(new UpdateServiceCommand({ cluster: 'dev', service: 'payments', desiredCount: 0 }));
    clock.advance(3_600_000);
    expect(await desired(ecs, 'payments')).toBe(0);
  });
});

test('targets are listed in pages and can be deregistered once', async () => {
  const { scaling } = await sandboxWith();
  const list = (NextToken?: string) =>
    scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', MaxResults: 1, NextToken }));
  const first = await list();
  const second = await list(first.NextToken);
  expect([first, second].map(({ ScalableTargets }) => ScalableTargets?.[0]?.ResourceId)).toEqual([
    'service/dev/orders',
    'service/dev/search',
  ]);
  expect(second.NextToken).toBeUndefined();
  await scaling.send(new DeregisterScalableTargetCommand(ORDERS));
  expect(await target(scaling)).toBeUndefined();
  const again = scaling.send(new DeregisterScalableTargetCommand(ORDERS));
  expect(await errorName(again)).toBe('ObjectNotFoundException');
});
