/** The command line of the built program: every command, its exit code, `--json`, and one daemon a home. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { INSTANCE, REGION, SERVICES, startFleet } from './fleet.js';
import { Program, type Ran, until } from './program.js';

const OTHER = 'i-0ffffffffffffffff';
const STACK = /\n\s+at .*[:(]/;

let sandbox: Sandbox;
let program: Program;

beforeAll(async () => {
  sandbox = await startFleet();
});
afterAll(() => sandbox?.close());

function settings(timeout: number) {
  return { activity_monitor: { inactivity_timeout_minutes: timeout } };
}

/** Each line of it, or all of it, is JSON. */
function isJson(text: string): boolean {
  const parses = (part: string) => {
    try {
      JSON.parse(part);
      return true;
    } catch {
      return false;
    }
  };
  return parses(text) || text.trim().split('\n').every(parses);
}

async function expectRan(line: string, exit: number): Promise<Ran> {
  const words = line.split(' ');
  const [ran, json] = await Promise.all([program.run(...words), program.run(...words, '--json')]);
  expect(ran.exit, `${line}: ${ran.stderr}`).toBe(exit);
  expect(ran.stderr).not.toMatch(STACK);
  expect(json.exit, `${line} --json: ${json.stderr}`).toBe(exit);
  const said = exit === 0 ? json.stdout : json.stderr || json.stdout;
  expect(isJson(said), `${line} --json: ${said}`).toBe(true);
  if (exit !== 0 && json.stdout === '')
    expect(JSON.parse(json.stderr)).toMatchObject({
      error: { code: expect.any(String), message: expect.any(String) },
    });
  return ran;
}

describe('with no daemon', () => {
  beforeAll(async () => {
    program = await Program.prepare({
      endpoint: sandbox.endpoint,
      services: SERVICES,
      settings: settings(30),
    });
  });
  afterAll(() => program.dispose());

  it.each([
    'status',
    'sensors',
    'stop',
    'list',
    'discover',
    'plan',
    'why api',
    'hold 2h',
    'release',
    'nap',
    'account',
    `register ec2 ${OTHER} ${REGION}`,
    'unregister api',
    `ec2 start ${INSTANCE} ${REGION}`,
    'ecs list',
  ])('%s ends with 4', async (line) => {
    const { stderr } = await expectRan(line, 4);
    expect(stderr).toMatch(/no .*daemon is running/i);
  });

  it('config, doctor and logout do without one', async () => {
    await expectRan('config', 0);
    await expectRan('config get udp_server.port', 0);
    await expectRan('logout', 0);
    const { exit } = await program.run('doctor');
    expect([0, 1]).toContain(exit);
  });
});

