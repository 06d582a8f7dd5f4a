/** Mutter's idle times folded into activity: runs, inhibitors, waking up, and no timer while at rest. */
import { beforeEach, expect, test } from 'vitest';
import type { Activity } from '../../../src/core/sensor.js';
import { type IdleMonitor, IdleWatch } from '../../../src/sensors/gnome/idle-watch.js';
import { ActivityRuns } from '../../../src/sensors/runs.js';
import { FakeClock } from '../../fakes/clock.js';

/** Mutter's idle monitor as its source has it. Its time stands still while the machine sleeps. */
class FakeMutter implements IdleMonitor {
  asked = 0;
  /** The next question fails, as when the bus is gone. */
  failNext = false;
  readonly #clock: FakeClock;
  #usedAt: number;
  #inhibited = false;
  #onInhibited = () => {};
  #active: (() => void)[] = [];
  #idle: { readonly ms: number; readonly fn: () => void; cancel: () => void }[] = [];

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#usedAt = clock.now().mono - 60_000;
  }

  async idleMs() {
    this.asked += 1;
    if (this.failNext) throw new Error('the bus is gone');
    return this.#clock.now().mono - this.#usedAt;
  }
  async onIdle(ms: number, fn: () => void) {
    this.#idle.push({ ms, fn, cancel: () => {} });
    this.#plan();
  }
  async onceActive(fn: () => void) {
    this.#active.push(fn);
  }
  inhibited() {
    return this.#inhibited;
  }
  onInhibited(fn: () => void) {
    this.#onInhibited = fn;
  }

  /** A key is pressed; or Mutter does on waking up as if one had been. */
  use() {
    this.#usedAt = this.#clock.now().mono;
    this.#plan();
    for (const fn of this.#active.splice(0)) fn();
  }

  inhibit(inhibited: boolean) {
    this.#inhibited = inhibited;
    if (!inhibited) this.#usedAt = this.#clock.now().mono;
    this.#plan();
    this.#onInhibited();
  }

  #plan() {
    for (const watch of this.#idle) {
      watch.cancel();
      if (this.#inhibited) continue;
      const left = this.#usedAt + watch.ms - this.#clock.now().mono;
      watch.cancel = this.#clock.after(Math.max(0, left), watch.fn);
    }
  }
}

let clock: FakeClock;
let mutter: FakeMutter;
let seen: Activity[];
let failures: unknown[];
let watch: IdleWatch;
let origin: number;

const start = async () => {
  const runs = new ActivityRuns('keyboard', clock.now());
  origin = clock.now().boot;
  watch = await IdleWatch.start({
    monitor: mutter,
    clock,
    runs,
    report: (moment, ongoing) => {
      const activity = runs.happened(moment, ongoing);
      if (activity) seen.push(activity);
    },
    failed: (error) => failures.push(error),
  });
  // Mutter says at once what is so already.
  await clock.advance(0);
};
/** Milliseconds since the test began, sleep included. */
const ats = () => seen.map(({ at }) => at.boot - origin);
const begins = () => [...new Set(seen.map(({ began }) => began - origin))];
/** Presses a key, then another each 100 ms, for `ms`. */
const typeFor = async (ms: number) => {
  for (let t = 0; t < ms; t += 100) {
    mutter.use();
    await clock.advance(100);
  }
};

beforeEach(() => {
  clock = new FakeClock();
  mutter = new FakeMutter(clock);
  seen = [];
  failures = [];
});

test('nothing wakes while nothing happens', async () => {
  await start();
  const { asked } = mutter;
  await clock.advance(3_600_000);
  expect(mutter.asked).toBe(asked);
  expect(clock.pending).toBe(0);
  expect(seen).toEqual([]);
});

test('a single key is told once, and then nothing wakes again', async () => {
  await start();
  await clock.advance(5_000);
  mutter.use();
  await clock.advance(60_000);
  expect(ats()).toEqual([5_000]);
  expect(clock.pending).toBe(0);
});

