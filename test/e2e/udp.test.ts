/** SPEC section 8 to the letter, against the built program: every command in both forms and what it does in AWS. */
import { createHmac } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.js';
import { Program, until } from './program.js';
import { UdpClient } from './udp-client.js';

const REGION = 'ap-northeast-2';
const API = 'i-0a1c5e7d9b3f20461';
const DATABASE = 'i-0b2d6f8e0c4a31572';
const STOPPED = 'i-0e5a9c1b3f7d64805';
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const SERVICES = `# Ours. Ask in #platform before you add to it.
ec2_instances:
  - instance_id: ${API} # the API
    region: ${REGION}
    description: "API, with a\\ttab"
ecs_services:
  - {cluster_name: dev, service_name: orders, region: ${REGION}}   # short
`;

let sandbox: Sandbox;
let program: Program;
let client: UdpClient;

beforeAll(async () => {
  sandbox = await startSandbox({
    clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    delayScale: 0.005,
  });
  program = await Program.prepare({
    endpoint: sandbox.endpoint,
    services: SERVICES,
    settings: { activity_monitor: { inactivity_timeout_minutes: 30 } },
  });
  await program.start();
});
afterAll(async () => {
  await program?.dispose();
  await sandbox?.close();
});
beforeEach(async () => {
  client = await UdpClient.open(program.udpPort);
});
afterEach(() => client?.close());

const region = () => sandbox.resources().find((each) => each.region === REGION);
const instance = (id: string) => region()?.instances.find((each) => each.id === id)?.state;
const service = (name: string) => region()?.services.find((each) => each.name === name);
const workers = () => region()?.nodegroups.find((each) => each.name === 'workers');
const stateOf = async (target: string) =>
  (await client.rows('LIST_REGISTERED_SERVICES')).find((row) => row.target === target)?.state;

