/** Idle counters folded into activity: forced resets, looks that grow rare, sleep, and no timer while at rest. */
import { beforeEach, expect, test } from 'vitest';
import type { Activity } from '../../../src/core/sensor.js';
import { ActivityRuns } from '../../../src/sensors/runs.js';
import { InputWatch, type Use } from '../../../src/sensors/x11/input-watch.js';
import { FakeClock } from '../../fakes/clock.js';

const THRESHOLD_MS = 1_000;

/** An X server's idle counter for one kind of device, with its two alarms. Stands still while the machine sleeps. */
class FakeCounter {
  readonly master = 1;
  reads = 0;
  /** How long the server takes to answer. */
  answersAfterMs = 0;
  readonly #clock: FakeClock;
  readonly #alarms = new Map<'falls' | 'rises', () => void>();
  #usedAt: number;
  #forced = false;
  #cancelRise: () => void = () => {};

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.#usedAt = clock.now().mono - 60_000;
  }

  async onCounter(_counter: number, transition: 'falls' | 'rises', _level: number, fn: () => void) {
    this.#alarms.set(transition, fn);
  }
  async settle() {}
  async sync() {}

  async read() {
    this.reads += 1;
    if (this.answersAfterMs > 0)
      await new Promise<void>((answer) => {
        this.#clock.after(this.answersAfterMs, answer);
      });
    return { idleMs: this.#idleMs(), forced: this.#forced };
  }

  /** A key is pressed, or a program sets all counters back. */
  use(forced = false) {
    const idleMs = this.#idleMs();
    this.#usedAt = this.#clock.now().mono;
    this.#forced = forced;
    this.#cancelRise();
    this.#cancelRise = this.#clock.after(THRESHOLD_MS, () => this.#alarms.get('rises')?.());
    if (idleMs >= THRESHOLD_MS) this.#alarms.get('falls')?.();
  }

  #idleMs() {
    return this.#clock.now().mono - this.#usedAt;
  }
}

let clock: FakeClock;
let counter: FakeCounter;
let seen: Activity[];
let watch: InputWatch;
/** Waking milliseconds since the test began. */
let at: (activity: Activity | undefined) => number;
let began: (activity: Activity | undefined) => number;

const start = async (counts = ({ used, forced }: Use) => used && !forced) => {
  const runs = new ActivityRuns('keyboard', clock.now());
  const origin = clock.now();
  at = (activity) => (activity?.at.boot ?? Number.NaN) - origin.boot;
  began = (activity) => (activity?.began ?? Number.NaN) - origin.boot;
  watch = await InputWatch.start({
    connection: counter,
    devices: counter,
    clock,
    runs,
    report: (moment, ongoing) => {
      const activity = runs.happened(moment, ongoing);
      if (activity) seen.push(activity);
    },
    look: async () => counts,
    firstWaitMs: 15,
  });
};
/** Keeps pressing keys for `ms`. */
const typeFor = async (ms: number) => {
  for (let t = 0; t < ms; t += 100) {
    counter.use();
    await clock.advance(100);
  }
};

beforeEach(() => {
  clock = new FakeClock();
  counter = new FakeCounter(clock);
  seen = [];
});

test('nothing wakes while nothing happens', async () => {
  await start();
  const { reads } = counter;
  await clock.advance(3_600_000);
  expect(counter.reads).toBe(reads);
  expect(clock.pending).toBe(0);
  expect(seen).toEqual([]);
});

test('a single key is told once, and then nothing wakes again', async () => {
  await start();
  await clock.advance(5_000);
  counter.use();
  await clock.advance(60_000);
  expect(seen.map(at)).toEqual([5_000]);
  expect(clock.pending).toBe(0);
});

test('typing is told at its beginning, seldom in between and at its end, with one beginning', async () => {
  await start();
  await clock.advance(5_000);
  const { reads } = counter;
  await typeFor(60_000);
  await clock.advance(2_000);
  expect(counter.reads - reads).toBeLessThan(25);
  expect(at(seen.at(-1))).toBe(5_000 + 59_900);
  expect(new Set(seen.map(began))).toEqual(new Set([5_000]));
});

test('reading brings it up to date in the middle', async () => {
  await start();
  await clock.advance(5_000);
  await typeFor(3_000);
  await watch.read();
  expect(at(seen.at(-1))).toBe(5_000 + 2_900);
});

