/** Starting at login: where the entry goes on which session, and what is told of one that is there. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AutostartOptions, createAutostart } from '../../../src/desktop/autostart.js';
import type { RunProgram } from '../../../src/desktop/autostart-place.js';
import { parseDesktopExec, parseExecStart } from '../../fakes/command-lines.js';
import { FakeSystemctl } from '../../fakes/fake-systemctl.js';

const PROGRAM = ['/opt/my programs/node', '/opt/my programs/cloudnap', 'run', '--quiet'] as const;
const OFF = { enabled: false, entry: undefined };

let folder: string;
let config: string;
let systemctl: FakeSystemctl;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloudnap-autostart-'));
  config = join(folder, '.config');
  systemctl = new FakeSystemctl(config);
});
afterEach(() => rmSync(folder, { recursive: true }));

const autostart = (options: Partial<AutostartOptions> = {}) =>
  createAutostart({
    program: PROGRAM,
    home: undefined,
    env: { HOME: folder, DISPLAY: ':0' },
    platform: 'linux',
    run: systemctl.run,
    ...options,
  });
const unit = () => join(config, 'systemd', 'user', 'cloudnap.service');
const entry = () => join(config, 'autostart', 'cloudnap.desktop');
const wanted = (target: string) => join(config, 'systemd', 'user', `${target}.wants`, 'cloudnap.service');

describe('on a desktop that systemd knows', () => {
  it('is a unit of the graphical session, which does not start again beside another', async () => {
    expect(await autostart().status()).toMatchObject(OFF);
    expect(await autostart().enable()).toMatchObject({
      enabled: true,
      tried: true,
      entry: { kind: 'systemd', where: unit(), starts: 'this program', when: 'desktop' },
    });
    const lines = readFileSync(unit(), 'utf8').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'After=graphical-session.target',
        'PartOf=graphical-session.target',
        'WantedBy=graphical-session.target',
        'Restart=on-failure',
        'RestartPreventExitStatus=3',
      ]),
    );
    const command = lines.find((line) => line.startsWith('ExecStart='));
    expect(parseExecStart(command?.slice('ExecStart='.length) ?? '')).toEqual(PROGRAM);
    expect(systemctl.calls.slice(1)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable cloudnap.service',
    ]);
    expect(existsSync(entry())).toBe(false);
  });

  it('may be enabled twice and disabled twice', async () => {
    const once = await autostart().enable();
    expect(await autostart().enable()).toEqual(once);
    expect(await autostart().disable()).toMatchObject(OFF);
    expect(await autostart().disable()).toMatchObject(OFF);
    expect(existsSync(unit()) || existsSync(wanted('graphical-session.target'))).toBe(false);
  });

  it('is off when the person has disabled the unit', async () => {
    await autostart().enable();
    rmSync(wanted('graphical-session.target'));
    expect(await autostart().status()).toMatchObject({ enabled: false, entry: { kind: 'systemd' } });
  });

  it.each(['daemon-reload', 'enable'])('leaves nothing behind when %s fails', async (verb) => {
    systemctl.failing = verb;
    await expect(autostart().enable()).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('Access denied'),
    });
    expect(await autostart().status()).toMatchObject(OFF);
    expect(existsSync(unit())).toBe(false);
  });

  it('goes, with its link, where no user manager answers any more', async () => {
    await autostart().enable();
    systemctl.isThere = false;
    expect(await autostart().disable()).toMatchObject(OFF);
    expect(() => lstatSync(wanted('graphical-session.target'))).toThrow('ENOENT');
  });

  it('leaves a masked unit, and one that something else manages, as it is', async () => {
    mkdirSync(join(config, 'systemd', 'user'), { recursive: true });
    symlinkSync('/dev/null', unit());
    const refused = { code: 'REFUSED', message: expect.stringContaining('/dev/null') };
    await expect(autostart().enable()).rejects.toMatchObject(refused);
    await expect(autostart().disable()).rejects.toMatchObject(refused);
    expect(lstatSync(unit()).isSymbolicLink()).toBe(true);
    expect(await autostart().status()).toMatchObject(OFF);
  });
});

describe('elsewhere on Linux', () => {
  it.each([
    ['without a user manager', { isThere: false }],
    ['on a desktop that the user manager was not told of', { isGraphical: false }],
  ])('is an XDG autostart entry %s', async (_, manager) => {
    Object.assign(systemctl, manager);
    expect(await autostart().enable()).toMatchObject({
      enabled: true,
      entry: { kind: 'xdg-autostart', where: entry(), starts: 'this program', when: 'desktop' },
    });
    const command = /^Exec=(.*)$/m.exec(readFileSync(entry(), 'utf8'))?.[1] ?? '';
    expect(parseDesktopExec(command)).toEqual(PROGRAM);
    expect(existsSync(unit())).toBe(false);
    expect(await autostart().disable()).toMatchObject(OFF);
    expect(existsSync(entry())).toBe(false);
  });

  it('is a unit of the first login where there is no display', async () => {
    systemctl.isGraphical = false;
    const { entry } = await autostart({ env: { HOME: folder } }).enable();
    expect(entry).toMatchObject({ kind: 'systemd', starts: 'this program', when: 'login' });
    const text = readFileSync(unit(), 'utf8');
    expect(text).toContain('WantedBy=default.target');
    expect(text).not.toContain('graphical-session');
    // Enabled again on the desktop, it is no longer tied to the first login.
    systemctl.isGraphical = true;
    expect((await autostart().enable()).entry).toMatchObject({ when: 'desktop' });
    expect(() => lstatSync(wanted('default.target'))).toThrow('ENOENT');
  });

  it('is in one place only', async () => {
    systemctl.isThere = false;
    await autostart().enable();
    systemctl.isThere = true;
    expect((await autostart().enable()).entry?.kind).toBe('systemd');
    expect(existsSync(entry())).toBe(false);
  });

  it.each(['Hidden=true', 'X-GNOME-Autostart-enabled=false'])('is off by %s', async (line) => {
    systemctl.isThere = false;
    await autostart().enable();
    const text = readFileSync(entry(), 'utf8').replace(/X-GNOME.*\n/, '');
    writeFileSync(entry(), `${text}${line}\n`);
    expect(await autostart().status()).toMatchObject({ enabled: false, entry: { kind: 'xdg-autostart' } });
    expect((await autostart().enable()).enabled).toBe(true);
  });

  it('follows XDG_CONFIG_HOME when it is absolute', async () => {
    systemctl.isThere = false;
    const env = { HOME: folder, DISPLAY: ':0', XDG_CONFIG_HOME: join(folder, 'elsewhere') };
    await autostart({ env }).enable();
    expect(existsSync(join(folder, 'elsewhere', 'autostart', 'cloudnap.desktop'))).toBe(true);
    await autostart({ env: { ...env, XDG_CONFIG_HOME: 'relative' } }).enable();
    expect(existsSync(entry())).toBe(true);
  });

  it('says so when the folder cannot be written', async () => {
    systemctl.isThere = false;
    writeFileSync(config, 'a file where a folder should be');
    await expect(autostart().enable()).rejects.toMatchObject({ code: 'REFUSED' });
  });
});

/** A registry with one value in it, as reg.exe shows it. */
function registry(): { readonly run: RunProgram; readonly added: string[][] } {
  let value: string | undefined;
  const added: string[][] = [];
  const answer = (isDone: boolean, output = '') => ({ isDone, output, complaint: isDone ? '' : 'ERROR' });
  const run: RunProgram = async (_program, [verb, ...args]) => {
    if (verb === 'add') {
      added.push([...args]);
      value = args[args.indexOf('/d') + 1];
      return answer(true);
    }
    const was = value;
    if (verb === 'delete') value = undefined;
    return answer(
      was !== undefined,
      `\r\nHKEY_CURRENT_USER\\...\\Run\r\n    Cloudnap    REG_SZ    ${was}\r\n\r\n`,
    );
  };
  return { run, added };
}

