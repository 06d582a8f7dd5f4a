/** Identity, trouble on demand, the journal and the control path: what all services share. */
import { DescribeScalableTargetsCommand } from '@aws-sdk/client-application-auto-scaling';
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { ListClustersCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import {
  ListAddonsCommand,
  ListClustersCommand as ListEksClusters,
  UpdateNodegroupConfigCommand,
} from '@aws-sdk/client-eks';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import { DEMO_KEY, demoFleet, OTHER_ACCOUNT, OTHER_ACCOUNT_KEY } from '../../../src/sandbox/index.js';
import { clientsOf, errorName, START, sandboxWith } from './fixture.js';

const API = 'i-0a1c5e7d9b3f20461';
const DATABASE = 'i-0b2d6f8e0c4a31572';
const STOPPED = 'i-0e5a9c1b3f7d64805';

/** One harmless call of each service. */
function calls(clients: ReturnType<typeof clientsOf>) {
  return {
    ec2: () => clients.ec2.send(new DescribeInstancesCommand({})),
    ecs: () => clients.ecs.send(new ListClustersCommand({})),
    eks: () => clients.eks.send(new ListEksClusters({})),
    sts: () => clients.sts.send(new GetCallerIdentityCommand({})),
    scaling: () => clients.scaling.send(new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs' })),
  };
}

/** What each service answers when the same thing befalls its call. */
async function errorNames(clients: ReturnType<typeof clientsOf>) {
  const entries = Object.entries(calls(clients)).map(async ([name, call]) => [name, await errorName(call())]);
  return Object.fromEntries(await Promise.all(entries));
}

describe('identity', () => {
  test('a key stands for its account', async () => {
    const { sts, sandbox } = await sandboxWith();
    expect(await sts.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: demoFleet.account,
      Arn: `arn:aws:iam::${demoFleet.account}:user/developer`,
    });
    const other = clientsOf(sandbox, { credentials: OTHER_ACCOUNT_KEY });
    expect((await other.sts.send(new GetCallerIdentityCommand({}))).Account).toBe(OTHER_ACCOUNT);
  });

  test('another account sees nothing of the fleet and can change nothing of it', async () => {
    const { sandbox, ec2 } = await sandboxWith();
    sandbox.setAccount(DEMO_KEY.accessKeyId, '999900001111');
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [API] }));
    expect(await errorName(stop)).toBe('InvalidInstanceID.NotFound');
    sandbox.setAccount(DEMO_KEY.accessKeyId, demoFleet.account);
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations).toHaveLength(5);
  });

  test('an unknown key is refused in each service’s own words', async () => {
    const { sandbox } = await sandboxWith();
    const credentials = { accessKeyId: 'NOBODYKNOWSTHISKEY00', secretAccessKey: 'x' };
    expect(await errorNames(clientsOf(sandbox, { credentials }))).toEqual({
      ec2: 'AuthFailure',
      ecs: 'UnrecognizedClientException',
      eks: 'UnrecognizedClientException',
      sts: 'InvalidClientTokenId',
      scaling: 'UnrecognizedClientException',
    });
  });

  test('an unsigned request is refused', async () => {
    const { sandbox } = await sandboxWith();
    const query = await fetch(sandbox.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Basic nonsense' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    });
    expect(query.status).toBe(403);
    expect(await query.text()).toContain('<Code>MissingAuthenticationToken</Code>');
    const rest = await fetch(`${sandbox.endpoint}/clusters`);
    expect(rest.status).toBe(403);
    expect(rest.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });
});

test('an operation that the sandbox does not have says so', async () => {
  const { ec2, eks } = await sandboxWith();
  expect(await errorName(ec2.send(new DescribeVolumesCommand({})))).toBe('InvalidAction');
  expect(await errorName(eks.send(new ListAddonsCommand({ clusterName: 'dev-kubernetes' })))).toBe(
    'UnknownOperationException',
  );
});

