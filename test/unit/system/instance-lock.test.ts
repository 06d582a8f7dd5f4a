/** The lock between real processes: the second is refused, the first unharmed, and death lets go. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { AlreadyRunningError, acquireLock } from '../../../src/system/instance-lock.js';
import { ensureFolders, type Paths, resolvePaths } from '../../../src/system/paths.js';
import { type Child, compile } from './child.js';

const script = compile('test/unit/system/lock-child.ts');
afterAll(() => script.remove());

let paths: Paths;
let home: string;
let children: Child[];
beforeEach(() => {
  home = mkdtempSync(path.join(os.tmpdir(), 'cloudnap-lock-'));
  paths = resolvePaths({ home, env: {} });
  ensureFolders(paths);
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map((child) => child.kill()));
  rmSync(home, { recursive: true });
});

const pidFile = () => readFileSync(paths.pid, 'utf8');

function start(): Child {
  const child = script.start(home);
  children.push(child);
  return child;
}

it('refuses a second process with the pid of the first, which stays unharmed', async () => {
  const first = start();
  expect(await first.line()).toBe('locked');
  expect(pidFile()).toBe(`${first.pid}\n`);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    expect(await start().line()).toBe(`running ${first.pid}`);
  }
  expect(() => acquireLock(paths)).toThrow(AlreadyRunningError);
  expect(pidFile()).toBe(`${first.pid}\n`);
});

it('lets the next one start after kill -9, though its pid file was left behind', async () => {
  const first = start();
  expect(await first.line()).toBe('locked');
  await first.kill();
  expect(existsSync(paths.pid)).toBe(true);
  const second = start();
  expect(await second.line()).toBe('locked');
  expect(pidFile()).toBe(`${second.pid}\n`);
  expect(await start().line()).toBe(`running ${second.pid}`);
});

it('lets exactly one of several that start at once have it', async () => {
  const said = await Promise.all(Array.from({ length: 4 }, () => start().line()));
  const holder = Number(pidFile());
  expect(said.sort()).toEqual(['locked', ...Array.from({ length: 3 }, () => `running ${holder}`)]);
});

it('waits for the pid of one that has locked but not yet written it', async () => {
  const first = start();
  expect(await first.line()).toBe('locked');
  // As it is in between: the pid of an earlier one that was killed.
  writeFileSync(paths.pid, '999999999\n');
  const second = start();
  setTimeout(() => writeFileSync(paths.pid, `${first.pid}\n`), 300);
  expect(await second.line()).toBe(`running ${first.pid}`);
});

it('says that another runs even when its pid is nowhere to be found', async () => {
  const first = start();
  expect(await first.line()).toBe('locked');
  rmSync(paths.pid);
  expect(await start().line()).toBe('running undefined');
});

it('is not kept out for ever by a lock file that somebody has written into', async () => {
  writeFileSync(paths.lock, 'not a lock at all, '.repeat(1_000));
  const lock = acquireLock(paths);
  expect(await start().line()).toBe(`running ${process.pid}`);
  lock.release();
});

it('is not let in by writing into the lock file while it is held', async () => {
  const first = start();
  expect(await first.line()).toBe('locked');
  writeFileSync(paths.lock, 'not a lock at all, '.repeat(1_000));
  expect(await start().line()).toBe(`running ${first.pid}`);
});

it('is held once in a process, released once, and readable by its owner alone', async () => {
  const lock = acquireLock(paths);
  expect(() => acquireLock(paths)).toThrow(AlreadyRunningError);
  // The refused attempt must not have let go of what is held.
  expect(await start().line()).toBe(`running ${process.pid}`);
  for (const file of [paths.lock, paths.pid]) expect(statSync(file).mode & 0o777).toBe(0o600);
  lock.release();
  expect(existsSync(paths.pid)).toBe(false);
  const again = acquireLock(paths);
  lock.release();
  expect(pidFile()).toBe(`${process.pid}\n`);
  again.release();
});

it('says what is wrong when the lock file cannot be one', () => {
  expect(() => acquireLock({ ...paths, lock: home })).toThrow(/EISDIR/);
});

it.each(['', 'x', '-1'])('takes %j in the pid file for no pid', async (text) => {
  const lock = acquireLock(paths);
  writeFileSync(paths.pid, text);
  expect(await start().line()).toBe('running undefined');
  lock.release();
});
