/** The UDP server over real sockets: every command in both forms, to the letter of the specification. */
import { createSocket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CODES, CommandError } from '../../../src/core/errors.js';
import type { Logger } from '../../../src/core/logger.js';
import type { Doorkeeper } from '../../../src/servers/udp/same-user.js';
import { serveUdp, UdpFault, type UdpServer } from '../../../src/servers/udp/serve-udp.js';
import { systemClock } from '../../../src/system/clock.js';
import { FakeClock } from '../../fakes/clock.js';
import { FAKE_NOW, FakeControl } from '../../fakes/fake-control.js';
import { UdpClient } from './udp-client.js';

const lines: string[] = [];
const say = (message: string) => lines.push(message);
const log: Logger = { debug: say, info: say, warn: say, error: say };
const settings = { enabled: true, ip: '127.0.0.1', port: 0, bufferSize: 8_192 };

let control: FakeControl;
let clock: FakeClock;
let server: UdpServer;
let client: UdpClient;

async function serve(more: Partial<Parameters<typeof serveUdp>[0]> = {}): Promise<UdpServer> {
  return serveUdp({ control, settings, secret: undefined, clock, log, ...more });
}

beforeEach(async () => {
  lines.length = 0;
  control = new FakeControl();
  clock = new FakeClock({ wall: FAKE_NOW });
  server = await serve();
  client = await UdpClient.open(server.address);
});
afterEach(async () => {
  client.close();
  await server.close();
});

const ec2 = 'ec2:eu-central-1:i-0aaa';
const ecs = 'ecs:eu-central-1:apps:api';
const eks = 'eks:us-east-1:kube:workers';

/** A request with an id of its own. */
let ids = 0;
const ask = (type: string, content?: object, id: unknown = `id-${++ids}`) => ({
  id,
  type,
  timestamp: 1_621_234_567,
  source: 'client',
  ...(content === undefined ? {} : { content }),
});

