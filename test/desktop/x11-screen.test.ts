/** The screen on a real X server: what counts as a change of it, what is our own doing, and how often it is looked at. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Activity, Sensor } from '../../src/core/sensor.js';
import { x11Probes } from '../../src/sensors/x11/probes.js';
import { systemClock } from '../../src/system/clock.js';
import { type Compositor, startCompositor } from './x11-compositor.js';
import { desktopSkipped, startXServer, waitUntil, type XServer, type XWindow } from './xserver.js';

const OPTIONS = {
  mouseMinDistancePx: 5,
  screenMinChangedPercent: 2,
  screenIntervalMs: 5_000,
  audioMinLevelDb: -60,
  audioMeasureLevel: false,
};

/** Changes closer to each other than this are told as one. */
const SAME_MS = 60;

/** Nearly all, a fifth and a hundredth of the 1280 by 800 of the test's screen. */
const FULL = { width: 1200, height: 700 };
const LARGE = { width: 640, height: 320 };
const SMALL = { width: 128, height: 80 };

describe.skipIf(desktopSkipped)('the screen on X11', () => {
  let server: XServer;
  let open: XWindow[];
  let sensor: Sensor | undefined;
  let seen: Activity[];

  beforeAll(async () => {
    server = await startXServer({ windowManager: true });
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    open = [];
    seen = [];
  });
  afterEach(async () => {
    await sensor?.stop();
    for (const window of open) await window.close();
  });

  const openWindow: XServer['openWindow'] = async (options) => {
    const window = await server.openWindow(options);
    open.push(window);
    await waitUntil('it is seen', async () =>
      (await server.xdotool('search', '--onlyvisible', '--maxdepth', '3', '')).includes(String(window.id)),
    );
    return window;
  };
  const start = async (options = OPTIONS, ownWindow?: XWindow) => {
    const probe = x11Probes({
      clock: systemClock(),
      env: server.env,
      ownWindow: ownWindow && String(ownWindow.id),
    }).screen;
    sensor = await probe.start(options, { activity: (activity) => seen.push(activity), died: () => {} });
    return sensor;
  };
  /** What the sensor says once it is up to date, apart from when. */
  const seenAfter = async (draw: () => Promise<void>) => {
    seen.length = 0;
    await draw();
    await sensor?.read();
    return seen.length > 0;
  };

  test('a change of more than the percentage counts, one of less does not', async () => {
    const window = await openWindow({ size: LARGE });
    await start();
    expect(await seenAfter(() => window.draw(SMALL))).toBe(false);
    expect(await seenAfter(() => window.draw())).toBe(true);
  });

  test('a film in a small window never adds up to a change', async () => {
    const film = await openWindow({ size: SMALL });
    await start();
    const frames = async () => {
      for (let i = 0; i < 50; i++) await film.draw();
    };
    expect(await seenAfter(frames)).toBe(false);
  });

  test('small changes in several places add up', async () => {
    const windows: XWindow[] = [];
    for (let i = 0; i < 3; i++) {
      windows.push(await openWindow({ unmanaged: true, at: { x: 200 * i, y: 500 }, size: SMALL }));
    }
    await start();
    const all = async () => {
      for (const window of windows) await window.draw();
    };
    expect(await seenAfter(() => windows[0]!.draw())).toBe(false);
    expect(await seenAfter(all)).toBe(true);
  });

  test('with a percentage of nothing the smallest change counts', async () => {
    const window = await openWindow({ size: SMALL });
    await start({ ...OPTIONS, screenMinChangedPercent: 0 });
    expect(await seenAfter(() => window.draw({ width: 1, height: 1 }))).toBe(true);
  });

  test('the percentage is that of the screen as it is, not as it was', async () => {
    const resized = await startXServer();
    try {
      const window = await resized.openWindow({ size: SMALL });
      const probe = x11Probes({ clock: systemClock(), env: resized.env }).screen;
      sensor = await probe.start(OPTIONS, { activity: (activity) => seen.push(activity), died: () => {} });
      expect(await seenAfter(() => window.draw())).toBe(false);
      await resized.resizeScreen(640, 400);
      await sensor.read();
      await new Promise((resolve) => setTimeout(resolve, SAME_MS));
      expect(await seenAfter(() => window.draw())).toBe(true);
    } finally {
      await sensor?.stop();
      await resized.stop();
    }
  });

  test('the first change is told at once, later ones once an interval', async () => {
    const window = await openWindow({ size: LARGE });
    await start({ ...OPTIONS, screenIntervalMs: 400 });
    await window.draw();
    await waitUntil('it is told', () => seen.length === 1, 300);
    const until = performance.now() + 2_000;
    while (performance.now() < until) {
      await window.draw();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // A change is told with its beginning and its end: at most two for each of five intervals.
    expect(seen.length).toBeGreaterThanOrEqual(4);
    expect(seen.length).toBeLessThanOrEqual(12);
    expect(new Set(seen.map(({ began }) => began)).size).toBe(1);
  });

  describe('what we draw ourselves', () => {
    test.each([
      ['a window of this process', { pid: process.pid }],
      ['a notification', { unmanaged: true, type: 'NOTIFICATION', at: { x: 500, y: 0 } }],
      ['our page in a browser', { title: 'Cloudnap: away in 5 minutes - Chromium' }],
    ])('%s is no change, another window is', async (_what, marks) => {
      const ours = await openWindow({ size: LARGE, ...marks });
      const other = await openWindow({ unmanaged: true, at: { x: 0, y: 400 }, size: LARGE });
      await start();
      expect(await seenAfter(() => ours.draw())).toBe(false);
      expect(await seenAfter(() => other.draw())).toBe(true);
    });

    test('the terminal with our panel is no change, but the same terminal is without a panel', async () => {
      const terminal = await openWindow({ size: LARGE });
      await start(OPTIONS, terminal);
      expect(await seenAfter(() => terminal.draw())).toBe(false);
      await sensor?.stop();
      await start();
      expect(await seenAfter(() => terminal.draw())).toBe(true);
    });

    test('a window of another process and another title is a change', async () => {
      const other = await openWindow({ size: LARGE, pid: 1, title: 'How to take a nap' });
      await start();
      expect(await seenAfter(() => other.draw())).toBe(true);
    });

    test('what changes beside our window counts by what lies outside of it', async () => {
      const ours = await openWindow({ size: LARGE, pid: process.pid });
      const other = await openWindow({ unmanaged: true, at: { x: 0, y: 400 }, size: LARGE });
      await start();
      const both = (size: typeof LARGE) => async () => {
        await ours.draw();
        await other.draw(size);
      };
      expect(await seenAfter(both(SMALL))).toBe(false);
      expect(await seenAfter(both(LARGE))).toBe(true);
    });

    test('a window over ours is none of ours', async () => {
      const ours = await openWindow({ size: FULL, pid: process.pid });
      const over = await openWindow({ size: FULL });
      await over.activate();
      await start();
      expect(await seenAfter(() => over.draw())).toBe(true);
      await ours.activate();
      await sensor?.read();
      expect(await seenAfter(() => ours.draw())).toBe(false);
    });

    test('a window of a program we have started is no change, one of its own children is', async () => {
      const child = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        const [grandchild] = await once(child.stdout, 'data');
        const ours = await openWindow({ size: LARGE, pid: child.pid ?? 0 });
        const other = await openWindow({ size: LARGE, pid: Number(grandchild) });
        await start();
        expect(await seenAfter(() => ours.draw())).toBe(false);
        expect(await seenAfter(() => other.draw())).toBe(true);
        process.kill(Number(grandchild));
      } finally {
        child.kill();
      }
    });

    test('a terminal that is gone harms nothing', async () => {
      const other = await openWindow({ size: LARGE });
      const gone = await server.openWindow();
      await gone.close();
      await start(OPTIONS, gone);
      expect(await seenAfter(() => other.draw())).toBe(true);
    });
  });

  describe('where a compositor covers the whole screen for every change', () => {
    let compositor: Compositor;
    beforeEach(async () => {
      compositor = await startCompositor(server.display);
    });
    afterEach(() => compositor.close());

    const seenAfterDrawing = (window: XWindow, size?: typeof SMALL) =>
      seenAfter(async () => {
        await window.draw(size);
        await compositor.repaint();
        await new Promise((resolve) => setTimeout(resolve, SAME_MS));
      });

    test('every change counts', async () => {
      const window = await openWindow({ size: LARGE });
      await start();
      expect(await seenAfterDrawing(window, SMALL)).toBe(true);
    });

    test('what we draw ourselves does not, and other windows must draw enough', async () => {
      const ours = await openWindow({ size: LARGE, pid: process.pid });
      const other = await openWindow({ size: LARGE });
      await start();
      expect(await seenAfterDrawing(ours)).toBe(false);
      expect(await seenAfterDrawing(ours)).toBe(false);
      expect(await seenAfterDrawing(other, SMALL)).toBe(false);
      expect(await seenAfterDrawing(other)).toBe(true);
      open.splice(open.indexOf(other), 1);
      await other.close();
      expect(await seenAfterDrawing(ours)).toBe(false);
      const another = await openWindow({ size: LARGE });
      expect(await seenAfterDrawing(ours)).toBe(false);
      expect(await seenAfterDrawing(another)).toBe(true);
    });
  });
});
