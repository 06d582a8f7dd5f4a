/** The senses of an X11 session on a real X server: what counts, what does not, and what survives what. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Activity, Senses, SensesSettings, SensorHealth, SensorName } from '../../src/core/sensor.js';
import { createSenses } from '../../src/sensors/index.js';
import { systemClock } from '../../src/system/clock.js';
import { desktopSkipped, startXServer, waitUntil, type XServer, type XWindow } from './xserver.js';

const SETTINGS: SensesSettings = {
  enabled: { keyboard: true, mouse: true, screen: false, window: true, audio: false },
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

/** Idle times have to pass a second before input is a transition again. */
const REST_MS = 1_100;

describe.skipIf(desktopSkipped)('senses on X11', () => {
  let server: XServer;
  let windows: XWindow[];
  let senses: Senses | undefined;
  let seen: Activity[];
  let health: Map<SensorName, SensorHealth>;

  beforeAll(async () => {
    server = await startXServer({ windowManager: true });
    windows = [await server.openWindow(), await server.openWindow()];
    await windows[0]!.activate();
  });
  afterAll(() => server?.stop());
  afterEach(async () => {
    await senses?.stop();
  });

  /** Starts the senses of `on` and lets what earlier tests did come to rest. */
  const start = async (on: XServer, settings = SETTINGS) => {
    seen = [];
    health = new Map();
    senses = createSenses({
      clock: systemClock(),
      env: on.env,
      platform: 'linux',
      log: () => {},
      random: () => 0,
      backoff: { firstMs: 40, mostMs: 200 },
    });
    await new Promise((resolve) => setTimeout(resolve, REST_MS));
    await senses.start(settings, {
      activity: (activity) => seen.push(activity),
      health: (sensor, state) => health.set(sensor, state),
    });
    return senses;
  };
  const sensorsSeen = () => [...new Set(seen.map(({ sensor }) => sensor))];
  const sees = (sensor: SensorName) =>
    waitUntil(`${sensor} is seen`, () => seen.some((activity) => activity.sensor === sensor));
  /** Presses a key, which must be seen, and brings every sensor up to date: what else was done is known then. */
  const keyAfterwards = async () => {
    await server.xdotool('key', 'Shift_L');
    await sees('keyboard');
    await senses?.read();
  };

  test('says which sensors watch and which are off', async () => {
    await start(server);
    expect(health.get('keyboard')).toMatchObject({ state: 'watching' });
    expect(health.get('mouse')).toMatchObject({ state: 'watching' });
    expect(health.get('window')).toMatchObject({ state: 'watching' });
    expect(health.get('screen')).toEqual({ state: 'off' });
    expect(health.get('audio')).toEqual({ state: 'off' });
  });

  test('a key is the keyboard and nothing else', async () => {
    await start(server);
    await keyAfterwards();
    expect(sensorsSeen()).toEqual(['keyboard']);
  });

  test.each([
    ['a movement over the distance', ['mousemove_relative', '--', '12', '9']],
    ['a click without movement', ['click', '1']],
    ['a turn of the wheel', ['click', '5']],
  ])('%s is the mouse and nothing else', async (_what, words) => {
    await start(server);
    await server.xdotool(...words);
    await sees('mouse');
    await senses?.read();
    expect(sensorsSeen()).toEqual(['mouse']);
  });

  test('a nudge under the distance is nothing', async () => {
    await start(server);
    await server.xdotool('mousemove_relative', '--', '2', '0');
    await keyAfterwards();
    expect(sensorsSeen()).toEqual(['keyboard']);
  });

  test('slow movement counts once it adds up to the distance', async () => {
    await start(server);
    for (let i = 0; i < 4; i++) await server.xdotool('mousemove_relative', '--', '1', '0');
    await senses?.read();
    expect(sensorsSeen()).toEqual([]);
    for (let i = 0; i < 2; i++) await server.xdotool('mousemove_relative', '--', '1', '0');
    await sees('mouse');
  });

  test.each([
    ['keyboard', ['key', 'Shift_L']],
    ['mouse', ['mousemove_relative', '--', '12', '9']],
  ] as const)(
    'a program that resets the idle times is nothing, but the %s right after it is seen',
    async (name, words) => {
      const running = await start(server);
      await server.resetIdleTimes();
      await running.read();
      expect(seen).toEqual([]);
      await server.xdotool(...words);
      await sees(name);
      expect(sensorsSeen()).toEqual([name]);
    },
  );

  test('programs that reset the idle times again and again hide no key for long', async () => {
    await start(server);
    for (let i = 0; i < 4; i++) {
      await server.resetIdleTimes();
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    expect(seen).toEqual([]);
    await server.xdotool('key', 'Shift_L');
    await sees('keyboard');
  });

  test('another active window is the window, the same one again is nothing', async () => {
    await start(server);
    await windows[0]!.activate();
    await keyAfterwards();
    expect(sensorsSeen()).toEqual(['keyboard']);
    await windows[1]!.activate();
    await sees('window');
    await windows[0]!.activate();
  });

  test('a window that closes while active harms nothing', async () => {
    await start(server);
    const passing = await server.openWindow();
    await passing.activate();
    await sees('window');
    seen.length = 0;
    await passing.close();
    await windows[0]!.activate();
    await windows[1]!.activate();
    await sees('window');
    expect(health.get('window')).toMatchObject({ state: 'watching' });
  });

  test.each(['keyboard', 'mouse', 'screen', 'window'] as const)(
    '%s is switched off and on by settings',
    async (name) => {
      const picture = await server.openWindow({ at: { x: 300, y: 300 }, size: { width: 400, height: 300 } });
      const on = { ...SETTINGS, enabled: { ...SETTINGS.enabled, [name]: true } };
      const use = {
        keyboard: () => server.xdotool('key', 'Shift_L'),
        mouse: () => server.xdotool('mousemove_relative', '--', '30', '0'),
        screen: () => picture.draw(),
        window: () => windows[1]!.activate(),
      };
      await windows[0]!.activate();
      const off = { ...SETTINGS, enabled: { ...SETTINGS.enabled, [name]: false } };
      const running = await start(server, on);
      await running.configure(off);
      expect(health.get(name)).toEqual({ state: 'off' });
      await use[name]();
      await running.read();
      expect(sensorsSeen()).toEqual([]);

      await windows[0]!.activate();
      await running.configure(on);
      expect(health.get(name)).toMatchObject({ state: 'watching' });
      await use[name]();
      await sees(name);
      await picture.close();
    },
  );

  test('a changed distance counts at once', async () => {
    const running = await start(server);
    await running.configure({ ...SETTINGS, mouseMinDistancePx: 200 });
    await server.xdotool('mousemove_relative', '--', '-100', '0');
    await keyAfterwards();
    expect(sensorsSeen()).toEqual(['keyboard']);
    await server.xdotool('mousemove_relative', '--', '-150', '0');
    await sees('mouse');
  });

  test('an X server that goes away is reported, and watched again when it is back', async () => {
    const first = await startXServer();
    await start(first, { ...SETTINGS, enabled: { ...SETTINGS.enabled, screen: true, window: false } });
    const all = ['keyboard', 'mouse', 'screen'] as const;
    await first.kill();
    await waitUntil('all are unavailable', () =>
      all.every((name) => health.get(name)?.state === 'unavailable'),
    );
    const second = await startXServer({ display: first.display });
    try {
      await waitUntil('all watch again', () => all.every((name) => health.get(name)?.state === 'watching'));
      await second.xdotool('key', 'Shift_L');
      await sees('keyboard');
      await second.xdotool('click', '1');
      await sees('mouse');
      await (await second.openWindow({ size: { width: 400, height: 300 } })).draw();
      await sees('screen');
    } finally {
      await senses?.stop();
      await second.stop();
    }
  });

  test('without a window manager the window sensor is unavailable, until one runs', async () => {
    const bare = await startXServer();
    try {
      await start(bare);
      expect(health.get('keyboard')).toMatchObject({ state: 'watching' });
      expect(health.get('window')).toMatchObject({ state: 'unavailable' });
      await bare.startWindowManager();
      await waitUntil('the window sensor watches', () => health.get('window')?.state === 'watching');
    } finally {
      await senses?.stop();
      await bare.stop();
    }
  });
});
