/** When moments make a run, and where a moment lies that was told late. */
import { describe, expect, test } from 'vitest';
import type { Instant } from '../../../src/core/instant.js';
import { ActivityRuns, instantBefore } from '../../../src/sensors/runs.js';

const START: Instant = { wall: 1_000_000, mono: 5_000, boot: 80_000 };

/** `ms` of waking time after the start, `sleptMs` of sleep somewhere in between. */
const later = (ms: number, sleptMs = 0): Instant => ({
  wall: START.wall + ms + sleptMs,
  mono: START.mono + ms,
  boot: START.boot + ms + sleptMs,
});

describe('runs of activity', () => {
  const began = (moments: readonly (readonly [at: Instant, ongoing?: boolean])[]) => {
    const runs = new ActivityRuns('keyboard', START);
    return moments.map(([at, ongoing]) => {
      const activity = runs.happened(at, ongoing);
      return activity && activity.began - START.boot;
    });
  };

  test.each([
    ['one moment begins with itself', [[later(100)]], [100]],
    ['a pause of a second is none', [[later(100)], [later(1_100)]], [100, 100]],
    ['a longer pause ends the run', [[later(100)], [later(1_101)]], [100, 1_101]],
    ['what is known to go on needs no moments in between', [[later(100), true], [later(60_000)]], [100, 100]],
    ['what has ended does', [[later(100), true], [later(60_000)], [later(120_000)]], [100, 100, 120_000]],
    ['sleep ends what went on', [[later(100), true], [later(600, 60_000)]], [100, 60_600]],
    ['the same moment is told once', [[later(100)], [later(130)]], [100, undefined]],
    ['an earlier moment is not told', [[later(100)], [later(50)]], [100, undefined]],
    ['nothing before the start is told', [[later(-1)], [later(0)], [later(1)]], [undefined, undefined, 1]],
  ] as const)('%s', (_what, moments, expected) => {
    expect(began(moments)).toEqual(expected);
  });

  test('a run that may have been broken does not go on after a pause', () => {
    const runs = new ActivityRuns('mouse', START);
    runs.happened(later(100), true);
    runs.broken();
    expect(runs.happened(later(5_000))).toEqual({
      sensor: 'mouse',
      at: later(5_000),
      began: START.boot + 5_000,
    });
  });
});

describe('an instant told by its age', () => {
  test('lies that much earlier on all three clocks', () => {
    expect(instantBefore(later(5_000), 300, later(0))).toEqual(later(4_700));
  });

  test('lies before a sleep that may have come since', () => {
    expect(instantBefore(later(5_000, 60_000), 300, later(0))).toEqual(later(4_700));
  });

  test('lies after a sleep that came before the last look', () => {
    expect(instantBefore(later(5_000, 60_000), 300, later(4_000, 60_000))).toEqual(later(4_700, 60_000));
  });
});
