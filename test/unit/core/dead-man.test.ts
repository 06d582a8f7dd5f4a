/** When a switch is to fire, and who stopped a target that has one. */
import { describe, expect, test } from 'vitest';
import {
  firesAtFor,
  followEveryMs,
  LATEST_MS,
  lateFiring,
  MINUTE_MS,
  type Switch,
  settledAt,
  stopsAlike,
  whoStopped,
} from '../../../src/core/dead-man.js';
import type { EcsFields } from '../../../src/core/driver.js';

const NOON = Date.parse('2026-03-02T12:00:00Z');
const at = (minutes: number) => NOON + minutes * MINUTE_MS;

describe('when a switch fires', () => {
  const facts = { now: NOON, leaseMs: 30 * MINUTE_MS, timeoutMs: 30 * MINUTE_MS, graceMs: 10 * MINUTE_MS };

  test.each([
    ['at the end of the lease and the grace', {}, 40],
    ['on the next whole minute, never before', { now: NOON + 1 }, 41],
    ['a lease that has run out without a nap counts as running out now', { leaseMs: -3_600_000 }, 10],
    [
      'one without an end, while presence is unknown, counts as fresh',
      { leaseMs: Number.POSITIVE_INFINITY },
      40,
    ],
    ['a hold for hours moves it by hours', { leaseMs: 180 * MINUTE_MS }, 190],
  ])('%s', (_, more, minutes) => {
    expect(firesAtFor({ ...facts, ...more })).toBe(at(minutes));
  });

  test('it follows so often that it cannot fire under a live lease', () => {
    for (const graceMinutes of [1, 2, 10, 60]) {
      const graceMs = graceMinutes * MINUTE_MS;
      // Armed now, and activity up to the very moment before it is moved.
      const armed = firesAtFor({ ...facts, graceMs });
      expect(armed).toBeGreaterThan(NOON + followEveryMs(graceMs) + facts.leaseMs);
      expect(followEveryMs(graceMs)).toBeLessThanOrEqual(5 * MINUTE_MS);
    }
  });
});

describe('who stopped it', () => {
  const armed: Pick<Switch, 'phase' | 'firesAt' | 'before'> = {
    phase: 'armed',
    firesAt: at(0),
    before: undefined,
  };

  test.each([
    [
      'nothing is as the switch leaves it',
      armed,
      { asLeft: false, stoppedAt: undefined, now: at(5) },
      'nobody',
    ],
    [
      'it was due, and AWS gives no date',
      armed,
      { asLeft: true, stoppedAt: undefined, now: at(5) },
      'switch',
    ],
    ['long after', armed, { asLeft: true, stoppedAt: at(1), now: at(600) }, 'switch'],
    ['the bounds a minute before', armed, { asLeft: true, stoppedAt: undefined, now: at(-0.9) }, 'switch'],
    ['it was not due yet', armed, { asLeft: true, stoppedAt: undefined, now: at(-2) }, 'person'],
    [
      'AWS dates the stop before it was due',
      armed,
      { asLeft: true, stoppedAt: at(-20), now: at(5) },
      'person',
    ],
    [
      'moved, and the firing of before came late all the same',
      { phase: 'armed', firesAt: at(40), before: at(0) },
      { asLeft: true, stoppedAt: at(2), now: at(3) },
      'switch',
    ],
    [
      'moved, and so long ago that nothing can come any more',
      { phase: 'armed', firesAt: at(40), before: at(0) },
      { asLeft: true, stoppedAt: at(12), now: at(13) },
      'person',
    ],
    [
      'to be moved, which AWS never confirmed',
      { phase: 'arming', firesAt: at(600), before: at(0) },
      { asLeft: true, stoppedAt: at(1), now: at(500) },
      'switch',
    ],
    [
      'stopped by somebody after it had been moved away',
      { phase: 'arming', firesAt: at(600), before: at(0) },
      { asLeft: true, stoppedAt: at(-5), now: at(1) },
      'person',
    ],
  ] as const)('%s', (_, held, seen, expected) => {
    expect(whoStopped(held, seen)).toBe(expected);
  });
});

describe('late firings', () => {
  test('one that was due may come for some minutes', () => {
    expect(lateFiring(undefined, at(0))).toBeUndefined();
    expect(lateFiring(at(1), at(0))).toBeUndefined();
    expect(lateFiring(at(0), at(0))).toBe(at(0));
    expect(lateFiring(at(0), at(0) + LATEST_MS)).toBeUndefined();
  });

  test('what never came to be due is settled at once', () => {
    expect(settledAt({ firesAt: at(1), before: undefined }, at(0))).toBeUndefined();
    expect(settledAt({ firesAt: at(1), before: at(2) }, at(0))).toBeUndefined();
    expect(settledAt({ firesAt: at(0), before: undefined }, at(3))).toBe(at(0) + LATEST_MS);
    expect(settledAt({ firesAt: at(9), before: at(0) }, at(3))).toBe(at(0) + LATEST_MS);
  });
});

test('a service is stopped by other calls once it has bounds of its own', () => {
  const suspended = { scaleIn: false, scaleOut: false, scheduled: false };
  const plain: EcsFields = { kind: 'ecs', desired: 2, scalable: null };
  const scaled: EcsFields = { ...plain, scalable: { min: 1, max: 3, suspended } };
  expect(stopsAlike(plain, { ...plain, desired: 5 })).toBe(true);
  expect(stopsAlike(plain, scaled)).toBe(false);
  expect(stopsAlike(scaled, { ...scaled, scalable: { min: 2, max: 9, suspended } })).toBe(true);
});
