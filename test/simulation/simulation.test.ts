/**
 * Two thousand days, drawn by chance and the same at every run. What breaks is printed with what led to it and how to
 * have it again; more days, and other ones, are had by `npm run simulate -- --days N --seed S`.
 */
import { describe, expect, test } from 'vitest';
import { type SimulationResult, simulate } from './simulation.js';

/** Days a seed lasts: long enough for things to pile up, short enough for many different fleets. */
const DAYS = 25;
const SEEDS = 20;

describe('2,000 days', () => {
  test.each([1_000, 2_000, 3_000, 4_000])('seeds from %i', async (first) => {
    const tally: Record<string, number> = {};
    let days = 0;
    for (let seed = first; seed < first + SEEDS; seed += 1) {
      const result = await simulate({ seed, days: DAYS });
      expect(story(result)).toBe('every invariant held');
      days += result.days;
      for (const [what, times] of Object.entries(result.tally)) tally[what] = (tally[what] ?? 0) + times;
    }
    expect(days).toBe(DAYS * SEEDS);
    // Days on which nothing happens would prove nothing.
    for (const what of [
      'naps',
      'restores',
      'crash',
      'meddle',
      'sleep',
      'reboot',
      'clock',
      'registry',
      'sign-in',
      'lock',
      'suspend',
      'naps by a lock',
    ])
      expect(tally[what], what).toBeGreaterThan(SEEDS);
    expect(tally['naps before a sleep']).toBeGreaterThan(SEEDS / 2);
  });
});

test('a seed tells the same story twice', async () => {
  const [one, other] = [await simulate({ seed: 7, days: 3 }), await simulate({ seed: 7, days: 3 })];
  expect(other.trace).toEqual(one.trace);
  expect(other.tally).toEqual(one.tally);
});

/** What a failing test says. */
function story({ seed, days, violation, trace }: SimulationResult): string {
  if (!violation) return 'every invariant held';
  return [
    ...trace.slice(-60),
    `invariant ${violation.invariant} is broken: ${violation.message}`,
    `replay it with: npm run simulate -- --seed ${seed} --days ${days}`,
  ].join('\n');
}
