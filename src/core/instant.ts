/**
 * Time as the product knows it. Deadlines run on `boot`, which goes on while the machine sleeps and which
 * nobody can set; `wall` is for people and for the durable record; `mono` tells sleep apart from waiting.
 */

/** One moment, read on three clocks at once. All in milliseconds. */
export interface Instant {
  /** Since 1970-01-01 UTC. A person or NTP may set it, so nothing is ever decided by it alone. */
  readonly wall: number;
  /** Monotonic, standing still while the machine sleeps. */
  readonly mono: number;
  /** Since the machine was started, sleep included. */
  readonly boot: number;
}

/** A durable moment: within the boot it was written in it is told by `boot`, later by `wall`. */
export interface Moment {
  readonly wall: number;
  readonly boot: number;
  readonly bootId: string;
}

/** The port to time. Everything outside `src/system` gets time from here, so that tests can be the clock. */
export interface Clock {
  /** Identity of this boot of the machine; `Instant.boot` values compare only within one. */
  readonly bootId: string;
  now(): Instant;
  /** Runs `fn` once, `ms` of waking time from now. Returns what cancels it; cancelling twice is harmless. */
  after(ms: number, fn: () => void): () => void;
}

/** Sleep shorter than this, in milliseconds, is the coarseness of clocks. */
export const NOTICEABLE_SLEEP_MS = 2_000;

/** Milliseconds the machine slept between two instants: what `boot` gained on `mono`. Never negative. */
export function sleptBetween(from: Instant, to: Instant): number {
  return Math.max(0, to.boot - from.boot - (to.mono - from.mono));
}

/** The moment `instant`, fit to be written down. */
export function momentOf(instant: Instant, bootId: string): Moment {
  return { wall: instant.wall, boot: instant.boot, bootId };
}

/**
 * Where a durable moment lies on today's `boot` axis. From another boot only the wall clock can tell, and a
 * wall clock may have been set: callers clamp what they derive from it.
 */
export function onBootAxis(moment: Moment, now: Instant, bootId: string): number {
  return moment.bootId === bootId ? moment.boot : now.boot + (moment.wall - now.wall);
}

/** Waits `ms` of waking time; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
