/** ECS through the real SDK: tasks that follow the desired count, deployments, page sizes and refusals. */
import {
  DescribeClustersCommand,
  DescribeServicesCommand,
  type ECSClient,
  ListClustersCommand,
  ListServicesCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { describe, expect, test } from 'vitest';
import type { Fleet } from '../../../src/sandbox/index.js';
import { errorName, sandboxWith } from './fixture.js';

const SEOUL = 'ap-northeast-2';

async function service(ecs: ECSClient, name: string) {
  const { services } = await ecs.send(new DescribeServicesCommand({ cluster: 'dev', services: [name] }));
  return services![0]!;
}

/** A cluster `big` of `count` services. */
function many(count: number): Fleet {
  const services = Array.from({ length: count }, (_, index) => ({ name: `service-${index}`, desired: 1 }));
  return {
    account: '111122223333',
    regions: { [SEOUL]: { ecsClusters: [{ name: 'big', services }] } },
  };
}

describe('UpdateService', () => {
  test('is followed by the tasks one at a time, and ends as a completed deployment', async () => {
    const { ecs, clock } = await sandboxWith();
    const updated = await ecs.send(
      new UpdateServiceCommand({ cluster: 'dev', service: 'payments', desiredCount: 3 }),
    );
    expect(updated.service).toMatchObject({ desiredCount: 3, runningCount: 1, pendingCount: 2 });
    expect(updated.service?.deployments?.[0]?.rolloutState).toBe('IN_PROGRESS');
    clock.advance(5_000);
    expect(await service(ecs, 'payments')).toMatchObject({ runningCount: 2, pendingCount: 1 });
    clock.advance(5_000);
    expect((await service(ecs, 'payments')).deployments?.[0]).toMatchObject({
      runningCount: 3,
      rolloutState: 'IN_PROGRESS',
    });
    clock.advance(5_000);
    expect((await service(ecs, 'payments')).deployments?.[0]?.rolloutState).toBe('COMPLETED');
  });

  test('goes down to zero and back', async () => {
    const { ecs, clock } = await sandboxWith();
    const scale = (desiredCount: number) =>
      ecs.send(new UpdateServiceCommand({ cluster: 'dev', service: 'payments', desiredCount }));
    await scale(0);
    clock.advance(60_000);
    expect(await service(ecs, 'payments')).toMatchObject({ desiredCount: 0, runningCount: 0 });
    await scale(1);
    clock.advance(60_000);
    expect(await service(ecs, 'payments')).toMatchObject({
      desiredCount: 1,
      runningCount: 1,
      pendingCount: 0,
    });
  });

  test('with a task definition rolls it out: the new tasks come before the old ones go', async () => {
    const { ecs, clock } = await sandboxWith();
    const before = (await service(ecs, 'orders')).deployments?.[0]?.id;
    await ecs.send(
      new UpdateServiceCommand({ cluster: 'dev', service: 'orders', taskDefinition: 'orders:2' }),
    );
    const shape = async () =>
      (await service(ecs, 'orders')).deployments?.map(({ status, runningCount }) => [status, runningCount]);
    expect(await shape()).toEqual([
      ['PRIMARY', 0],
      ['ACTIVE', 2],
    ]);
    clock.advance(15_000);
    expect(await shape()).toEqual([
      ['PRIMARY', 2],
      ['ACTIVE', 1],
    ]);
    clock.advance(60_000);
    const after = await service(ecs, 'orders');
    expect(after.deployments).toHaveLength(1);
    expect(after.deployments?.[0]).toMatchObject({ rolloutState: 'COMPLETED', runningCount: 2 });
    expect(after.deployments?.[0]?.id).not.toBe(before);
    expect(after.taskDefinition).toMatch(/task-definition\/orders:2$/);
  });

  test('takes ARNs for names', async () => {
    const { ecs } = await sandboxWith();
    const { serviceArn, clusterArn } = await service(ecs, 'payments');
    const updated = await ecs.send(
      new UpdateServiceCommand({ cluster: clusterArn, service: serviceArn, desiredCount: 0 }),
    );
    expect(updated.service?.serviceName).toBe('payments');
    expect(updated.service?.desiredCount).toBe(0);
  });

  test.each([
    ['a DAEMON', 'dev', 'log-agent', 'InvalidParameterException'],
    ['a service that does not exist', 'dev', 'nothing', 'ServiceNotFoundException'],
    ['a cluster that does not exist', 'nowhere', 'orders', 'ClusterNotFoundException'],
  ])('refuses a count for %s', async (_what, cluster, name, error) => {
    const { ecs } = await sandboxWith();
    const update = ecs.send(new UpdateServiceCommand({ cluster, service: name, desiredCount: 0 }));
    expect(await errorName(update)).toBe(error);
  });

  test('refuses a deleted service, which stays describable as INACTIVE', async () => {
    const { ecs, sandbox } = await sandboxWith();
    sandbox.person('deleteService', { region: SEOUL, cluster: 'dev', service: 'orders' });
    const update = ecs.send(new UpdateServiceCommand({ cluster: 'dev', service: 'orders', desiredCount: 1 }));
    expect(await errorName(update)).toBe('ServiceNotActiveException');
    expect(await service(ecs, 'orders')).toMatchObject({
      status: 'INACTIVE',
      desiredCount: 0,
      runningCount: 0,
    });
    const { serviceArns = [] } = await ecs.send(new ListServicesCommand({ cluster: 'dev' }));
    expect(serviceArns.some((arn) => arn.endsWith('/orders'))).toBe(false);
  });

  test('of a stalled service never completes, until it wants fewer tasks', async () => {
    const { ecs, sandbox, clock } = await sandboxWith();
    const key = { region: SEOUL, cluster: 'dev', service: 'payments' };
    sandbox.person('stallService', { ...key, stalled: true });
    sandbox.person('deployService', { ...key, taskDefinition: 'payments:2' });
    clock.advance(3_600_000);
    const stuck = (await service(ecs, 'payments')).deployments;
    expect(stuck?.map(({ rolloutState }) => rolloutState)).toEqual(['IN_PROGRESS', 'COMPLETED']);
    await ecs.send(new UpdateServiceCommand({ cluster: 'dev', service: 'payments', desiredCount: 0 }));
    clock.advance(60_000);
    const idle = await service(ecs, 'payments');
    expect(idle).toMatchObject({ runningCount: 0 });
    expect(idle.deployments?.map(({ rolloutState }) => rolloutState)).toEqual(['COMPLETED']);
  });
});

describe('limits', () => {
  test('ListServices gives ten a page unless asked for up to a hundred', async () => {
    const { ecs } = await sandboxWith({ fleet: many(120) });
    const first = await ecs.send(new ListServicesCommand({ cluster: 'big' }));
    expect(first.serviceArns).toHaveLength(10);
    const second = await ecs.send(new ListServicesCommand({ cluster: 'big', nextToken: first.nextToken }));
    expect(second.serviceArns?.[0]).toMatch(/service\/big\/service-10$/);
    const hundred = await ecs.send(new ListServicesCommand({ cluster: 'big', maxResults: 100 }));
    expect(hundred.serviceArns).toHaveLength(100);
    const rest = await ecs.send(
      new ListServicesCommand({ cluster: 'big', maxResults: 100, nextToken: hundred.nextToken }),
    );
    expect(rest.serviceArns).toHaveLength(20);
    expect(rest.nextToken).toBeUndefined();
    const over = ecs.send(new ListServicesCommand({ cluster: 'big', maxResults: 101 }));
    expect(await errorName(over)).toBe('InvalidParameterException');
  });

  test('DescribeServices takes ten names and reports the missing ones', async () => {
    const { ecs } = await sandboxWith({ fleet: many(12) });
    const names = Array.from({ length: 11 }, (_, index) => `service-${index}`);
    const eleven = ecs.send(new DescribeServicesCommand({ cluster: 'big', services: names }));
    expect(await errorName(eleven)).toBe('InvalidParameterException');
    const ten = await ecs.send(
      new DescribeServicesCommand({ cluster: 'big', services: [...names.slice(0, 9), 'nothing'] }),
    );
    expect(ten.services).toHaveLength(9);
    expect(ten.failures).toEqual([
      { arn: expect.stringMatching(/service\/big\/nothing$/), reason: 'MISSING' },
    ]);
  });
});

test('clusters are listed and described, the empty one and the missing one too', async () => {
  const { ecs } = await sandboxWith();
  const { clusterArns } = await ecs.send(new ListClustersCommand({}));
  expect(clusterArns).toHaveLength(2);
  const found = await ecs.send(new DescribeClustersCommand({ clusters: [...clusterArns!, 'nowhere'] }));
  expect(
    found.clusters?.map(({ clusterName, activeServicesCount }) => [clusterName, activeServicesCount]),
  ).toEqual([
    ['dev', 4],
    ['empty', 0],
  ]);
  expect(found.failures).toMatchObject([{ reason: 'MISSING' }]);
  const { serviceArns } = await ecs.send(new ListServicesCommand({ cluster: 'empty' }));
  expect(serviceArns).toEqual([]);
});