describe.each(['systemd', 'xdg-autostart', 'launch-agent', 'run-key'])('what is told of %s', (kind) => {
  const options: () => Partial<AutostartOptions> = () => {
    systemctl.isThere = kind === 'systemd';
    if (kind === 'run-key') return { platform: 'win32', run: registry().run };
    return { platform: kind === 'launch-agent' ? 'darwin' : 'linux' };
  };

  it('tells this program from one that was moved, and one home from another', async () => {
    const here = options();
    const home = join(folder, 'a home');
    expect((await autostart({ ...here, home }).enable()).entry).toMatchObject({
      kind,
      starts: 'this program',
    });
    const { entry: without } = await autostart(here).status();
    expect(without?.starts).toBe('another home');
    expect(without?.command).toContain(home);
    const moved = autostart({
      ...here,
      home,
      program: ['/opt/new/node', '/opt/new/cloudnap', 'run', '--quiet'],
    });
    expect((await moved.status()).entry?.starts).toBe('another program');
    expect((await moved.enable()).entry?.starts).toBe('this program');
    expect((await autostart({ ...here, home }).status()).entry?.starts).toBe('another program');
    expect(await moved.disable()).toMatchObject(OFF);
    expect(await moved.disable()).toMatchObject(OFF);
  });
});

describe('macOS and Windows, which were never tried', () => {
  it('writes a LaunchAgent', async () => {
    const home = join(folder, '<a & b>');
    expect(await autostart({ platform: 'darwin', home }).enable()).toMatchObject({
      enabled: true,
      tried: false,
    });
    const text = readFileSync(join(folder, 'Library', 'LaunchAgents', 'cloudnap.plist'), 'utf8');
    expect([...text.matchAll(/<string>(.*)<\/string>/g)].map(([, word]) => word)).toEqual([
      'cloudnap',
      ...PROGRAM,
      '--home',
      `${folder}/&lt;a &amp; b&gt;`,
      'Aqua',
    ]);
    expect(text).toMatch(/<key>RunAtLoad<\/key>\s*<true\/>/);
  });

  it('gives reg.exe the Run key', async () => {
    const { run, added } = registry();
    const program = ['C:\\Program Files\\node.exe', 'run'] as const;
    const windows = autostart({ platform: 'win32', run, program, home: 'D:\\my home\\' });
    expect(await windows.enable()).toMatchObject({ enabled: true, tried: false });
    const key = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run';
    const command = '"C:\\Program Files\\node.exe" run --home "D:\\my home\\\\"';
    expect(added).toEqual([[key, '/v', 'Cloudnap', '/t', 'REG_SZ', '/d', command, '/f']]);
  });

  it('refuses a command that Windows would not start', async () => {
    const { run, added } = registry();
    const windows = autostart({ platform: 'win32', run, home: `D:\\${'x'.repeat(260)}` });
    await expect(windows.enable()).rejects.toMatchObject({ code: 'REFUSED' });
    expect(added).toEqual([]);
  });
});