describe('text lists', () => {
  it('LIST_EC2', async () => {
    await client.text('REGISTER_EC2:i-0aaa:eu-central-1');
    expect(await client.text('LIST_EC2')).toBe(
      [
        'OK LIST_EC2 2',
        'instance_id\tregion\tstate\tname\tinstance_type\tregistered',
        'i-0aaa\teu-central-1\trunning\tbuild box\tt3.small\tyes',
        'i-0bbb\tus-east-1\tstopped\t-\t-\tno',
      ].join('\n'),
    );
  });

  it('LIST_ECS has a row for each cluster, empty ones too', async () => {
    expect(await client.text('LIST_ECS')).toBe(
      [
        'OK LIST_ECS 3',
        'cluster_name\tservice_name\tregion\tstate\tdesired\trunning\tregistered',
        'apps\t-\teu-central-1\t-\t-\t-\t-',
        'apps\tapi\teu-central-1\tACTIVE\t2\t2\tno',
        'empty\t-\teu-central-1\t-\t-\t-\t-',
      ].join('\n'),
    );
  });

  it('LIST_EKS', async () => {
    expect(await client.text('LIST_EKS')).toBe(
      [
        'OK LIST_EKS 3',
        'cluster_name\tnodegroup_name\tregion\tstate\tmin\tdesired\tmax\tregistered',
        'kube\t-\tus-east-1\t-\t-\t-\t-\t-',
        'kube\tworkers\tus-east-1\tACTIVE\t1\t3\t5\tno',
        'bare\t-\tus-east-1\t-\t-\t-\t-\t-',
      ].join('\n'),
    );
  });

  it('LIST_ALL_SERVICES has no cluster rows', async () => {
    await control.register(
      {
        target: { kind: 'ecs', region: 'eu-central-1', cluster: 'apps', service: 'api' },
        description: 'tabs\tand\nlines\u2028end',
      },
      'test',
    );
    expect(await client.text('LIST_ALL_SERVICES')).toBe(
      [
        'OK LIST_ALL_SERVICES 4',
        'service_type\ttarget\tstate\tregistered\tdescription',
        `EC2\t${ec2}\trunning\tno\t-`,
        'EC2\tec2:us-east-1:i-0bbb\tstopped\tno\t-',
        `ECS\t${ecs}\tACTIVE\tyes\ttabs and lines end`,
        `EKS\t${eks}\tACTIVE\tno\t-`,
      ].join('\n'),
    );
  });

  it('LIST_REGISTERED_SERVICES', async () => {
    expect(await client.text('LIST_REGISTERED_SERVICES')).toBe(
      'OK LIST_REGISTERED_SERVICES 0\nservice_type\ttarget\tstate\tlease_until\tdescription',
    );
    await client.text('REGISTER_EC2:i-0aaa:eu-central-1');
    await client.text('REGISTER_EKS:kube:workers:us-east-1');
    await client.text(`HOLD:90:${ec2.replaceAll(':', '%3A')}`);
    expect(await client.text('LIST_REGISTERED_SERVICES')).toBe(
      [
        'OK LIST_REGISTERED_SERVICES 2',
        'service_type\ttarget\tstate\tlease_until\tdescription',
        `EC2\t${ec2}\trunning\t2026-01-05T10:30:00.000Z\t-`,
        `EKS\t${eks}\tACTIVE\t-\t-`,
      ].join('\n'),
    );
  });

  it('STATUS', async () => {
    control.state = {
      ...control.state,
      nextNapAt: undefined,
      conditions: [{ id: 'account', message: 'another account', since: FAKE_NOW }],
    };
    expect(await client.text('STATUS')).toBe(
      [
        'OK STATUS 8',
        'key\tvalue',
        'presence\tpresent',
        'since\t2026-01-05T08:59:00.000Z',
        'idle_seconds\t12',
        'next_nap_at\t-',
        'targets\t0',
        'napping\t0',
        'conditions\t1',
        'version\t0.1.0',
      ].join('\n'),
    );
  });

  it('HELP names every command, and each of them is one', async () => {
    const [head, header, ...rows] = (await client.text('HELP')).split('\n');
    expect(head).toBe(`OK HELP ${rows.length}`);
    expect(header).toBe('command\targuments\twhat it does');
    expect(rows.map((row) => row.split('\t').slice(0, 2).join(' '))).toEqual([
      'LIST_EC2 -',
      'LIST_ECS -',
      'LIST_EKS -',
      'LIST_ALL_SERVICES -',
      'START_EC2 id:region',
      'STOP_EC2 id:region',
      'START_ECS cluster:service:region',
      'STOP_ECS cluster:service:region',
      'SCALE_EKS cluster:nodegroup:region:count',
      'REGISTER_EC2 id:region',
      'REGISTER_ECS cluster:service:region',
      'REGISTER_EKS cluster:nodegroup:region',
      'UNREGISTER_EC2 id:region',
      'UNREGISTER_ECS cluster:service:region',
      'UNREGISTER_EKS cluster:nodegroup:region',
      'LIST_REGISTERED_SERVICES -',
      'HOLD minutes[:target]',
      'RELEASE [target]',
      'NAP [target]',
      'STATUS -',
      'PING -',
      'HELP -',
    ]);
    for (const row of rows)
      expect(await client.text(row.split('\t')[0] ?? '')).not.toContain('UNKNOWN_COMMAND');
  });
});

