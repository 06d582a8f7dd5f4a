/** The UDP server's text form over real sockets: every command, to the letter of the specification. */
import { describe, expect, it } from 'vitest';
import { CODES, CommandError } from '../../../src/core/errors.js';
import { FAKE_NOW } from '../../fakes/fake-control.js';
import { ask, client, control, ec2, ecs, eks, lines, serveEachTest } from './udp-bench.js';

serveEachTest();

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
