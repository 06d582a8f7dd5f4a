/** Whole command lines against a daemon that is really served: what is asked of it, what is printed, the exit code. */
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import type { CliContext } from '../../../src/cli/context.js';
import { CommandError } from '../../../src/core/errors.js';
import { type Bench, Captured, openBench } from './bench.js';

const EC2 = 'ec2:eu-central-1:i-0aaa';
const ECS = 'ecs:eu-central-1:apps:api';

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
});
afterEach(() => bench.close());

describe('usage', () => {
  it.each(Object.keys(COMMANDS))('%s has help with an example', async (name) => {
    const { exit, out, err } = await bench.run(name, '--help');
    expect(exit).toBe(0);
    expect(out).toMatch(new RegExp(`Examples?:\\n {2}\\$ cloudnap ${name}`));
    expect(out).toContain('--json');
    expect(err).toBe('');
  });

  it.each([
    ['ec2', 'start'],
    ['ecs', 'stop'],
    ['ecs', 'scale'],
    ['eks', 'scale'],
    ['eks', 'list'],
    ['config', 'set'],
    ['account', 'accept'],
  ])('%s %s has help with an example', async (...words) => {
    const { exit, out } = await bench.run(...words, '--help');
    expect(exit).toBe(0);
    expect(out).toContain(`  $ cloudnap ${words.join(' ')}`);
  });

  it('lists every command in its help, and shows its version', async () => {
    const { exit, out } = await bench.run('--help');
    expect(exit).toBe(0);
    for (const name of Object.keys(COMMANDS)) expect(out).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    expect(await bench.run('--version')).toEqual({ exit: 0, out: '1.2.3\n', err: '' });
  });

  it.each([
    [['frobnicate']],
    [['statsu']],
    [[]],
    [['status', '--frob']],
    [['status', 'extra']],
    [['hold']],
    [['hold', 'soon']],
    [['hold', '8d']],
    [['hold', 'until']],
    [['why']],
    [['ec2']],
    [['ec2', 'explode']],
    [['ec2', 'start', 'i-0aaa']],
    [['eks', 'scale', 'eks:us-east-1:kube:workers', 'many']],
    [['ecs', 'start', ECS, '--desired', '0']],
    [['list', 'rds']],
    [['logs', '--level', 'loud']],
    [['register', 'ec2', 'i-0aaa', 'eu-central-1', '--desired', '2']],
    [['register', 'rds', 'x', 'y']],
    [['account', 'accept', '12']],
    [['config', 'get', 'nope']],
    [['completion', 'tcsh']],
    [['autostart', 'sometimes']],
  ])('%j is wrong usage', async (words) => {
    await bench.serve();
    const plain = await bench.run(...words);
    expect(plain.exit).toBe(2);
    expect(plain.out).toBe('');
    expect(plain.err).not.toMatch(/\n\s+at /);
    const json = await bench.run(...words, '--json');
    expect(json.exit).toBe(2);
    expect(json.out).toBe('');
    const answer = JSON.parse(json.err);
    expect(answer.error).toMatchObject({ message: expect.stringMatching(/\w/) });
    expect(['BAD_REQUEST', 'UNKNOWN_COMMAND']).toContain(answer.error.code);
    expect(bench.control.calls.filter((call) => call.verb !== 'registered')).toEqual([]);
  });

  it('suggests what was meant', async () => {
    expect((await bench.run('statsu')).err).toContain('status');
  });
});