describe('lists', () => {
  it('have the columns of SPEC and tell what is registered', async () => {
    const ec2 = await client.rows('LIST_EC2');
    expect(Object.keys(ec2[0] ?? {})).toEqual([
      'instance_id',
      'region',
      'state',
      'name',
      'instance_type',
      'registered',
    ]);
    expect(ec2).toHaveLength(8);
    expect(ec2.find((row) => row.instance_id === API)).toMatchObject({ state: 'running', registered: 'yes' });
    expect(ec2.find((row) => row.instance_id === DATABASE)).toMatchObject({ registered: 'no' });

    const ecs = await client.rows('list_ecs');
    expect(Object.keys(ecs[0] ?? {})).toEqual([
      'cluster_name',
      'service_name',
      'region',
      'state',
      'desired',
      'running',
      'registered',
    ]);
    expect(ecs.filter((row) => row.service_name === '-').map((row) => row.cluster_name)).toEqual([
      'dev',
      'empty',
      'test',
    ]);
    expect(ecs.find((row) => row.service_name === 'orders')).toMatchObject({
      desired: '2',
      running: '2',
      registered: 'yes',
    });

    const eks = await client.rows(' LIST_EKS\r\n');
    expect(Object.keys(eks[0] ?? {})).toEqual([
      'cluster_name',
      'nodegroup_name',
      'region',
      'state',
      'min',
      'desired',
      'max',
      'registered',
    ]);
    expect(eks.filter((row) => row.nodegroup_name === '-')).toHaveLength(3);
    expect(eks.find((row) => row.nodegroup_name === 'workers')).toMatchObject({
      min: '1',
      desired: '2',
      max: '4',
    });

    const all = await client.rows('LIST_ALL_SERVICES');
    expect(Object.keys(all[0] ?? {})).toEqual([
      'service_type',
      'target',
      'state',
      'registered',
      'description',
    ]);
    expect(all).toHaveLength(8 + 5 + 3);
    expect(all.find((row) => row.target === `ec2:${REGION}:${API}`)?.description).toBe('API, with a tab');
  });

  it('in JSON carry the registry’s field names, counts and clusters', async () => {
    const ecs = await client.json({ id: 7, type: 'AWS_ECS_LIST', content: { region: REGION } });
    expect(ecs).toMatchObject({ id: 7, type: 'AWS_ECS_LIST_RESPONSE', source: 'server' });
    expect(Math.abs(ecs.timestamp - Date.now() / 1000)).toBeLessThan(30);
    expect(ecs.content.success).toBe(true);
    expect(ecs.content.clusters).toEqual([
      expect.objectContaining({ cluster_name: 'dev', region: REGION }),
      expect.objectContaining({ cluster_name: 'empty', region: REGION }),
    ]);
    expect(ecs.content.services).toContainEqual(
      expect.objectContaining({
        service_type: 'ECS',
        target: `ecs:${REGION}:dev:orders`,
        cluster_name: 'dev',
        service_name: 'orders',
        region: REGION,
        state: 'ACTIVE',
        registered: true,
        desired: 2,
        running: 2,
      }),
    );
    const ec2 = await client.json({ id: 'a', type: 'AWS_EC2_LIST', content: { region: 'us-west-2' } });
    expect(ec2.content.clusters).toBeUndefined();
    expect((ec2.content.services as object[]).length).toBe(3);
    const eks = await client.json({ id: 'b', type: 'AWS_EKS_LIST' });
    expect(eks.content.services).toContainEqual(
      expect.objectContaining({ nodegroup_name: 'workers', min: 1, desired: 2, max: 4 }),
    );
    client.send(JSON.stringify({ id: 'c', type: 'AWS_ALL_LIST', timestamp: 1, source: 'x', content: {} }));
    const replies = [JSON.parse((await client.receive())[0] ?? '')];
    if (replies[0].parts)
      for (const part of await client.receive(replies[0].parts - 1)) replies.push(JSON.parse(part));
    expect(replies.flatMap((reply) => reply.content.services)).toHaveLength(16);
  });

  it('of the registered tell until when each is kept, and STATUS has its keys', async () => {
    const rows = await client.rows('LIST_REGISTERED_SERVICES');
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'service_type',
      'target',
      'state',
      'lease_until',
      'description',
    ]);
    for (const row of rows) expect(row.lease_until).toMatch(/^-$|^\d{4}-/);
    const status = await client.text('STATUS');
    expect(status.split('\n').map((line) => line.split('\t')[0])).toEqual([
      'OK STATUS 8',
      'key',
      'presence',
      'since',
      'idle_seconds',
      'next_nap_at',
      'targets',
      'napping',
      'conditions',
      'version',
    ]);
    expect(status).toMatch(/\nconditions\t\d+\n/);
    const { content } = await client.json({ id: 's', type: 'STATUS', content: {} });
    expect(Object.keys(content)).toEqual([
      'success',
      'presence',
      'since',
      'idle_seconds',
      'next_nap_at',
      'targets',
      'napping',
      'conditions',
      'version',
    ]);
    expect(content.since).toMatch(RFC3339);
    expect(content.conditions).toBeInstanceOf(Array);
  });

  it('HELP lists every command of SPEC', async () => {
    const rows = await client.rows('HELP');
    expect(Object.keys(rows[0] ?? {})).toEqual(['command', 'arguments', 'what it does']);
    expect(rows.map((row) => row.command).sort()).toEqual(
      [
        'HELP',
        'HOLD',
        'LIST_ALL_SERVICES',
        'LIST_EC2',
        'LIST_ECS',
        'LIST_EKS',
        'LIST_REGISTERED_SERVICES',
        'NAP',
        'PING',
        'REGISTER_EC2',
        'REGISTER_ECS',
        'REGISTER_EKS',
        'RELEASE',
        'SCALE_EKS',
        'START_EC2',
        'START_ECS',
        'STATUS',
        'STOP_EC2',
        'STOP_ECS',
        'UNREGISTER_EC2',
        'UNREGISTER_ECS',
        'UNREGISTER_EKS',
      ].sort(),
    );
    expect((await client.json({ id: 1, type: 'HELP' })).content.success).toBe(true);
    expect((await client.json({ id: 2, type: 'PING' })).content).toMatchObject({
      success: true,
      message: 'pong',
    });
  });
});