describe('trouble', () => {
  test.each([
    [
      'throttle',
      {
        ec2: 'RequestLimitExceeded',
        ecs: 'ThrottlingException',
        eks: 'ThrottlingException',
        sts: 'Throttling',
        scaling: 'ThrottlingException',
      },
    ],
    [
      'deny',
      {
        ec2: 'UnauthorizedOperation',
        ecs: 'AccessDeniedException',
        eks: 'AccessDeniedException',
        sts: 'AccessDenied',
        scaling: 'AccessDeniedException',
      },
    ],
    [
      'expired-token',
      {
        ec2: 'RequestExpired',
        ecs: 'ExpiredTokenException',
        eks: 'ExpiredTokenException',
        sts: 'ExpiredToken',
        scaling: 'ExpiredTokenException',
      },
    ],
    [
      'unavailable',
      {
        ec2: 'Unavailable',
        ecs: 'ServerException',
        eks: 'ServiceUnavailableException',
        sts: 'ServiceUnavailable',
        scaling: 'InternalServiceException',
      },
    ],
  ] as const)('%s is worded as each service words it, and ends', async (kind, expected) => {
    const { sandbox, ...clients } = await sandboxWith();
    sandbox.trouble.add({ effect: { kind }, times: 'always' });
    expect(await errorNames(clients)).toEqual(expected);
    sandbox.trouble.clear();
    expect(new Set(Object.values(await errorNames(clients)))).toEqual(new Set([undefined]));
  });

  test('hits as many calls as it says, of that operation, service and region alone', async () => {
    const { sandbox, ec2, ecs } = await sandboxWith();
    sandbox.trouble.add({
      effect: { kind: 'throttle' },
      service: 'ec2',
      operation: 'DescribeInstances',
      region: 'ap-northeast-2',
      times: 2,
    });
    const elsewhere = clientsOf(sandbox, { region: 'us-west-2' });
    expect(await errorName(elsewhere.ec2.send(new DescribeInstancesCommand({})))).toBeUndefined();
    expect(await errorName(ecs.send(new ListClustersCommand({})))).toBeUndefined();
    expect(await errorName(ec2.send(new StartInstancesCommand({ InstanceIds: [API] })))).toBeUndefined();
    const describeInstances = () => errorName(ec2.send(new DescribeInstancesCommand({})));
    expect([await describeInstances(), await describeInstances(), await describeInstances()]).toEqual([
      'RequestLimitExceeded',
      'RequestLimitExceeded',
      undefined,
    ]);
  });

  test('no capacity for one instance fails the batch that it is in', async () => {
    const { sandbox, ec2 } = await sandboxWith();
    sandbox.trouble.add({
      effect: { kind: 'no-capacity' },
      operation: 'StartInstances',
      resource: STOPPED,
      times: 'always',
    });
    const start = (...InstanceIds: string[]) =>
      errorName(ec2.send(new StartInstancesCommand({ InstanceIds })));
    expect(await start(DATABASE, STOPPED)).toBe('InsufficientInstanceCapacity');
    expect(await start(DATABASE)).toBeUndefined();
  });

  test('a lost answer leaves the change applied; a lost request does not', async () => {
    const { sandbox, ec2 } = await sandboxWith();
    const stop = (id: string) => errorName(ec2.send(new StopInstancesCommand({ InstanceIds: [id] })));
    sandbox.trouble.add({ effect: { kind: 'lost-answer' }, operation: 'StopInstances' });
    expect(await stop(API)).toBeDefined();
    sandbox.trouble.add({ effect: { kind: 'lost-request' }, operation: 'StopInstances' });
    expect(await stop(DATABASE)).toBeDefined();
    const states = Object.fromEntries(sandbox.resources()[0]!.instances.map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ [API]: 'stopping', [DATABASE]: 'running' });
    expect(sandbox.journal.entries()).toMatchObject([{ answered: false, parameters: { InstanceId: [API] } }]);
  });

  test('a lost answer is retried by the SDK, and EKS knows the call again', async () => {
    const { sandbox, eks } = await sandboxWith({ maxAttempts: 3 });
    sandbox.trouble.add({ effect: { kind: 'lost-answer' }, operation: 'UpdateNodegroupConfig' });
    const { update } = await eks.send(
      new UpdateNodegroupConfigCommand({
        clusterName: 'dev-kubernetes',
        nodegroupName: 'workers',
        scalingConfig: { desiredSize: 3 },
      }),
    );
    expect(update?.status).toBe('InProgress');
    expect(sandbox.journal.entries().map(({ answered }) => answered)).toEqual([false, true]);
  });

  test('latency holds the call back until its time on the clock', async () => {
    const { sandbox, clock, ec2 } = await sandboxWith();
    sandbox.trouble.add({ effect: { kind: 'latency', ms: 2_000 }, operation: 'StopInstances' });
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [API] }));
    await expect.poll(() => clock.sleeping).toBe(1);
    expect(sandbox.journal.entries()).toEqual([]);
    clock.advance(2_000);
    await stop;
    expect(sandbox.journal.entries()).toMatchObject([{ at: START + 2_000 }]);
  });

  test('any error can be had by name', async () => {
    const { sandbox, ecs } = await sandboxWith();
    sandbox.trouble.add({ effect: { kind: 'error', code: 'PlatformUnknownException', message: 'Because.' } });
    const list = ecs.send(new ListClustersCommand({}));
    await expect(list).rejects.toMatchObject({ name: 'PlatformUnknownException', message: 'Because.' });
  });
});

