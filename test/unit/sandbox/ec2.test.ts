/** EC2 through the real SDK: states and their delays, paging limits, and every way a call is refused. */
import {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  type DescribeInstancesCommandInput,
  DescribeRegionsCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeTagsCommand,
  type EC2Client,
  type Instance,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import type { Fleet } from '../../../src/sandbox/index.js';
import { errorName, START, sandboxWith } from './fixture.js';

const API = 'i-0a1c5e7d9b3f20461';
const DATABASE = 'i-0b2d6f8e0c4a31572';
const BASTION = 'i-0c3e7a9f1d5b42683';
const MEMBER = 'i-0d4f8b0a2e6c53794';
const STOPPED = 'i-0e5a9c1b3f7d64805';
const UNKNOWN = 'i-0ffffffffffffffff';

async function instance(ec2: EC2Client, id: string): Promise<Instance> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
  return Reservations![0]!.Instances![0]!;
}

async function ids(ec2: EC2Client, input: DescribeInstancesCommandInput) {
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(input));
  return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
}

/** A region of `count` small instances, `i-…00` onwards. */
function many(count: number): Fleet {
  const instances = Array.from({ length: count }, (_, index) => ({
    id: `i-0000000000000${index.toString(16).padStart(4, '0')}`,
  }));
  return { account: '111122223333', regions: { 'us-east-1': { instances } } };
}

describe('an instance', () => {
  test('stops through stopping, says who and when, and starts again through pending', async () => {
    const { ec2, clock } = await sandboxWith();
    clock.advance(5_000);
    const stop = await ec2.send(new StopInstancesCommand({ InstanceIds: [API] }));
    expect(stop.StoppingInstances).toEqual([
      {
        InstanceId: API,
        CurrentState: { Code: 64, Name: 'stopping' },
        PreviousState: { Code: 16, Name: 'running' },
      },
    ]);
    clock.advance(29_999);
    expect((await instance(ec2, API)).State?.Name).toBe('stopping');
    clock.advance(1);
    const stopped = await instance(ec2, API);
    expect(stopped.State).toEqual({ Code: 80, Name: 'stopped' });
    expect(stopped.StateTransitionReason).toBe('User initiated (2026-03-02 09:00:05 GMT)');
    expect(stopped.StateReason?.Code).toBe('Client.UserInitiatedShutdown');

    await ec2.send(new StartInstancesCommand({ InstanceIds: [API] }));
    expect((await instance(ec2, API)).State?.Name).toBe('pending');
    clock.advance(10_000);
    const running = await instance(ec2, API);
    expect(running.State?.Name).toBe('running');
    expect(running.StateTransitionReason).toBe('');
    expect(running.LaunchTime?.getTime()).toBe(START + 35_000);
  });

  test('stays as it is when it is asked for what it does already', async () => {
    const { ec2 } = await sandboxWith();
    const start = await ec2.send(new StartInstancesCommand({ InstanceIds: [API] }));
    expect(start.StartingInstances?.[0]?.CurrentState?.Name).toBe('running');
    const stop = await ec2.send(new StopInstancesCommand({ InstanceIds: [STOPPED] }));
    expect(stop.StoppingInstances?.[0]?.CurrentState?.Name).toBe('stopped');
    expect((await instance(ec2, API)).LaunchTime?.getTime()).toBe(START);
  });

  test('cannot start while it stops, nor stop while it starts', async () => {
    const { ec2, clock } = await sandboxWith();
    await ec2.send(new StopInstancesCommand({ InstanceIds: [API] }));
    const start = ec2.send(new StartInstancesCommand({ InstanceIds: [API] }));
    expect(await errorName(start)).toBe('IncorrectInstanceState');
    clock.advance(30_000);
    await ec2.send(new StartInstancesCommand({ InstanceIds: [API] }));
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [API] }));
    expect(await errorName(stop)).toBe('IncorrectInstanceState');
  });

  test('that fails to start is accepted and silently stopped again', async () => {
    const { ec2, clock, sandbox } = await sandboxWith();
    sandbox.person('changeInstance', { region: 'ap-northeast-2', instanceId: STOPPED, failsToStart: true });
    await ec2.send(new StartInstancesCommand({ InstanceIds: [STOPPED] }));
    clock.advance(10_000);
    const found = await instance(ec2, STOPPED);
    expect(found.State?.Name).toBe('stopped');
    expect(found.StateReason?.Code).toBe('Client.InternalError');
  });

  test('of an Auto Scaling group is terminated and replaced when it stops', async () => {
    const { ec2, clock } = await sandboxWith();
    await ec2.send(new StopInstancesCommand({ InstanceIds: [MEMBER] }));
    clock.advance(150_000);
    expect((await instance(ec2, MEMBER)).State?.Name).toBe('terminated');
    const members = await ids(ec2, {
      Filters: [
        { Name: 'tag:aws:autoscaling:groupName', Values: ['dev-web-asg'] },
        { Name: 'instance-state-name', Values: ['running'] },
      ],
    });
    expect(members).toHaveLength(1);
    expect(members).not.toContain(MEMBER);
  });
});