describe('refusals', () => {
  it.each([
    ['LIST_ELEPHANTS', 'UNKNOWN_COMMAND'],
    ['', 'BAD_REQUEST'],
    ['START_EC2', 'BAD_REQUEST'],
    [`START_EC2:${API}`, 'BAD_REQUEST'],
    [`START_EC2:${API}:${REGION}:more`, 'BAD_REQUEST'],
    ['START_EC2::', 'BAD_REQUEST'],
    [`SCALE_EKS:dev-kubernetes:workers:${REGION}:many`, 'BAD_REQUEST'],
    [`SCALE_EKS:dev-kubernetes:workers:${REGION}:-1`, 'BAD_REQUEST'],
    [`SCALE_EKS:dev-kubernetes:workers:${REGION}:1.5`, 'BAD_REQUEST'],
    ['HOLD', 'BAD_REQUEST'],
    ['HOLD:0', 'BAD_REQUEST'],
    ['HOLD:10081', 'BAD_REQUEST'],
    ['HOLD:5:nobody', 'BAD_REQUEST'],
    [`HOLD:5:ec2:${REGION}:${DATABASE}`, 'NOT_REGISTERED'],
    [`NAP:ec2:${REGION}:${DATABASE}`, 'NOT_REGISTERED'],
    [`REGISTER_EC2:${API}:${REGION}`, 'ALREADY_REGISTERED'],
    [`UNREGISTER_EC2:${DATABASE}:${REGION}`, 'NOT_REGISTERED'],
    [`START_EC2:i-0ffffffffffffffff:${REGION}`, 'NOT_FOUND'],
    [`STOP_ECS:dev:nothing:${REGION}`, 'NOT_FOUND'],
    [`SCALE_EKS:nothing:workers:${REGION}:1`, 'NOT_FOUND'],
    [`STOP_EC2:i-0c3e7a9f1d5b42683:${REGION}`, 'REFUSED'],
    [`STOP_EC2:i-0d4f8b0a2e6c53794:${REGION}`, 'REFUSED'],
    ['STOP_EC2:i-01c7e3d5b9f086a27:us-west-2', 'REFUSED'],
    ['STOP_EC2:i-02d8f4e6c0a197b38:us-west-2', 'REFUSED'],
    [`STOP_ECS:dev:log-agent:${REGION}`, 'REFUSED'],
  ])('%s is answered with %s', async (request, code) => {
    expect((await client.text(request)).split('\n')[0]).toMatch(new RegExp(`^ERROR ${code} .{5,}$`));
  });

  it('answer a request that is too large, and one that just is not', async () => {
    expect(await client.text('X'.repeat(8_193))).toMatch(/^ERROR REQUEST_TOO_LARGE /);
    expect(await client.text('X'.repeat(8_192))).toMatch(/^ERROR UNKNOWN_COMMAND /);
  });

  it('in JSON name code, message and hint, under the id and type of the request', async () => {
    const reply = await client.json({ id: 'r1', type: 'AWS_EC2_STOP', content: { instance_id: API } });
    expect(reply).toMatchObject({ id: 'r1', type: 'AWS_EC2_STOP_RESPONSE', content: { success: false } });
    expect(reply.content.error).toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('region'),
    });
    expect(Object.keys(reply.content.error as object)).toEqual(['code', 'message', 'hint']);
    expect(await client.json({ id: 'r2', type: 'MAKE_TEA' })).toMatchObject({
      id: 'r2',
      content: { success: false, error: { code: 'UNKNOWN_COMMAND' } },
    });
    for (const text of ['{', '{"id":1', '{]}'])
      expect(JSON.parse(await client.text(text))).toMatchObject({
        id: null,
        type: 'ERROR_RESPONSE',
        content: { success: false, error: { code: 'BAD_REQUEST' } },
      });
    expect(JSON.parse(await client.text(`{"id":"${'x'.repeat(9_000)}"}`))).toMatchObject({
      content: { error: { code: 'REQUEST_TOO_LARGE' } },
    });
  });
});

