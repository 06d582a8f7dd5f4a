/** Three clocks at once: sleep told from waiting, durable moments over reboots, and a sleep that can be ended. */
import { describe, expect, it } from 'vitest';
import { type Instant, momentOf, onBootAxis, sleep, sleptBetween } from '../../../src/core/instant.js';
import { FakeClock } from '../../fakes/clock.js';

const at = (wall: number, mono: number, boot: number): Instant => ({ wall, mono, boot });

describe('sleptBetween', () => {
  it.each([
    ['only waiting', at(0, 0, 0), at(60_000, 60_000, 60_000), 0],
    ['asleep all the time', at(0, 0, 0), at(60_000, 0, 60_000), 60_000],
    ['half of each', at(0, 100, 7_000), at(60_000, 30_100, 67_000), 30_000],
    ['a wall clock set forward', at(0, 0, 0), at(9_000_000, 1_000, 1_000), 0],
    ['a wall clock set back while asleep', at(0, 0, 0), at(-5_000, 1_000, 21_000), 20_000],
    ['clocks that tick a little apart', at(0, 0, 0), at(1_000, 1_001, 1_000), 0],
  ])('%s', (_what, from, to, slept) => {
    expect(sleptBetween(from, to)).toBe(slept);
  });
});

describe('a durable moment', () => {
  const written = momentOf(at(1_000_000, 5, 400_000), 'boot-1');

  it('is the instant with its boot', () => {
    expect(written).toEqual({ wall: 1_000_000, boot: 400_000, bootId: 'boot-1' });
  });

  it.each([
    ['within its boot by the boot clock', at(1_060_000, 0, 460_000), 'boot-1', 400_000],
    ['within its boot whatever the wall clock was set to', at(5, 0, 460_000), 'boot-1', 400_000],
    ['after a reboot by the wall clock', at(1_060_000, 0, 20_000), 'boot-2', -40_000],
    ['after a reboot and a wall clock set back: in the future', at(940_000, 0, 20_000), 'boot-2', 80_000],
  ])('%s', (_what, now, bootId, expected) => {
    expect(onBootAxis(written, now, bootId)).toBe(expected);
  });
});

describe('sleep', () => {
  /** What became of a promise so far. */
  const follow = (promise: Promise<void>) => {
    const seen = { state: 'pending' as 'pending' | 'resolved' | 'rejected', reason: undefined as unknown };
    promise.then(
      () => {
        seen.state = 'resolved';
      },
      (reason: unknown) => {
        seen.state = 'rejected';
        seen.reason = reason;
      },
    );
    return seen;
  };

  it('ends after so much waking time, and not before', async () => {
    const clock = new FakeClock();
    const seen = follow(sleep(clock, 1_000));
    await clock.advance(999);
    clock.sleepMachine(60_000);
    await clock.flush();
    expect(seen.state).toBe('pending');
    await clock.advance(1);
    expect(seen.state).toBe('resolved');
  });

  it('leaves the signal alone once it is over', async () => {
    const clock = new FakeClock();
    const ending = new AbortController();
    const seen = follow(sleep(clock, 1_000, ending.signal));
    await clock.advance(1_000);
    ending.abort(new Error('too late'));
    await clock.flush();
    expect(seen.state).toBe('resolved');
  });

  it('rejects with the reason when it is aborted, and leaves no timer', async () => {
    const clock = new FakeClock();
    const ending = new AbortController();
    const seen = follow(sleep(clock, 1_000, ending.signal));
    expect(clock.pending).toBe(1);
    ending.abort(new Error('shutting down'));
    await clock.flush();
    expect(seen).toEqual({ state: 'rejected', reason: new Error('shutting down') });
    expect(clock.pending).toBe(0);
  });

  it('does not begin when it is aborted already', async () => {
    const clock = new FakeClock();
    const seen = follow(sleep(clock, 1_000, AbortSignal.abort(new Error('over'))));
    await clock.flush();
    expect(seen).toEqual({ state: 'rejected', reason: new Error('over') });
    expect(clock.pending).toBe(0);
  });
});
