/** SPEC section 8 to the letter, against the built program: every list in both forms, and every refusal. */
import { describe, expect, it } from 'vitest';
import { API, DATABASE, REGION, RFC3339, udpDoor } from './udp-door.js';

const door = udpDoor();

describe('lists', () => {
  it('have the columns of SPEC and tell what is registered', async () => {
    const ec2 = await door.client.rows('LIST_EC2');
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

    const ecs = await door.client.rows('list_ecs');
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

    const eks = await door.client.rows(' LIST_EKS\r\n');
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

    const all = await door.client.rows('LIST_ALL_SERVICES');
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
    const ecs = await door.client.json({ id: 7, type: 'AWS_ECS_LIST', content: { region: REGION } });
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
    const ec2 = await door.client.json({ id: 'a', type: 'AWS_EC2_LIST', content: { region: 'us-west-2' } });
    expect(ec2.content.clusters).toBeUndefined();
    expect((ec2.content.services as object[]).length).toBe(3);
    const eks = await door.client.json({ id: 'b', type: 'AWS_EKS_LIST' });
    expect(eks.content.services).toContainEqual(
      expect.objectContaining({ nodegroup_name: 'workers', min: 1, desired: 2, max: 4 }),
    );
    door.client.send(
      JSON.stringify({ id: 'c', type: 'AWS_ALL_LIST', timestamp: 1, source: 'x', content: {} }),
    );
    const replies = [JSON.parse((await door.client.receive())[0] ?? '')];
    if (replies[0].parts)
      for (const part of await door.client.receive(replies[0].parts - 1)) replies.push(JSON.parse(part));
    expect(replies.flatMap((reply) => reply.content.services)).toHaveLength(16);
  });

  it('of the registered tell until when each is kept, and STATUS has its keys', async () => {
    const rows = await door.client.rows('LIST_REGISTERED_SERVICES');
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'service_type',
      'target',
      'state',
      'lease_until',
      'description',
    ]);
    for (const row of rows) expect(row.lease_until).toMatch(/^-$|^\d{4}-/);
    const status = await door.client.text('STATUS');
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
    const { content } = await door.client.json({ id: 's', type: 'STATUS', content: {} });
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
    const rows = await door.client.rows('HELP');
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
    expect((await door.client.json({ id: 1, type: 'HELP' })).content.success).toBe(true);
    expect((await door.client.json({ id: 2, type: 'PING' })).content).toMatchObject({
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
    expect((await door.client.text(request)).split('\n')[0]).toMatch(new RegExp(`^ERROR ${code} .{5,}$`));
  });

  it('answer a request that is too large, and one that just is not', async () => {
    expect(await door.client.text('X'.repeat(8_193))).toMatch(/^ERROR REQUEST_TOO_LARGE /);
    expect(await door.client.text('X'.repeat(8_192))).toMatch(/^ERROR UNKNOWN_COMMAND /);
  });

  it('in JSON name code, message and hint, under the id and type of the request', async () => {
    const reply = await door.client.json({ id: 'r1', type: 'AWS_EC2_STOP', content: { instance_id: API } });
    expect(reply).toMatchObject({ id: 'r1', type: 'AWS_EC2_STOP_RESPONSE', content: { success: false } });
    expect(reply.content.error).toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('region'),
    });
    expect(Object.keys(reply.content.error as object)).toEqual(['code', 'message', 'hint']);
    expect(await door.client.json({ id: 'r2', type: 'MAKE_TEA' })).toMatchObject({
      id: 'r2',
      content: { success: false, error: { code: 'UNKNOWN_COMMAND' } },
    });
    for (const text of ['{', '{"id":1', '{]}'])
      expect(JSON.parse(await door.client.text(text))).toMatchObject({
        id: null,
        type: 'ERROR_RESPONSE',
        content: { success: false, error: { code: 'BAD_REQUEST' } },
      });
    expect(JSON.parse(await door.client.text(`{"id":"${'x'.repeat(9_000)}"}`))).toMatchObject({
      content: { error: { code: 'REQUEST_TOO_LARGE' } },
    });
  });
});