describe('explicit changes', () => {
  it('stop and start an instance, registered or not', async () => {
    expect(await client.text(`STOP_EC2:${DATABASE}:${REGION}`)).toMatch(
      /^OK STOP_EC2 0\n.*\bi-0b2d6f8e0c4a31572/,
    );
    expect(instance(DATABASE)).toMatch(/^stopp/);
    await until('it has stopped', () => instance(DATABASE) === 'stopped');
    const started = await client.json({
      id: 1,
      type: 'AWS_EC2_START',
      content: { instance_id: DATABASE, region: REGION },
    });
    expect(started.content).toMatchObject({
      success: true,
      message: expect.any(String),
      target: `ec2:${REGION}:${DATABASE}`,
    });
    await until('it runs', () => instance(DATABASE) === 'running');
    expect(await client.text(`START_EC2:${STOPPED}:${REGION}`)).toMatch(/^OK START_EC2 0\n/);
    await until('the other runs', () => instance(STOPPED) === 'running');
  });

  it('stop a service and start it with the size and the bounds that it had', async () => {
    const before = service('search');
    expect(await client.text(`STOP_ECS:dev:search:${REGION}`)).toMatch(/^OK STOP_ECS 0\n/);
    await until('it has no tasks', () => service('search')?.running === 0);
    expect(service('search')?.scalable).toMatchObject({
      min: 0,
      suspended: { dynamicScalingIn: true, dynamicScalingOut: true, scheduledScaling: true },
    });
    expect(await client.text(`START_ECS:dev:search:${REGION}`)).toMatch(/^OK START_ECS 0\n/);
    await until('it is as it was', () => isDeepStrictEqual(service('search'), before));
  });

  it('start a service with the size that is asked for', async () => {
    await client.text(`STOP_ECS:dev:payments:${REGION}`);
    await until('it has no tasks', () => service('payments')?.running === 0);
    const { content } = await client.json({
      id: 1,
      type: 'AWS_ECS_START',
      content: { cluster_name: 'dev', service_name: 'payments', region: REGION, desired_count: 3 },
    });
    expect(content.success).toBe(true);
    await until('three tasks', () => service('payments')?.running === 3);
    await client.text(`STOP_ECS:dev:payments:${REGION}`);
    await until('it has no tasks', () => service('payments')?.running === 0);
    await client.text(`START_ECS:dev:payments:${REGION}`);
    await until('three tasks again', () => service('payments')?.running === 3);
  });

  it('scale a node group, to zero too, and back', async () => {
    const scale = (count: number) => client.text(`SCALE_EKS:dev-kubernetes:workers:${REGION}:${count}`);
    const steady = (nodes: number) => () => workers()?.nodes === nodes && workers()?.status === 'ACTIVE';
    const scaled = (count: number) =>
      until(`the group takes ${count}`, async () => (await scale(count)).startsWith('OK SCALE_EKS 0\n'));
    await scaled(4);
    await until('four nodes', steady(4));
    await scaled(0);
    await until('no nodes', steady(0));
    expect(workers()).toMatchObject({ min: 0, desired: 0, max: 4 });
    await scaled(2);
    await until('two nodes', steady(2));
    await until('its bounds', () => workers()?.min === 1);
    expect(workers()).toMatchObject({ min: 1, desired: 2, max: 4 });
    expect(await scale(5)).toMatch(/^ERROR (REFUSED|AWS_ERROR|BAD_REQUEST) /);
  });
});

