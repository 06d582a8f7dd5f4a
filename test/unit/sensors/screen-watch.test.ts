/** When the screen is looked at, and what is told of it: at most once an interval, and never while nothing changes. */
import { beforeEach, expect, test } from 'vitest';
import type { Activity } from '../../../src/core/sensor.js';
import { ActivityRuns } from '../../../src/sensors/runs.js';
import type { Rect } from '../../../src/sensors/x11/region.js';
import { ScreenWatch } from '../../../src/sensors/x11/screen.js';
import { FakeClock } from '../../fakes/clock.js';

const INTERVAL_MS = 5_000;
const ALL: Rect = { x: 0, y: 0, width: 100, height: 100 };

/** The server's record of what was drawn, here in one place: it tells of the first change only, until it is taken. */
class FakeDamage {
  takes = 0;
  watch: ScreenWatch | undefined;
  #rect: Rect | undefined;

  draw(rect: Rect = ALL) {
    const isFirst = this.#rect === undefined;
    this.#rect = rect;
    if (isFirst) this.watch?.changed();
  }
  async take() {
    this.takes += 1;
    const rects = this.#rect ? [this.#rect] : [];
    this.#rect = undefined;
    return rects;
  }
}

let clock: FakeClock;
let damage: FakeDamage;
let seen: Activity[];
let watch: ScreenWatch;
let ownLooks: number;
let own: Rect[];
let isComposited: boolean;
let drawnByOthers: number;
let origin: number;

const at = (activity: Activity | undefined) => (activity?.at.boot ?? Number.NaN) - origin;
const began = (activity: Activity | undefined) => (activity?.began ?? Number.NaN) - origin;

/** Draws a frame every 100 ms. */
const film = async (ms: number, rect?: Rect) => {
  for (let t = 0; t < ms; t += 100) {
    damage.draw(rect);
    await clock.advance(100);
  }
};

beforeEach(() => {
  clock = new FakeClock();
  damage = new FakeDamage();
  seen = [];
  own = [];
  isComposited = false;
  drawnByOthers = 0;
  ownLooks = 0;
  const runs = new ActivityRuns('screen', clock.now());
  origin = clock.now().boot;
  watch = new ScreenWatch({
    connection: { sync: async () => {} },
    damage,
    own: {
      look: async () => {
        ownLooks += 1;
        return { own, others: [1, 2] };
      },
    },
    composited: {
      isComposited: async () => isComposited,
      drawn: async () => drawnByOthers,
      rest: () => {},
    },
    size: () => ({ width: 100, height: 100 }),
    minChangedPercent: 2,
    intervalMs: INTERVAL_MS,
    clock,
    runs,
    report: (moment, ongoing) => {
      const activity = runs.happened(moment, ongoing);
      if (activity) seen.push(activity);
    },
  });
  damage.watch = watch;
});

test('nothing wakes while nothing changes', async () => {
  await clock.advance(3_600_000);
  await watch.read();
  expect(damage.takes).toBe(0);
  expect(clock.pending).toBe(0);
});

test('a change after a rest is told at once, and then nothing wakes again', async () => {
  await clock.advance(10_000);
  damage.draw();
  await clock.advance(0);
  expect(seen.map(at)).toEqual([10_000]);
  await clock.advance(60_000);
  expect(seen).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

test('a film is looked at once an interval and is one run, however long', async () => {
  await clock.advance(10_000);
  await film(60_000);
  expect(damage.takes).toBeLessThanOrEqual(13);
  expect(damage.takes).toBeGreaterThanOrEqual(12);
  expect(new Set(seen.map(began))).toEqual(new Set([10_000]));
  await watch.read();
  expect(at(seen.at(-1))).toBe(70_000);
});

test('a second change before the interval is over waits for its end, or for who reads', async () => {
  await clock.advance(10_000);
  damage.draw();
  await clock.advance(2_000);
  damage.draw();
  await clock.advance(2_900);
  expect(seen).toHaveLength(1);
  await watch.read();
  expect(began(seen.at(-1))).toBe(12_000);
  expect(at(seen.at(-1))).toBe(14_900);
});

test('what is too small is nothing, and no window is asked about for it', async () => {
  await film(20_000, { x: 0, y: 0, width: 10, height: 19 });
  await watch.read();
  expect(seen).toEqual([]);
  expect(ownLooks).toBe(0);
});

test('exactly the percentage counts', async () => {
  await clock.advance(100);
  damage.draw({ x: 0, y: 0, width: 10, height: 20 });
  await watch.read();
  expect(seen).not.toEqual([]);
});

test('what lies inside our windows is taken off', async () => {
  own = [{ x: 0, y: 0, width: 100, height: 99 }];
  await film(6_000);
  expect(seen).toEqual([]);
  own = [{ x: 0, y: 0, width: 100, height: 98 }];
  await film(6_000);
  expect(seen).not.toEqual([]);
});

test('where a compositor draws the whole screen, other windows must have drawn when one of ours is seen', async () => {
  isComposited = true;
  own = [{ x: 0, y: 0, width: 10, height: 10 }];
  await film(6_000);
  expect(seen).toEqual([]);
  drawnByOthers = 199;
  await film(6_000);
  expect(seen).toEqual([]);
  drawnByOthers = 200;
  await film(6_000);
  expect(seen).not.toEqual([]);
});

test('where a compositor draws and none of our windows is seen, every change counts', async () => {
  isComposited = true;
  await film(6_000);
  expect(seen).not.toEqual([]);
});

test('waking up without a change is not activity', async () => {
  await clock.advance(10_000);
  await film(2_000);
  clock.sleepMachine(8 * 3_600_000);
  await clock.advance(10_000);
  await watch.read();
  expect(at(seen.at(-1))).toBeLessThanOrEqual(12_000);
});

test('what was stopped looks no more', async () => {
  damage.draw();
  await clock.advance(100);
  damage.draw();
  watch.stop();
  const { takes } = damage;
  await clock.advance(60_000);
  damage.draw();
  await watch.read();
  expect(damage.takes).toBe(takes);
  expect(clock.pending).toBe(0);
});
