/** The control socket from end to end: the real client, the real server, and a fake Control behind it. */
import { link, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect as connectSocket, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, DaemonFault, NoDaemon } from '../../../src/control/client.js';
import { CommandError, LedgerError, OperationError } from '../../../src/core/errors.js';
import type { Event } from '../../../src/core/events.js';
import type { Logger } from '../../../src/core/logger.js';
import { serveControl } from '../../../src/servers/http/serve-control.js';
import { API_DESCRIPTION } from '../../fakes/api-description.js';
import { FAKE_NOW, FakeControl } from '../../fakes/fake-control.js';
import { fakeDesk } from '../../fakes/fake-desk.js';

const lines: string[] = [];
const log: Logger = {
  debug: (message) => lines.push(message),
  info: (message) => lines.push(message),
  warn: (message) => lines.push(message),
  error: (message) => lines.push(message),
};

let folder: string;
let socketPath: string;
let control: FakeControl;
let server: Awaited<ReturnType<typeof serveControl>> | undefined;

beforeEach(async () => {
  lines.length = 0;
  folder = await mkdtemp(path.join(os.tmpdir(), 'cloudnap-http-'));
  socketPath = path.join(folder, 'control.sock');
  control = new FakeControl();
  server = await serveControl({ desk: fakeDesk(control), socketPath, description: API_DESCRIPTION, log });
});
afterEach(async () => {
  await server?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A raw request, for what the client never sends. */
function post(url: string, body: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path: url, method: 'POST', agent: false, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve([answer.statusCode ?? 0, JSON.parse(text)]));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
const json = { 'content-type': 'application/json' };
const ec2 = 'ec2:eu-central-1:i-0aaa';
const happening = (message: string): Event => ({ type: 'notice', at: FAKE_NOW, message, level: 'info' });

describe('the control socket', () => {
  it('carries every operation to Control and its answer back in wire form', async () => {
    const client = connect(socketPath);
    expect(
      await client.register({
        service_type: 'EKS',
        cluster_name: 'kube',
        nodegroup_name: 'workers',
        region: 'us-east-1',
        name: 'nodes',
        description: 'the cluster',
        inactivity_timeout_minutes: 1.5,
        depends_on: [ec2],
        desired_size: 2,
        autoscaler: 'ours',
      }),
    ).toEqual({ message: 'Registered eks:us-east-1:kube:workers', target: 'eks:us-east-1:kube:workers' });
    expect(control.calls.at(-1)).toEqual({
      verb: 'register',
      by: 'cli',
      given: {
        target: { kind: 'eks', region: 'us-east-1', cluster: 'kube', nodegroup: 'workers' },
        name: 'nodes',
        description: 'the cluster',
        enabled: undefined,
        timeoutMinutes: 1.5,
        dependsOn: [ec2],
        desired: 2,
        autoscaler: 'ours',
      },
    });
    expect(await client.status()).toEqual({
      presence: 'present',
      since: '2026-01-05T08:59:00.000Z',
      idle_seconds: 12,
      next_nap_at: '2026-01-05T09:30:00.000Z',
      targets: 1,
      napping: 0,
      conditions: [],
      version: '0.1.0',
      dry_run: false,
    });
    expect(await client.hold({ minutes: 0.5, target: 'nodes' })).toMatchObject({
      target: 'eks:us-east-1:kube:workers',
    });
    expect((await client.registered()).services).toEqual([
      {
        service_type: 'EKS',
        target: 'eks:us-east-1:kube:workers',
        cluster_name: 'kube',
        nodegroup_name: 'workers',
        region: 'us-east-1',
        name: 'nodes',
        description: 'the cluster',
        state: 'ACTIVE',
        power: 'on',
        registered: true,
        desired: 3,
        running: 3,
        min: 1,
        max: 5,
        enabled: true,
        lease_until: '2026-01-05T09:00:30.000Z',
        leases: [],
        phase: null,
      },
    ]);
    expect(await client.nap()).toMatchObject({ napping: [], spared: ['eks:us-east-1:kube:workers'] });
    await client.release({});
    expect(await client.nap({ target: 'nodes' })).toMatchObject({ napping: ['eks:us-east-1:kube:workers'] });
    const ecs = await client.list({ service_types: ['ECS'], region: 'eu-central-1' });
    expect(ecs.services.map((service) => service.target)).toEqual(['ecs:eu-central-1:apps:api']);
    expect(ecs.clusters).toContainEqual({
      service_type: 'ECS',
      cluster_name: 'empty',
      region: 'eu-central-1',
    });
    expect((await client.list()).services).toHaveLength(4);
    expect(await client.start({ target: ec2 })).toMatchObject({ target: ec2 });
    expect(await client.stop({ target: ec2 })).toMatchObject({ target: ec2 });
    await client.scale({ target: 'nodes', size: 0 });
    expect(control.services.at(-1)?.size).toBe(0);
    expect((await client.plan()).plan).toEqual([
      {
        target: 'eks:us-east-1:kube:workers',
        state: 'running',
        action: 'nap',
        at: '2026-01-05T09:30:00.000Z',
        reason: 'nobody is there',
        warned: false,
        waits: null,
        saves_per_hour: null,
        aws_stops_at: null,
      },
    ]);
    control.emit({ ...happening('a key'), targetId: ec2 });
    const why = await client.why({ target: ec2 });
    expect(why).toMatchObject({
      target: ec2,
      leases: [{ holder: 'presence', until: '2026-01-05T09:30:00.000Z', live: true }, { until: null }],
      sensors: [{ last_activity: '2026-01-05T09:00:00.000Z' }, { last_activity: null }],
      snapshot: { phase: 'napped', taken_at: '2026-01-05T09:00:00.000Z' },
      last_action: { type: 'notice', message: 'a key' },
    });
    expect((await client.history({ target: ec2, limit: 5 })).events).toHaveLength(1);
    expect((await client.doctor()).checks[0]).toMatchObject({ result: 'warn', cure: 'cloudnap login' });
    expect(await client.account()).toMatchObject({ pinned: null, identity: { account: '111122223333' } });
    expect(await client.acceptAccount({ account: '1' })).toEqual({ message: 'Pinned 1' });
    await client.unregister({ target: 'nodes' });
    expect(await client.shutdown()).toEqual({ message: 'Ending' });
  });

  it.each([
    [
      new CommandError('NOT_REGISTERED', 'not here', { hint: 'register it' }),
      'NOT_REGISTERED',
      'register it',
    ],
    [
      new OperationError('credentials', 'none', { operation: 'sts:GetCallerIdentity', hint: 'log in' }),
      'NOT_SIGNED_IN',
      'log in',
    ],
    [new OperationError('missing', 'gone', { operation: 'ec2:StartInstances' }), 'NOT_FOUND', undefined],
    [new LedgerError('disk full'), 'REFUSED', expect.stringContaining('record')],
    [new TypeError('x is undefined'), 'REFUSED', expect.stringContaining('log')],
  ])('answers %s with a code and a hint', async (error, code, hint) => {
    control.failNext(error);
    const thrown = await connect(socketPath)
      .status()
      .catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(CommandError);
    expect(thrown).toMatchObject({ code, hint });
    expect(lines).toHaveLength(error instanceof TypeError ? 1 : 0);
  });

  it.each([
    ['/v1/hold', '{"minutes":0}', 'minutes'],
    ['/v1/hold', '{"minutes":10081}', 'minutes'],
    ['/v1/hold', '{"minutes":5,"targett":"a"}', 'targett'],
    ['/v1/nap', '{"target":""}', 'target'],
    ['/v1/start', '{}', 'target'],
    ['/v1/start', '{"target":"a","size":1.5}', 'size'],
    [
      '/v1/register',
      '{"service_type":"EC2","instance_id":"i-1","region":"x","desired_size":1}',
      'desired_size',
    ],
    ['/v1/register', '{"service_type":"EC2","instance_id":"i-1","region":"nowhere"}', 'nowhere'],
    ['/v1/nap', '[]', 'object'],
    ['/v1/nap', 'null', 'object'],
    ['/v1/nap', '{"target"', ''],
    ['/v1/nap', '{"__proto__":{"a":1}}', ''],
  ])('refuses POST %s %s', async (url, body, word) => {
    const [status, answer] = await post(url, body, json);
    expect(status).toBe(400);
    expect(answer).toMatchObject({ error: { code: 'BAD_REQUEST', message: expect.stringContaining(word) } });
    expect(control.calls).toEqual([]);
  });

  it('takes null for a field that is left out', async () => {
    expect((await post('/v1/nap', '{"target":null}', json))[0]).toBe(200);
  });

  it('takes no command from a form, from an empty body, or under an unknown name', async () => {
    expect((await post('/v1/nap', '{}', { 'content-type': 'text/plain' }))[0]).toBe(400);
    expect((await post('/v1/nap', ''))[0]).toBe(400);
    expect(await post('/v1/constructor', '{}', json)).toMatchObject([
      404,
      { error: { code: 'UNKNOWN_COMMAND' } },
    ]);
    expect(control.calls).toEqual([]);
  });

  it('refuses a body over the limit', async () => {
    const [status, answer] = await post('/v1/why', JSON.stringify({ target: 'x'.repeat(70_000) }), json);
    expect([status, answer]).toMatchObject([413, { error: { code: 'REQUEST_TOO_LARGE' } }]);
  });

  it('is the owner’s alone, and replaces the socket of a dead daemon but nothing else', async () => {
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    await server?.close();
    server = undefined;
    await expect(stat(socketPath)).rejects.toThrow('ENOENT');

    // A listener whose folder entry outlives it, as after kill -9.
    const dead = createServer();
    const other = path.join(folder, 'other.sock');
    await new Promise<void>((resolve) => dead.listen(other, resolve));
    const stale = path.join(folder, 'stale.sock');
    await link(other, stale);
    await new Promise((resolve) => dead.close(resolve));
    server = await serveControl({
      desk: fakeDesk(control),
      socketPath: stale,
      description: API_DESCRIPTION,
      log,
    });
    expect((await connect(stale).status()).presence).toBe('present');

    await writeFile(socketPath, 'precious');
    await expect(
      serveControl({ desk: fakeDesk(control), socketPath, description: API_DESCRIPTION, log }),
    ).rejects.toThrow('is not a socket');
  });

  it('names the cure when the path is too long for a socket', async () => {
    await expect(
      serveControl({
        desk: fakeDesk(control),
        socketPath: path.join(folder, 'x'.repeat(120)),
        description: API_DESCRIPTION,
        log,
      }),
    ).rejects.toThrow('CLOUDNAP_HOME');
  });

  it('finishes running requests, ends streams and drops idle connections when it closes', async () => {
    const client = connect(socketPath);
    const stream = await client.events();
    const idle = connectSocket(socketPath);
    await new Promise((resolve) => idle.once('connect', resolve));
    const open = control.block();
    const answer = client.status();
    while (control.count('status') === 0) await new Promise(setImmediate);
    const closed = server?.close();
    server = undefined;
    for await (const event of stream) expect(event).toBeUndefined();
    open();
    expect((await answer).presence).toBe('present');
    await closed;
    expect(control.listeners).toBe(0);
    await expect(client.status()).rejects.toBeInstanceOf(NoDaemon);
  });
});

describe('the event stream', () => {
  it('tells what happens from the moment it is open, until it is aborted', async () => {
    const abort = new AbortController();
    const stream = await connect(socketPath).events(abort.signal);
    control.emit({ ...happening('first'), targetId: ec2 });
    control.emit(happening('둘째\nline'));
    const seen: unknown[] = [];
    for await (const event of stream) {
      seen.push(event);
      if (seen.length === 2) abort.abort();
    }
    expect(seen).toEqual([
      { type: 'notice', at: '2026-01-05T09:00:00.000Z', target: ec2, message: 'first', level: 'info' },
      { type: 'notice', at: '2026-01-05T09:00:00.000Z', message: '둘째\nline', level: 'info' },
    ]);
    while (control.listeners > 0) await new Promise(setImmediate);
  });

  it('lets go of a reader that leaves the loop', async () => {
    const stream = await connect(socketPath).events();
    control.emit(happening('x'));
    for await (const _event of stream) break;
    while (control.listeners > 0) await new Promise(setImmediate);
    expect(control.listeners).toBe(0);
  });

  it('cuts off a reader that does not read', async () => {
    const stream = await connect(socketPath).events();
    const event = happening('x'.repeat(10_000));
    let sent = 0;
    while (control.listeners > 0 && sent < 10_000) {
      control.emit(event);
      sent += 1;
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(10_000);
    expect(lines).toContain('A reader of the event stream was too slow and has been cut off');
    let received = 0;
    for await (const _event of stream) received += 1;
    expect(received).toBeLessThan(sent);
  });
});

describe('the client', () => {
  it('tells an absent daemon from one that does not answer', async () => {
    const nobody = connect(path.join(folder, 'nobody.sock'));
    await expect(nobody.status()).rejects.toBeInstanceOf(NoDaemon);
    await expect(nobody.events()).rejects.toBeInstanceOf(NoDaemon);

    const open = control.block();
    await expect(connect(socketPath, { timeoutMs: 50 }).status()).rejects.toThrow(
      'did not answer within 0.05 s',
    );
    open();
  });

  it.each([
    ['hangs up', ''],
    ['speaks something else', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'],
    ['answers with an unknown error', 'HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\n{}'],
    ['breaks off', 'HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"presence":'],
  ])('reports a daemon that %s', async (_what, bytes) => {
    const strange = createServer((socket) => {
      socket.once('data', () => socket.end(bytes));
    });
    const strangePath = path.join(folder, 'strange.sock');
    await new Promise<void>((resolve) => strange.listen(strangePath, resolve));
    await expect(connect(strangePath).status()).rejects.toBeInstanceOf(DaemonFault);
    await new Promise((resolve) => strange.close(resolve));
  });
});