describe('the journal', () => {
  test('has every mutating call with its outcome, and no reads', async () => {
    const { sandbox, clock, ec2, ecs } = await sandboxWith();
    await ec2.send(new DescribeInstancesCommand({}));
    await ec2.send(new StopInstancesCommand({ InstanceIds: [API] }));
    clock.advance(1_000);
    const daemon = new UpdateServiceCommand({ cluster: 'dev', service: 'log-agent', desiredCount: 0 });
    await errorName(ecs.send(daemon));
    expect(sandbox.journal.entries()).toEqual([
      {
        at: START,
        account: demoFleet.account,
        by: `arn:aws:iam::${demoFleet.account}:user/developer`,
        region: 'ap-northeast-2',
        service: 'ec2',
        operation: 'StopInstances',
        parameters: { InstanceId: [API] },
        answered: true,
      },
      {
        at: START + 1_000,
        account: demoFleet.account,
        by: `arn:aws:iam::${demoFleet.account}:user/developer`,
        region: 'ap-northeast-2',
        service: 'ecs',
        operation: 'UpdateService',
        parameters: { cluster: 'dev', service: 'log-agent', desiredCount: 0 },
        error: 'InvalidParameterException',
        answered: true,
      },
    ]);
  });

  test('knows nothing of what a person does', async () => {
    const { sandbox } = await sandboxWith();
    sandbox.person('stopInstance', { region: 'ap-northeast-2', instanceId: API });
    expect(sandbox.journal.entries()).toEqual([]);
  });
});

describe('the control path', () => {
  test('does over HTTP what the object does', async () => {
    const { sandbox, ec2 } = await sandboxWith();
    const control = async (method: string, path: string, body?: object) => {
      const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
      const response = await fetch(`${sandbox.endpoint}/_sandbox/${path}`, init);
      return { status: response.status, json: JSON.parse(await response.text()) };
    };
    const stop = { region: 'ap-northeast-2', instanceId: API };
    expect(await control('POST', 'person/stopInstance', stop)).toEqual({ status: 200, json: {} });
    const { json: regions } = await control('GET', 'resources');
    expect(regions).toMatchObject([{ region: 'ap-northeast-2' }, { region: 'us-west-2' }]);
    expect(regions[0].instances[0]).toEqual({ id: API, name: 'dev-api', state: 'stopping' });

    await control('POST', 'trouble', { effect: { kind: 'throttle' }, operation: 'StopInstances', times: 3 });
    expect((await control('GET', 'trouble')).json).toMatchObject([{ operation: 'StopInstances', left: 3 }]);
    await errorName(ec2.send(new StopInstancesCommand({ InstanceIds: [DATABASE] })));
    expect((await control('GET', 'journal')).json).toMatchObject([{ error: 'RequestLimitExceeded' }]);
    await control('DELETE', 'trouble');
    await control('DELETE', 'journal');
    expect((await control('GET', 'trouble')).json).toEqual([]);
    expect((await control('GET', 'journal')).json).toEqual([]);

    await control('POST', 'account', { accessKeyId: DEMO_KEY.accessKeyId, account: OTHER_ACCOUNT });
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations).toEqual([]);
  });

  test.each([
    ['a malformed rule', 'trouble', { effect: { kind: 'gremlins' } }, 400],
    ['an instance that is not there', 'person/stopInstance', { region: 'us-west-2', instanceId: API }, 400],
    ['a key too many', 'person/stopInstance', { region: 'us-west-2', instanceId: API, now: true }, 400],
    ['an act nobody knows', 'person/dance', {}, 404],
  ])('refuses %s', async (_what, path, body, status) => {
    const { sandbox } = await sandboxWith();
    const response = await fetch(`${sandbox.endpoint}/_sandbox/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty('message');
  });
});

test('answers are dated by the sandbox’s clock', async () => {
  const { sandbox, clock } = await sandboxWith();
  clock.advance(90_000);
  const response = await fetch(`${sandbox.endpoint}/clusters`);
  expect(response.headers.get('date')).toBe('Mon, 02 Mar 2026 09:01:30 GMT');
});

test('delays shrink with the scale that is asked for', async () => {
  const { sandbox, clock } = await sandboxWith({ delayScale: 0.1, delays: { instanceStop: 100_000 } });
  sandbox.person('stopInstance', { region: 'ap-northeast-2', instanceId: API });
  const state = () => sandbox.resources()[0]?.instances[0]?.state;
  clock.advance(9_999);
  expect(state()).toBe('stopping');
  clock.advance(1);
  expect(state()).toBe('stopped');
});
