/** Looks at playback folded into activity: how often at most, what goes on unwatched, and when it is listened to. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { Activity } from '../../../src/core/sensor.js';
import { whatIsLoud } from '../../../src/sensors/pulse/listening.js';
import { allThatPlays, PlaybackWatch, type VerdictContext } from '../../../src/sensors/pulse/watch.js';
import { ActivityRuns } from '../../../src/sensors/runs.js';
import { FakeClock } from '../../fakes/clock.js';

const SECOND = 1_000;

let clock: FakeClock;
let streams: number[];
let looks: number;
let isLoud: boolean;
/** Seconds since the test began. */
let listened: number[];
let seen: Activity[];
let failures: unknown[];
let watch: PlaybackWatch;
let origin: number;

const seconds = () => (clock.now().boot - origin) / SECOND;
const times = () => seen.map(({ at }) => (at.boot - origin) / SECOND);
const plays = (...now: number[]) => {
  streams = now;
  watch.changed();
};

const make = (measured: boolean) => {
  const runs = new ActivityRuns('audio', clock.now());
  const context: VerdictContext = {
    clock,
    runs,
    report: (at, ongoing) => {
      const activity = runs.happened(at, ongoing);
      if (activity) seen.push(activity);
    },
  };
  watch = new PlaybackWatch({
    clock,
    audible: async () => {
      looks += 1;
      return streams.map((index) => ({ index, monitor: 0 }));
    },
    verdict: measured
      ? whatIsLoud({
          ...context,
          isLoud: async () => {
            listened.push(seconds());
            return isLoud;
          },
        })
      : allThatPlays(context),
    onFailed: (error) => failures.push(error),
  });
};

beforeEach(async () => {
  clock = new FakeClock();
  origin = clock.now().boot;
  streams = [];
  looks = 0;
  isLoud = true;
  listened = [];
  seen = [];
  failures = [];
  make(false);
  await clock.advance(SECOND);
});

describe('all that plays', () => {
  test('is told at its begin, when it is asked for and at its end, and wakes nothing in between', async () => {
    plays(1);
    await clock.advance(60 * SECOND);
    expect(clock.pending).toBe(0);
    await watch.read();
    await clock.advance(60 * SECOND);
    plays();
    await clock.flush();
    expect(times()).toEqual([1, 61, 121]);
    expect(new Set(seen.map(({ began }) => began)).size).toBe(1);
    await watch.read();
    expect(seen).toHaveLength(3);
  });

  test('is another run after a pause, and the same one when the next piece follows', async () => {
    plays(1);
    await clock.advance(SECOND);
    plays();
    await clock.advance(0.9 * SECOND);
    plays(2);
    await clock.advance(SECOND);
    plays();
    await clock.advance(1.1 * SECOND);
    plays(3);
    await clock.flush();
    expect(times()).toEqual([1, 2, 2.9, 3.9, 5]);
    expect(seen.map(({ began }) => (began - origin) / SECOND)).toEqual([1, 1, 1, 1, 5]);
  });

  test('has another beginning after the machine has slept', async () => {
    plays(1);
    await clock.advance(SECOND);
    clock.sleepMachine(3_600 * SECOND);
    await watch.read();
    expect(seen).toHaveLength(2);
    expect(seen[1]?.began).toBe(seen[1]?.at.boot);
  });

  test('a fade of ten seconds is looked at a few times a second, and its end is seen', async () => {
    plays(1);
    for (let i = 0; i < 1_000; i++) {
      watch.changed();
      await clock.advance(10);
    }
    expect(looks).toBeLessThanOrEqual(20 + 41);
    plays();
    await clock.advance(SECOND);
    expect(clock.pending).toBe(0);
    // When it ended, not when that was looked at.
    expect(times().at(-1)).toBeCloseTo(11, 1);
    expect(streams).toEqual([]);
    const count = seen.length;
    await watch.read();
    expect(seen).toHaveLength(count);
  });

  test('is looked at no more once it is stopped', async () => {
    for (let i = 0; i < 30; i++) {
      plays(i);
      await clock.flush();
    }
    expect(clock.pending).toBe(1);
    watch.stop();
    const before = looks;
    watch.changed();
    await watch.read();
    expect(clock.pending).toBe(0);
    expect(looks).toBe(before);
  });

  test('a look that fails is told to who asked, and else to who watches', async () => {
    const failing = new PlaybackWatch({
      clock,
      audible: async () => {
        throw new Error('gone');
      },
      verdict: { seen: async () => undefined },
      onFailed: (error) => failures.push(error),
    });
    await expect(failing.read()).rejects.toThrow('gone');
    expect(failures).toEqual([]);
    failing.changed();
    await clock.flush();
    expect(failures).toEqual([new Error('gone')]);
  });
});

describe('what is loud', () => {
  beforeEach(async () => {
    make(true);
    origin = clock.now().boot;
    await clock.advance(SECOND);
  });

  test('is listened to at its begin and every half minute, and not after its end', async () => {
    plays(1);
    await clock.advance(70 * SECOND);
    expect(listened).toEqual([1, 31, 61]);
    expect(times()).toEqual([1, 31, 61]);
    expect(new Set(seen.map(({ began }) => began)).size).toBe(1);
    plays();
    await clock.advance(3_600 * SECOND);
    expect(listened).toHaveLength(3);
    expect(clock.pending).toBe(0);
  });

  test('but silence is listened to less and less, until it is loud', async () => {
    isLoud = false;
    plays(1);
    await clock.advance(100 * SECOND);
    expect(listened).toEqual([1, 2, 4, 8, 16, 32, 62, 92]);
    expect(seen).toEqual([]);
    isLoud = true;
    await clock.advance(30 * SECOND);
    expect(times()).toEqual([122]);
  });

  test('a quiet passage ends a run, and is listened to again soon', async () => {
    plays(1);
    await clock.advance(SECOND);
    isLoud = false;
    await clock.advance(29.5 * SECOND);
    isLoud = true;
    await clock.advance(SECOND);
    expect(times()).toEqual([1, 32]);
    expect(seen.map(({ began }) => (began - origin) / SECOND)).toEqual([1, 32]);
  });

  test('is listened to for who asks, unless that was done within ten seconds', async () => {
    plays(1);
    await clock.advance(9 * SECOND);
    await watch.read();
    expect(listened).toEqual([1]);
    await clock.advance(2 * SECOND);
    await watch.read();
    expect(listened).toEqual([1, 12]);
    expect(times()).toEqual([1, 12]);
    await clock.advance(29 * SECOND);
    expect(listened).toEqual([1, 12]);
    await clock.advance(SECOND);
    expect(listened).toEqual([1, 12, 42]);
  });

  test('a stream that joins silence is listened to at once, but no more than every two seconds', async () => {
    isLoud = false;
    plays(1);
    await clock.advance(40 * SECOND);
    listened = [];
    for (let stream = 2; stream < 12; stream++) {
      plays(1, stream);
      await clock.advance(500);
    }
    expect(listened).toEqual([41, 43, 45]);
  });

  test('sounds that come and go are listened to no more than every two seconds', async () => {
    for (let stream = 1; stream <= 20; stream++) {
      plays(stream);
      await clock.advance(400);
      plays();
      await clock.advance(100);
    }
    expect(listened.length).toBeGreaterThan(3);
    for (const [i, at] of listened.entries()) expect(at - (listened[i - 1] ?? -2)).toBeGreaterThanOrEqual(2);
  });
});