describe('a batch fails as a whole', () => {
  test.each([
    ['an unknown id', 'ap-northeast-2', UNKNOWN, 'InvalidInstanceID.NotFound'],
    ['a malformed id', 'ap-northeast-2', 'i-nonsense', 'InvalidInstanceID.Malformed'],
    ['a stop-protected one', 'ap-northeast-2', BASTION, 'OperationNotPermitted'],
    ['a one-time spot one', 'us-west-2', 'i-01c7e3d5b9f086a27', 'UnsupportedOperation'],
    ['an instance-store root', 'us-west-2', 'i-02d8f4e6c0a197b38', 'UnsupportedOperation'],
  ])('on %s', async (_what, region, bad, error) => {
    const good = region === 'us-west-2' ? 'i-0f6b0d2c4a8e75916' : API;
    const { ec2 } = await sandboxWith({ region });
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [good, bad] }));
    expect(await errorName(stop)).toBe(error);
    expect((await instance(ec2, good)).State?.Name).toBe('running');
  });

  test('on a terminated one', async () => {
    const { ec2, sandbox } = await sandboxWith();
    sandbox.person('terminateInstance', { region: 'ap-northeast-2', instanceId: DATABASE });
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [API, DATABASE] }));
    expect(await errorName(stop)).toBe('IncorrectInstanceState');
    const start = ec2.send(new StartInstancesCommand({ InstanceIds: [STOPPED, DATABASE] }));
    expect(await errorName(start)).toBe('IncorrectInstanceState');
    expect((await instance(ec2, STOPPED)).State?.Name).toBe('stopped');
  });

  test('and names disableApiStop, which can be read', async () => {
    const { ec2 } = await sandboxWith();
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [BASTION] }));
    await expect(stop).rejects.toThrow(/disableApiStop/);
    const attribute = (InstanceId: string) =>
      ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'disableApiStop' }));
    expect((await attribute(BASTION)).DisableApiStop?.Value).toBe(true);
    expect((await attribute(API)).DisableApiStop?.Value).toBe(false);
  });
});

describe('other refusals', () => {
  test('hibernation where it is not configured', async () => {
    const { ec2 } = await sandboxWith();
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [API], Hibernate: true }));
    expect(await errorName(stop)).toBe('UnsupportedHibernationConfiguration');
  });

  test('an instance that its operator manages', async () => {
    const fleet = {
      account: '111122223333',
      regions: { 'us-east-1': { instances: [{ id: API, managedBy: 'eks.amazonaws.com' }] } },
    };
    const { ec2 } = await sandboxWith({ fleet, region: 'us-east-1' });
    expect((await instance(ec2, API)).Operator).toEqual({ Managed: true, Principal: 'eks.amazonaws.com' });
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [API] }));
    expect(await errorName(stop)).toBe('OperationNotPermitted');
  });

  test('a persistent spot instance starts only once its request is disabled', async () => {
    const fleet: Fleet = {
      account: '111122223333',
      regions: { 'us-east-1': { instances: [{ id: API, spot: 'persistent' }] } },
    };
    const { ec2, clock } = await sandboxWith({ fleet, region: 'us-east-1' });
    const request = async () => {
      const found = await ec2.send(
        new DescribeSpotInstanceRequestsCommand({ Filters: [{ Name: 'instance-id', Values: [API] }] }),
      );
      return found.SpotInstanceRequests?.[0];
    };
    expect(await request()).toMatchObject({
      Type: 'persistent',
      State: 'active',
      Status: { Code: 'fulfilled' },
    });
    await ec2.send(new StopInstancesCommand({ InstanceIds: [API] }));
    clock.advance(30_000);
    expect(await request()).toMatchObject({ State: 'active', Status: { Code: 'marked-for-stop' } });
    const start = () => ec2.send(new StartInstancesCommand({ InstanceIds: [API] }));
    expect(await errorName(start())).toBe('IncorrectSpotRequestState');
    clock.advance(15_000);
    expect(await request()).toMatchObject({ State: 'disabled' });
    expect(await errorName(start())).toBeUndefined();
  });

  test('spot instances have a request each', async () => {
    const twins = ['i-00000000000000001', 'i-00000000000000002'];
    const instances = twins.map((id) => ({ id, spot: 'one-time' as const }));
    const fleet = { account: '111122223333', regions: { 'us-east-1': { instances } } };
    const { ec2 } = await sandboxWith({ fleet, region: 'us-east-1' });
    const requestId = (await instance(ec2, twins[1]!)).SpotInstanceRequestId!;
    const found = await ec2.send(
      new DescribeSpotInstanceRequestsCommand({
        Filters: [{ Name: 'spot-instance-request-id', Values: [requestId] }],
      }),
    );
    expect(found.SpotInstanceRequests?.map(({ InstanceId }) => InstanceId)).toEqual([twins[1]]);
  });

  test('DryRun answers whether one may, and changes nothing', async () => {
    const { ec2 } = await sandboxWith();
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [API], DryRun: true }));
    expect(await errorName(stop)).toBe('DryRunOperation');
    expect((await instance(ec2, API)).State?.Name).toBe('running');
  });
});

