/** How long to wait before looking or trying again. */

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 5 * 60_000;
const SETTLING_MS = [500, 1_000, 1_000, 2_000, 3_000, 5_000, 10_000];

/** Milliseconds before try number `failures` + 2: doubling to five minutes, by half of it at random. */
export function backoff(failures: number, random: number): number {
  const full = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 20));
  return full / 2 + (full / 2) * random;
}

/** Milliseconds before the next look at something that AWS is working on. */
export function settleDelay(looks: number): number {
  return SETTLING_MS[Math.min(looks, SETTLING_MS.length - 1)] ?? 10_000;
}