test('a key right after a look is told, however late the server answers the next', async () => {
  await start();
  await clock.advance(5_000);
  counter.use();
  await clock.advance(600);
  await watch.read();
  await clock.advance(20);
  counter.use();
  counter.answersAfterMs = 200;
  const read = watch.read();
  await clock.advance(200);
  await read;
  // It was pressed after the look before, which is all that is known for sure.
  expect(seen.map(at)).toEqual([5_000, 5_600]);
});

test('a key pressed while a run is being closed is told, however late the server answers', async () => {
  await start();
  await clock.advance(5_000);
  counter.use();
  await clock.advance(THRESHOLD_MS - 1);
  counter.answersAfterMs = 40;
  await clock.advance(42);
  counter.answersAfterMs = 80;
  counter.use();
  await clock.advance(2_000);
  expect(seen.map(at)).toEqual([5_000, 6_000]);
});

test('a movement right after the start is told, and not taken for an earlier one when the answer is late', async () => {
  counter.use();
  await clock.advance(5);
  let hasMoved = false;
  await start(() => hasMoved);
  await clock.advance(20);
  counter.use();
  hasMoved = true;
  counter.answersAfterMs = 100;
  await clock.advance(150);
  // It came after the look at 15 ms, which is all that is known for sure.
  expect(at(seen[0])).toBe(15);
});

test('a key pressed before the start is not told, one right after it is', async () => {
  counter.use();
  await clock.advance(20);
  await start();
  await clock.advance(20);
  counter.use();
  await clock.advance(3_000);
  expect(seen.map(at)).toEqual([20]);
});

test('a forced reset is nothing', async () => {
  await start();
  await clock.advance(5_000);
  counter.use(true);
  await clock.advance(100);
  await watch.read();
  await clock.advance(5_000);
  expect(seen).toEqual([]);
  expect(clock.pending).toBe(0);
});

test.each([50, 300, 890, 920, 990])(
  'a key %d ms after a forced reset is told within a second',
  async (ms) => {
    await start();
    await clock.advance(5_000);
    counter.use(true);
    await clock.advance(ms);
    counter.use();
    await clock.advance(THRESHOLD_MS);
    expect(seen.map(at)).toEqual([5_000 + ms]);
  },
);

test('resets that keep coming are no activity, and typing between them is found', async () => {
  await start();
  await clock.advance(5_000);
  for (let i = 0; i < 100; i++) {
    counter.use(true);
    await clock.advance(400);
  }
  expect(seen).toEqual([]);
  await typeFor(2_000);
  expect(seen.length).toBeGreaterThan(0);
});

test('a forced reset in the middle of typing ends the run that is known', async () => {
  await start();
  await clock.advance(5_000);
  await typeFor(7_000);
  counter.use(true);
  await clock.advance(900);
  await watch.read();
  counter.use(true);
  await clock.advance(900);
  counter.use();
  await clock.advance(3_000);
  expect(began(seen.at(-1))).toBe(5_000 + 7_000 + 1_800);
});

test('waking up without input is not activity', async () => {
  await start();
  await clock.advance(5_000);
  await typeFor(300);
  // The lid closes within a second of the last key: the run is still open.
  clock.sleepMachine(8 * 3_600_000);
  await clock.advance(100);
  await watch.read();
  await clock.advance(5_000);
  expect(at(seen.at(-1))).toBe(5_000 + 200);
});

test('a key after waking up begins a new run', async () => {
  await start();
  await clock.advance(5_000);
  await typeFor(300);
  clock.sleepMachine(60_000);
  await clock.advance(100);
  await watch.read();
  await clock.advance(5_000);
  counter.use();
  await clock.advance(0);
  expect(at(seen.at(-1))).toBe(5_000 + 300 + 60_000 + 5_100);
  expect(began(seen.at(-1))).toBe(at(seen.at(-1)));
});

test('what does not count at first is looked at again soon, then ever more seldom', async () => {
  let looks = 0;
  await start(() => ++looks === 3);
  await clock.advance(5_000);
  counter.use();
  await clock.advance(50);
  expect(looks).toBe(3);
  // It did not count at the second look yet.
  expect(seen.map(at)).toEqual([5_015]);
});

test('what was stopped looks no more', async () => {
  await start();
  await clock.advance(5_000);
  counter.use();
  watch.stop();
  await clock.advance(60_000);
  expect(seen).toEqual([]);
});
