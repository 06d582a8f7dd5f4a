/** What `doctor` finds on a machine: versions, sessions, files' modes, ports. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configChecks, portsOf } from '../../../src/cli/checks/config.js';
import { daemonCheck, fileChecks, nodeCheck, sessionCheck } from '../../../src/cli/checks/machine.js';
import { portChecks } from '../../../src/cli/checks/ports.js';
import { systemClock } from '../../../src/system/clock.js';
import { type Bench, FakeConfig, openBench } from './bench.js';

describe('the machine', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['22.4.1', 'ok'],
    ['20.18.3', 'fail'],
    ['18.20.0', 'fail'],
  ])('Node %s: %s', (version, result) => expect(nodeCheck(version).result).toBe(result));

  it.each([
    [{ DISPLAY: ':0', XDG_SESSION_TYPE: 'x11' }, 'ok', 'X11 display :0'],
    [{ DISPLAY: ':10', SSH_CONNECTION: '1 2 3 4' }, 'ok', 'over ssh'],
    [{ DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' }, 'ok', 'Wayland display wayland-0'],
    [{ DISPLAY: ':0', XDG_SESSION_TYPE: 'wayland' }, 'warn', 'WAYLAND_DISPLAY is not set'],
    [{ SSH_CONNECTION: '1 2 3 4' }, 'warn', 'no display, over ssh'],
    [{}, 'warn', 'no display'],
  ])('a session with %j: %s', (env, result, words) => {
    const check = sessionCheck(env, 'linux');
    expect(check).toMatchObject({ result, detail: expect.stringContaining(words) });
    if (result !== 'ok') expect(check.cure).toBeTruthy();
  });

  it.each([
    [{ pid: 7, alive: true }, 'ok', 'running as pid 7'],
    [{ pid: 7, alive: false }, 'warn', 'pid 7 has ended'],
    [{ pid: undefined, alive: false }, 'warn', 'not running'],
  ])('a daemon with %j: %s', (daemon, result, words) =>
    expect(daemonCheck(daemon)).toMatchObject({ result, detail: expect.stringContaining(words) }),
  );
});

describe.skipIf(process.platform === 'win32')('the files', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench();
  });
  afterEach(() => bench.close());

  it('are in order when they are closed, and missing ones are nothing wrong', async () => {
    await writeFile(bench.paths.settings, '{}', { mode: 0o600 });
    expect(fileChecks(bench.paths, 'linux')).toMatchObject([{ result: 'ok' }]);
  });

  it('are named when others can read them, with what closes them', async () => {
    await writeFile(bench.paths.services, '');
    await chmod(bench.paths.services, 0o644);
    await chmod(bench.home, 0o755);
    expect(fileChecks(bench.paths, 'linux')).toMatchObject([
      { name: bench.home, result: 'fail', cure: expect.stringContaining('chmod 700') },
      { name: bench.paths.services, result: 'fail', cure: expect.stringContaining('chmod 600') },
    ]);
  });

  it('say what is wrong inside them', () => {
    const config = new FakeConfig();
    expect(configChecks(config)).toMatchObject([{ result: 'ok' }]);
    config.wrong = [{ file: 'settings.json', line: 3, column: 5, key: 'aws.regions', message: 'is no list' }];
    config.unknown = [
      { file: 'settings.json', key: 'aws.regoins (did you mean regions?)' },
      { file: 'services.yaml', key: 'ec2_instances[0].nmae (did you mean name?)' },
    ];
    expect(configChecks(config)).toMatchObject([
      { result: 'fail', name: 'settings.json:3:5', detail: 'aws.regions: is no list' },
      { result: 'warn', name: 'settings.json', detail: expect.stringContaining('aws.regoins (did you mean') },
      { result: 'warn', name: 'services.yaml', detail: expect.stringContaining('ec2_instances[0].nmae') },
    ]);
  });
});

describe('the ports', () => {
  const clock = systemClock();

  it('are the ones that the settings switch on', () => {
    const config = new FakeConfig();
    expect(portsOf(config)).toEqual({ udp: undefined, udpIp: '127.0.0.1', dashboard: undefined });
    config.values = {
      'udp_server.enabled': true,
      'udp_server.port': 20200,
      'udp_server.ip': '127.0.0.2',
      'dashboard.enabled': true,
      'dashboard.port': 20201,
    };
    expect(portsOf(config)).toEqual({ udp: 20200, udpIp: '127.0.0.2', dashboard: 20201 });
  });

  it('are free, ours, or taken by somebody else', async () => {
    const socket = createSocket('udp4');
    let answer = 'OK PING 0\npong';
    socket.on('message', (_, peer) => socket.send(answer, peer.port, peer.address));
    socket.bind(0, '127.0.0.1');
    const server = createServer().listen(0, '127.0.0.1');
    await Promise.all([once(socket, 'listening'), once(server, 'listening')]);
    const address = server.address();
    const dashboard = typeof address === 'object' && address ? address.port : 0;
    const ports = { udp: socket.address().port, udpIp: '127.0.0.1', dashboard };
    const results = async (running: boolean) =>
      (await portChecks(ports, running, clock)).map((check) => check.result);
    try {
      expect(await results(true)).toEqual(['ok', 'ok']);
      expect(await results(false)).toEqual(['fail', 'fail']);
      answer = 'HTTP/1.1 400';
      expect(await results(true)).toEqual(['fail', 'ok']);
    } finally {
      socket.close();
      server.close();
      await Promise.all([once(socket, 'close'), once(server, 'close')]);
    }
    expect(await results(false)).toEqual(['ok', 'ok']);
  });
});
