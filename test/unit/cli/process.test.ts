/** Real processes: start and stop of something that behaves like a daemon, and the launcher in bin. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive, readPid, waitFor } from '../../../src/cli/daemon-process.js';
import { systemClock } from '../../../src/system/clock.js';
import { type Bench, openBench } from './bench.js';

const fixture = fileURLToPath(new URL('./fixtures/daemon.mjs', import.meta.url));

let bench: Bench;
beforeEach(async () => {
  bench = await openBench();
  Object.assign(bench.context, { clock: systemClock() });
});
afterEach(async () => {
  const pid = readPid(bench.paths.pid);
  if (pid !== undefined && isAlive(pid)) process.kill(pid, 'SIGKILL');
  await bench.close();
});

/** Makes `start` launch the fixture, which then behaves as `mode` says. */
function launching(mode: string): void {
  const env = { ...process.env, CLOUDNAP_HOME: bench.home, HOME: bench.home, FIXTURE: mode };
  Object.assign(bench.context, { launch: { command: process.execPath, args: [fixture] }, env });
}

describe('start and stop', () => {
  it('returns when the daemon answers, and after stop the process is gone', async () => {
    launching('serve');
    const start = await bench.run('start', '--json');
    expect([start.exit, start.err]).toEqual([0, '']);
    const { pid } = JSON.parse(start.out);
    expect(pid).toBe(readPid(bench.paths.pid));
    expect(isAlive(pid)).toBe(true);

    const again = await bench.run('start');
    expect(again.exit).toBe(3);
    expect(again.err).toContain(String(pid));

    const stop = await bench.run('stop');
    expect([stop.exit, stop.err]).toEqual([0, '']);
    expect(isAlive(pid)).toBe(false);
    expect((await bench.run('stop')).exit).toBe(4);
  });

  it('tells why a daemon did not start', async () => {
    launching('fail');
    const { exit, err } = await bench.run('start');
    expect(exit).toBe(1);
    expect(err).toContain('The daemon did not start: the ledger is unreadable');
    expect(err).toContain(bench.paths.log);
  });

  it('exits with 3 when another one takes the home first', async () => {
    launching('lose');
    expect((await bench.run('start')).exit).toBe(3);
  });

  it('tells when the program itself cannot be run', async () => {
    Object.assign(bench.context, { launch: { command: path.join(bench.home, 'missing'), args: [] } });
    const { exit, err } = await bench.run('start');
    expect(exit).toBe(1);
    expect(err).toContain('ENOENT');
  });
});

describe('a process', () => {
  it.runIf(process.platform === 'linux')(
    'is dead when it has ended, though its parent never looked',
    async () => {
      // By the time the child ends, the shell has become a program that does not wait for children.
      const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      try {
        const [line] = await once(parent.stdout, 'data');
        const pid = Number(String(line));
        expect(await waitFor(systemClock(), 10_000, () => !isAlive(pid))).toBe(true);
        expect(() => process.kill(pid, 0)).not.toThrow();
        expect(isAlive(process.pid)).toBe(true);
      } finally {
        parent.kill('SIGKILL');
      }
    },
  );
});

describe('the launcher', () => {
  it('finds the program through a link and a path with spaces', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'cloudnap link '));
    try {
      const link = path.join(folder, 'cloud nap');
      await symlink(fileURLToPath(new URL('../../../bin/cloudnap', import.meta.url)), link);
      const said = await new Promise<string>((resolve) => {
        execFile(process.execPath, [link, '--version'], (_error, stdout, stderr) => resolve(stdout + stderr));
      });
      // Built or not, it must have found its own folder: a version, or the way to build it.
      expect(said).toMatch(/^\d+\.\d+\.\d+\n$|npm run build/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
