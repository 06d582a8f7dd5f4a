/** The real clock behind core's `Clock` port: which of the machine's clocks is which, and timers without limits. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import type { Clock, Instant } from '../core/instant.js';

/** setTimeout takes a signed 32-bit number of milliseconds and fires at once when given more. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * The machine's clock.
 *
 * | | wall | mono | boot |
 * |---|---|---|---|
 * | Linux | `Date.now` | CLOCK_MONOTONIC: stands still in sleep | CLOCK_BOOTTIME, by way of `os.uptime` |
 * | macOS | `Date.now` | as boot | mach_continuous_time: goes on in sleep |
 * | Windows | `Date.now` | as boot | QueryPerformanceCounter: goes on in sleep |
 *
 * Only on Linux does `mono` stand still in sleep. Elsewhere Node has no such clock: deadlines, which run on
 * `boot`, are right there too, but `sleptBetween` is always 0 and sleep is told by the session's signals alone.
 *
 * A timer keeps the process alive until it has run or is cancelled. One that did not would let a command end
 * silently in the middle of a wait; whoever shuts down cancels what they started.
 */
export function systemClock(platform: NodeJS.Platform = process.platform): Clock {
  const mono = () => performance.now();
  const boot = platform === 'linux' ? bootFromUptime(() => os.uptime() * 1000, mono) : bootFromCounter;
  let identity: string | undefined;
  return {
    // Only who writes or reads a durable moment asks for it; on macOS it takes a process to find out.
    get bootId() {
      identity ??= bootIdentity(platform);
      return identity;
    },
    now(): Instant {
      const elapsed = platform === 'linux' ? mono() : boot();
      return { wall: Date.now(), mono: elapsed, boot: platform === 'linux' ? boot() : elapsed };
    },
    after: (ms, fn) => runAfter(ms, fn, mono),
  };
}

/**
 * Milliseconds since boot on Linux, sleep included. `os.uptime` on Node 20 reads /proc/uptime, which counts in
 * steps of 10 ms, so a reading is up to 10 ms behind. Both clocks run at the same rate but for sleep: the
 * largest lead of uptime over `mono` ever seen is the truest, and `mono` plus that lead is as fine as `mono`,
 * never goes back, and jumps by exactly what was slept (within those 10 ms).
 * @internal exported for its test
 */
export function bootFromUptime(uptimeMs: () => number, mono: () => number): () => number {
  let lead = Number.NEGATIVE_INFINITY;
  return () => {
    // In this order: a pause between the two readings makes the lead smaller, and so is forgotten.
    const up = uptimeMs();
    const at = mono();
    lead = Math.max(lead, up - at);
    return at + lead;
  };
}

/** Milliseconds since boot on macOS and Windows: the counter behind hrtime, which goes on in sleep there. */
function bootFromCounter(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/**
 * What tells this boot from others. Linux and macOS have an identity of their own. Elsewhere, or where it
 * cannot be read, it is the minute of booting by the wall clock: setting the clock then looks like another boot,
 * and moments are compared by the wall clock, which is the careful answer.
 */
function bootIdentity(platform: NodeJS.Platform): string {
  try {
    const own =
      platform === 'linux'
        ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
        : platform === 'darwin'
          ? execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], {
              encoding: 'utf8',
              stdio: ['ignore', 'pipe', 'ignore'],
            }).trim()
          : '';
    if (own !== '') return own;
  } catch {
    // A container without /proc, or no sysctl: derived below.
  }
  return `booted-${Math.round((Date.now() / 1000 - os.uptime()) / 60)}`;
}

/** Runs `fn` when `mono` has gained `ms`: in several timeouts where one is too short, never a moment early. */
function runAfter(ms: number, fn: () => void, mono: () => number): () => void {
  const due = mono() + ms;
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    timer = setTimeout(check, Math.min(Math.max(0, Math.ceil(left)), LONGEST_TIMEOUT_MS));
  };
  const check = () => {
    const left = due - mono();
    if (left > 0) wait(left);
    else fn();
  };
  wait(ms);
  return () => clearTimeout(timer);
}