describe('text commands', () => {
  it.each([
    ['START_EC2:i-0aaa:eu-central-1', 'start', { target: ec2, size: undefined }],
    ['STOP_EC2:i-0aaa:eu-central-1', 'stop', { target: ec2 }],
    ['START_ECS:apps:api:eu-central-1', 'start', { target: ecs, size: undefined }],
    ['STOP_ECS:apps:api:eu-central-1', 'stop', { target: ecs }],
    ['SCALE_EKS:kube:workers:us-east-1:0', 'scale', { target: eks, size: 0 }],
    ['HOLD:0.25', 'hold', { minutes: 0.25, target: undefined }],
    ['RELEASE', 'release', { target: undefined }],
    ['NAP', 'nap', { target: undefined }],
  ] as const)('%s', async (request, verb, given) => {
    const name = request.split(':')[0];
    const reply = await client.text(request);
    expect(reply.split('\n')).toEqual([`OK ${name} 0`, expect.stringMatching(/./)]);
    expect(control.calls).toEqual([
      { verb, by: `udp ${client.name}`, given: { ...given, by: `udp ${client.name}` } },
    ]);
  });

  it.each([
    ['EC2', 'i-0aaa:eu-central-1', ec2],
    ['ECS', 'apps:api:eu-central-1', ecs],
    ['EKS', 'kube:workers:us-east-1', eks],
  ])('REGISTER_%s and UNREGISTER_%s', async (type, args, id) => {
    expect(await client.text(`REGISTER_${type}:${args}`)).toBe(`OK REGISTER_${type} 0\nRegistered ${id}`);
    expect(await client.text(`REGISTER_${type}:${args}`)).toBe(
      `ERROR ALREADY_REGISTERED ${id} is registered already. Edit services.yaml to change its entry.`,
    );
    expect(await client.text(`UNREGISTER_${type}:${args}`)).toBe(
      `OK UNREGISTER_${type} 0\nUnregistered ${id}`,
    );
    expect(await client.text(`UNREGISTER_${type}:${args}`)).toBe(
      `ERROR NOT_REGISTERED ${id} is not registered`,
    );
  });

  it.each(['ping', ' PiNg\r\n', '\n\tPING \n', 'PING\n'])('reads %j as PING', async (request) => {
    expect(await client.text(request)).toBe('OK PING 0\npong');
  });

  it('takes a target as the last argument with its colons escaped, as they are, or by name', async () => {
    await client.text('REGISTER_EC2:i-0aaa:eu-central-1');
    for (const target of [ec2, ec2.replaceAll(':', '%3a'), ec2.replaceAll(':', '%3A')])
      expect(await client.text(`nap:${target}`)).toBe('OK NAP 0\nNapping 1, spared 0');
    expect(await client.text(`HOLD:5:${ec2}`)).toContain('OK HOLD 0');
    expect(control.calls.filter(({ verb }) => verb === 'nap').map(({ given }) => given)).toEqual(
      Array(3).fill({ target: ec2, by: `udp ${client.name}` }),
    );
  });

  it.each([
    ['START_EC2', 'Usage: START_EC2:id:region'],
    ['START_EC2:i-1', 'Usage: START_EC2:id:region'],
    ['START_EC2:i-1:us-east-1:more', 'Usage: START_EC2:id:region'],
    ['START_EC2::us-east-1', 'instance_id: must not be empty'],
    ['START_EC2:i-1:nowhere', '"nowhere" is not a region name'],
    ['START_ECS:a%3Ab:c:us-east-1', '"a:b" is not a cluster name'],
    ['SCALE_EKS:kube:workers:us-east-1', 'Usage: SCALE_EKS:cluster:nodegroup:region:count'],
    ['SCALE_EKS:kube:workers:us-east-1:-1', 'desired_size'],
    ['SCALE_EKS:kube:workers:us-east-1:1.5', 'desired_size'],
    ['SCALE_EKS:kube:workers:us-east-1:two', 'desired_size'],
    ['LIST_EC2:us-east-1', 'Usage: LIST_EC2'],
    ['STATUS:', 'Usage: STATUS'],
    ['HOLD', 'Usage: HOLD:minutes[:target]'],
    ['HOLD:', 'minutes'],
    ['HOLD:0', 'minutes'],
    ['HOLD:1e3', 'minutes'],
    ['HOLD:10081', 'minutes'],
    ['HOLD:5:', 'target: must not be empty'],
    ['NAP:', 'Usage: NAP[:target]'],
    ['NAP:nobody:knows', 'NOT_REGISTERED'],
    ['', 'The request is empty'],
    [' \r\n', 'The request is empty'],
  ])('refuses %j, saying %j', async (request, said) => {
    const reply = await client.text(request);
    expect(reply).toMatch(/^ERROR (BAD_REQUEST|NOT_REGISTERED) [^\n]+$/);
    expect(reply).toContain(said);
    expect(control.calls.filter(({ verb }) => verb !== 'nap')).toEqual([]);
  });

  it('does not know other names', async () => {
    expect(await client.text('OPEN THE\nDOORS:please')).toBe(
      'ERROR UNKNOWN_COMMAND "OPEN THE DOORS" is not a command. Send HELP for the commands.',
    );
    expect(await client.text('constructor')).toContain('ERROR UNKNOWN_COMMAND');
  });

  it.each(CODES)('passes the code %s on', async (code) => {
    control.failNext(new CommandError(code, 'line\nend!', { hint: 'Try\tthis.' }));
    expect(await client.text('STATUS')).toBe(`ERROR ${code} line end! Try this.`);
    control.failNext(new CommandError(code, 'no', { hint: 'try' }));
    expect(await client.json(ask('STATUS'))).toMatchObject({
      type: 'STATUS_RESPONSE',
      content: { success: false, error: { code, message: 'no', hint: 'try' } },
    });
    control.failNext(new CommandError(code, 'no'));
    expect((await client.json(ask('STATUS'))).content.error).toEqual({ code, message: 'no', hint: null });
  });

  it('survives what nobody foresaw, and logs it once', async () => {
    for (const failure of [new TypeError('boom'), 'a string', null, Object.create(null)]) {
      control.failNext(failure);
      expect(await client.text('STATUS')).toContain('ERROR REFUSED');
    }
    expect(lines).toEqual(['A UDP request failed unexpectedly']);
  });
});

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