describe('DescribeInstances', () => {
  test('rejects MaxResults together with ids, and sizes out of range', async () => {
    const { ec2 } = await sandboxWith();
    const both = ec2.send(new DescribeInstancesCommand({ InstanceIds: [API], MaxResults: 10 }));
    expect(await errorName(both)).toBe('InvalidParameterCombination');
    const small = ec2.send(new DescribeInstancesCommand({ MaxResults: 4 }));
    expect(await errorName(small)).toBe('InvalidParameterValue');
  });

  test('pages through everything once, and takes only its own tokens', async () => {
    const { ec2 } = await sandboxWith({ fleet: many(12), region: 'us-east-1' });
    const seen: string[] = [];
    const sizes: number[] = [];
    let token: string | undefined;
    do {
      const page = await ec2.send(new DescribeInstancesCommand({ MaxResults: 5, NextToken: token }));
      const found = (page.Reservations ?? []).flatMap(({ Instances = [] }) =>
        Instances.map((i) => i.InstanceId!),
      );
      seen.push(...found);
      sizes.push(found.length);
      token = page.NextToken;
    } while (token !== undefined);
    expect(sizes).toEqual([5, 5, 2]);
    expect(new Set(seen).size).toBe(12);
    const wrong = ec2.send(new DescribeInstancesCommand({ NextToken: 'bm90LW91cnM' }));
    expect(await errorName(wrong)).toBe('InvalidNextToken');
  });

  test('filters by state, tag and wildcard, and refuses a filter that does not exist', async () => {
    const { ec2 } = await sandboxWith();
    expect(await ids(ec2, { Filters: [{ Name: 'instance-state-name', Values: ['stopped'] }] })).toEqual([
      STOPPED,
    ]);
    expect(await ids(ec2, { Filters: [{ Name: 'tag:Name', Values: ['dev-*'] }] })).toEqual([API, DATABASE]);
    expect(await ids(ec2, { Filters: [{ Name: 'tag-key', Values: ['aws:autoscaling:groupName'] }] })).toEqual(
      [MEMBER],
    );
    const wrong = ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: 'colour', Values: ['red'] }] }));
    expect(await errorName(wrong)).toBe('InvalidParameterValue');
  });

  test('fails as a whole on one id that does not exist', async () => {
    const { ec2 } = await sandboxWith();
    const found = ec2.send(new DescribeInstancesCommand({ InstanceIds: [API, UNKNOWN] }));
    await expect(found).rejects.toThrow(`The instance ID '${UNKNOWN}' does not exist`);
  });

  test('keeps what XML would swallow', async () => {
    const Name = `a<b>&"c" 'd' 한`;
    const fleet = {
      account: '111122223333',
      regions: { 'us-east-1': { instances: [{ id: API, tags: { Name } }] } },
    };
    const { ec2 } = await sandboxWith({ fleet, region: 'us-east-1' });
    expect((await instance(ec2, API)).Tags).toEqual([{ Key: 'Name', Value: Name }]);
  });
});

test('regions are apart, and all of them are listed', async () => {
  const { ec2 } = await sandboxWith({ region: 'us-west-2' });
  expect(await errorName(ec2.send(new DescribeInstancesCommand({ InstanceIds: [API] })))).toBe(
    'InvalidInstanceID.NotFound',
  );
  const { Regions = [] } = await ec2.send(new DescribeRegionsCommand({}));
  expect(Regions.map(({ RegionName }) => RegionName)).toEqual(
    expect.arrayContaining(['ap-northeast-2', 'us-west-2']),
  );
});

test('tags can be looked up by resource', async () => {
  const { ec2 } = await sandboxWith();
  const { Tags } = await ec2.send(
    new DescribeTagsCommand({
      Filters: [
        { Name: 'resource-id', Values: [MEMBER] },
        { Name: 'key', Values: ['aws:*'] },
      ],
    }),
  );
  expect(Tags).toEqual([
    { ResourceId: MEMBER, ResourceType: 'instance', Key: 'aws:autoscaling:groupName', Value: 'dev-web-asg' },
  ]);
});
