/**
 * When to ask AWS again. One pace serves one service in one region, because AWS counts requests per account and
 * region: being throttled in Frankfurt must not slow Seoul, and must slow every call to Frankfurt, not only the
 * one that was told so.
 *
 * It takes the place of the SDK's own retry modes. Their sleeps cannot be cancelled (they would hold up the end of
 * the process), and `adaptive`, once throttled, keeps a client that is mostly idle at half a call a second.
 */
import { type Clock, sleep } from '../core/instant.js';
import { isFinal } from './errors.js';

/** What the SDK asks of a retry strategy (its `RetryStrategyV2`, of which only this much is used). */
interface RetryToken {
  getRetryCount(): number;
  getRetryDelay(): number;
}
interface RetryInfo {
  readonly error?: unknown;
  readonly errorType: 'TRANSIENT' | 'THROTTLING' | 'SERVER_ERROR' | 'CLIENT_ERROR';
  readonly retryAfterHint?: Date;
}
export interface Pace {
  acquireInitialRetryToken(scope: string): Promise<RetryToken>;
  refreshRetryTokenForRetry(token: RetryToken, info: RetryInfo): Promise<RetryToken>;
  recordSuccess(token: RetryToken): void;
}

/** Tries in all. What still fails then is the caller's to try again, minutes later. */
export const MAX_ATTEMPTS = 4;
/** First waits, doubled each time; throttling is waited out longer because the bucket refills slowly. */
const TRANSIENT_BASE_MS = 100;
const THROTTLED_BASE_MS = 500;
const LONGEST_MS = 8_000;

/**
 * A pace for one service in one region.
 *
 * @param closed aborted when the session ends: waits in progress reject at once
 * @param random from 0 to 1: the jitter that keeps many callers from coming back together
 */
export function createPace(options: { clock: Clock; closed: AbortSignal; random?: () => number }): Pace {
  const { clock, closed, random = Math.random } = options;
  /** Throttled answers since the last success. */
  let throttled = 0;
  /** On the `mono` axis: before this nobody asks in this region. */
  let notBefore = 0;

  const backoff = (base: number, times: number) => {
    const full = Math.min(LONGEST_MS, base * 2 ** times);
    return full / 2 + (random() * full) / 2;
  };
  const untilOpen = async () => {
    const wait = notBefore - clock.now().mono;
    if (wait > 0) await sleep(clock, wait, closed);
  };
  const token = (count: number): RetryToken => ({ getRetryCount: () => count, getRetryDelay: () => 0 });

  return {
    async acquireInitialRetryToken() {
      await untilOpen();
      return token(0);
    },
    async refreshRetryTokenForRetry(last, info) {
      const tried = last.getRetryCount() + 1;
      if (info.errorType === 'CLIENT_ERROR' || isFinal(info.error) || closed.aborted) throw info.error;
      if (info.errorType === 'THROTTLING') {
        notBefore = Math.max(notBefore, clock.now().mono + backoff(THROTTLED_BASE_MS, throttled));
        throttled += 1;
      }
      if (tried >= MAX_ATTEMPTS) throw info.error;
      if (info.errorType === 'THROTTLING') await untilOpen();
      else await sleep(clock, backoff(TRANSIENT_BASE_MS, tried - 1), closed);
      return token(tried);
    },
    recordSuccess() {
      throttled = 0;
    },
  };
}
