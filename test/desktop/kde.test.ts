/** The senses of a KDE session on Wayland, on a real KWin: the active window, and what becomes of the script in KWin. */
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Activity, Senses, SensesSettings, SensorHealth, SensorName } from '../../src/core/sensor.js';
import { createSenses } from '../../src/sensors/index.js';
import { systemClock } from '../../src/system/clock.js';
import { type KdeDesktop, startKdeDesktop } from './kde-desktop.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const SETTINGS: SensesSettings = {
  enabled: { keyboard: false, mouse: false, screen: true, window: true, audio: false },
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

describe.skipIf(desktopSkipped)('senses on KDE Wayland', () => {
  let kde: KdeDesktop;
  const started: Senses[] = [];
  let seen: Activity[];
  let health: Map<SensorName, SensorHealth>;

  beforeAll(async () => {
    kde = await startKdeDesktop();
    await kde.open('one');
    await kde.open('other');
  });
  afterAll(() => kde?.stop());
  afterEach(async () => {
    for (const senses of started.splice(0)) await senses.stop();
  });

  const start = async () => {
    const told: Activity[] = [];
    seen = told;
    health = new Map();
    const senses = createSenses({
      clock: systemClock(),
      env: kde.env,
      platform: 'linux',
      log: () => {},
      random: () => 0,
      backoff: { firstMs: 40, mostMs: 200 },
    });
    started.push(senses);
    await kde.activate('one');
    await senses.start(SETTINGS, {
      activity: (activity) => told.push(activity),
      health: (name, state) => health.set(name, state),
    });
    return senses;
  };
  const isSeen = () => waitUntil('the window is seen', () => seen.length > 0);
  const scriptFiles = async () =>
    (await readdir(kde.kwin.folder)).filter((file) => file.startsWith('cloudnap-window'));
  const scripting = (member: string, ...body: string[]) =>
    kde.call('/Scripting', 'org.kde.kwin.Scripting', member, 's'.repeat(body.length), body);

  test('the window is watched by a script; the screen says what is missing', async () => {
    await start();
    expect(health.get('window')).toMatchObject({ state: 'watching', mechanism: 'KWin script' });
    expect(health.get('screen')).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('KDE on Wayland shows the screen only to a recording'),
      cure: expect.stringContaining('activity_monitor.screen.enabled'),
    });
  });

  test('another active window is the window; keys, the mouse and the same one again are nothing', async () => {
    const senses = await start();
    await kde.kwin.pressKey();
    await kde.kwin.movePointer(12, 9);
    await kde.activate('one');
    await senses.read();
    expect(seen).toEqual([]);
    await kde.activate('other');
    await isSeen();
    expect(seen.map(({ sensor }) => sensor)).toEqual(['window']);
  });

  test('a window that is new, and one that becomes active since another closes, are the window', async () => {
    await start();
    const close = await kde.open('passing');
    // KWin need not let a new window take the focus.
    await kde.activate('passing');
    await isSeen();
    // What follows within 50 ms is taken for the same.
    await new Promise((resolve) => setTimeout(resolve, 100));
    seen.length = 0;
    await close();
    await isSeen();
  });

  test('a script that KWin has dropped is noticed when it is read, and loaded anew', async () => {
    const senses = await start();
    const [file = ''] = await scriptFiles();
    expect(await scripting('unloadScript', file.replace('.js', ''))).toBe(true);
    await senses.read();
    expect(health.get('window')).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('KWin has dropped the script'),
    });
    await waitUntil('it watches again', () => health.get('window')?.state === 'watching');
    await kde.activate('other');
    await isSeen();
  });

  test('stopped, it leaves nothing behind in KWin or on the disk', async () => {
    const senses = await start();
    const [file = ''] = await scriptFiles();
    const plugin = file.replace('.js', '');
    expect(await scripting('isScriptLoaded', plugin)).toBe(true);
    await senses.stop();
    expect(await scriptFiles()).toEqual([]);
    expect(await scripting('isScriptLoaded', plugin)).toBe(false);
  });

  test("a killed daemon's script is cleared away, that of another one that lives is not", async () => {
    await start();
    const [alive = ''] = await scriptFiles();
    const others = seen;
    // What a daemon leaves that was on this bus and is not any more.
    const left = join(kde.kwin.folder, 'cloudnap-window-1-999999.js');
    await copyFile(join(kde.kwin.folder, alive), left);
    await scripting('loadScript', left, 'cloudnap-window-1-999999');

    await start();
    expect(await scripting('isScriptLoaded', 'cloudnap-window-1-999999')).toBe(false);
    expect(await scriptFiles()).toHaveLength(2);
    expect(await scripting('isScriptLoaded', alive.replace('.js', ''))).toBe(true);
    await kde.activate('other');
    await isSeen();
    await waitUntil('the other daemon sees it, too', () => others.length > 0);
  });

  test('KWin that dies is reported, and watched again when it is back', async () => {
    await start();
    await kde.kwin.kill();
    await waitUntil('it is unavailable', () => health.get('window')?.state === 'unavailable');
    const back = await startKdeDesktop({ insteadOf: kde.kwin });
    try {
      await waitUntil('it watches again', () => health.get('window')?.state === 'watching');
      await back.open('new');
      await back.activate('new');
      await isSeen();
    } finally {
      await back.stop();
    }
  });
});