test('typing is told at its beginning, seldom in between and at its end, with one beginning', async () => {
  await start();
  await clock.advance(5_000);
  const { asked } = mutter;
  await typeFor(60_000);
  await clock.advance(2_000);
  expect(mutter.asked - asked).toBeLessThan(16);
  expect(ats()[0]).toBe(5_000);
  expect(ats().at(-1)).toBe(5_000 + 59_900);
  expect(begins()).toEqual([5_000]);
});

test('what follows after a pause has a beginning of its own', async () => {
  await start();
  await clock.advance(5_000);
  await typeFor(3_000);
  await clock.advance(1_500);
  await typeFor(3_000);
  await clock.advance(2_000);
  expect(begins()).toEqual([5_000, 9_500]);
  expect(ats()).toContain(7_900);
  expect(ats().at(-1)).toBe(12_400);
});

test('reading brings it up to date in the middle, and is nothing at rest', async () => {
  await start();
  await typeFor(3_000);
  await watch.read();
  expect(ats().at(-1)).toBe(2_900);
  await clock.advance(10_000);
  const before = [...seen];
  await watch.read();
  expect(seen).toEqual(before);
});

test('a key pressed before the start is not told, one right after it is', async () => {
  mutter.use();
  await clock.advance(20);
  await start();
  await clock.advance(20);
  mutter.use();
  await clock.advance(3_000);
  expect(ats()).toEqual([20]);
});

test('while a program inhibits, typing is one run, and a pause ends it', async () => {
  await start();
  mutter.inhibit(true);
  await clock.advance(5_000);
  await typeFor(8_000);
  await clock.advance(1_600);
  expect(begins()).toEqual([5_000]);
  expect(ats().at(-1)).toBe(12_900);
  await typeFor(2_000);
  expect(begins()).toEqual([5_000, 14_600]);
  await clock.advance(60_000);
  expect(clock.pending).toBe(0);
});

test('a program that begins to inhibit in the middle of a run hides no pause', async () => {
  await start();
  await clock.advance(5_000);
  await typeFor(2_000);
  mutter.inhibit(true);
  await typeFor(2_000);
  await clock.advance(2_500);
  await typeFor(2_000);
  expect(begins()).toEqual([5_000, 11_500]);
});

test.each([
  ['at rest', 30_000],
  ['within a second after the last input', 300],
])('that nobody inhibits any longer is no activity: %s', async (_when, afterMs) => {
  await start();
  mutter.inhibit(true);
  mutter.use();
  await clock.advance(afterMs);
  const before = [...seen];
  mutter.inhibit(false);
  await watch.read();
  await clock.advance(10_000);
  await watch.read();
  expect(seen).toEqual(before);
  mutter.use();
  expect(seen.length).toBe(before.length + 1);
});

test('waking up is no activity, though Mutter says so; what comes after it is', async () => {
  await start();
  await clock.advance(5_000);
  clock.sleepMachine(3_600_000);
  await watch.read();
  mutter.use();
  await clock.advance(5_000);
  await watch.read();
  expect(seen).toEqual([]);
  mutter.use();
  expect(ats()).toEqual([3_610_000]);
});

test('input before the machine slept is told as before, and waking up is not taken for more of it', async () => {
  await start();
  await typeFor(2_000);
  clock.sleepMachine(3_600_000);
  mutter.use();
  await clock.advance(20_000);
  await watch.read();
  expect(ats().every((at) => at <= 2_000)).toBe(true);
  mutter.use();
  expect(ats().every((at) => at <= 2_000)).toBe(true);
  await clock.advance(100);
  mutter.use();
  expect(ats().at(-1)).toBe(3_622_100);
});

test('a Mutter that cannot be asked is a failure, told once; reading it rejects', async () => {
  await start();
  mutter.use();
  mutter.failNext = true;
  await expect(watch.read()).rejects.toThrow('the bus is gone');
  await clock.advance(5_000);
  expect(failures.map(String)).toEqual(['Error: the bus is gone']);
});

test('stopped, it says nothing more and wakes no more', async () => {
  await start();
  await typeFor(500);
  const before = [...seen];
  watch.stop();
  await typeFor(3_000);
  mutter.inhibit(true);
  mutter.inhibit(false);
  await clock.advance(10_000);
  expect(seen).toEqual(before);
  expect(clock.pending).toBe(0);
});
