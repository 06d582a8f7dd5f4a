/** The OpenAPI description of the control API is a sound document, and what both doors take and answer is as it says. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/control/client.js';
import { ALL_OPERATIONS } from '../../src/control/desk.js';
import { STATUS_OF } from '../../src/control/failure.js';
import {
  API_PATH,
  EVENTS_PATH,
  INVITE_PATH,
  LIVE_PATH,
  type Operations,
  pathOf,
} from '../../src/control/wire.js';
import type { DeskOperations } from '../../src/control/wire-desk.js';
import { BY_HAND } from '../../src/core/desk.js';
import { CODES, CommandError } from '../../src/core/errors.js';
import type { Logger } from '../../src/core/logger.js';
import { type DashboardServer, serveDashboard } from '../../src/servers/dashboard/serve-dashboard.js';
import { serveControl } from '../../src/servers/http/serve-control.js';
import { API_DESCRIPTION } from '../fakes/api-description.js';
import { FakeClock } from '../fakes/clock.js';
import { FAKE_NOW, FakeControl } from '../fakes/fake-control.js';
import { fakeDesk } from '../fakes/fake-desk.js';
import { FakeSignIn, RIGHT_SECRET } from '../fakes/fake-sign-in.js';

type All = Operations & DeskOperations;
type Name = keyof All;

const ec2 = 'ec2:eu-central-1:i-0aaa';
/** For each operation a request with every field it can have; they are sent in this order. */
const REQUESTS: { readonly [Asked in Name]: All[Asked]['request'] } = {
  register: {
    service_type: 'EKS',
    cluster_name: 'kube',
    nodegroup_name: 'workers',
    region: 'us-east-1',
    name: 'nodes',
    description: 'the cluster',
    enabled: true,
    inactivity_timeout_minutes: 1.5,
    depends_on: [ec2],
    desired_size: 2,
    autoscaler: 'ours',
  },
  hold: { minutes: 0.5, target: 'nodes' },
  registered: {},
  release: { target: 'nodes', hold: 1 },
  nap: { target: 'nodes' },
  status: {},
  list: { service_types: ['EC2', 'ECS', 'EKS'], region: 'eu-central-1' },
  start: { target: ec2, size: 1 },
  stop: { target: ec2 },
  scale: { target: 'nodes', size: 0 },
  plan: {},
  why: { target: ec2 },
  senses: {},
  doctor: {},
  account: {},
  acceptAccount: { account: '111122223333' },
  history: { target: ec2, limit: 5 },
  settings: {},
  changeSetting: { key: 'aws.dry_run', value: true },
  savings: { from: '2026-01-01T00:00:00Z', to: '2026-01-05T09:00:00+01:00' },
  timeline: { from: '2026-01-05T00:00:00Z', to: '2026-01-06T00:00:00+01:00' },
  team: {},
  teamCreate: { table: 'dev-team', region: 'eu-central-1' },
  teamJoin: { table: 'dev-team', region: 'eu-central-1' },
  teamLeave: {},
  deadMan: {},
  deadManTemplate: {},
  deadManEnable: {},
  deadManFire: { target: ec2 },
  deadManDisable: {},
  signInState: {},
  signInWithKeys: {
    access_key_id: 'AKIAEXAMPLE',
    secret_access_key: RIGHT_SECRET,
    session_token: 'token',
    region: 'eu-west-1',
    save: 'memory',
    passphrase: 'open sesame',
  },
  profiles: {},
  permissions: {},
  signInWithProfile: { profile: 'dev' },
  unlock: { passphrase: 'open sesame' },
  signOut: {},
  unregister: { target: 'nodes' },
  shutdown: {},
};
const NAMES = Object.keys(REQUESTS) as Name[];

interface Described {
  readonly post: {
    readonly operationId: string;
    readonly requestBody: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
    readonly responses: Readonly<Record<string, object>>;
  };
}
const text = await readFile(API_DESCRIPTION, 'utf8');
const api: { readonly paths: Readonly<Record<string, Described>> } = JSON.parse(text);

/** The document as it is, by which requests are judged. */
const literal = ajvOf(JSON.parse(text));
/** Answers may gain fields, so the document does not refuse them; here every field must be described. */
const strict = ajvOf(closed(JSON.parse(text)));

function ajvOf(document: unknown): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  return ajv.addSchema(document as object, 'api');
}

