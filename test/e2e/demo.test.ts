/** `cloudnap demo` as a stranger runs it: it ends by itself, leaves nothing behind, and reaches nothing but loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NOWHERE, until } from './program.js';

const PROGRAM = fileURLToPath(new URL('../../bin/cloudnap', import.meta.url));

interface Demo {
  /** What it has printed. */
  output(): string;
  interrupt(): void;
  /** Its exit code. */
  readonly ended: Promise<number | null>;
  /** Whether any process of it is still there. */
  isAlive(): boolean;
  /** What lies in its folder for temporary files. */
  left(): readonly string[];
  /** How often something else than the sandbox was reached for. */
  strayed(): number;
  readonly folder: string;
}

/** Runs the demo in an environment that points everywhere but at the sandbox, and clears away what it may leave. */
async function demo(args: readonly string[], watch: (demo: Demo) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudnap-e2e-demo-'));
  let strayed = 0;
  const trap = createServer((socket) => {
    strayed += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(trap, 'listening');
  const elsewhere = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
  const { PATH } = process.env;
  // A group of its own: whatever it started is found by it.
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, 'demo', ...args], {
    env: {
      PATH,
      ...NOWHERE,
      HOME: folder,
      TMPDIR: folder,
      CLOUDNAP_HOME: join(folder, 'mine'),
      AWS_PROFILE: 'production',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'mine',
      AWS_ENDPOINT_URL: elsewhere,
      AWS_ENDPOINT_URL_EC2: elsewhere,
      AWS_ENDPOINT_URL_STS: elsewhere,
      AWS_ENDPOINT_URL_APPLICATION_AUTO_SCALING: elsewhere,
      HTTP_PROXY: elsewhere,
      HTTPS_PROXY: elsewhere,
      http_proxy: elsewhere,
      ALL_PROXY: elsewhere,
    },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { pid = 0 } = child;
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data) => {
      output += data;
    });
  const isAlive = () => {
    try {
      return process.kill(-pid, 0);
    } catch {
      return false;
    }
  };
  try {
    await watch({
      output: () => output,
      interrupt: () => child.kill('SIGINT'),
      ended: once(child, 'exit').then(() => child.exitCode),
      isAlive,
      left: () => readdirSync(folder),
      strayed: () => strayed,
      folder,
    });
  } finally {
    if (isAlive()) process.kill(-pid, 'SIGKILL');
    trap.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.concurrent('the demo', () => {
  it('naps and restores everything exactly, ends by itself, and leaves nothing behind', () =>
    demo(['--scripted'], async ({ ended, output, left, isAlive, strayed }) => {
      expect(await ended, output()).toBe(0);
      expect(output()).toMatch(/exactly as they were/);
      expect(left()).toEqual([]);
      expect(isAlive()).toBe(false);
      expect(strayed()).toBe(0);
    }));

  it('says that the display is not there, and is ended by Ctrl-C with nothing left', () =>
    demo([], async ({ ended, output, left, interrupt, isAlive }) => {
      await until(
        'it plays',
        () => output().includes('A scripted person plays (') && output().includes(NOWHERE.DISPLAY),
      );
      await until('it runs', () => /Somebody is there|present/i.test(output()));
      interrupt();
      expect([0, 130], output()).toContain(await ended);
      expect(output()).not.toMatch(/\n\s+at /);
      expect(left()).toEqual([]);
      expect(isAlive()).toBe(false);
    }));

  it('goes on with --keep until it is ended, and keeps its home', () =>
    demo(['--keep', '--scripted'], async ({ ended, output, left, interrupt, isAlive, folder }) => {
      await until('it runs', () => /Somebody is there|present/i.test(output()));
      interrupt();
      expect([0, 130], output()).toContain(await ended);
      expect(isAlive()).toBe(false);
      const [home = ''] = left();
      expect(home).toMatch(/^cloudnap-demo-/);
      const kept = readdirSync(join(folder, home));
      expect(kept).toEqual(
        expect.arrayContaining(['settings.json', 'services.yaml', 'cloudnap.db', 'aws_monitor.log']),
      );
      expect(kept).not.toContain('cloudnap.pid');
      expect(kept).not.toContain('cloudnap.sock');
    }));

  it('never writes over a home that is in use', () => {
    const home = mkdtempSync(join(tmpdir(), 'cloudnap-e2e-mine-'));
    writeFileSync(join(home, 'services.yaml'), '# mine\n');
    return demo(['--scripted', '--home', home], async ({ ended, output }) => {
      expect(await ended, output()).toBe(5);
      expect(readFileSync(join(home, 'services.yaml'), 'utf8')).toBe('# mine\n');
      expect(readdirSync(home)).toEqual(['services.yaml']);
    }).finally(() => rmSync(home, { recursive: true }));
  });
});
