/** EKS through the real SDK: node groups, one update at a time, and sizes that must make sense together. */
import {
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  type EKSClient,
  ListClustersCommand,
  ListFargateProfilesCommand,
  ListNodegroupsCommand,
  ListUpdatesCommand,
  type NodegroupScalingConfig,
  UpdateNodegroupConfigCommand,
} from '@aws-sdk/client-eks';
import { describe, expect, test } from 'vitest';
import { errorName, sandboxWith } from './fixture.js';

const WORKERS = { clusterName: 'dev-kubernetes', nodegroupName: 'workers' };

const scale = (eks: EKSClient, scalingConfig: NodegroupScalingConfig) =>
  eks.send(new UpdateNodegroupConfigCommand({ ...WORKERS, scalingConfig }));

async function nodegroup(eks: EKSClient) {
  return (await eks.send(new DescribeNodegroupCommand(WORKERS))).nodegroup!;
}

describe('UpdateNodegroupConfig', () => {
  test('takes part of the sizes; the update runs, the status stays ACTIVE, nodes follow one by one', async () => {
    const { eks, clock, sandbox } = await sandboxWith();
    const nodes = () =>
      sandbox
        .resources()
        .flatMap(({ nodegroups }) => nodegroups)
        .find(({ name }) => name === 'workers')?.nodes;
    const { update } = await scale(eks, { minSize: 0, desiredSize: 0 });
    expect(update).toMatchObject({ status: 'InProgress', type: 'ConfigUpdate' });
    expect(await nodegroup(eks)).toMatchObject({
      status: 'ACTIVE',
      scalingConfig: { minSize: 0, desiredSize: 0, maxSize: 4 },
    });
    const status = async () =>
      (
        await eks.send(
          new DescribeUpdateCommand({
            name: WORKERS.clusterName,
            nodegroupName: 'workers',
            updateId: update!.id,
          }),
        )
      ).update?.status;
    clock.advance(19_999);
    expect(await status()).toBe('InProgress');
    expect(nodes()).toBe(2);
    clock.advance(1);
    expect(await status()).toBe('Successful');
    clock.advance(30_000);
    expect(nodes()).toBe(1);
    clock.advance(30_000);
    expect(nodes()).toBe(0);
    const listed = await eks.send(
      new ListUpdatesCommand({ name: WORKERS.clusterName, nodegroupName: 'workers' }),
    );
    expect(listed.updateIds).toEqual([update?.id]);
  });

  test('refuses a second update while one is in flight, or while a person’s is', async () => {
    const { eks, clock, sandbox } = await sandboxWith();
    await scale(eks, { desiredSize: 3 });
    expect(await errorName(scale(eks, { desiredSize: 1 }))).toBe('ResourceInUseException');
    expect((await nodegroup(eks)).scalingConfig?.desiredSize).toBe(3);
    clock.advance(20_000);
    const person = { region: 'ap-northeast-2', cluster: 'dev-kubernetes', nodegroup: 'workers' };
    sandbox.person('changeNodegroup', { ...person, desiredSize: 2 });
    expect(await errorName(scale(eks, { desiredSize: 1 }))).toBe('ResourceInUseException');
    clock.advance(20_000);
    sandbox.person('changeNodegroup', { ...person, status: 'UPDATING' });
    expect((await nodegroup(eks)).status).toBe('UPDATING');
    expect(await errorName(scale(eks, { desiredSize: 1 }))).toBe('ResourceInUseException');
    sandbox.person('changeNodegroup', { ...person, status: 'ACTIVE' });
    expect(await errorName(scale(eks, { desiredSize: 1 }))).toBeUndefined();
  });

  test('gives the same update for the same token', async () => {
    const { eks } = await sandboxWith();
    const call = () =>
      eks.send(
        new UpdateNodegroupConfigCommand({
          ...WORKERS,
          scalingConfig: { desiredSize: 3 },
          clientRequestToken: 'once',
        }),
      );
    const first = await call();
    expect((await call()).update?.id).toBe(first.update?.id);
  });

  test.each([
    ['a minimum over the desired size', { minSize: 3 }],
    ['a desired size under the minimum', { desiredSize: 0 }],
    ['a desired size over the maximum', { desiredSize: 5 }],
    ['a maximum of zero', { minSize: 0, desiredSize: 0, maxSize: 0 }],
    ['a negative size', { minSize: -1 }],
  ])('refuses %s', async (_what, scalingConfig) => {
    const { eks } = await sandboxWith();
    expect(await errorName(scale(eks, scalingConfig))).toBe('InvalidParameterException');
    expect((await nodegroup(eks)).scalingConfig).toEqual({ minSize: 1, desiredSize: 2, maxSize: 4 });
  });

  test('changes labels', async () => {
    const { eks } = await sandboxWith();
    const labels = { addOrUpdateLabels: { tier: 'dev' }, removeLabels: ['role'] };
    await eks.send(new UpdateNodegroupConfigCommand({ ...WORKERS, labels }));
    expect((await nodegroup(eks)).labels).toEqual({ tier: 'dev' });
  });
});