describe('the registry', () => {
  it('is edited in place, every kind, with comments, order and layout kept', async () => {
    expect(await client.text(`REGISTER_EC2:${DATABASE}:${REGION}`)).toMatch(/^OK REGISTER_EC2 0\n/);
    expect(await client.text(`REGISTER_ECS:dev:search:${REGION}`)).toMatch(/^OK REGISTER_ECS 0\n/);
    const eks = await client.json({
      id: 'e',
      type: 'REGISTER_SERVICE',
      content: {
        service_type: 'EKS',
        cluster_name: 'dev-kubernetes',
        nodegroup_name: 'workers',
        region: REGION,
        desired_size: 2,
        description: 'nodes',
        inactivity_timeout_minutes: 90,
      },
    });
    expect(eks.content).toMatchObject({ success: true, target: `eks:${REGION}:dev-kubernetes:workers` });
    const text = program.read('services.yaml');
    for (const line of SERVICES.trimEnd().split('\n')) expect(text).toContain(line);
    expect(text).toMatch(/desired_size: 2/);
    expect(await client.rows('LIST_REGISTERED_SERVICES')).toHaveLength(5);
    await until('its state is read', async () => (await stateOf(`ecs:${REGION}:dev:search`)) === 'ACTIVE');

    expect(await client.text(`UNREGISTER_EC2:${DATABASE}:${REGION}`)).toMatch(/^OK UNREGISTER_EC2 0\n/);
    expect(await client.text(`UNREGISTER_ECS:dev:search:${REGION}`)).toMatch(/^OK UNREGISTER_ECS 0\n/);
    expect(await client.text(`unregister_eks:dev-kubernetes:workers:${REGION}`)).toMatch(
      /^OK UNREGISTER_EKS 0\n/,
    );
    for (const line of SERVICES.trimEnd().split('\n')) expect(program.read('services.yaml')).toContain(line);
    expect(await client.rows('LIST_REGISTERED_SERVICES')).toHaveLength(2);
  });
});

describe('holds', () => {
  it('keep for as long as asked, seven days at most, spare from NAP, and end by RELEASE', async () => {
    const target = `ec2:${REGION}:${API}`;
    expect(await client.text(`HOLD:90:${target}`)).toMatch(/^OK HOLD 0\n/);
    expect(await client.text(`HOLD:10080:ec2%3A${REGION}%3A${API}`)).toMatch(/^OK HOLD 0\n/);
    const held = (await client.rows('LIST_REGISTERED_SERVICES')).find((row) => row.target === target);
    expect(held?.lease_until).toMatch(RFC3339);
    expect(Math.abs(Date.parse(held?.lease_until ?? '') - Date.now() - 7 * 86_400_000)).toBeLessThan(30_000);
    const nap = await client.json({ id: 'n', type: 'NAP', content: { target } });
    expect(nap.content).toMatchObject({ success: true, target });
    expect(nap.content.message).toContain(target);
    expect(instance(API)).toBe('running');
    expect(await client.text(`RELEASE:${target}`)).toMatch(/^OK RELEASE 0\n/);
    expect(await client.text('RELEASE')).toMatch(/^OK RELEASE 0\n/);
    // Presence is unknown here: nothing naps by itself, but a person may say so.
    expect(await client.text(`NAP:${target}`)).toMatch(/^OK NAP 0\n/);
    await until('it naps', () => instance(API) === 'stopped');
    await until('STATUS says so', async () => (await client.text('STATUS')).includes('napping\t1'));
    const hold = await client.json({ id: 'h', type: 'HOLD', content: { minutes: 0.5, target } });
    expect(hold.content).toMatchObject({ success: true, target });
    await until('the hold has brought it back', () => instance(API) === 'running');
    await client.text('RELEASE');
  });
});

