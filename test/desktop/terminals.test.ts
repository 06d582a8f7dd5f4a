/** Real terminals: which of them are watched, and what becomes of that when there is a desktop or another login. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Unavailable } from '../../src/core/errors.js';
import type { Clock } from '../../src/core/instant.js';
import type { Activity, Sensor, SensorHealth, SensorOptions } from '../../src/core/sensor.js';

import { SupervisedSensor } from '../../src/sensors/supervised.js';
import { type TerminalOptions, terminalProbes } from '../../src/sensors/terminals/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { FakeClock } from '../fakes/clock.js';
import { openTerminal, type Terminal, TerminalPlaces } from './terminal.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const OPTIONS: SensorOptions = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};
const WITH_DISPLAY = { DISPLAY: ':0' };

describe.skipIf(desktopSkipped)('terminals', () => {
  let places: TerminalPlaces;
  let opened: Terminal[];
  let sensor: Sensor | undefined;
  let seen: Activity[];
  let deaths: string[];

  beforeEach(async () => {
    places = await TerminalPlaces.make();
    opened = [];
    seen = [];
    deaths = [];
  });
  afterEach(async () => {
    await sensor?.stop();
    sensor = undefined;
    for (const terminal of opened) await terminal.close();
    await places.remove();
  });

  const open = async () => {
    const terminal = await openTerminal();
    opened.push(terminal);
    await places.add(terminal);
    return terminal;
  };
  const login = (terminal: Terminal, host = '192.0.2.7') => ({
    user: places.user,
    line: terminal.line,
    host,
  });
  const probes = (more: Partial<TerminalOptions> = {}) =>
    terminalProbes({ clock: systemClock(), env: {}, places, ...more });
  const start = async (which: 'all' | 'remote', more: Partial<TerminalOptions> = {}) => {
    sensor = await probes(more)[which].start(OPTIONS, {
      activity: (activity) => seen.push(activity),
      died: (reason, cure) => deaths.push(`${reason} / ${cure}`),
    });
    return sensor;
  };
  /** Whether anything was seen of `act` once the sensor is up to date. */
  const seenAfter = async (act: () => Promise<void>) => {
    seen.length = 0;
    await act();
    await sensor?.read();
    return seen.length > 0;
  };

  test('are looked at six times a minute', async () => {
    await open();
    const clock = new FakeClock();
    let wakeUps = 0;
    const counting: Clock = {
      bootId: clock.bootId,
      now: () => clock.now(),
      after: (ms, fn) =>
        clock.after(ms, () => {
          wakeUps += 1;
          fn();
        }),
    };
    await start('all', { clock: counting });
    await clock.advance(600_000);
    expect(wakeUps).toBe(60);
    await sensor?.stop();
    expect(clock.pending).toBe(0);
  });

  test('opening and closing them is nothing, typing in a new one is something', async () => {
    await open();
    await start('all');
    let another: Terminal | undefined;
    expect(
      await seenAfter(async () => {
        another = await open();
      }),
    ).toBe(false);
    expect(await seenAfter(async () => another?.type())).toBe(true);
    expect(await seenAfter(async () => another?.close())).toBe(false);
    expect(deaths).toEqual([]);
  });

  test("another user's do not count", async () => {
    await open();
    const start = probes({ places: { ...places, uid: places.uid + 1 } }).all.start(OPTIONS, {
      activity: () => {},
      died: () => {},
    });
    await expect(start).rejects.toThrow('neither a display nor a terminal');
  });

  test('are no substitute for a display that there is', async () => {
    await open();
    for (const env of [WITH_DISPLAY, { WAYLAND_DISPLAY: 'wayland-0' }]) {
      await expect(start('all', { env })).rejects.toThrow(Unavailable);
    }
  });

  test('are no substitute for a desktop that Cloudnap was not told of', async () => {
    const terminal = await open();
    await places.record(login(terminal, ':0'));
    await expect(start('all')).rejects.toThrow('graphical session');
    await places.record();
    await start('all');
    await writeFile(join(places.runtime, 'wayland-0'), '');
    await expect(sensor?.read()).rejects.toThrow('wayland-0');
    expect(deaths).toEqual([expect.stringContaining('DISPLAY')]);
  });

  test('are watched again when what is missing has come back', async () => {
    const terminal = await open();
    const health: SensorHealth[] = [];
    const supervised = new SupervisedSensor({
      name: 'keyboard',
      order: { probes: [probes({ lookEveryMs: 50 }).all], none: { reason: '', cure: '' } },
      clock: systemClock(),
      log: () => {},
      random: () => 0,
      backoff: { firstMs: 40, mostMs: 200 },
      onActivity: (activity) => seen.push(activity),
      onHealth: (state) => health.push(state),
    });
    try {
      await supervised.run(OPTIONS);
      await rename(join(places.dev, 'pts'), join(places.dev, 'gone'));
      await waitUntil('it is unavailable', () => health.at(-1)?.state === 'unavailable');
      await rename(join(places.dev, 'gone'), join(places.dev, 'pts'));
      await waitUntil('it watches', () => health.at(-1)?.state === 'watching');
      await terminal.type();
      await waitUntil('it is seen', () => seen.length > 0);
    } finally {
      await supervised.stop();
    }
  });

  describe('of remote logins, beside a display', () => {
    const remote = { env: WITH_DISPLAY };

    test('count, and no others', async () => {
      const local = await open();
      const ssh = await open();
      const inTmux = await open();
      await places.record(login(local, ':0'), login(ssh), login(inTmux, 'tmux(1234).%0'));
      await start('remote', remote);
      expect(await seenAfter(() => local.type())).toBe(false);
      expect(await seenAfter(() => inTmux.type())).toBe(false);
      expect(await seenAfter(() => ssh.type())).toBe(true);
    });

    test('wake nothing while there are none, and are watched as soon as there are', async () => {
      const ssh = await open();
      const clock = new FakeClock();
      await start('remote', { ...remote, clock });
      expect(clock.pending).toBe(0);
      await places.record(login(ssh));
      await waitUntil('it is looked at', () => clock.pending === 1);
      await places.record();
      await waitUntil('it is not looked at', () => clock.pending === 0);
    });

    test('a record that leads out of the folder is not followed', async () => {
      const ssh = await open();
      await mkdir(join(places.dev, 'elsewhere'));
      await places.record({ ...login(ssh), line: `elsewhere/../${ssh.line}` });
      const clock = new FakeClock();
      await start('remote', { ...remote, clock });
      expect(clock.pending).toBe(0);
    });

    test('need the record of logins, and a display to be beside of', async () => {
      await expect(start('remote')).rejects.toThrow(Unavailable);
      await rm(places.utmp);
      await expect(start('remote', remote)).rejects.toThrow(places.utmp);
    });
  });
});