describe('with a daemon', () => {
  beforeAll(async () => {
    program = await Program.prepare({
      endpoint: sandbox.endpoint,
      services: SERVICES,
      settings: settings(30),
    });
    await program.start();
  });
  afterAll(() => program.dispose());

  it.each([
    ['status', 0],
    ['list', 0],
    ['discover', 0],
    ['plan', 0],
    ['why api', 0],
    [`why ec2:${REGION}:${INSTANCE}`, 0],
    ['sensors', 0],
    ['account', 0],
    ['account accept 111122223333', 0],
    ['logs', 0],
    ['config', 0],
    ['hold 2h', 0],
    ['hold 30m api', 0],
    ['release api', 0],
    ['release', 0],
    ['ec2 list', 0],
    ['ecs list', 0],
    ['eks list', 0],
    [`ec2 start ${INSTANCE} ${REGION}`, 0],
    [`ecs scale dev search ${REGION} 3`, 0],
    ['login', 0],
    [`ec2 start ${OTHER} ${REGION}`, 1],
    [`ecs stop dev nothing ${REGION}`, 1],
    [`unregister ec2:${REGION}:${OTHER}`, 1],
    [`register ec2 ${INSTANCE} ${REGION}`, 1],
    ['why nobody', 2],
    ['why', 2],
    ['hold', 2],
    ['hold soon', 2],
    ['hold 8d', 2],
    ['make-tea', 2],
    ['status --loudly', 2],
    ['config set udp_server.port many', 2],
    ['config set colour blue', 2],
    [`ecs scale dev search ${REGION} -1`, 2],
    ['run', 3],
    ['start', 3],
    ['account accept 999999999999', 5],
  ])('%s ends with %i', async (line, exit) => {
    await expectRan(line, exit);
  });

  it('status with conditions ends with 0 and lists them', async () => {
    const { stdout } = await expectRan('status', 0);
    expect(stdout).toMatch(/keyboard cannot be watched/);
  });

  it('logs show what happened', async () => {
    expect((await program.run('logs')).stdout).toMatch(/keyboard cannot be watched/);
  });

  it.each([
    'run',
    'start',
    'stop',
    'status',
    'list',
    'discover',
    'register',
    'unregister',
    'ec2',
    'ec2 start',
    'ecs',
    'ecs scale',
    'eks',
    'eks scale',
    'hold',
    'release',
    'nap',
    'plan',
    'why',
    'sensors',
    'doctor',
    'account',
    'account accept',
    'login',
    'logout',
    'config',
    'logs',
    'demo',
  ])('the help of %s shows an example', async (line) => {
    const { exit, stdout } = await program.run(...line.split(' '), '--help');
    expect(exit).toBe(0);
    expect(stdout).toMatch(new RegExp(`\\$ cloudnap ${line}`));
  });

  it('a second one names the first one’s pid, and the first goes on', async () => {
    const { exit, stderr } = await program.run('run');
    expect(exit).toBe(3);
    expect(stderr).toContain(String(program.pid));
    expect(await program.udp('PING')).toBe('OK PING 0\npong');
    expect(program.read('cloudnap.pid').trim()).toBe(String(program.pid));
  });
});

describe('a daemon', () => {
  beforeAll(async () => {
    program = await Program.prepare({
      endpoint: sandbox.endpoint,
      services: SERVICES,
      settings: settings(30),
    });
  });
  afterAll(() => program.dispose());

  it('runs in the very process that was started', async () => {
    await program.start();
    expect(program.read('cloudnap.pid').trim()).toBe(String(program.pid));
  });

  it('killed with -9 leaves nothing that hinders the next one', async () => {
    await program.kill();
    expect((await program.run('status')).exit).toBe(4);
    await program.start();
    expect((await program.run('status')).exit).toBe(0);
  });

  it('ends with 0 when it is asked to', async () => {
    expect(await program.stop()).toBe(0);
    expect(readdirSync(program.home).filter((file) => /pid|sock|wal|shm/.test(file))).toEqual([]);
  });

  it('is started in the background by start and ended by stop', async () => {
    expect((await program.run('start')).exit).toBe(0);
    const pid = Number(program.read('cloudnap.pid'));
    // The file its complaints go to while it starts is deleted by then: nothing may go on filling it.
    if (process.platform === 'linux') expect(statSync(`/proc/${pid}/fd/2`).size).toBe(0);
    expect(program.read('aws_monitor.log')).not.toBe('');
    expect((await program.run('start')).exit).toBe(3);
    expect((await program.run('start')).stderr).toContain(String(pid));
    expect((await program.run('stop')).exit).toBe(0);
    await until('it is gone', () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
    expect((await program.run('stop')).exit).toBe(4);
  });

  it('started twice at once is one, and the other one says so', async () => {
    const bin = new URL('../../bin/cloudnap', import.meta.url).pathname;
    const begin = () =>
      spawn(process.execPath, [bin, 'run'], {
        env: { ...process.env, CLOUDNAP_HOME: program.home },
        stdio: 'ignore',
      });
    const both: ChildProcess[] = [begin(), begin(), begin()];
    const ended = both.map(async (child) => {
      await once(child, 'exit');
      return child.exitCode;
    });
    await until('two have given way', () => both.filter((child) => child.exitCode !== null).length === 2);
    expect(both.map((child) => child.exitCode).filter((code) => code !== null)).toEqual([3, 3]);
    const survivor = both.find((child) => child.exitCode === null);
    await until('its pid', () => program.read('cloudnap.pid').trim() === String(survivor?.pid));
    survivor?.kill('SIGTERM');
    expect((await Promise.all(ended)).sort()).toEqual([0, 3, 3]);
  });
});