describe('replies over 8 KB', () => {
  const describe200 = (text: string) => {
    control.services = Array.from({ length: 200 }, (_, index) => ({
      target: { kind: 'ec2', region: 'us-east-1', instanceId: `i-${index}` },
      state: 'running',
      size: 1,
      name: `${text} ${index}`,
    }));
  };
  beforeEach(async () => {
    client.close();
    await server.close();
    server = await serve({ clock: systemClock() });
    client = await UdpClient.open(server.address);
  });

  it('are several whole text messages, cut between rows', async () => {
    describe200('휴식 🌙'.repeat(20));
    client.send('LIST_EC2');
    const parts: string[] = [];
    let expected = 1;
    while (parts.length < expected) {
      const bytes = await client.next();
      expect(bytes.length).toBeLessThanOrEqual(8_192);
      const [head = '', header, ...rows] = new TextDecoder('utf-8', { fatal: true })
        .decode(bytes)
        .split('\n');
      const [, part, all] = /^OK LIST_EC2 200 (\d+)\/(\d+)$/.exec(head) ?? [];
      expected = Number(all);
      expect(Number(part)).toBe(parts.length === 0 ? 1 : Number(parts.at(-1)?.split('|')[0]) + 1);
      expect(header).toBe('instance_id\tregion\tstate\tname\tinstance_type\tregistered');
      for (const row of rows) expect(row.split('\t')).toHaveLength(6);
      parts.push(`${part}|${rows.map((row) => row.split('\t')[0]).join(',')}`);
    }
    expect(parts.length).toBeGreaterThan(4);
    expect(parts.flatMap((part) => part.split('|')[1]?.split(','))).toEqual(
      Array.from({ length: 200 }, (_, index) => `i-${index}`),
    );
  });

  it('are several whole JSON messages, also when the request is repeated', async () => {
    describe200('휴식 🌙'.repeat(20));
    control.clusters = [];
    const request = JSON.stringify(ask('AWS_ECS_LIST', {}, 'x'.repeat(256)));
    control.services = control.services.map((service, index) => ({
      ...service,
      target: { kind: 'ecs', region: 'us-east-1', cluster: 'c', service: `s${index}` },
    }));
    for (let round = 0; round < 2; round += 1) {
      client.send(request);
      const names: string[] = [];
      for (let part = 1, parts = 1; part <= parts; part += 1) {
        const bytes = await client.next();
        expect(bytes.length).toBeLessThanOrEqual(8_192);
        const reply = JSON.parse(bytes.toString());
        parts = reply.parts;
        expect(reply).toMatchObject({ id: 'x'.repeat(256), part, content: { success: true, clusters: [] } });
        names.push(...reply.content.services.map((it: { service_name: string }) => it.service_name));
      }
      expect(names).toEqual(Array.from({ length: 200 }, (_, index) => `s${index}`));
    }
    expect(control.count('list')).toBe(1);
  });

  it('shortens what is too long for any datagram', async () => {
    describe200('x');
    control.services = control.services.slice(0, 2).map((it) => ({ ...it, name: '\u0001🌙'.repeat(6_000) }));
    for (const _row of [1, 2]) {
      client.send('LIST_EC2');
      const bytes = await client.next();
      expect(bytes.length).toBeLessThanOrEqual(8_192);
      expect(bytes.toString()).toContain('🌙…\t-\tno');
    }
    client.send(JSON.stringify(ask('AWS_EC2_LIST')));
    const reply = JSON.parse((await client.next()).toString());
    expect(reply.content.services[0].name).toMatch(/…$/);
    control.failNext(new CommandError('AWS_ERROR', '\u0001'.repeat(9_000), { hint: '\u0001'.repeat(9_000) }));
    client.send(JSON.stringify(ask('STATUS')));
    let bytes = await client.next();
    while (!bytes.includes('AWS_ERROR')) bytes = await client.next();
    expect(bytes.length).toBeLessThanOrEqual(8_192);
    control.failNext(new CommandError('AWS_ERROR', '🌙'.repeat(9_000), { hint: 'a' }));
    expect(Buffer.byteLength(await client.text('STATUS'))).toBeLessThanOrEqual(8_192);
  });
});

