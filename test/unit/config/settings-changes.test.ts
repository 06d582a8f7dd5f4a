/** settings.json changed on a real disk while it is in use: by editors, in steps, behind links, gone and back. */
import { chmod, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSettings } from '../../../src/config/settings-file.js';
import { folder, KeptLog, settled, WatchedClock } from './files.js';
import { open } from './opened-settings.js';

const timeout = (minutes: number) => `{"activity_monitor": {"inactivity_timeout_minutes": ${minutes}}}`;

describe('changes while it is in use', () => {
  test('a write in place', async () => {
    const { settings, clock, path } = await open(timeout(1));
    await settled(settings, clock, () => writeFile(path, timeout(2)));
    expect(settings.current().timeoutMs).toBe(120_000);
    expect(clock.pending).toBe(0);
  });

  test('editors that replace the file, again and again', async () => {
    const { settings, clock, path } = await open(timeout(1));
    for (const minutes of [2, 3, 4]) {
      await settled(settings, clock, async () => {
        await writeFile(`${path}.swp`, timeout(minutes));
        await rename(`${path}.swp`, path);
      });
      expect(settings.current().timeoutMs).toBe(minutes * 60_000);
    }
  });

  test('editors that move the file away and write another', async () => {
    const { settings, clock, path } = await open(timeout(1));
    await settled(settings, clock, async () => {
      await rename(path, `${path}~`);
      await writeFile(path, timeout(5));
    });
    expect(settings.current().timeoutMs).toBe(300_000);
  });

  test('a file written in steps is read once it is still', async () => {
    const { settings, clock, path } = await open(timeout(1));
    const whole = timeout(6);
    await settled(settings, clock, async () => {
      await writeFile(path, whole.slice(0, 20));
      await clock.timerSet();
      await clock.advance(150);
      await writeFile(path, whole);
    });
    expect(settings.current().timeoutMs).toBe(360_000);
    expect(settings.faults()).toEqual([]);
  });

  test('a broken version leaves the last good one in force until it is right again', async () => {
    const { settings, clock, log, path } = await open(timeout(1));
    await settled(settings, clock, () => writeFile(path, '{"activity_monitor": '));
    expect(settings.faults()).toHaveLength(1);
    expect(settings.current().timeoutMs).toBe(60_000);
    await settled(settings, clock, () => writeFile(path, timeout(3)));
    expect(settings.faults()).toEqual([]);
    expect(settings.current().timeoutMs).toBe(180_000);
    expect(log.lines).toEqual([
      expect.stringMatching(/^error settings\.json:1:22: activity_monitor: found the end of the file/),
      'info settings.json is in force as it is on disk now',
    ]);
  });

  test('suddenly empty: the last good version stays, the file is not overwritten', async () => {
    const { settings, clock, path } = await open(timeout(1));
    await settled(settings, clock, () => writeFile(path, ''));
    expect(settings.faults()).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^found an empty file/) }),
    ]);
    expect(settings.current().timeoutMs).toBe(60_000);
    expect(await readFile(path, 'utf8')).toBe('');
  });

  test('deleted: the last good version stays, the file is not written anew, and it may come back', async () => {
    const { settings, clock, path, home } = await open(timeout(1));
    await settled(settings, clock, () => rm(path));
    expect(settings.faults()).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^found no file/) }),
    ]);
    expect(settings.current().timeoutMs).toBe(60_000);
    expect(await readdir(home)).toEqual([]);
    await settled(settings, clock, () => writeFile(path, timeout(2)));
    expect(settings.faults()).toEqual([]);
    expect(settings.current().timeoutMs).toBe(120_000);
  });

  test('a file that is a link, changed at its far end and pointed elsewhere', async () => {
    const home = await folder();
    const far = await folder();
    const path = join(home, 'settings.json');
    await writeFile(join(far, 'a.json'), timeout(1));
    await writeFile(join(far, 'b.json'), timeout(3));
    await symlink(join(far, 'a.json'), path);
    const clock = new WatchedClock();
    const settings = await openSettings({ path, clock, log: new KeptLog() });
    onTestFinished(() => settings.close());
    await settled(settings, clock, () => writeFile(join(far, 'a.json'), timeout(2)));
    expect(settings.current().timeoutMs).toBe(120_000);
    await settled(settings, clock, async () => {
      await symlink(join(far, 'b.json'), `${path}.new`);
      await rename(`${path}.new`, path);
    });
    expect(settings.current().timeoutMs).toBe(180_000);
    await settled(settings, clock, () => writeFile(join(far, 'b.json'), timeout(4)));
    expect(settings.current().timeoutMs).toBe(240_000);
  });

  test('a folder that is deleted, stays away for a while, and is made anew', async () => {
    const home = await folder();
    const far = join(home, 'far');
    const path = join(home, 'settings.json');
    const write = async (minutes: number) => {
      await mkdir(far, { recursive: true });
      await writeFile(join(far, 's.json'), timeout(minutes));
    };
    await write(1);
    await symlink(join('far', 's.json'), path);
    const clock = new WatchedClock();
    const settings = await openSettings({ path, clock, log: new KeptLog() });
    onTestFinished(() => settings.close());
    await settled(settings, clock, async () => {
      await rm(far, { recursive: true });
      await write(2);
    });
    expect(settings.current().timeoutMs).toBe(120_000);
    expect(clock.pending).toBe(0);
    await settled(settings, clock, () => rm(far, { recursive: true }));
    expect(settings.faults()).toHaveLength(1);
    // No folder, no watch: it is looked for until it is back, and then no longer.
    await settled(settings, clock, () => write(3));
    expect(settings.current().timeoutMs).toBe(180_000);
    expect(clock.pending).toBe(0);
    await settled(settings, clock, () => write(4));
    expect(settings.current().timeoutMs).toBe(240_000);
  });

  test('a folder that is a link and is pointed elsewhere, as clusters mount their config', async () => {
    const home = await folder();
    for (const minutes of [1, 2]) {
      await mkdir(join(home, `v${minutes}`));
      await writeFile(join(home, `v${minutes}`, 'settings.json'), timeout(minutes));
    }
    await symlink('v1', join(home, '..data'));
    const path = join(home, 'settings.json');
    await symlink(join('..data', 'settings.json'), path);
    const clock = new WatchedClock();
    const settings = await openSettings({ path, clock, log: new KeptLog() });
    onTestFinished(() => settings.close());
    await settled(settings, clock, async () => {
      await symlink('v2', join(home, '..data.new'));
      await rename(join(home, '..data.new'), join(home, '..data'));
    });
    expect(settings.current().timeoutMs).toBe(120_000);
  });

  test('other files in the folder and a change of nothing cause no call', async () => {
    const { settings, clock, path, home } = await open(timeout(1));
    let calls = 0;
    settings.onChange(() => calls++);
    await writeFile(join(home, 'cloudnap.db-wal'), 'x');
    await chmod(path, 0o600);
    await writeFile(path, ` ${timeout(1)}`);
    await clock.timerSet();
    await clock.advance(200);
    // The call that comes is that of a real change.
    await settled(settings, clock, () => writeFile(path, timeout(2)));
    expect(calls).toBe(1);
    expect(settings.current().timeoutMs).toBe(120_000);
    expect(clock.pending).toBe(0);
  });

  test('while nothing happens to the file nothing waits, whatever is written beside it', async () => {
    const { clock, home } = await open(timeout(1));
    for (let line = 0; line < 50; line++)
      await writeFile(join(home, 'aws_monitor.log'), `${line}\n`, { flag: 'a' });
    await clock.advance(3_600_000);
    expect(clock.pending).toBe(0);
  });

  test('after close nothing is called any more and nothing waits', async () => {
    const { settings, clock, path } = await open(timeout(1));
    let calls = 0;
    settings.onChange(() => calls++);
    await writeFile(path, timeout(2));
    await clock.timerSet();
    await settings.close();
    await clock.advance(1_000);
    expect(calls).toBe(0);
    expect(clock.pending).toBe(0);
    await settings.close();
  });
});
