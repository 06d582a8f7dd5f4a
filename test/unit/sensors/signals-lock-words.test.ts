/** What the words on a session's lock add up to. */
import { beforeEach, describe, expect, test } from 'vitest';
import { LockWords } from '../../../src/sensors/signals/lock-words.js';
import { FakeClock } from '../../fakes/clock.js';

describe('lock words', () => {
  let clock: FakeClock;
  let told: boolean[];
  let words: LockWords;

  beforeEach(() => {
    clock = new FakeClock();
    told = [];
    words = new LockWords(clock, (locked) => told.push(locked));
  });

  test('anybody who says so locks it; it is unlocked when nobody does', () => {
    words.said('logind', false);
    words.said('saver', true);
    words.said('logind', true);
    words.said('saver', false);
    expect(told).toEqual([true]);
    words.said('logind', false);
    expect(told).toEqual([true, false]);
  });

  test('a word that is withdrawn counts no more', () => {
    words.said('saver', true);
    words.said('saver', undefined);
    expect(told).toEqual([true, false]);
  });

  test('a request that nobody confirms is over after a minute', async () => {
    words.requested(true);
    await clock.advance(59_999);
    expect(told).toEqual([true]);
    await clock.advance(1);
    expect(told).toEqual([true, false]);
  });

  test('one that is confirmed lasts for as long as it is', async () => {
    words.requested(true);
    words.said('logind', true);
    await clock.advance(3_600_000);
    expect(told).toEqual([true]);
    words.said('logind', false);
    expect(told).toEqual([true, false]);
  });

  test('a saver that leaves does not say that it is unlocked', async () => {
    words.said('saver', true);
    words.requested(true);
    words.said('saver', undefined);
    expect(told).toEqual([true]);
    await clock.advance(60_000);
    expect(told).toEqual([true, false]);
  });

  test('the minute counts from the last request', async () => {
    words.requested(true);
    await clock.advance(40_000);
    words.requested(true);
    await clock.advance(40_000);
    expect(told).toEqual([true]);
  });

  test('nothing is told of being cleared, and everything after it anew', () => {
    words.said('logind', true);
    words.requested(true);
    words.clear();
    expect(clock.pending).toBe(0);
    words.said('logind', true);
    expect(told).toEqual([true, true]);
  });
});