/** What stands at a place of the document, as a check. */
function at(ajv: Ajv2020, ...place: string[]): ValidateFunction {
  const pointer = place.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')));
  return ajv.compile({ $ref: `api#/${pointer.join('/')}` });
}
const JSON_OF = ['content', 'application/json', 'schema'];
const requestOf = (name: Name) => at(literal, 'paths', pathOf(name), 'post', 'requestBody', ...JSON_OF);
const answerOf = (target: string) => at(strict, 'paths', target, 'post', 'responses', '200', ...JSON_OF);
const refusalWith = (status: number) => at(strict, 'components', 'responses', String(status), ...JSON_OF);

/** The same schemas, of objects with the described fields alone. Parts of an `allOf` describe one object together. */
function closed(schema: unknown, isPart = false): unknown {
  if (Array.isArray(schema)) return schema.map((one) => closed(one, isPart));
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, of]) => [key, closed(of, isPart || key === 'allOf')]);
  const isOpen = !isPart && Object.hasOwn(schema, 'properties') && !('additionalProperties' in schema);
  return Object.fromEntries(isOpen ? [...entries, ['additionalProperties', false]] : entries);
}

const log: Logger = { debug() {}, info() {}, warn() {}, error() {} };
let folder: string;
let control: FakeControl;
let socketPath: string;
let dashboard: DashboardServer;
let close: () => Promise<unknown>;
let bearer: string;

async function open(): Promise<void> {
  control = new FakeControl();
  const desk = fakeDesk(control, new FakeSignIn());
  const shared = { desk, log, description: API_DESCRIPTION };
  dashboard = await serveDashboard({ ...shared, clock: new FakeClock(), files: folder, port: 0 });
  const socket = await serveControl({ ...shared, socketPath, invite: () => dashboard.invite() });
  close = () => Promise.all([dashboard.close(), socket.close()]);
  const { token } = dashboard.invite();
  const form = { origin: 'null', 'content-type': 'application/x-www-form-urlencoded' };
  const page = await ask({ port: dashboard.port }, 'POST', '/open', form, `token=${token}`);
  bearer = /cloudnap-session" content="([^"]+)"/.exec(page.text)?.[1] ?? '';
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'cloudnap-api-'));
  socketPath = path.join(folder, 'control.sock');
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), '<!doctype html><html><head></head></html>');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  await open();
  return () => close();
});

type Door = { readonly port: number } | { readonly socketPath: string };
interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

