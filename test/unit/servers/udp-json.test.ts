/** The UDP server's JSON form over real sockets: every type of request, to the letter of the specification. */
import { describe, expect, it } from 'vitest';
import { FAKE_NOW } from '../../fakes/fake-control.js';
import { ask, client, control, ec2, ecs, eks, serveEachTest } from './udp-bench.js';

serveEachTest();

describe('JSON', () => {
  it('answers in the envelope of the request', async () => {
    expect(await client.json(ask('PING', {}, 'abc'))).toEqual({
      id: 'abc',
      type: 'PING_RESPONSE',
      timestamp: FAKE_NOW / 1000,
      source: 'server',
      content: { success: true, message: 'pong' },
    });
  });

  it.each(['"x"', '7', '-0.5', '1767603600123456789', '1e999', '"\\ud800"', '"ünï\\n"'])(
    'keeps the id %s',
    async (id) => {
      const reply = await client.text(` {"type":"PING","id":${id}}\n`);
      expect(reply).toContain(`{"id":${id},`);
    },
  );

  it.each([
    ['AWS_EC2_LIST', undefined, ['EC2', 'EC2'], false],
    ['AWS_EC2_LIST', { region: 'us-east-1' }, ['EC2'], false],
    ['AWS_ECS_LIST', { region: null }, ['ECS'], true],
    ['AWS_EKS_LIST', {}, ['EKS'], true],
    ['AWS_ALL_LIST', {}, ['EC2', 'EC2', 'ECS', 'EKS'], false],
  ])('%s %j', async (type, content, types, clusters) => {
    const reply = await client.json(ask(type, content));
    expect(reply.type).toBe(`${type}_RESPONSE`);
    expect(reply.content.success).toBe(true);
    expect(reply.content.services.map((it: { service_type: string }) => it.service_type)).toEqual(types);
    expect('clusters' in reply.content).toBe(clusters);
  });

  it('describes services by the registry’s field names', async () => {
    const { content } = await client.json(ask('AWS_ALL_LIST'));
    expect(content.services[0]).toEqual({
      service_type: 'EC2',
      target: ec2,
      instance_id: 'i-0aaa',
      region: 'eu-central-1',
      name: 'build box',
      instance_type: 't3.small',
      state: 'running',
      power: 'on',
      registered: false,
    });
    expect(content.services[3]).toMatchObject({
      cluster_name: 'kube',
      nodegroup_name: 'workers',
      min: 1,
      desired: 3,
      running: 3,
      max: 5,
    });
    const list = await client.json(ask('AWS_ECS_LIST'));
    expect(list.content.clusters).toEqual([
      { service_type: 'ECS', cluster_name: 'apps', region: 'eu-central-1' },
      { service_type: 'ECS', cluster_name: 'empty', region: 'eu-central-1' },
    ]);
  });

  it.each([
    ['AWS_EC2_START', { instance_id: 'i-0aaa', region: 'eu-central-1' }, 'start', { target: ec2 }],
    ['AWS_EC2_STOP', { instance_id: 'i-0aaa', region: 'eu-central-1' }, 'stop', { target: ec2 }],
    [
      'AWS_ECS_START',
      { cluster_name: 'apps', service_name: 'api', region: 'eu-central-1', desired_count: 4 },
      'start',
      { target: ecs, size: 4 },
    ],
    [
      'AWS_ECS_STOP',
      { cluster_name: 'apps', service_name: 'api', region: 'eu-central-1' },
      'stop',
      { target: ecs },
    ],
    [
      'AWS_EKS_SCALE',
      { cluster_name: 'kube', nodegroup_name: 'workers', region: 'us-east-1', desired_size: 2 },
      'scale',
      { target: eks, size: 2 },
    ],
  ] as const)('%s', async (type, content, verb, given) => {
    const reply = await client.json(ask(type, content));
    expect(reply.content).toEqual({ success: true, message: expect.any(String), target: given.target });
    expect(control.calls).toMatchObject([{ verb, given }]);
  });

  it('registers with every field of services.yaml, holds, naps, releases and unregisters', async () => {
    const content = {
      service_type: 'EC2',
      instance_id: 'i-0aaa',
      region: 'eu-central-1',
      name: 'box',
      description: '개발 서버',
      enabled: true,
      inactivity_timeout_minutes: 0.5,
      depends_on: [ecs],
    };
    expect((await client.json(ask('REGISTER_SERVICE', content))).content).toEqual({
      success: true,
      message: `Registered ${ec2}`,
      target: ec2,
    });
    expect(control.calls[0]?.given).toMatchObject({
      name: 'box',
      description: '개발 서버',
      timeoutMinutes: 0.5,
      dependsOn: [ecs],
    });
    expect((await client.json(ask('HOLD', { minutes: 1, target: 'box' }))).content.target).toBe(ec2);
    expect((await client.json(ask('NAP', {}))).content).toMatchObject({ napping: [], spared: [ec2] });
    expect((await client.json(ask('LIST_REGISTERED_SERVICES'))).content.services).toMatchObject([
      { target: ec2, name: 'box', lease_until: '2026-01-05T09:01:00.000Z', enabled: true },
    ]);
    expect((await client.json(ask('RELEASE', {}))).content).toEqual({ success: true, message: 'Released' });
    expect((await client.json(ask('UNREGISTER_SERVICE', content))).content.target).toBe(ec2);
  });

  it('STATUS has its keys, with the conditions as a list', async () => {
    control.state = {
      ...control.state,
      nextNapAt: undefined,
      conditions: [{ id: 'a', message: 'm', hint: 'h', since: FAKE_NOW, targetId: ec2 }],
    };
    expect((await client.json(ask('STATUS', { unknown: 1 }))).content).toEqual({
      success: true,
      presence: 'present',
      since: '2026-01-05T08:59:00.000Z',
      idle_seconds: 12,
      next_nap_at: null,
      targets: 0,
      napping: 0,
      conditions: [{ id: 'a', message: 'm', hint: 'h', since: '2026-01-05T09:00:00.000Z', target: ec2 }],
      version: '0.1.0',
    });
  });

  it('HELP has a message and the commands', async () => {
    const { content } = await client.json(ask('HELP'));
    expect(content).toMatchObject({ success: true, message: expect.any(String) });
    expect(content.commands).toContainEqual({
      command: 'START_EC2',
      arguments: 'id:region',
      type: 'AWS_EC2_START',
      description: 'Starts an instance.',
    });
  });

  it.each([
    ['{', null, 'ERROR_RESPONSE'],
    ['{"id":1}}', null, 'ERROR_RESPONSE'],
    ['{"type":"PING"}', null, 'ERROR_RESPONSE'],
    ['{"id":{},"type":"PING"}', null, 'ERROR_RESPONSE'],
    [JSON.stringify({ id: 'x'.repeat(257), type: 'PING' }), null, 'ERROR_RESPONSE'],
    ['{"id":1}', 1, 'ERROR_RESPONSE'],
    ['{"id":1,"type":{}}', 1, 'ERROR_RESPONSE'],
    ['{"id":1,"type":"PING","content":[]}', 1, 'PING_RESPONSE'],
    ['{"id":1,"type":"PING","content":"x"}', 1, 'PING_RESPONSE'],
    ['{"id":1,"type":"HOLD","content":{"minutes":"5"}}', 1, 'HOLD_RESPONSE'],
    ['{"id":1,"type":"NAP","content":{"targett":"x"}}', 1, 'NAP_RESPONSE'],
    ['{"id":1,"type":"REGISTER_SERVICE","content":{"service_type":"RDS"}}', 1, 'REGISTER_SERVICE_RESPONSE'],
  ])('answers %s with BAD_REQUEST', async (request, id, type) => {
    const reply = JSON.parse(await client.text(request));
    expect(reply).toMatchObject({ id, type, source: 'server', content: { success: false } });
    expect(reply.content.error.code).toBe('BAD_REQUEST');
    expect(control.calls).toEqual([]);
  });

  it('does not know other types', async () => {
    expect(await client.json(ask('aws_ec2_list', {}, 5))).toMatchObject({
      id: 5,
      type: 'aws_ec2_list_RESPONSE',
      content: { error: { code: 'UNKNOWN_COMMAND' } },
    });
  });

  it('refuses what is too large or not UTF-8, in the form of the request', async () => {
    expect(await client.text('x'.repeat(8_193))).toContain('ERROR REQUEST_TOO_LARGE');
    expect(await client.text(`PING${' '.repeat(8_188)}`)).toContain('OK PING');
    expect(JSON.parse(await client.text(`\n{${' '.repeat(8_192)}`))).toMatchObject({
      id: null,
      type: 'ERROR_RESPONSE',
      content: { error: { code: 'REQUEST_TOO_LARGE' } },
    });
    expect(await client.text(Buffer.from([0x50, 0xff]))).toContain('ERROR BAD_REQUEST');
    expect(JSON.parse(await client.text(Buffer.from([0x7b, 0xff])))).toMatchObject({ id: null });
  });
});
