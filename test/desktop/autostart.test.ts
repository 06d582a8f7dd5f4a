/** What is written to start at login, read by the real readers: systemd's own tools, and GLib's launcher. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAutostart } from '../../src/desktop/autostart.js';
import { programRunner } from '../../src/desktop/autostart-place.js';
import { systemdUnit } from '../../src/desktop/autostart-systemd.js';
import { desktopSkipped } from './xserver.js';

const run = promisify(execFile);

describe.skipIf(desktopSkipped)('what starts at login', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let config: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloudnap-autostart-'));
    config = join(folder, 'config');
    // No bus is there: systemctl then works on the files alone, when it is told that this is meant.
    env = { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: config, XDG_RUNTIME_DIR: folder };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A program that writes down how it was called. */
  function stub(name: string): { readonly path: string; called(): string[] } {
    const path = join(folder, name, 'stub');
    const calls = join(folder, 'calls');
    mkdirSync(join(folder, name));
    writeFileSync(path, `#!/bin/sh\nprintf '%s\\0' "$@" > ${calls}\n`);
    chmodSync(path, 0o755);
    return { path, called: () => readFileSync(calls, 'utf8').split('\0').slice(0, -1) };
  }

  const NAMES = ['plain', 'with spaces', `it's a "quoted" one`, '100% of $HOME', 'a=b \\ c'];

  it.each(NAMES)('is a unit that systemd takes and enables: %s', async (name) => {
    const offline = programRunner({ ...env, SYSTEMD_OFFLINE: '1' });
    // Without a manager there is nothing to reload.
    const runner: typeof offline = async (program, args) =>
      args.includes('daemon-reload') ? { isDone: true, output: '', complaint: '' } : offline(program, args);
    const unit = systemdUnit(config, 'desktop', runner);
    await unit.put([stub(name).path, 'run', '--home', join(folder, name)]);
    expect(await unit.find()).toMatchObject({ isOn: true, when: 'desktop' });
    // It fails for a command that cannot be parsed, or a program that is not there.
    const { stderr } = await run('systemd-analyze', ['--user', 'verify', unit.where], { env });
    expect(stderr).not.toContain('cloudnap');
    await unit.remove();
    expect(await unit.find()).toBeUndefined();
  });

  it.each(NAMES)('is an XDG entry that GLib starts: %s', async (name) => {
    const { path, called } = stub(name);
    const home = join(folder, name);
    const autostart = createAutostart({
      program: [path, 'run'],
      home,
      env,
      platform: 'linux',
      run: programRunner(env),
    });
    const { enabled, entry } = await autostart.enable();
    expect([enabled, entry?.kind]).toEqual([true, 'xdg-autostart']);
    await run('gio', ['launch', entry?.where ?? ''], { env });
    await expect.poll(() => existsSync(join(folder, 'calls')) && called()).toEqual(['run', '--home', home]);
  });
});
