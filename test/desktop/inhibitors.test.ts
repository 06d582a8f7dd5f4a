/** What keeps the screen from going idle, as each desktop tells it: on private message buses. */
import { Variant } from '@jellybrick/dbus-next';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Activity, Sensor, SensorOptions } from '../../src/core/sensor.js';
import { inhibitorProbe } from '../../src/sensors/inhibitors/probe.js';
import { systemClock } from '../../src/system/clock.js';
import { INHIBITOR_SERVICES, type Inhibitor, loginInhibitor, startInhibitor } from './inhibitors.js';
import { type LoginBuses, startLoginBuses } from './login.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const OPTIONS: SensorOptions = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

/** Longer than the pause that ends a run. */
const LONG_PAUSE_MS = 1_200;

/** What comes sooner after something told than this is not told of on its own. */
const SAME_MS = 60;

const pass = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe.skipIf(desktopSkipped)('idle inhibitors', () => {
  const clock = systemClock();
  let buses: LoginBuses;
  let sensor: Sensor | undefined;
  let seen: Activity[];

  beforeEach(async () => {
    buses = await startLoginBuses();
    seen = [];
  });
  afterEach(async () => {
    await sensor?.stop();
    sensor = undefined;
    await buses.stop();
  });

  const start = async (env: NodeJS.ProcessEnv = buses.env) => {
    sensor = await inhibitorProbe({ clock, env }).start(OPTIONS, {
      activity: (activity) => seen.push(activity),
      died: (reason) => {
        throw new Error(reason);
      },
    });
    return sensor;
  };
  const untilSeen = (count: number) => waitUntil(`${count} seen`, () => seen.length >= count);
  const inhibitorOf = async (which: 'logind' | (typeof INHIBITOR_SERVICES)[number]): Promise<Inhibitor> =>
    which === 'logind' ? loginInhibitor(buses.login) : startInhibitor(buses.session, which);

  for (const which of ['logind', ...INHIBITOR_SERVICES] as const) {
    test(`${which}: one that stands is one run, told of at its begin, when read, and at its end`, async () => {
      const inhibitor = await inhibitorOf(which);
      const running = await start();
      await inhibitor.other(true);
      await running.read();
      await inhibitor.other(false);
      await running.read();
      expect(seen).toEqual([]);

      await inhibitor.idle(true);
      await untilSeen(1);
      await pass(LONG_PAUSE_MS);
      expect(seen).toHaveLength(1);
      await running.read();
      expect(seen).toHaveLength(2);
      await pass(LONG_PAUSE_MS);
      const ended = clock.now();
      await inhibitor.idle(false);
      await untilSeen(3);
      expect(seen[2]!.at.mono).toBeGreaterThanOrEqual(ended.mono);
      expect(new Set(seen.map(({ began }) => began))).toEqual(new Set([seen[0]!.began]));

      await pass(LONG_PAUSE_MS);
      await running.read();
      expect(seen).toHaveLength(3);
    });
  }

  test('one that stands already counts from the start on, and not before', async () => {
    await loginInhibitor(buses.login).idle(true);
    const before = clock.now();
    const running = await start();
    await running.read();
    expect(seen.length).toBeGreaterThan(0);
    expect(seen[0]!.began).toBeGreaterThanOrEqual(before.boot - 40);
  });

  test('several together are one, until the last has gone', async () => {
    const gnome = await startInhibitor(buses.session, 'gnome');
    const login = loginInhibitor(buses.login);
    const running = await start();
    await login.idle(true);
    await gnome.idle(true);
    await login.idle(false);
    await pass(LONG_PAUSE_MS);
    await running.read();
    const count = seen.length;
    await pass(SAME_MS);
    await gnome.idle(false);
    await untilSeen(count + 1);
    await pass(LONG_PAUSE_MS);
    await running.read();
    expect(seen).toHaveLength(count + 1);
    expect(new Set(seen.map(({ began }) => began)).size).toBe(1);
  });

  test('a service that ends takes its word along, and has it again when it is back', async () => {
    const gnome = await startInhibitor(buses.session, 'gnome');
    const running = await start();
    await gnome.idle(true);
    await untilSeen(1);
    await pass(SAME_MS);
    await gnome.stop();
    await untilSeen(2);
    await pass(LONG_PAUSE_MS);
    await running.read();
    expect(seen).toHaveLength(2);
    const again = await startInhibitor(buses.session, 'gnome');
    await again.idle(true);
    await untilSeen(3);
  });

  test("Plasma's freedesktop interface, which is about sleep there, has no word beside its own agent", async () => {
    const freedesktop = await startInhibitor(buses.session, 'freedesktop');
    await startInhibitor(buses.session, 'kde');
    const running = await start();
    await freedesktop.idle(true);
    await running.read();
    expect(seen).toEqual([]);
  });

  test('what is only delayed, as our own hold delays sleep, does not count', async () => {
    const running = await start();
    await buses.login.service.set({ DelayInhibited: new Variant('s', 'idle:sleep') });
    await running.read();
    expect(seen).toEqual([]);
  });

  test('says what is missing where nobody knows of inhibitors, or no bus is there', async () => {
    await buses.login.service.stop();
    await expect(start()).rejects.toThrow(
      'none of logind, org.gnome.SessionManager, org.kde.Solid.PowerManagement.PolicyAgent, org.freedesktop.PowerManagement is on the message bus',
    );
    await expect(start({ DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere/system' })).rejects.toMatchObject({
      message: expect.stringContaining('no system bus at unix:path=/nowhere/system'),
      cure: expect.stringContaining('DBUS_SESSION_BUS_ADDRESS'),
    });
  });
});