describe('failures', () => {
  it.each([
    [['status']],
    [['sensors']],
    [['sensors', '--follow']],
    [['list']],
    [['hold', '2h']],
    [['nap']],
    [['why', EC2]],
    [['register', 'ec2', 'i-0aaa', 'eu-central-1']],
    [['account']],
    [['stop']],
  ])('%j without a daemon exits with 4', async (words) => {
    const plain = await bench.run(...words);
    expect(plain.exit).toBe(4);
    expect(plain.err).toContain('cloudnap start');
    const { exit, err, out } = await bench.run(...words, '--json');
    expect([exit, out]).toEqual([4, '']);
    expect(JSON.parse(err).error).toMatchObject({ code: 'NO_DAEMON', hint: expect.any(String) });
  });

  it.each([
    [new CommandError('REFUSED', 'dry run', { hint: 'Switch it off.' }), 5],
    [new CommandError('NOT_REGISTERED', 'is not registered'), 1],
    [new CommandError('NOT_SIGNED_IN', 'nobody is signed in'), 1],
    [new CommandError('AWS_ERROR', 'AWS says no'), 1],
    [new CommandError('BAD_REQUEST', 'names no target'), 2],
  ])('%s is told with its own exit code', async (error, exit) => {
    await bench.serve();
    bench.control.failNext(error);
    const plain = await bench.run('stop');
    expect([plain.exit, plain.out]).toEqual([exit, '']);
    expect(plain.err).toContain(error.message);
    if (error.hint !== undefined) expect(plain.err).toContain(error.hint);
    bench.control.failNext(error);
    const json = await bench.run('stop', '--json');
    expect(json.exit).toBe(exit);
    expect(JSON.parse(json.err)).toEqual({
      error: { code: error.code, message: error.message, hint: error.hint ?? null },
    });
  });

  it('names the daemon that runs already', async () => {
    bench.context.runDaemon = async () => ({ kind: 'already-running', pid: 4711 });
    const run = await bench.run('run');
    expect(run.exit).toBe(3);
    expect(run.err).toContain('4711');
    await bench.serve();
    await writeFile(bench.paths.pid, '4712\n');
    const start = await bench.run('start', '--json');
    expect(start.exit).toBe(3);
    expect(JSON.parse(start.err).error).toMatchObject({ code: 'ALREADY_RUNNING', message: /4712/ });
  });

  it('tells of a defect by its message, without a stack', async () => {
    bench.context.runDemo = async () => {
      throw new TypeError('something is undefined');
    };
    const { exit, err } = await bench.run('demo');
    expect(exit).toBe(1);
    expect(err).toBe('cloudnap: something is undefined\n');
  });
});

describe('the log of a daemon in the foreground', () => {
  it.each([
    [true, ['run'], 'pretty'],
    [true, ['run', '--json'], 'json'],
    [false, ['run'], 'json'],
    [true, ['run', '--quiet'], 'not at all'],
    [false, ['run', '-q', '--json'], 'not at all'],
  ])('with stderr a terminal (%s), %j shows it: %s', async (isTTY, words, shown) => {
    const asked: unknown[] = [];
    const stderr = new Captured();
    stderr.isTTY = isTTY;
    Object.assign(bench.context, {
      stderr,
      runDaemon: async (options: { shown: string }) => {
        asked.push(options.shown);
        return { kind: 'ended', exitCode: 0 };
      },
    });
    expect((await bench.run(...words)).exit).toBe(0);
    expect(asked).toEqual([shown]);
  });
});

describe('the sign-in that opens by itself', () => {
  const offered = async (terminal: { stdin: boolean; stderr: boolean }, ...words: string[]) => {
    const stderr = new Captured();
    stderr.isTTY = terminal.stderr;
    let isWanted = false;
    Object.assign(bench.context, {
      stderr,
      stdin: { isTTY: terminal.stdin, async *[Symbol.asyncIterator]() {} },
      runDaemon: async ({ onSignInOffered }: Parameters<CliContext['runDaemon']>[0]) => {
        isWanted = onSignInOffered !== undefined;
        onSignInOffered?.({ problem: 'no keys', address: 'http://127.0.0.1:20201', opened: false });
        return { kind: 'ended', exitCode: 0 };
      },
    });
    await bench.run(...words);
    return { isWanted, text: stderr.text };
  };

  it('is for a person at a terminal, who is told what to do', async () => {
    const { isWanted, text } = await offered({ stdin: true, stderr: true }, 'run');
    expect(isWanted).toBe(true);
    expect(text).toMatch(/no keys.*cloudnap login.*http:\/\/127.0.0.1:20201/s);
  });

  it.each([
    [{ stdin: true, stderr: true }, ['run', '--quiet']],
    [{ stdin: true, stderr: true }, ['run', '--json']],
    [{ stdin: false, stderr: true }, ['run']],
    [{ stdin: true, stderr: false }, ['run']],
  ])('is not for anything else: %j %j', async (terminal, words) => {
    expect(await offered(terminal, ...words)).toEqual({ isWanted: false, text: '' });
  });
});