describe('the same request again', () => {
  it('gets the first reply, for a minute, from the same peer, and acts once', async () => {
    const hold = ask('HOLD', { minutes: 5 });
    const first = await client.text(JSON.stringify(hold));
    await clock.advance(59_000);
    expect(await client.text(JSON.stringify({ ...hold, timestamp: 5, source: 'again' }))).toBe(first);
    expect(control.count('hold')).toBe(1);

    await client.json({ ...hold, content: { minutes: 6 } });
    await client.json({ ...hold, id: 'other' });
    await client.json({ ...hold, type: 'RELEASE', content: {} });
    expect(control.count('hold')).toBe(3);
    const other = await UdpClient.open(server.address);
    await other.json(hold);
    other.close();
    expect(control.count('hold')).toBe(4);

    await clock.advance(1_001);
    await client.json(hold);
    expect(control.count('hold')).toBe(5);
  });

  it('waits for the first when that is still being carried out', async () => {
    const open = control.block();
    const hold = JSON.stringify(ask('HOLD', { minutes: 5 }));
    for (let copy = 0; copy < 3; copy += 1) client.send(hold);
    expect(await client.text('PING')).toContain('pong');
    expect(control.count('hold')).toBe(1);
    open();
    const replies = [await client.next(), await client.next(), await client.next()].map(String);
    expect(new Set(replies).size).toBe(1);
  });

  it('is not known in text, which has no id: each one acts', async () => {
    await client.text('HOLD:5');
    await client.text('HOLD:5');
    expect(control.count('hold')).toBe(2);
  });

  it('keeps the replies of changes through a flood of questions', async () => {
    const hold = ask('HOLD', { minutes: 5 });
    await client.json(hold);
    for (let round = 0; round < 3_000; round += 1) await client.text(`{"id":${round},"type":"PING"}`);
    await client.json(hold);
    expect(control.count('hold')).toBe(1);
  });
});