describe('what is there', () => {
  test('clusters and node groups come in pages', async () => {
    const { eks } = await sandboxWith();
    const first = await eks.send(new ListClustersCommand({ maxResults: 1 }));
    const second = await eks.send(new ListClustersCommand({ maxResults: 1, nextToken: first.nextToken }));
    expect([first.clusters, second.clusters]).toEqual([['dev-kubernetes'], ['serverless']]);
    const groups = await eks.send(
      new ListNodegroupsCommand({ clusterName: 'dev-kubernetes', maxResults: 1 }),
    );
    expect(groups.nodegroups).toEqual(['workers']);
    const rest = await eks.send(
      new ListNodegroupsCommand({ clusterName: 'dev-kubernetes', nextToken: groups.nextToken }),
    );
    expect(rest.nodegroups).toEqual(['autoscaled']);
    expect(rest.nextToken).toBeUndefined();
  });

  test('a node group shows its tags, labels, group and capacity', async () => {
    const { eks } = await sandboxWith();
    const found = await eks.send(
      new DescribeNodegroupCommand({ clusterName: 'dev-kubernetes', nodegroupName: 'autoscaled' }),
    );
    expect(found.nodegroup).toMatchObject({
      status: 'ACTIVE',
      capacityType: 'ON_DEMAND',
      tags: { 'k8s.io/cluster-autoscaler/enabled': 'true' },
      resources: { autoScalingGroups: [{ name: expect.stringMatching(/^eks-autoscaled-/) }] },
    });
    expect((await nodegroup(eks)).labels).toEqual({ role: 'apps' });
  });

  test('a Fargate profile is not a node group', async () => {
    const { eks } = await sandboxWith();
    const groups = await eks.send(new ListNodegroupsCommand({ clusterName: 'serverless' }));
    expect(groups.nodegroups).toEqual([]);
    const profiles = await eks.send(new ListFargateProfilesCommand({ clusterName: 'serverless' }));
    expect(profiles.fargateProfileNames).toEqual(['default']);
  });

  test('a cluster tells whether Auto Mode runs it', async () => {
    const fleet = {
      account: '111122223333',
      regions: { 'us-east-1': { eksClusters: [{ name: 'auto', autoMode: true }] } },
    };
    const { eks } = await sandboxWith({ fleet, region: 'us-east-1' });
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'auto' }));
    expect(cluster).toMatchObject({ status: 'ACTIVE', computeConfig: { enabled: true } });
  });

  test.each([
    ['a cluster', { clusterName: 'nowhere', nodegroupName: 'workers' }],
    ['a node group', { clusterName: 'dev-kubernetes', nodegroupName: 'no/thing' }],
  ])('%s that does not exist is not found', async (_what, input) => {
    const { eks } = await sandboxWith();
    expect(await errorName(eks.send(new DescribeNodegroupCommand(input)))).toBe('ResourceNotFoundException');
  });
});