describe('what is asked of the daemon', () => {
  beforeEach(() => bench.serve());

  it.each([
    [['hold', '1h30m'], 'hold', { minutes: 90, target: undefined }],
    [['hold', '20', ...EC2.split(' ')], 'hold', { minutes: 20, target: EC2 }],
    [['hold', 'until', '23:59', EC2], 'hold', { target: EC2 }],
    [['hold', 'until 23:59'], 'hold', { target: undefined }],
    [['release', 'ec2', 'i-0aaa', 'eu-central-1'], 'release', { target: EC2 }],
    [['release'], 'release', { target: undefined }],
    [['nap'], 'nap', { target: undefined }],
    [['nap', EC2], 'nap', { target: EC2 }],
    [['unregister', EC2], 'unregister', { target: EC2 }],
    [['ec2', 'start', 'i-0bbb', 'us-east-1'], 'start', { target: 'ec2:us-east-1:i-0bbb', size: undefined }],
    [['ec2', 'stop', EC2], 'stop', { target: EC2 }],
    [['ecs', 'start', 'apps', 'api', 'eu-central-1', '--desired', '4'], 'start', { target: ECS, size: 4 }],
    [['ecs', 'stop', 'apps', 'api', 'eu-central-1'], 'stop', { target: ECS }],
    [['ecs', 'scale', ECS, '0'], 'scale', { target: ECS, size: 0 }],
    [
      ['eks', 'scale', 'kube', 'workers', 'us-east-1', '3'],
      'scale',
      { target: 'eks:us-east-1:kube:workers', size: 3 },
    ],
    [['list', 'ecs', '--region', 'eu-central-1'], 'list', { kinds: ['ecs'], region: 'eu-central-1' }],
    [['eks', 'list'], 'list', { kinds: ['eks'], region: undefined }],
    [['list'], 'list', { kinds: ['ec2', 'ecs', 'eks'], region: undefined }],
    [['account', 'accept', '111122223333'], 'acceptAccount', '111122223333'],
  ])('%j asks for %s', async (words, verb, given) => {
    await bench.control.register(
      { target: { kind: 'ec2', region: 'eu-central-1', instanceId: 'i-0aaa' } },
      'test',
    );
    const { exit, err } = await bench.run(...words);
    expect([exit, err.replace(/^Empty clusters.*\n/m, '')]).toEqual([0, '']);
    const call = bench.control.calls.find((made) => made.verb === verb);
    if (typeof given === 'string') expect(call?.given).toBe(given);
    else expect(call?.given).toMatchObject(given);
  });

  it('registers with everything that may be said of a target', async () => {
    const words =
      'register eks kube workers us-east-1 --name pool --timeout 45m --desired 2 --autoscaler ours';
    const { exit } = await bench.run(
      ...words.split(' '),
      '--description',
      'build nodes',
      '--depends-on',
      'a',
      '--depends-on',
      'b',
    );
    expect(exit).toBe(0);
    expect(bench.control.calls.at(-1)).toEqual({
      verb: 'register',
      by: 'cli',
      given: {
        target: { kind: 'eks', region: 'us-east-1', cluster: 'kube', nodegroup: 'workers' },
        name: 'pool',
        description: 'build nodes',
        enabled: undefined,
        timeoutMinutes: 45,
        dependsOn: ['a', 'b'],
        desired: 2,
        autoscaler: 'ours',
      },
    });
  });

  it('finds a target of a kind by its own name, and no other kind by mistake', async () => {
    await bench.run('register', 'ecs', 'apps', 'api', 'eu-central-1', '--name', 'backend');
    expect((await bench.run('ecs', 'stop', 'backend')).exit).toBe(0);
    expect(bench.control.calls.at(-1)).toMatchObject({ verb: 'stop', given: { target: ECS } });
    const wrong = await bench.run('ec2', 'stop', 'backend');
    expect(wrong.exit).toBe(2);
    expect(wrong.err).toContain('cloudnap ecs');
    expect(bench.control.count('stop')).toBe(1);
  });
});

