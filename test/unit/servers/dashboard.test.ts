/** The dashboard's door from end to end: who is let in, who is not, and what happens told live. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../../src/core/events.js';
import type { Logger } from '../../../src/core/logger.js';
import { SESSION_MS, TOKEN_MS } from '../../../src/servers/dashboard/entrance.js';
import { type DashboardServer, serveDashboard } from '../../../src/servers/dashboard/serve-dashboard.js';
import { API_DESCRIPTION } from '../../fakes/api-description.js';
import { FakeClock } from '../../fakes/clock.js';
import { FAKE_NOW, FakeControl } from '../../fakes/fake-control.js';
import { fakeDesk } from '../../fakes/fake-desk.js';

const log: Logger = { debug() {}, info() {}, warn() {}, error() {} };

let folder: string;
let control: FakeControl;
let clock: FakeClock;
let server: DashboardServer;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'cloudnap-dashboard-'));
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<!doctype html><html><head></head><body></body></html>');
  await writeFile(path.join(folder, 'assets', 'app-1.js'), 'run()');
  await writeFile(path.join(folder, 'secret.txt'), 'not for the browser');
  control = new FakeControl();
  clock = new FakeClock();
  server = await serveDashboard({
    desk: fakeDesk(control),
    clock,
    log,
    files: folder,
    description: API_DESCRIPTION,
    port: 0,
  });
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}
type Headers = Readonly<Record<string, string>>;

function ask(method: string, target: string, headers: Headers = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port: server.port, method, path: target, headers, agent: false },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const own = () => ({ origin: `http://127.0.0.1:${server.port}` });
const form = { 'content-type': 'application/x-www-form-urlencoded', origin: 'null' };
const enter = (token: string) => ask('POST', '/open', form, new URLSearchParams({ token }).toString());
const bearerIn = (answer: Answer) => /cloudnap-session" content="([^"]*)"/.exec(answer.text)?.[1];

/** A page that has been let in. */
async function signIn(): Promise<Headers> {
  const bearer = bearerIn(await enter(server.invite().token));
  return { ...own(), authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
}

describe('the entrance', () => {
  test('trades a one-time token for a bearer that opens the operations', async () => {
    const { address, token } = server.invite();
    expect(address).toBe(`http://127.0.0.1:${server.port}/open`);
    const page = await enter(token);
    expect(page.status).toBe(200);
    expect(page.headers['cache-control']).toBe('no-store');
    const authorization = `Bearer ${bearerIn(page)}`;
    const json = { 'content-type': 'application/json' };
    const status = await ask('POST', '/v1/status', { ...own(), ...json, authorization }, '{}');
    expect([status.status, JSON.parse(status.text).presence]).toEqual([200, 'present']);
    expect((await ask('POST', '/v1/nap', { ...own(), ...json, authorization }, '{}')).status).toBe(200);
    expect(control.calls.at(-1)).toMatchObject({ verb: 'nap', by: 'dashboard' });
  });

  test.each(['used', 'too old', 'made up'])('a token that is %s opens nothing', async (why) => {
    const { token } = server.invite();
    if (why === 'used') await enter(token);
    if (why === 'too old') await clock.advance(TOKEN_MS);
    const page = await enter(why === 'made up' ? 'made-up' : token);
    expect([page.status, bearerIn(page)]).toEqual([403, '']);
  });

  test('a bearer lasts while it is used, and ends when it is not', async () => {
    const headers = await signIn();
    const status = async () => (await ask('POST', '/v1/status', headers, '{}')).status;
    await clock.advance(SESSION_MS - 1);
    expect(await status()).toBe(200);
    await clock.advance(SESSION_MS - 1);
    expect(await status()).toBe(200);
    await clock.advance(SESSION_MS);
    expect(await status()).toBe(403);
  });

  test('the page itself holds nothing', async () => {
    const page = await ask('GET', '/');
    expect(page.status).toBe(200);
    expect(bearerIn(page)).toBeUndefined();
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self';/);
  });
});

describe('whoever is not our own page', () => {
  test.each<[string, Headers]>([
    ['no bearer', { authorization: '' }],
    ['another bearer', { authorization: 'Bearer AAAA' }],
    ['a name rebound to this computer', { host: 'evil.example' }],
    ['our name on another port', { host: '127.0.0.1:1' }],
    ['another page', { origin: 'https://evil.example' }],
    ['a page from a file', { origin: 'null' }],
    ['another local server', { origin: 'http://127.0.0.1:1' }],
    ['a request the browser calls cross-site', { 'sec-fetch-site': 'cross-site' }],
  ])('is refused: %s', async (_, headers) => {
    const answer = await ask('POST', '/v1/nap', { ...(await signIn()), ...headers }, '{}');
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text).error.code).toBe('UNAUTHORIZED');
    expect(control.calls).toEqual([]);
  });

  test('cannot change anything without saying where it comes from', async () => {
    const { origin: _, ...headers } = await signIn();
    expect((await ask('POST', '/v1/nap', headers, '{}')).status).toBe(403);
    expect((await ask('GET', '/api/openapi.json', headers)).status).toBe(200);
    expect(control.calls).toEqual([]);
  });

  test.each([
    ['GET', '/v1/status'],
    ['GET', '/nowhere'],
    ['GET', '/%zz'],
    ['POST', '/open'],
  ])('is answered with what keeps a browser from using it: %s %s', async (method, target) => {
    const { status, headers } = await ask(method, target);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers).toMatchObject({
      'content-security-policy': expect.stringMatching(/^default-src 'none'/),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  test('cannot post a form to an operation, nor let itself in by one', async () => {
    const { authorization } = await signIn();
    const text = 'application/x-www-form-urlencoded';
    const nap = await ask(
      'POST',
      '/v1/nap',
      { ...own(), authorization: authorization ?? '', 'content-type': text },
      'a=b',
    );
    expect(nap.status).toBe(400);
    const { token } = server.invite();
    const evil = { 'content-type': text, origin: 'https://evil.example' };
    expect((await ask('POST', '/open', evil, `token=${token}`)).status).toBe(403);
    expect(control.calls).toEqual([]);
  });

  test('gets no file but the built ones', async () => {
    expect((await ask('GET', '/assets/app-1.js')).text).toBe('run()');
    for (const target of [
      '/assets/../secret.txt',
      '/assets/..%2fsecret.txt',
      '/assets/%2e%2e/secret.txt',
      '/secret.txt',
      '/assets//etc/passwd',
      '/assets/',
    ]) {
      const answer = await ask('GET', target);
      expect([target, answer.status]).toEqual([target, 404]);
      expect(answer.text).not.toContain('not for the browser');
    }
  });

  test('cannot fill the memory', async () => {
    const answer = await ask(
      'POST',
      '/v1/hold',
      await signIn(),
      JSON.stringify({ target: 'x'.repeat(70_000) }),
    );
    expect(answer.status).toBe(413);
    expect((await ask('POST', '/open', form, `token=${'x'.repeat(2_000)}`)).status).toBe(413);
  });
});

describe('settings', () => {
  test('are read and set, but for those that could be turned against their owner', async () => {
    const headers = await signIn();
    const change = (key: string, value: unknown) =>
      ask('POST', '/v1/changeSetting', headers, JSON.stringify({ key, value }));
    expect((await change('aws.dry_run', true)).status).toBe(200);
    expect((await change('constructor', true)).status).toBe(400);
    const refused = await change('aws.profile', 'evil');
    expect([refused.status, JSON.parse(refused.text).error.code]).toEqual([409, 'REFUSED']);
    const { settings } = JSON.parse((await ask('POST', '/v1/settings', headers, '{}')).text);
    expect(settings).toContainEqual(
      expect.objectContaining({ key: 'aws.dry_run', value: true, by_hand: null }),
    );
    expect(settings).toContainEqual(
      expect.objectContaining({
        key: 'aws.profile',
        value: null,
        by_hand: expect.stringContaining('program'),
      }),
    );
  });
});

describe('what happens', () => {
  const happening = (message: string): Event => ({ type: 'notice', at: FAKE_NOW, message, level: 'info' });

  /** A stream that is read until it holds a text. */
  async function stream(headers: Headers) {
    let text = '';
    let heard = () => {};
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port: server.port, path: '/v1/live', headers, agent: false },
        resolve,
      );
      outgoing.on('error', reject);
      outgoing.end();
    });
    answer.setEncoding('utf8');
    answer.on('data', (chunk) => {
      text += chunk;
      heard();
    });
    answer.on('error', () => {});
    const until = async (what: string) => {
      while (!text.includes(what))
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      return text;
    };
    return { answer, until, leave: () => answer.destroy() };
  }
  const lastId = (text: string) => [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? '';

  test('is told as it happens, and what was missed to whoever comes back', async () => {
    const headers = await signIn();
    const first = await stream(headers);
    expect(await first.until('event: here')).toContain('{"missed":false}');
    control.emit(happening('one'));
    const text = await first.until('"one"');
    expect(text).toContain('event: happened');
    first.leave();
    control.emit(happening('two'));
    const second = await stream({ ...headers, 'last-event-id': lastId(text) });
    const rest = await second.until('"two"');
    expect(rest).toContain('{"missed":false}');
    expect(rest).not.toContain('"one"');
    second.leave();
  });

  test('says so when more was missed than is kept, or by another run', async () => {
    const headers = await signIn();
    const first = await stream(headers);
    const id = lastId(await first.until('event: here'));
    first.leave();
    for (let i = 0; i < 600; i++) control.emit(happening(`event ${i}`));
    for (const lastSeen of [id, 'another-12', 'nonsense']) {
      const again = await stream({ ...headers, 'last-event-id': lastSeen });
      expect(await again.until('event: here')).toContain('{"missed":true}');
      again.leave();
    }
  });

  test('ends with the server, and needs a bearer', async () => {
    expect((await ask('GET', '/v1/live', own())).status).toBe(403);
    const open = await stream(await signIn());
    await open.until('event: here');
    const ended = new Promise((resolve) => open.answer.once('close', resolve));
    await server.close();
    await ended;
    expect(clock.pending).toBe(0);
  });
});

test('a port in use is passed over for one after it', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const at = taken.address();
  const port = typeof at === 'object' && at !== null ? at.port : 0;
  const second = await serveDashboard({
    desk: fakeDesk(control),
    clock,
    log,
    files: folder,
    description: API_DESCRIPTION,
    port,
  });
  expect(second.port).not.toBe(port);
  expect(second.invite().address).toBe(`http://127.0.0.1:${second.port}/open`);
  await second.close();
  await new Promise((resolve) => taken.close(resolve));
});
