/** How a hold on sleep is taken, lost and let go of, with a program of the test's in place of systemd's. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SleepHold } from '../../../src/sensors/signals/sleep-hold.js';
import { FakeClock } from '../../fakes/clock.js';

describe('a hold on sleep', () => {
  let folder: string;
  let clock: FakeClock;
  let states: (string | undefined)[];
  let hold: SleepHold;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloudnap-hold-'));
    clock = new FakeClock();
    states = [];
    hold = new SleepHold({
      clock,
      env: { PATH: [folder, process.env.PATH].join(delimiter) },
      onState: (refused) => states.push(refused),
    });
  });
  afterEach(async () => {
    await hold.release();
    rmSync(folder, { recursive: true, force: true });
  });

  const program = (name: string, script: string) => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o700);
  };
  /** As the real one, which runs what comes after its options once it has the hold. */
  const grants = 'for word; do case $word in --*) shift;; *) exec "$@";; esac; done';

  test('is held once the program runs what it was given, and ends with it', async () => {
    program('systemd-inhibit', grants);
    await hold.take();
    expect(hold.isHeld).toBe(true);
    expect(states).toEqual([undefined]);
    await hold.release();
    expect(hold.isHeld).toBe(false);
    expect(states).toEqual([undefined]);
  });

  test('is taken once however often it is asked for', async () => {
    program('systemd-inhibit', `echo taken >>${folder}/log; ${grants}`);
    await Promise.all([hold.take(), hold.take()]);
    await hold.take();
    expect(states).toEqual([undefined]);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('taken\n');
  });

  test('is taken by elogind where there is no systemd', async () => {
    program('systemd-inhibit', 'echo no bus >&2; exit 1');
    program('elogind-inhibit', grants);
    await hold.take();
    expect(states).toEqual([undefined]);
  });

  test('that is refused says why, and is tried again after a minute', async () => {
    program('systemd-inhibit', 'echo Access denied >&2; exit 1');
    program('elogind-inhibit', 'exit 1');
    await hold.take();
    expect(states).toEqual(['systemd-inhibit: Access denied']);
    program('systemd-inhibit', grants);
    await clock.advance(60_000);
    await hold.settled();
    expect(states).toEqual(['systemd-inhibit: Access denied', undefined]);
  });

  test('that is lost is told of', async () => {
    program('systemd-inhibit', 'read line; echo "$line"; exit 0');
    await hold.take();
    while (states.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(states).toEqual([undefined, 'the program that held it has ended']);
    expect(hold.isHeld).toBe(false);
  });

  test('that nobody grants in time is given up', async () => {
    program('systemd-inhibit', 'exec cat >/dev/null');
    program('elogind-inhibit', 'exit 1');
    const taken = hold.take();
    await clock.advance(5_000);
    await taken;
    expect(states).toEqual(['systemd-inhibit: logind does not answer']);
  });

  test('may be let go of while it is being taken', async () => {
    program('systemd-inhibit', 'exec cat >/dev/null');
    const taken = hold.take();
    await hold.release();
    await taken;
    expect(states).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
