/**
 * The dashboard's real port under attack: by other pages in the same browser, by a name rebound to this computer, by
 * other programs, and by requests that are none. Every answer of the built program is looked at, whatever the test.
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { BY_HAND } from '../../src/core/desk.js';
import {
  type Answer,
  ask,
  bearerIn,
  Dashboard,
  FORM,
  FROM_FILE,
  type Headers,
  JSON_TYPE,
  sendRaw,
} from './dashboard-intruder.js';
import { standing } from './fleet.js';
import { until } from './program.js';

/** How long a token is good, and a little. */
const TOKEN_IS_OLD_MS = 31_000;

let dashboard: Dashboard;
/** The fleet as it stood at first: nothing that is refused may have changed it. */
let before: unknown;
/** Issued before anything else, so that it is too old soon. */
let first: { readonly token: string; readonly at: number };

beforeAll(async () => {
  dashboard = await Dashboard.start();
  before = standing(dashboard.sandbox);
  first = { token: await dashboard.pass(), at: performance.now() };
});
afterAll(() => dashboard?.dispose());

const send: Dashboard['send'] = (...request) => dashboard.send(...request);
const enter: Dashboard['enter'] = (...form) => dashboard.enter(...form);

function expectRefused(answer: Answer, status = 403, code = 'UNAUTHORIZED'): void {
  expect([answer.status, JSON.parse(answer.text).error?.code]).toEqual([status, code]);
}

describe('whoever was not let in', () => {
  it.each<[string, (bearer: string) => Headers]>([
    ['without a bearer', () => ({})],
    ['with a bearer of their own making', () => ({ authorization: `Bearer ${'A'.repeat(43)}` })],
    ['with the right bearer cut short', (bearer) => ({ authorization: `Bearer ${bearer.slice(0, -1)}` })],
    ['with the right bearer in a cookie', (bearer) => ({ cookie: `authorization=Bearer ${bearer}` })],
    ['with the right bearer as a password', (bearer) => ({ authorization: `Basic ${btoa(`:${bearer}`)}` })],
  ])('gets nothing %s', async (_, headersWith) => {
    const { authorization = '' } = await dashboard.letIn();
    const headers = {
      origin: dashboard.origin,
      ...JSON_TYPE,
      ...headersWith(authorization.slice('Bearer '.length)),
    };
    const { paths } = JSON.parse(
      readFileSync(new URL('../../schemas/openapi.json', import.meta.url), 'utf8'),
    );
    expect(Object.keys(paths)).toContain('/v1/shutdown');
    for (const [path, methods] of Object.entries<object>(paths))
      for (const method of Object.keys(methods)) {
        const answer = await send(method.toUpperCase(), path, headers, method === 'post' ? '{}' : undefined);
        // Only the control socket can let somebody in: here there is no such path.
        if (path === '/v1/invite') expectRefused(answer, 404, 'UNKNOWN_COMMAND');
        else expectRefused(answer);
      }
    const inAddress = await send(
      'POST',
      `/v1/status?authorization=${encodeURIComponent(authorization)}`,
      { origin: dashboard.origin, ...JSON_TYPE },
      '{}',
    );
    expectRefused(inAddress);
    expect(standing(dashboard.sandbox)).toEqual(before);
  });

  it('gets the page, which holds nothing', async () => {
    const page = await send('GET', '/');
    expect([page.status, bearerIn(page)]).toEqual([200, undefined]);
  });
});

