/** The senses of a Wayland session on real compositors: which mechanism is chosen, what counts, what is survived. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Activity, Senses, SensesSettings, SensorHealth, SensorName } from '../../src/core/sensor.js';
import { createSenses } from '../../src/sensors/index.js';
import { systemClock } from '../../src/system/clock.js';
import { type Compositor, type KWin, type Sway, startKWin, startSway } from './compositors.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const SETTINGS: SensesSettings = {
  enabled: { keyboard: true, mouse: true, screen: true, window: true, audio: false },
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 100,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

let senses: Senses | undefined;
let seen: Activity[];
let health: Map<SensorName, SensorHealth>;

afterEach(async () => {
  await senses?.stop();
  senses = undefined;
});

async function start(on: Compositor, enabled: readonly SensorName[]): Promise<Senses> {
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
  await senses.start(only(enabled), {
    activity: (activity) => seen.push(activity),
    health: (sensor, state) => health.set(sensor, state),
  });
  return senses;
}

function only(names: readonly SensorName[], settings = SETTINGS): SensesSettings {
  const enabled = { keyboard: false, mouse: false, screen: false, window: false, audio: false };
  for (const name of names) enabled[name] = true;
  return { ...settings, enabled };
}

const sensorsSeen = () => [...new Set(seen.map(({ sensor }) => sensor))].sort();
const sees = (sensor: SensorName) =>
  waitUntil(`${sensor} is seen`, () => seen.some((activity) => activity.sensor === sensor));
const watching = (name: SensorName) => {
  const state = health.get(name);
  return state?.state === 'watching' ? state.mechanism : undefined;
};

describe.skipIf(desktopSkipped)('senses on Sway', () => {
  let sway: Sway;
  beforeAll(async () => {
    sway = await startSway();
  });
  afterAll(() => sway?.stop());

  test('choose what Sway offers, and say what they passed over', async () => {
    await start(sway, ['keyboard', 'mouse', 'window', 'screen']);
    const mechanisms = (['keyboard', 'mouse', 'window', 'screen'] as const).map(watching);
    expect(mechanisms).toEqual([
      expect.stringContaining('org_kde_kwin_idle'),
      expect.stringContaining('org_kde_kwin_idle'),
      expect.stringContaining('foreign-toplevel'),
      expect.stringContaining('screencopy'),
    ]);
    expect(health.get('keyboard')).toMatchObject({
      passedOver: [
        { reason: 'this compositor does not offer ext_idle_notifier_v1' },
        { reason: 'this compositor does not offer ext_idle_notifier_v1' },
      ],
    });
  });

  test.each([
    ['a key', () => sway.pressKey()],
    ['a movement', () => sway.movePointer(9, 0)],
  ])('%s is keyboard and mouse, which cannot be told apart', async (_what, touch) => {
    const running = await start(sway, ['keyboard', 'mouse', 'window']);
    await touch();
    await sees('keyboard');
    await sees('mouse');
    await running.read();
    expect(sensorsSeen()).toEqual(['keyboard', 'mouse']);
  });

  test.each(['keyboard', 'window', 'screen'] as const)(
    '%s is switched off and on by settings',
    async (name) => {
      const windows = [await sway.openWindow(), await sway.openWindow()];
      const use = {
        keyboard: () => sway.pressKey(),
        window: () => sway.focus(windows[0]!),
        screen: () => sway.swaymsg('workspace', 'elsewhere'),
      };
      try {
        const running = await start(sway, [name]);
        await running.configure(only([]));
        expect(health.get(name)).toEqual({ state: 'off' });
        await use[name]();
        await running.read();
        expect(seen).toEqual([]);

        await sway.swaymsg('workspace', '1');
        await sway.focus(windows[1]!);
        await running.configure(only([name]));
        expect(watching(name)).toBeDefined();
        await use[name]();
        await sees(name);
      } finally {
        await sway.swaymsg('workspace', '1');
        for (const window of windows) await window.close();
      }
    },
  );

  test('a window that closes while active harms nothing', async () => {
    const windows = [await sway.openWindow(), await sway.openWindow()];
    const running = await start(sway, ['window']);
    await windows[1]!.close();
    await sees('window');
    // Two switches within 50 ms are told as one.
    await new Promise((resolve) => setTimeout(resolve, 60));
    seen.length = 0;
    await windows[0]!.close();
    await running.read();
    const another = await sway.openWindow();
    await sees('window');
    await another.close();
    expect(watching('window')).toBeDefined();
  });

  test('of the screen only a change over the share counts', async () => {
    await sway.swaymsg(
      'for_window',
      '[title="small"]',
      '"floating enable, resize set 400 240, move position 0 0"',
    );
    const window = await sway.openWindow('small');
    const running = await start(sway, []);
    await running.configure(only(['screen'], { ...SETTINGS, screenMinChangedPercent: 60 }));
    await waitUntil('it has become small', async () => {
      const tree = await sway.swaymsg('-r', '-t', 'get_tree');
      return /"window_rect": \{[^}]*"width": 400\b/.test(tree);
    });
    await running.read();
    seen.length = 0;
    await sway.swaymsg('move position 60 40');
    await running.read();
    expect(seen).toEqual([]);
    await running.configure(only(['screen']));
    await sway.swaymsg('move position 0 0');
    await running.read();
    expect(sensorsSeen()).toEqual(['screen']);
    await window.close();
  });

  test('another output is watched as soon as it is there, and its end harms nothing', async () => {
    const running = await start(sway, ['screen']);
    await sway.swaymsg('create_output');
    await sway.swaymsg('output', 'HEADLESS-2', 'resolution', '800x600');
    await running.read();
    await sway.swaymsg('focus', 'output', 'HEADLESS-2');
    const before = seen.length;
    const window = await sway.openWindow();
    await waitUntil('its change is seen', () => seen.length > before);
    await window.close();
    await sway.swaymsg('output', 'HEADLESS-2', 'disable');
    await running.read();
    await sway.swaymsg('output', 'HEADLESS-1', 'resolution', '1024x768');
    await running.read();
    expect(watching('screen')).toBeDefined();
    seen.length = 0;
    const other = await sway.openWindow();
    await sees('screen');
    await other.close();
  });
});

describe.skipIf(desktopSkipped)('senses of a compositor that goes away', () => {
  test('are unavailable, and watch again when it is back', async () => {
    const names = ['keyboard', 'mouse', 'window', 'screen'] as const;
    const first = await startSway();
    await start(first, names);
    await first.kill();
    await waitUntil('all are unavailable', () =>
      names.every((name) => health.get(name)?.state === 'unavailable'),
    );
    const second = await startSway({ insteadOf: first });
    try {
      await waitUntil('all watch again', () => names.every((name) => watching(name) !== undefined));
      await second.pressKey();
      await sees('keyboard');
      await sees('mouse');
      await second.openWindow();
      await sees('window');
      await sees('screen');
    } finally {
      await senses?.stop();
      await second.stop();
      await first.stop();
    }
  });
});

describe.skipIf(desktopSkipped)('senses on KWin', () => {
  let kwin: KWin;
  beforeAll(async () => {
    kwin = await startKWin();
  });
  afterAll(() => kwin?.stop());

  test.each([
    ['a key', () => kwin.pressKey()],
    ['a movement', () => kwin.movePointer(9, 0)],
    ['a click', () => kwin.click()],
  ])('%s is keyboard and mouse, by ext-idle-notify 1', async (_what, touch) => {
    const running = await start(kwin, ['keyboard', 'mouse']);
    expect(watching('keyboard')).toContain('ext-idle-notify 1');
    expect(watching('mouse')).toContain('a film that keeps the screen on counts too');
    await touch();
    await sees('keyboard');
    await sees('mouse');
    await running.read();
  });

  test('the screen is unavailable, with the reason', async () => {
    await start(kwin, ['screen']);
    expect(health.get('screen')).toMatchObject({
      state: 'unavailable',
      reason: expect.stringContaining('this compositor does not offer zwlr_screencopy_manager_v1'),
    });
  });
});
