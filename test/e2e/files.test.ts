/** The files of a home, as SPEC sections 2 to 4 have them: names, modes, first start, mistakes, hot reload. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Sandbox } from '../../src/sandbox/index.js';
import { INSTANCE, REGION, SERVICES, startFleet } from './fleet.js';
import { Program, type ProgramOptions, until } from './program.js';

const OTHER = 'i-0b2d6f8e0c4a31572';

let sandbox: Sandbox;
let program: Program | undefined;

beforeAll(async () => {
  sandbox = await startFleet();
});
afterAll(() => sandbox?.close());
afterEach(() => program?.dispose());

async function home(options: Omit<ProgramOptions, 'endpoint'> = {}): Promise<Program> {
  program = await Program.prepare({ endpoint: sandbox.endpoint, ...options });
  return program;
}

interface Status {
  readonly targets: number;
  readonly conditions: { id: string; message: string }[];
}
const conditions = async (of: Program) => (await of.json<Status>('status')).conditions;
const condition = async (of: Program, id: string) =>
  (await conditions(of)).find((each) => each.id === id)?.message;
const answers = async (of: Program) => (await of.run('status')).exit === 0;

describe('a home', () => {
  it('is made at the first start, for its owner alone, with settings.json and without services.yaml', async () => {
    const on = await home({ settings: null });
    await on.start({}, () => answers(on));
    const settings = JSON.parse(on.read('settings.json'));
    const schema = JSON.parse(
      readFileSync(new URL('../../schemas/settings.schema.json', import.meta.url), 'utf8'),
    );
    expect(z.fromJSONSchema(schema).safeParse(settings).success).toBe(true);
    expect(settings.activity_monitor).toMatchObject({
      inactivity_timeout_minutes: 30,
      warn_before_seconds: 60,
    });
    expect(settings.udp_server).toEqual({ enabled: true, ip: '127.0.0.1', port: 20200, buffer_size: 8192 });
    expect(existsSync(on.path('services.yaml'))).toBe(false);
    expect((await on.run('register', 'ec2', INSTANCE, REGION)).exit).toBe(0);

    const files = readdirSync(on.home);
    expect(files).toEqual(
      expect.arrayContaining([
        'settings.json',
        'services.yaml',
        'cloudnap.db',
        'aws_monitor.log',
        'cloudnap.lock',
        'cloudnap.pid',
      ]),
    );
    for (const file of files) expect(statSync(on.path(file)).mode & 0o077, file).toBe(0);
    expect(statSync(on.home).mode & 0o777).toBe(0o700);
    expect(on.read('cloudnap.pid').trim()).toBe(String(on.pid));

    expect(await on.stop()).toBe(0);
    expect(readdirSync(on.home).filter((file) => /pid|sock/.test(file))).toEqual([]);
    expect(JSON.parse(on.read('settings.json'))).toEqual(settings);
  });

  it('is the folder that --home names, even where CLOUDNAP_HOME names another', async () => {
    const on = await home();
    const other = mkdtempSync(join(tmpdir(), 'cloudnap-e2e-other-'));
    try {
      expect((await on.run('config', 'set', 'udp_server.port', '20333', '--home', other)).exit).toBe(0);
      expect(JSON.parse(readFileSync(join(other, 'settings.json'), 'utf8')).udp_server.port).toBe(20_333);
      expect(on.read('settings.json')).not.toContain('20333');
    } finally {
      rmSync(other, { recursive: true });
    }
  });

  it('follows XDG where neither is given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudnap-e2e-xdg-'));
    const runtime = join(folder, 'run');
    mkdirSync(runtime, { mode: 0o700 });
    const on = await home({
      env: {
        CLOUDNAP_HOME: '',
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, 'config'),
        XDG_DATA_HOME: join(folder, 'data'),
        XDG_STATE_HOME: join(folder, 'state'),
        XDG_RUNTIME_DIR: runtime,
      },
    });
    mkdirSync(join(folder, 'config', 'cloudnap'), { recursive: true });
    renameSync(on.path('settings.json'), join(folder, 'config', 'cloudnap', 'settings.json'));
    try {
      await on.start();
      expect(existsSync(join(folder, 'data', 'cloudnap', 'cloudnap.db'))).toBe(true);
      for (const file of ['aws_monitor.log', 'cloudnap.lock', 'cloudnap.pid'])
        expect(existsSync(join(folder, 'state', 'cloudnap', file)), file).toBe(true);
      expect(existsSync(join(runtime, 'cloudnap', 'cloudnap.sock'))).toBe(true);
      expect(readdirSync(on.home)).toEqual([]);
      expect((await on.run('status')).exit).toBe(0);
    } finally {
      await on.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a file that is broken', () => {
  const BROKEN = `ec2_instances:
  - instance_id: ${INSTANCE}
    region: ${REGION}
  - instance_id: ${INSTANCE}
    region: ${REGION}
`;

  it('at the start is told with its place, and left as it is', async () => {
    const settings = '{\n  "aws": {\n    "dry_run": "yes"\n  }\n}\n';
    const on = await home({ settings, services: BROKEN });
    await on.start({}, () => answers(on));
    expect(await condition(on, 'settings-file')).toMatch(
      /settings\.json:3:\d+.*aws\.dry_run.*found "yes".*expected/,
    );
    expect(await condition(on, 'services-file')).toMatch(/services\.yaml:4:\d+.*line 2.*line 4/);
    expect((await on.run('status')).stdout).toContain('settings.json:3');
    expect((await on.run('register', 'ec2', OTHER, REGION)).exit).toBe(5);
    expect((await on.run('config', 'set', 'udp_server.port', '20333')).exit).toBe(5);
    expect(on.read('settings.json')).toBe(settings);
    expect(on.read('services.yaml')).toBe(BROKEN);
    expect(on.read('aws_monitor.log')).toMatch(/settings\.json:3/);
  });

  it('services.yaml while it runs: the last good version stays, whatever is wrong, until it is mended', async () => {
    const on = await home({ services: SERVICES });
    await on.start();
    const mistakes: readonly (readonly [string, string | undefined, RegExp])[] = [
      ['a syntax error', `${SERVICES}ecs_services: [`, /services\.yaml:\d+:\d+/],
      [
        'a wrong type',
        SERVICES.replace(`region: ${REGION}`, 'region: 7'),
        /services\.yaml:4:\d+.*region.*found.*7.*expected/,
      ],
      [
        'a missing field',
        SERVICES.replace('service_name: search', 'description: x'),
        /service_name.*found nothing.*expected/,
      ],
      ['an unknown name', SERVICES.replace('name: api #', 'depends_on: [nobody] #'), /depends_on.*nobody/],
      ['a circle', SERVICES.replace('name: api #', 'name: api\n    depends_on: [api] #'), /depends_on/],
      [
        'the same twice',
        `${SERVICES}  - cluster_name: k8s\n    nodegroup_name: workers\n    region: ${REGION}\n`,
        /line 11.*line 14/,
      ],
      ['nothing in it', '', /services\.yaml.*found an empty file.*expected/],
      ['a tab', '\tec2_instances: []', /services\.yaml:1:\d+/],
      ['no file', undefined, /services\.yaml.*found no file.*expected/],
    ];
    for (const [what, text, place] of mistakes) {
      if (text === undefined) rmSync(on.path('services.yaml'));
      else on.write('services.yaml', text);
      await until(`the condition for ${what}`, async () =>
        place.test((await condition(on, 'services-file')) ?? ''),
      );
      expect(await on.udp('STATUS'), what).toContain('targets\t3');
      expect(await on.udp(`REGISTER_EC2:${OTHER}:${REGION}`), what).toMatch(
        /^ERROR REFUSED .*services\.yaml/,
      );
      expect(await on.udp(`UNREGISTER_EC2:${INSTANCE}:${REGION}`), what).toMatch(/^ERROR REFUSED /);
      if (text === undefined) expect(existsSync(on.path('services.yaml'))).toBe(false);
      else expect(on.read('services.yaml'), what).toBe(text);
    }

    on.write('next', SERVICES.replace('# who naps', '# mended'));
    renameSync(on.path('next'), on.path('services.yaml'));
    await until('it is in force', async () => (await condition(on, 'services-file')) === undefined);
    expect(await on.udp(`REGISTER_EC2:${OTHER}:${REGION}`)).toMatch(/^OK REGISTER_EC2 0\n/);
    expect(on.read('services.yaml')).toMatch(/^# mended\n(.*\n)*.*name: api # the developers' own/);
  });

  it('settings.json while it runs: the last good version stays until it is mended or put back', async () => {
    const on = await home({
      services: SERVICES,
      settings: { activity_monitor: { inactivity_timeout_minutes: 30 } },
    });
    await on.start();
    const good = on.read('settings.json');
    for (const [text, place] of [
      [good.replace('{', '{,'), /settings\.json:1:\d+/],
      [
        good.replace('"inactivity_timeout_minutes": 30', '"inactivity_timeout_minutes": 0'),
        /settings\.json:3:\d+.*inactivity_timeout_minutes.*found.*0.*expected.*above 0/,
      ],
      [
        good.replace('"udp_server": {', '"udp_server": {"enabled": "no",'),
        /udp_server\.enabled.*found "no".*expected/,
      ],
      ['', /settings\.json.*found.*expected/],
      [undefined, /settings\.json.*found no file.*expected/],
    ] as const) {
      if (text === undefined) rmSync(on.path('settings.json'));
      else on.write('settings.json', text);
      await until(`the condition for ${place}`, async () =>
        place.test((await condition(on, 'settings-file')) ?? ''),
      );
      expect(await on.udp('PING')).toBe('OK PING 0\npong');
      if (text !== undefined) expect(on.read('settings.json')).toBe(text);
    }
    on.write('settings.json', good);
    await until('it is in force', async () => (await condition(on, 'settings-file')) === undefined);
  });
});

describe('a setting changed while it runs', () => {
  it('is in force without a restart: a timeout, the port, the switch, sensors, regions, unknown keys kept', async () => {
    const on = await home({
      services: SERVICES,
      settings: { activity_monitor: { inactivity_timeout_minutes: 30 } },
    });
    await on.start();

    on.write('settings.json', on.settings({ aws: { regions: ['us-west-2'], colour: 'blue' } }));
    await until('the regions', async () => (await on.udp('LIST_EC2', 5_000)).startsWith('OK LIST_EC2 0\n'));
    expect(on.read('settings.json')).toContain('"colour": "blue"');
    expect(on.read('aws_monitor.log')).toContain('aws.colour');
    expect(await condition(on, 'settings-file')).toBeUndefined();
    const { stdout } = await on.run('doctor');
    expect(stdout.match(/colour/g)).toHaveLength(1);
    expect(stdout).toMatch(/look +settings\.json: aws\.colour means nothing/);

    const sensors = async () => {
      const { sensors } = await on.json<{ sensors: { sensor: string; health: { state: string } }[] }>(
        'why',
        'api',
      );
      return Object.fromEntries(sensors.map(({ sensor, health }) => [sensor, health.state]));
    };
    expect(await sensors()).toMatchObject({ keyboard: 'unavailable', mouse: 'unavailable', audio: 'off' });
    on.write('settings.json', on.settings({ activity_monitor: { mouse: { enabled: false } } }));
    await until('the mouse is off', async () => (await sensors()).mouse === 'off');

    const before = on.udpPort;
    const moved = await Program.prepare({ endpoint: sandbox.endpoint });
    try {
      on.write('settings.json', on.settings({ udp_server: { port: moved.udpPort } }));
      await until('the new port', async () => (await moved.udp('PING')).startsWith('OK PING'));
      expect(await on.udp('PING', 300)).toBe('');
      on.write('settings.json', on.settings({ udp_server: { enabled: false } }));
      await until('no port', async () => (await moved.udp('PING', 200)) === '');
      on.write('settings.json', on.settings({ udp_server: { port: before } }));
      await until('the old port', async () => (await on.udp('PING', 200)).startsWith('OK PING'));
    } finally {
      await moved.dispose();
    }
    expect((await on.run('config', 'set', 'udp_server.buffer_size', '600')).exit).toBe(0);
    await until('the limit', async () =>
      (await on.udp('X'.repeat(700))).startsWith('ERROR REQUEST_TOO_LARGE '),
    );
  });
});

describe('the log', () => {
  it('is JSON lines that hold no secret', async () => {
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    const on = await home({
      services: SERVICES,
      env: {
        AWS_SECRET_ACCESS_KEY: secret,
        AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEXAMPLETOKEN',
        CLOUDNAP_UDP_SECRET: 'hush-hush-hush',
      },
    });
    await on.start();
    expect(await on.udp('LIST_EC2', 5_000)).toMatch(/^OK LIST_EC2 1\n/);
    await on.stop();
    const log = on.read('aws_monitor.log');
    for (const line of log.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
    for (const each of [secret, 'EXAMPLETOKEN', 'hush-hush']) {
      expect(log).not.toContain(each);
      expect(on.shown).not.toContain(each);
    }
  });
});
