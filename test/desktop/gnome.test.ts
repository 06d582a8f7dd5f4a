/** The senses of a GNOME session on Wayland, on a real Mutter: what they tell, what they do not, and what ends them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/instant.js';
import type {
  Activity,
  Senses,
  SensesSettings,
  Sensor,
  SensorHealth,
  SensorName,
} from '../../src/core/sensor.js';
import { gnomeProbes } from '../../src/sensors/gnome/probes.js';
import { createSenses } from '../../src/sensors/index.js';
import { systemClock } from '../../src/system/clock.js';
import { type Mutter, startMutter } from './mutter.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const SETTINGS: SensesSettings = {
  enabled: { keyboard: true, mouse: true, screen: true, window: true, audio: false },
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

/** Longer than a second, which is the pause that ends a run. */
const REST_MS = 1_300;
const rest = (ms = REST_MS) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(desktopSkipped)('senses on GNOME Wayland', () => {
  let mutter: Mutter;
  let senses: Senses | undefined;
  let sensor: Sensor | undefined;
  let seen: Activity[];
  let health: Map<SensorName, SensorHealth>;

  beforeAll(async () => {
    mutter = await startMutter();
  });
  afterAll(() => mutter?.stop());
  afterEach(async () => {
    await senses?.stop();
    await sensor?.stop();
    sensor = undefined;
  });

  const start = async (env: NodeJS.ProcessEnv = mutter.env) => {
    seen = [];
    health = new Map();
    senses = createSenses({
      clock: systemClock(),
      env,
      platform: 'linux',
      log: () => {},
      random: () => 0,
      backoff: { firstMs: 40, mostMs: 200 },
    });
    await senses.start(SETTINGS, {
      activity: (activity) => seen.push(activity),
      health: (name, state) => health.set(name, state),
    });
    return senses;
  };
  /** One sensor alone, by a clock of the test's choice. */
  const startKeyboard = async (clock: Clock) => {
    seen = [];
    sensor = await gnomeProbes({ clock, env: mutter.env }).keyboard.start(SETTINGS, {
      activity: (activity) => seen.push(activity),
      died: (reason) => expect.unreachable(reason),
    });
    return sensor;
  };
  const bothSee = () =>
    waitUntil('keyboard and mouse are seen', () =>
      (['keyboard', 'mouse'] as const).every((name) => seen.some((activity) => activity.sensor === name)),
    );

  test('keyboard and mouse watch together; window and screen say what is missing', async () => {
    await start();
    const mechanism = 'Mutter IdleMonitor (keyboard and mouse together)';
    expect(health.get('keyboard')).toMatchObject({ state: 'watching', mechanism });
    expect(health.get('mouse')).toMatchObject({ state: 'watching', mechanism });
    expect(health.get('window')).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('GNOME on Wayland tells the active window to its own shell extensions'),
      cure: expect.stringContaining('activity_monitor.window.enabled'),
    });
    expect(health.get('screen')).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('consented to'),
      cure: expect.stringContaining('activity_monitor.screen.enabled'),
    });
  });

  test.each([
    ['a key', () => mutter.pressKey()],
    ['a movement', () => mutter.movePointer()],
    ['a click', () => mutter.click()],
  ])('%s is both, for Mutter does not tell which', async (_what, use) => {
    await start();
    await use();
    await bothSee();
    expect(new Set(seen.map(({ sensor }) => sensor))).toEqual(new Set(['keyboard', 'mouse']));
  });

  test('a daemon that was started outside of the session finds it by its bus', async () => {
    const { WAYLAND_DISPLAY, ...env } = mutter.env;
    await start(env);
    await mutter.pressKey();
    await bothSee();
  });

  test('Mutter that dies is reported, and watched again when it is back', async () => {
    await start();
    await mutter.kill();
    const both = (state: SensorHealth['state']) =>
      (['keyboard', 'mouse'] as const).every((name) => health.get(name)?.state === state);
    await waitUntil('both are unavailable', () => both('unavailable'));
    await mutter.start();
    await waitUntil('both watch again', () => both('watching'));
    seen.length = 0;
    await mutter.pressKey();
    await bothSee();
  });

  test('a program that inhibits idleness hides no input, and is no input when it ends', async () => {
    const inhibit = await mutter.startSessionManager();
    await inhibit(true);
    const keyboard = await startKeyboard(systemClock());
    await mutter.pressKey();
    await rest(400);
    await mutter.pressKey();
    await rest();
    await mutter.pressKey();
    await keyboard.read();
    expect(new Set(seen.map(({ began }) => began)).size).toBe(2);

    await rest();
    const told = seen.length;
    await inhibit(false);
    await rest(200);
    await keyboard.read();
    await rest();
    await keyboard.read();
    expect(seen.length).toBe(told);
    await mutter.pressKey();
    await waitUntil('the next key is seen', () => seen.length > told);
  });

  test('waking up is no input, though Mutter sets the idle time back; the next key is', async () => {
    const wakeUp = await mutter.startLogind();
    const real = systemClock();
    let sleptMs = 0;
    const clock: Clock = {
      bootId: real.bootId,
      after: real.after,
      now: () => ({ ...real.now(), boot: real.now().boot + sleptMs, wall: real.now().wall + sleptMs }),
    };
    const keyboard = await startKeyboard(clock);
    await rest();
    sleptMs = 3_600_000;
    await wakeUp();
    await rest(300);
    await keyboard.read();
    expect(seen).toEqual([]);
    await mutter.pressKey();
    await waitUntil('the key is seen', () => seen.length > 0);
  });
});