describe('repetition and rates', () => {
  it('acts once on the same request, and answers it the same', async () => {
    const calls = () => sandbox.journal.entries().length;
    const request = JSON.stringify({
      id: 'same',
      type: 'AWS_EC2_STOP',
      timestamp: 1,
      source: 'x',
      content: { instance_id: STOPPED, region: REGION },
    });
    await client.text(`START_EC2:${STOPPED}:${REGION}`);
    await until('it runs', () => instance(STOPPED) === 'running');
    const first = await client.text(request);
    await until('it has stopped', () => instance(STOPPED) === 'stopped');
    await client.text(`START_EC2:${STOPPED}:${REGION}`);
    await until('it runs again', () => instance(STOPPED) === 'running');
    const before = calls();
    expect(await client.text(request)).toBe(first);
    expect(calls()).toBe(before);
    expect(instance(STOPPED)).toBe('running');
    const another = await UdpClient.open(program.udpPort);
    try {
      expect(JSON.parse(await another.text(request)).content.success).toBe(true);
    } finally {
      another.close();
    }
    expect(calls()).toBe(before + 1);
  });

  it('limits what calls AWS to 20 a second for each peer, and nothing else', async () => {
    for (let n = 0; n < 60; n += 1) client.send(`START_EC2:i-0fffffffffffff0${n + 10}:${REGION}`);
    const replies = await client.receive(60);
    expect(replies.filter((reply) => reply.startsWith('ERROR RATE_LIMITED ')).length).toBeGreaterThan(0);
    expect(replies.filter((reply) => reply.startsWith('ERROR NOT_FOUND ')).length).toBeGreaterThanOrEqual(20);
    for (let n = 0; n < 60; n += 1) client.send('PING');
    expect(new Set(await client.receive(60))).toEqual(new Set(['OK PING 0\npong']));
  });
});

describe('another address than loopback', () => {
  const SECRET = 'a secret of enough characters, in the environment';
  const sign = (id: string, type: string, timestamp: number, content: string, secret = SECRET) => {
    const signature = createHmac('sha256', secret)
      .update([id, type, timestamp, content].join('\n'))
      .digest('hex');
    return `{"id":"${id}","type":"${type}","timestamp":${timestamp},"source":"x","content":${content},"signature":"${signature}"}`;
  };
  const now = () => Math.floor(Date.now() / 1000);
  const settings = { udp_server: { ip: '0.0.0.0' }, activity_monitor: { inactivity_timeout_minutes: 30 } };

  it('is not served without a secret, and shown', async () => {
    const open = await Program.prepare({ endpoint: sandbox.endpoint, settings });
    try {
      await open.start({}, async () => (await open.run('status')).exit === 0);
      const { conditions } = await open.json<{ conditions: { id: string; message: string }[] }>('status');
      expect(conditions.find(({ id }) => id === 'udp')?.message).toMatch(/secret/i);
      expect(await open.udp('PING', 300)).toBe('');
    } finally {
      await open.dispose();
    }
  });

  it('is served what is signed, timely and new, and answers nothing else', async () => {
    const open = await Program.prepare({
      endpoint: sandbox.endpoint,
      settings,
      env: { CLOUDNAP_UDP_SECRET: SECRET },
    });
    const peer = await UdpClient.open(open.udpPort);
    try {
      const answered = async (request: string) => {
        peer.send(request);
        return JSON.parse((await peer.receive())[0] ?? '');
      };
      await open.start({}, async () => (await open.run('status')).exit === 0);
      const first = sign('one', 'PING', now(), '{}');
      expect(await answered(first)).toMatchObject({
        id: 'one',
        type: 'PING_RESPONSE',
        content: { success: true },
      });
      for (const bad of [
        'PING',
        'nonsense',
        '{',
        '{"id":"u","type":"PING","timestamp":1,"source":"x","content":{}}',
        first,
        sign('two', 'PING', now() - 120, '{}'),
        sign('three', 'PING', now() + 120, '{}'),
        sign('four', 'PING', now(), '{}', 'another secret'),
        sign('five', 'PING', now(), '{}').replace('"content":{}', '"content":{"a":1}'),
        'X'.repeat(9_000),
      ])
        peer.send(bad);
      // It comes after them all, and it is the only one that is answered.
      expect(await answered(sign('last', 'HOLD', now(), '{ "minutes" : 5 }'))).toMatchObject({
        id: 'last',
        type: 'HOLD_RESPONSE',
        content: { success: true },
      });
    } finally {
      peer.close();
      await open.dispose();
    }
  });
});