describe('limits', () => {
  it('lets 20 requests a second call AWS, for each peer, and all others through', async () => {
    for (let n = 0; n < 20; n += 1) expect(await client.text('LIST_EC2')).toContain('OK');
    expect(await client.text('START_EC2:i-0aaa:eu-central-1')).toBe(
      'ERROR RATE_LIMITED More than 20 requests a second that call AWS. Try again in a second.',
    );
    expect((await client.json(ask('AWS_ALL_LIST', {}, 'late'))).content.error.code).toBe('RATE_LIMITED');
    for (let n = 0; n < 50; n += 1) expect(await client.text('STATUS')).toContain('OK');
    const other = await UdpClient.open(server.address);
    expect(await other.text('LIST_EC2')).toContain('OK');
    other.close();
    await clock.advance(1_000);
    // A refusal is not a first reply: the same request may be made again and then acts.
    expect((await client.json(ask('AWS_ALL_LIST', {}, 'late'))).content.success).toBe(true);
    expect(control.count('start')).toBe(0);
  });

  it('carries out a bounded number of requests at once', async () => {
    const open = control.block();
    for (let n = 0; n < 1_024; n += 1) {
      client.send('STATUS');
      if (n % 32 === 31) await client.text('NOTHING');
    }
    expect(await client.text('STATUS')).toContain('ERROR RATE_LIMITED');
    open();
    while (!(await client.text('STATUS')).includes('OK STATUS')) await client.next();
    expect(control.count('status')).toBeLessThanOrEqual(1_025 + 1);
  });
});

describe('who is served', () => {
  it('on loopback, whom the doorkeeper admits; others are told', async () => {
    const nobody: Doorkeeper = { admit: (peers) => peers.map(() => false) };
    const strict = await serve({ doorkeeper: nobody });
    const stranger = await UdpClient.open(strict.address);
    expect(await stranger.text('NAP')).toMatch(/^ERROR UNAUTHORIZED /);
    expect(await stranger.json(ask('NAP', {}))).toMatchObject({
      id: null,
      type: 'ERROR_RESPONSE',
      content: { error: { code: 'UNAUTHORIZED' } },
    });
    expect(control.calls).toEqual([]);
    expect(lines).toEqual(['A UDP request was turned away: its socket is not of this user']);
    stranger.close();
    await strict.close();
  });

  it('IPv6 loopback too', async () => {
    const six = await serve({ settings: { ...settings, ip: '::1' } }).catch((fault: unknown) => fault);
    if (six instanceof UdpFault) return expect(six.message).toContain('[::1]');
    const peer = await UdpClient.open((six as UdpServer).address);
    expect(await peer.text('HOLD:1')).toContain('OK HOLD 0');
    expect(control.calls[0]?.by).toBe(`udp ${peer.name}`);
    peer.close();
    await (six as UdpServer).close();
  });

  it('no other address without a secret', async () => {
    const fault = await serve({ settings: { ...settings, ip: '0.0.0.0' } }).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(UdpFault);
    expect(fault).toMatchObject({ hint: expect.stringContaining('CLOUDNAP_UDP_SECRET') });
    await expect(serve({ settings: { ...settings, ip: '0.0.0.0' }, secret: '' })).rejects.toThrow('secret');
  });

  it('names the port that is taken, and the cure', async () => {
    const { port } = server.address;
    const fault = await serve({ settings: { ...settings, port } }).catch((error: unknown) => error);
    expect(fault).toMatchObject({
      message: `UDP 127.0.0.1:${port} is in use by another program`,
      hint: expect.stringContaining('udp_server.port'),
    });
    await expect(serve({ settings: { ...settings, ip: '203.0.113.7' }, secret: 's' })).rejects.toThrow(
      'no such address',
    );
    await expect(serve({ settings: { ...settings, ip: 'no such name.invalid' } })).rejects.toThrow(UdpFault);
  });
});

describe('closing', () => {
  it('answers what is being carried out, takes nothing new, and frees the port', async () => {
    const open = control.block();
    client.send('STATUS');
    while (control.count('status') === 0) await new Promise(setImmediate);
    const closed = server.close();
    client.send('NAP');
    open();
    expect((await client.next()).toString()).toContain('OK STATUS');
    await closed;
    await server.close();
    expect(control.count('nap')).toBe(0);
    const again = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      again.once('error', reject);
      again.bind(server.address.port, '127.0.0.1', resolve);
    });
    again.close();
    expect(clock.pending).toBe(0);
  });

  it('does not wait for ever', async () => {
    control.block();
    client.send('STATUS');
    while (control.count('status') === 0) await new Promise(setImmediate);
    const closed = server.close();
    await clock.advance(2_000);
    await closed;
  });
});