function ask(
  door: Door,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const where = 'port' in door ? { host: '127.0.0.1', port: door.port } : { socketPath: door.socketPath };
    const outgoing = request({ ...where, method, path: target, headers, agent: false }, (answer) => {
      let read = '';
      answer.on('data', (chunk) => {
        read += chunk;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'], text: read }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

type DoorName = 'control socket' | 'dashboard';
const DOORS: readonly DoorName[] = ['control socket', 'dashboard'];
const doorOf = (name: DoorName): Door => (name === 'dashboard' ? { port: dashboard.port } : { socketPath });

/** Asks as the rightful user of a door. */
function post(name: DoorName, target: string, body: unknown): Promise<Answer> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (name === 'dashboard') {
    headers.origin = `http://127.0.0.1:${dashboard.port}`;
    headers.authorization = `Bearer ${bearer}`;
  }
  return ask(doorOf(name), 'POST', target, headers, JSON.stringify(body));
}

/** Expects a value to be as described; what is not, is told. */
function expectFit(check: ValidateFunction, value: unknown): void {
  expect(check(value) ? [] : [value, check.errors]).toEqual([]);
}

describe('the document', () => {
  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(text));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  test('describes every path there is, and each operation under its own name', () => {
    const others = [EVENTS_PATH, LIVE_PATH, INVITE_PATH, API_PATH];
    expect(Object.keys(api.paths).sort()).toEqual([...ALL_OPERATIONS.map(pathOf), ...others].sort());
    for (const name of ALL_OPERATIONS) expect(api.paths[pathOf(name)]?.post.operationId).toBe(name);
  });

  test('says what a browser is refused', () => {
    expect(api.paths[pathOf('changeSetting')]?.post).toMatchObject({
      'x-refused-to-browsers': { key: BY_HAND },
    });
  });

  test.each(DOORS)('is served at the %s', async (name) => {
    const headers = name === 'dashboard' ? { authorization: `Bearer ${bearer}` } : {};
    const answer = await ask(doorOf(name), 'GET', API_PATH, headers);
    expect([answer.status, answer.type]).toEqual([200, 'application/json; charset=utf-8']);
    expect(answer.text).toBe(text);
  });

  test('is not for those who were not let in', async () => {
    expect((await ask(doorOf('dashboard'), 'GET', API_PATH, {})).status).toBe(403);
  });
});

describe.each(DOORS)('the %s', (door) => {
  test('takes and answers every operation as described', async () => {
    expect(NAMES.toSorted()).toEqual(ALL_OPERATIONS.toSorted());
    control.emit({ type: 'notice', at: FAKE_NOW, targetId: ec2, message: 'a key', level: 'info' });
    for (const name of NAMES) {
      expectFit(requestOf(name), REQUESTS[name]);
      const answer = await post(door, pathOf(name), REQUESTS[name]);
      expect([name, answer.status, answer.text]).toEqual([name, 200, expect.any(String)]);
      expectFit(answerOf(pathOf(name)), JSON.parse(answer.text));
    }
  });

  test.each(NAMES)('takes and refuses the same requests as the description: %s', async (name) => {
    const whole = REQUESTS[name] as Readonly<Record<string, unknown>>;
    const wrong = Object.keys(whole).flatMap((field) => {
      const { [field]: _, ...without } = whole;
      return [without, { ...whole, [field]: '' }, { ...whole, [field]: -1 }, { ...whole, [field]: [[]] }];
    });
    for (const asked of [...wrong, { ...whole, another: 1 }, []]) {
      const answer = await post(door, pathOf(name), asked);
      expect({ asked, fits: requestOf(name)(asked) }).toEqual({ asked, fits: answer.status !== 400 });
      if (answer.status !== 200) expectFit(refusalWith(answer.status), JSON.parse(answer.text));
    }
  });

  test.each(CODES.filter((code) => code !== 'RATE_LIMITED'))('refuses with %s as described', async (code) => {
    control.failNext(new CommandError(code, 'No', { hint: 'Try something else.' }));
    const answer = await post(door, pathOf('status'), {});
    expect(answer.status).toBe(STATUS_OF[code]);
    expect(api.paths[pathOf('status')]?.post.responses).toHaveProperty(String(answer.status));
    expectFit(refusalWith(answer.status), JSON.parse(answer.text));
  });

  test('refuses the unknown and the oversized as described', async () => {
    for (const [target, body] of [
      ['/v1/nothing', {}],
      [pathOf('hold'), { minutes: 1, target: 'x'.repeat(70_000) }],
    ] as const) {
      const answer = await post(door, target, body);
      expect(answer.status).toBe(target === pathOf('hold') ? 413 : 404);
      expectFit(refusalWith(answer.status), JSON.parse(answer.text));
    }
  });
});

describe('beside the operations', () => {
  test('a browser is refused what is set by hand, and whoever is not the page everything', async () => {
    for (const key of Object.keys(BY_HAND)) {
      const refused = await post('dashboard', pathOf('changeSetting'), { key, value: 'x' });
      expect(refused.status).toBe(409);
      expectFit(refusalWith(409), JSON.parse(refused.text));
    }
    bearer = 'another';
    const stranger = await post('dashboard', pathOf('status'), {});
    expect(stranger.status).toBe(403);
    expectFit(refusalWith(403), JSON.parse(stranger.text));
  });

  test('events and invitations are as described', async () => {
    const client = connect(socketPath);
    const ending = new AbortController();
    const events = await client.events(ending.signal);
    control.emit({ type: 'notice', at: FAKE_NOW, targetId: ec2, message: 'one', level: 'info' });
    for await (const event of events) {
      expectFit(at(strict, 'components', 'schemas', 'WireEvent'), event);
      ending.abort();
    }
    expectFit(answerOf(INVITE_PATH), await client.invite());
  });

  test('the streams have the type that is described', async () => {
    for (const [target, type] of [
      [EVENTS_PATH, 'application/x-ndjson'],
      [LIVE_PATH, 'text/event-stream'],
    ] as const) {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const headers = { authorization: `Bearer ${bearer}` };
        request({ host: '127.0.0.1', port: dashboard.port, path: target, headers, agent: false }, resolve)
          .on('error', reject)
          .end();
      });
      expect(answer.headers['content-type']).toContain(type);
      expect(JSON.stringify(api.paths[target])).toContain(`"${type}"`);
      answer.destroy();
    }
  });
});