describe('what is printed', () => {
  beforeEach(async () => {
    await bench.serve();
    await bench.run('register', 'ec2', 'i-0aaa', 'eu-central-1', '--name', 'box');
  });

  it('shows status and conditions, and still exits with 0', async () => {
    bench.control.state = {
      ...bench.control.state,
      presence: 'unknown',
      conditions: [{ id: 'x', message: 'No sensor works', hint: 'Set DISPLAY.', since: 0 }],
    };
    const { exit, out, err } = await bench.run('status');
    expect([exit, err]).toEqual([0, '']);
    expect(out).toContain('Unknown');
    expect(out).toContain('No sensor works\n  Set DISPLAY.');
    expect(out).toContain(`box (${EC2})`);
    expect(out).not.toContain('\u001b');
    const json = JSON.parse((await bench.run('status', '--json')).out);
    expect(json).toMatchObject({
      presence: 'unknown',
      idle_seconds: 12,
      next_nap_at: '2026-01-05T09:30:00.000Z',
      targets: 1,
      conditions: [{ message: 'No sensor works' }],
      services: [{ target: EC2, lease_until: null }],
    });
  });

  it.each([
    ['list', 'services'],
    ['discover', 'services'],
    ['plan', 'plan'],
    ['doctor', 'checks'],
    ['sensors', 'sensors'],
    ['account', 'identity'],
    ['nap', 'napping'],
    ['login', 'profiles'],
    ['logout', 'message'],
    ['config', 'settings'],
    [`why ${EC2}`, 'next'],
    ['release', 'message'],
    ['completion bash', 'script'],
    ['config path', 'settings'],
    ['autostart', 'enabled'],
    ['autostart enable', 'entry'],
  ])('%s --json is one JSON document with "%s"', async (words, key) => {
    const { exit, out, err } = await bench.run(...words.split(' '), '--json');
    expect([exit, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toHaveProperty(key);
    const plain = await bench.run(...words.split(' '));
    expect(plain.exit).toBe(0);
    expect(() => JSON.parse(plain.out)).toThrow();
  });

  it('keeps regions that could not be read apart from the data', async () => {
    bench.control.failures = [{ kind: 'ecs', region: 'eu-central-1', message: 'access denied' }];
    const { exit, out, err } = await bench.run('list');
    expect(exit).toBe(0);
    expect(err).toContain('ECS in eu-central-1 could not be read: access denied');
    expect(err).toContain('Empty clusters: ECS empty (eu-central-1), EKS bare (us-east-1)');
    expect(out.split('\n')[0]).toMatch(/^TARGET +STATE +REGISTERED/);
    expect(out).toMatch(/^eks:us-east-1:kube:workers +ACTIVE 3\/3 \(1-5\) +no/m);
  });

  it('gives the command that registers each thing it discovers', async () => {
    const { out } = await bench.run('discover');
    expect(out).toContain(`cloudnap register ${ECS}`);
    expect(out).not.toContain(EC2);
  });

  it('reads and sets settings', async () => {
    const key = 'activity_monitor.inactivity_timeout_minutes';
    expect((await bench.run('config', 'get', key)).out).toBe('30\n');
    expect((await bench.run('config', 'set', key, '45')).out).toContain('45');
    expect(JSON.parse((await bench.run('config', 'get', key, '--json')).out)).toMatchObject({
      key,
      value: 45,
    });
    bench.config.wrong = [{ file: 'settings.json', line: 3, column: 9, key, message: 'must be above 0' }];
    const broken = await bench.run('config', 'set', key, '20');
    expect(broken.exit).toBe(5);
    expect((await bench.run('config')).err).toContain('settings.json:3:9: activity_monitor');
  });

  it('fails the doctor when something fails', async () => {
    bench.config.wrong = [{ file: 'services.yaml', line: 1, column: 1, key: undefined, message: 'is empty' }];
    const { exit, out } = await bench.run('doctor');
    expect(exit).toBe(1);
    expect(out).toMatch(/FAILED services.yaml:1:1: is empty/);
  });

  it('tells once of what the daemon finds in the files too, and all that it alone knows', async () => {
    bench.config.wrong = [
      { file: '/home/me/services.yaml', line: 4, column: 5, key: undefined, message: 'is twice there' },
    ];
    bench.control.checks = [
      { area: 'files', name: 'services.yaml', result: 'fail', detail: 'services.yaml:4:5: is twice there' },
      { area: 'files', name: 'settings.json', result: 'fail', detail: 'settings.json: found no file' },
      { area: 'targets', name: 'services.yaml', result: 'fail', detail: 'an odd name for a target' },
    ];
    const { out } = await bench.run('doctor');
    expect(out.match(/is twice there/g)).toHaveLength(1);
    expect(out).toContain('found no file');
    expect(out).toContain('an odd name');
  });
});
