/** Where files lie on each OS, how long a socket's path may be, and which folders are refused. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandError } from '../../../src/core/errors.js';
import { ensureFolders, resolvePaths } from '../../../src/system/paths.js';

const XDG = {
  HOME: '/home/ada',
  XDG_CONFIG_HOME: '/c',
  XDG_DATA_HOME: '/d',
  XDG_STATE_HOME: '/s',
  XDG_RUNTIME_DIR: '/r',
};

describe('one home for everything', () => {
  it.each([
    ['the flag', { home: '/x/nap', env: { CLOUDNAP_HOME: '/y' } }],
    ['the variable', { env: { ...XDG, CLOUDNAP_HOME: '/x/nap' } }],
  ])('by %s', (_by, from) => {
    expect(resolvePaths({ ...from, platform: 'linux' })).toEqual({
      settings: '/x/nap/settings.json',
      services: '/x/nap/services.yaml',
      db: '/x/nap/cloudnap.db',
      log: '/x/nap/aws_monitor.log',
      lock: '/x/nap/cloudnap.lock',
      pid: '/x/nap/cloudnap.pid',
      pass: '/x/nap/open.html',
      socket: '/x/nap/cloudnap.sock',
      folders: ['/x/nap'],
    });
  });

  it('is made absolute, and an empty variable is none', () => {
    expect(resolvePaths({ home: 'nap', env: {} }).db).toBe(path.resolve('nap', 'cloudnap.db'));
    expect(resolvePaths({ env: { ...XDG, CLOUDNAP_HOME: '' }, platform: 'linux' }).db).toBe(
      '/d/cloudnap/cloudnap.db',
    );
  });
});

describe('the folders of the OS', () => {
  it('follow XDG on Linux', () => {
    const paths = resolvePaths({ env: XDG, platform: 'linux' });
    expect(paths).toMatchObject({
      settings: '/c/cloudnap/settings.json',
      db: '/d/cloudnap/cloudnap.db',
      log: '/s/cloudnap/aws_monitor.log',
      lock: '/s/cloudnap/cloudnap.lock',
      socket: '/r/cloudnap/cloudnap.sock',
    });
    expect(paths.folders).toEqual(['/c/cloudnap', '/d/cloudnap', '/s/cloudnap', '/r/cloudnap']);
  });

  it('have their usual places where XDG says nothing or nothing absolute', () => {
    const env = { HOME: '/home/ada', XDG_CONFIG_HOME: 'relative', XDG_DATA_HOME: '' };
    expect(resolvePaths({ env, platform: 'linux' })).toMatchObject({
      settings: '/home/ada/.config/cloudnap/settings.json',
      db: '/home/ada/.local/share/cloudnap/cloudnap.db',
      pid: '/home/ada/.local/state/cloudnap/cloudnap.pid',
    });
  });

  it('are in the Library on macOS', () => {
    expect(resolvePaths({ env: { HOME: '/Users/ada' }, platform: 'darwin' })).toMatchObject({
      settings: '/Users/ada/Library/Application Support/Cloudnap/settings.json',
      db: '/Users/ada/Library/Application Support/Cloudnap/cloudnap.db',
      log: '/Users/ada/Library/Logs/Cloudnap/aws_monitor.log',
      socket: '/Users/ada/Library/Application Support/Cloudnap/cloudnap.sock',
    });
  });

  it('are in AppData on Windows, with a pipe that depends on the home', () => {
    const env = { APPDATA: 'C:\\U\\Roaming', LOCALAPPDATA: 'C:\\U\\Local' };
    const paths = resolvePaths({ env, platform: 'win32' });
    expect(paths.settings).toBe('C:\\U\\Roaming\\Cloudnap\\settings.json');
    expect(paths.db).toBe('C:\\U\\Local\\Cloudnap\\cloudnap.db');
    expect(paths.socket).toMatch(/^\\\\\.\\pipe\\cloudnap-[0-9a-f]{12}$/);
    const pipe = (home: string) => resolvePaths({ home, env, platform: 'win32' }).socket;
    expect(pipe('D:\\A')).not.toBe(pipe('D:\\B'));
    expect(pipe('D:\\A')).toBe(pipe('d:\\a'));
  });
});

describe('a home too deep for a socket', () => {
  const deep = (bytes: number) => `/${'ü'.repeat(Math.floor((bytes - 1) / 2))}${bytes % 2 === 0 ? 'x' : ''}`;

  it.each([
    ['linux', 107],
    ['darwin', 103],
  ] as const)('has it elsewhere on %s from %i bytes on', (platform, limit) => {
    const fits = deep(limit - '/cloudnap.sock'.length);
    const socket = (home: string) => resolvePaths({ home, env: { XDG_RUNTIME_DIR: '/r' }, platform }).socket;
    expect(Buffer.byteLength(socket(fits))).toBe(limit);
    expect(socket(fits)).toBe(`${fits}/cloudnap.sock`);
    const moved = socket(`${fits}x`);
    expect(moved).toMatch(
      platform === 'linux' ? /^\/r\/cloudnap-[0-9a-f]{12}\// : /^\/tmp\/cloudnap-\d+-[0-9a-f]{12}\//,
    );
    expect(socket(`${fits}x`)).toBe(moved);
    expect(socket(`${fits}y`)).not.toBe(moved);
  });

  it('counts the folder of the socket among those that must be ours', () => {
    const paths = resolvePaths({ home: deep(120), env: { XDG_RUNTIME_DIR: deep(110) }, platform: 'linux' });
    expect(paths.socket).toMatch(/^\/tmp\/cloudnap-/);
    expect(paths.folders).toEqual([deep(120), path.dirname(paths.socket)]);
  });
});

describe('making the folders', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'cloudnap-paths-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));
  const ensure = (home: string) => ensureFolders(resolvePaths({ home, env: {} }));
  const mode = (folder: string) => statSync(folder).mode & 0o7777;

  it('makes what is missing, closed to others, and does it again without harm', () => {
    const home = path.join(dir, 'a', 'b');
    ensure(home);
    ensure(home);
    expect([mode(home), mode(path.dirname(home))]).toEqual([0o700, 0o700]);
  });

  it('closes one that is open to others', () => {
    const home = path.join(dir, 'open');
    mkdirSync(home);
    chmodSync(home, 0o755);
    ensure(home);
    expect(mode(home)).toBe(0o700);
  });

  it('follows a link of our own', () => {
    const real = path.join(dir, 'real');
    mkdirSync(real);
    chmodSync(real, 0o750);
    symlinkSync(real, path.join(dir, 'link'));
    ensure(path.join(dir, 'link'));
    expect(mode(real)).toBe(0o700);
  });

  it('refuses a file, a folder for everybody, and the root', () => {
    const file = path.join(dir, 'file');
    writeFileSync(file, '');
    const shared = path.join(dir, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    for (const home of [file, path.join(file, 'under'), shared])
      expect(() => ensure(home)).toThrow(CommandError);
    expect(mode(shared)).toBe(0o1777);
    const root = mode('/');
    expect(() => ensure('/')).toThrow(CommandError);
    expect(mode('/')).toBe(root);
  });

  it("refuses somebody else's folder", () => {
    let theirs = '/usr';
    if (process.getuid?.() === 0) {
      theirs = path.join(dir, 'theirs');
      mkdirSync(theirs);
      chownSync(theirs, 12_345, 12_345);
    }
    const before = mode(theirs);
    expect(() => ensure(theirs)).toThrow(/belongs to another user/);
    expect(mode(theirs)).toBe(before);
  });
});
