import { beforeEach, describe, expect, it } from 'vitest';
import { createPace, MAX_ATTEMPTS, type Pace } from '../../../src/aws/pace.js';
import { FakeClock } from '../../fakes/clock.js';

const throttled = { error: new Error('slow down'), errorType: 'THROTTLING' } as const;
const broken = { error: new Error('reset'), errorType: 'TRANSIENT' } as const;

describe('the pace of a region', () => {
  let clock: FakeClock;
  let closed: AbortController;
  let pace: Pace;
  beforeEach(() => {
    clock = new FakeClock();
    closed = new AbortController();
    pace = createPace({ clock, closed: closed.signal, random: () => 1 });
  });

  /** Milliseconds until it resolves; undefined when it does not within a minute. */
  const timeOf = async (work: Promise<unknown>): Promise<number | undefined> => {
    const from = clock.now().mono;
    let took: number | undefined;
    work.then(
      () => {
        took = clock.now().mono - from;
      },
      () => {},
    );
    for (let ms = 0; ms < 60_000 && took === undefined; ms += 50) await clock.advance(50);
    return took;
  };

  it('doubles the wait with every throttled answer', async () => {
    const first = await pace.acquireInitialRetryToken('');
    expect(await timeOf(pace.refreshRetryTokenForRetry(first, throttled))).toBe(500);
    expect(await timeOf(pace.refreshRetryTokenForRetry(first, throttled))).toBe(1_000);
    expect(await timeOf(pace.refreshRetryTokenForRetry(first, throttled))).toBe(2_000);
  });

  it('holds up new calls to the region too, and no other region', async () => {
    const other = createPace({ clock, closed: closed.signal, random: () => 1 });
    const token = await pace.acquireInitialRetryToken('');
    const retry = pace.refreshRetryTokenForRetry(token, throttled);
    const [late, early] = [pace.acquireInitialRetryToken(''), other.acquireInitialRetryToken('')];
    expect(await timeOf(early)).toBeLessThanOrEqual(50);
    expect(await timeOf(late)).toBeGreaterThan(400);
    await retry;
  });

  it('begins anew after a success', async () => {
    const token = await pace.acquireInitialRetryToken('');
    await timeOf(pace.refreshRetryTokenForRetry(token, throttled));
    pace.recordSuccess(token);
    expect(await timeOf(pace.refreshRetryTokenForRetry(token, throttled))).toBe(500);
  });

  it('gives up after a few tries, with the error itself', async () => {
    let token = await pace.acquireInitialRetryToken('');
    for (let tries = 1; tries < MAX_ATTEMPTS; tries++) {
      const next = pace.refreshRetryTokenForRetry(token, broken);
      expect(await timeOf(next)).toBeDefined();
      token = await next;
    }
    await expect(pace.refreshRetryTokenForRetry(token, broken)).rejects.toBe(broken.error);
  });

  it('does not repeat what cannot succeed', async () => {
    const token = await pace.acquireInitialRetryToken('');
    const mistake = { error: new Error('no'), errorType: 'CLIENT_ERROR' } as const;
    await expect(pace.refreshRetryTokenForRetry(token, mistake)).rejects.toBe(mistake.error);
    const full = Object.assign(new Error('full'), { name: 'InsufficientInstanceCapacity' });
    const capacity = { error: full, errorType: 'TRANSIENT' } as const;
    await expect(pace.refreshRetryTokenForRetry(token, capacity)).rejects.toBe(full);
  });

  it('ends its waits when the session is closed', async () => {
    const token = await pace.acquireInitialRetryToken('');
    const waiting = pace.refreshRetryTokenForRetry(token, throttled);
    const failed = expect(waiting).rejects.toThrow('closed');
    closed.abort(new Error('closed'));
    await failed;
    expect(clock.pending).toBe(0);
  });
});