describe('a one-time token', () => {
  it('is good once', async () => {
    const token = await dashboard.pass();
    expect(bearerIn(await enter(token))).toMatch(/^[\w-]{43}$/);
    const again = await enter(token);
    expect([again.status, bearerIn(again)]).toEqual([403, '']);
  });

  it('is good for one of many who hand it in at the same moment', async () => {
    const token = await dashboard.pass();
    const all = await Promise.all(Array.from({ length: 20 }, () => enter(token)));
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it.each(['', 'A'.repeat(43), '__proto__'])('that was made up, %j, is not good', async (token) => {
    const page = await enter(token);
    expect([page.status, bearerIn(page)]).toEqual([403, '']);
  });

  it('is refused from another page, and from where no browser says where', async () => {
    const token = await dashboard.pass();
    expectRefused(await enter(token, { ...FORM, origin: 'https://evil.example' }));
    expectRefused(await enter(token, FORM));
    expectRefused(await enter(token, { ...FORM, origin: 'null', host: `evil.example:${dashboard.port}` }));
    expect((await enter(token)).status).toBe(200);
  });

  it('stands in no address', async () => {
    expect((await send('GET', `/open?token=${await dashboard.pass()}`)).status).toBe(404);
    expect(bearerIn(await send('GET', `/?token=${await dashboard.pass()}`))).toBeUndefined();
  });
});

describe('another page in the same browser', () => {
  it.each<[string, () => Headers]>([
    ['by a name that was rebound to this computer', () => ({ host: `evil.example:${dashboard.port}` })],
    ['by such a name without a port', () => ({ host: 'evil.example' })],
    ['by our name on another port', () => ({ host: '127.0.0.1:1' })],
    ['by our name without a port', () => ({ host: '127.0.0.1' })],
    ['by a name that begins as ours', () => ({ host: `127.0.0.1:${dashboard.port}.evil.example` })],
    ['by a name with somebody before it', () => ({ host: `127.0.0.1:${dashboard.port}@evil.example` })],
    ['from another site', () => ({ origin: 'https://evil.example' })],
    ['from another program on this computer', () => ({ origin: 'http://127.0.0.1:1' })],
    ['from the same address over TLS', () => ({ origin: `https://127.0.0.1:${dashboard.port}` })],
    ['from a file', () => ({ origin: 'null' })],
    ['from nowhere', () => ({ origin: '' })],
    ['as the browser itself says', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['as the browser says of a neighbour', () => ({ 'sec-fetch-site': 'same-site' })],
  ])('can do nothing, even with the right bearer: %s', async (_, other) => {
    const headers = { ...(await dashboard.letIn()), ...other() };
    expectRefused(await send('POST', '/v1/nap', headers, '{}'));
    expectRefused(await send('GET', '/v1/live', headers));
    expectRefused(await send('GET', '/assets/', headers));
    expect(standing(dashboard.sandbox)).toEqual(before);
  });

  it('cannot leave the Origin out of what changes something', async () => {
    const { origin: _, ...headers } = await dashboard.letIn();
    expectRefused(await send('POST', '/v1/nap', headers, '{}'));
    expect(standing(dashboard.sandbox)).toEqual(before);
  });

  it('cannot send a form, nor ask whether it may send more', async () => {
    const headers = await dashboard.letIn();
    for (const type of [FORM['content-type'], 'text/plain', 'multipart/form-data; boundary=a', ''])
      expectRefused(
        await send('POST', '/v1/nap', { ...headers, 'content-type': type }, '{}'),
        400,
        'BAD_REQUEST',
      );
    const asked = await send('OPTIONS', '/v1/nap', {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    });
    expectRefused(asked);
    expect(standing(dashboard.sandbox)).toEqual(before);
  });
});

describe('paths', () => {
  it('lead to the built files and out of nowhere', async () => {
    writeFileSync(join(dashboard.program.home, 'secret.txt'), 'not for the browser');
    const page = await send('GET', '/');
    const [asset = ''] = /\/assets\/[\w.-]+\.js/.exec(page.text) ?? [];
    expect((await send('GET', asset)).status).toBe(200);
    const up = '../'.repeat(12);
    for (const path of [
      `/${up}etc/passwd`,
      `/assets/${up}etc/passwd`,
      `/assets/${up.replaceAll('/', '%2f')}etc%2fpasswd`,
      `/assets/${up.replaceAll('.', '%2e')}etc/passwd`,
      `/assets/${up.replaceAll('../', '%252e%252e%252f')}etc/passwd`,
      `/assets/${up.replaceAll('../', '..%5c')}etc/passwd`,
      `/assets/${up.replaceAll('../', '....//')}etc/passwd`,
      `/assets/..%c0%af..%c0%afetc/passwd`,
      `/assets/..${join(dashboard.program.home, 'secret.txt')}`,
      '/assets//etc/passwd',
      '/assets/%00',
      '/assets/',
      '/assets',
      '/assets/../index.html',
      '/assets/../../main.js',
      '/index.html',
      '/openapi.json',
      '//evil.example/',
      `${asset}%00.html`,
      `${asset}/../../openapi.json`,
    ]) {
      const answer = await send('GET', path);
      expect([path, [400, 403, 404].includes(answer.status)]).toEqual([path, true]);
      expect(answer.text).not.toMatch(/root:|not for the browser|openapi":|<!doctype/i);
    }
  });

  it('cannot be given as another server’s: the address of a proxy request is none of ours', async () => {
    const { status } = await send('GET', 'http://evil.example/', { host: 'evil.example' });
    expect(status).toBe(403);
  });
});

describe('requests that are none', () => {
  it('are refused when they are too large, known beforehand or not', async () => {
    const headers = await dashboard.letIn();
    const large = JSON.stringify({ target: 'x'.repeat(100_000) });
    const length = { 'content-length': String(large.length) };
    expectRefused(await send('POST', '/v1/nap', { ...headers, ...length }, large), 413, 'REQUEST_TOO_LARGE');
    const chunked = { ...headers, 'transfer-encoding': 'chunked' };
    expectRefused(await send('POST', '/v1/nap', chunked, large), 413, 'REQUEST_TOO_LARGE');
    const form = FROM_FILE;
    expectRefused(await send('POST', '/open', form, `token=${'x'.repeat(5_000)}`), 413, 'REQUEST_TOO_LARGE');
  });

  it.each<[string, number, string]>([
    ['a head without an end', 431, `GET / HTTP/1.1\r\nx: ${'x'.repeat(40_000)}\r\n\r\n`],
    ['very many headers', 431, `GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(10_000)}\r\n`],
    ['two lengths', 400, 'POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      400,
      'POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['no Host', 403, 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['another protocol', 400, 'EHLO evil.example\r\n\r\n'],
    ['a tunnel', 0, 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: 127.0.0.1:22\r\n\r\n'],
  ])('are told so and hung up on: %s', async (what, status, bytes) => {
    const answer = await sendRaw(dashboard.port, bytes);
    expect([what, answer.status]).toEqual([what, status]);
    if (status > 0) dashboard.answers.push([what, answer]);
  });

  it('a broken address is a bad request', async () => {
    expectRefused(await send('GET', '/v1/%zz'), 400, 'BAD_REQUEST');
  });

  it.each(['PUT', 'DELETE', 'PATCH', 'TRACE', 'OPTIONS', 'PROPFIND'])('%s is for nothing', async (method) => {
    const { 'content-type': _, ...headers } = await dashboard.letIn();
    for (const path of ['/', '/open', '/v1/status', '/assets/a.js', '/api/openapi.json'])
      expectRefused(await send(method, path, headers), 404, 'UNKNOWN_COMMAND');
  });

  it('slow ones, hundreds at a time, take nothing from anybody else', async () => {
    const idle: Socket[] = [];
    onTestFinished(() => {
      for (const socket of idle) socket.destroy();
    });
    for (let i = 0; i < 600; i++) {
      const socket = connect(dashboard.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nhost: 127'));
      socket.on('error', () => {});
      idle.push(socket);
    }
    await until('the daemon hangs up on those too many', () => idle.some(({ closed }) => closed));
    const { pid } = dashboard.program;
    const sockets = readdirSync(`/proc/${pid}/fd`).filter((fd) =>
      linkOf(`/proc/${pid}/fd/${fd}`).startsWith('socket:'),
    );
    expect(sockets.length).toBeLessThan(400);
    expect(await dashboard.program.udp('PING', 5_000)).toMatch(/^OK PING/);
    expect((await dashboard.program.json<{ presence: string }>('status')).presence).toEqual(
      expect.any(String),
    );
    for (const socket of idle) socket.destroy();
    await until('the page is served again', async () => {
      const page = await ask(dashboard.port, 'GET', '/').catch(() => undefined);
      return page?.status === 200;
    });
  });
});

describe('settings', () => {
  it('that run commands, send signed requests elsewhere or open a port are not a browser’s to set', async () => {
    const headers = await dashboard.letIn();
    const text = dashboard.program.read('settings.json');
    for (const key of Object.keys(BY_HAND)) {
      const answer = await send('POST', '/v1/changeSetting', headers, JSON.stringify({ key, value: 'evil' }));
      expectRefused(answer, 409, 'REFUSED');
      expect(JSON.parse(answer.text).error.hint).toContain('cloudnap config set');
    }
    for (const key of ['__proto__.polluted', 'udp_server.secret', 'aws', 'constructor'])
      expectRefused(
        await send('POST', '/v1/changeSetting', headers, JSON.stringify({ key, value: key })),
        400,
        'BAD_REQUEST',
      );
    expect(dashboard.program.read('settings.json')).toBe(text);
  });
});

describe('every answer', () => {
  it('to a token that has become too old says no', async () => {
    const left = first.at + TOKEN_IS_OLD_MS - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, left)));
    const page = await enter(first.token);
    expect([page.status, bearerIn(page)]).toEqual([403, '']);
  });

  it('carries what keeps a browser safe, and says nothing of what made it', () => {
    expect(dashboard.answers.length).toBeGreaterThan(200);
    for (const [asked, { status, headers, text }] of dashboard.answers) {
      expect([asked, headers]).toEqual([
        asked,
        expect.objectContaining({
          'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'$/),
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
        }),
      ]);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|\*/);
      if (!/^GET \/assets\/[\w.-]+\.js$/.test(asked))
        expect([asked, headers['cache-control']]).toEqual([asked, 'no-store']);
      expect(
        Object.keys(headers).filter((name) =>
          /^(server|via|x-powered-by|set-cookie|access-control-)/.test(name),
        ),
      ).toEqual([]);
      if (status >= 400)
        expect([asked, text]).toEqual([asked, expect.not.stringMatching(/\bnode\b|fastify|\.[jt]s:\d/i)]);
    }
  });
});

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
