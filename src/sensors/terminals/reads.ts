/**
 * Tells from two looks at the terminals whether somebody typed in between, and when. Pure.
 *
 * The kernel moves the access time of a terminal when a program reads what was typed, to the whole second, and
 * only if that lies in another eight seconds than before (`tty_update_time` in drivers/tty/tty_io.c): finer would
 * let others measure a password being typed. What is written to a terminal moves another time.
 */
import { type Instant, sleptBetween } from '../../core/instant.js';
import type { Tty } from './ttys.js';

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

/** What is seen in one look and was not in the look before came after that one. */
const AFTER_MS = 1;

/** What was read last since the looks before, and when. */
export class TerminalReads {
  #seen: ReadonlyMap<string, bigint>;
  #lookedAt: Instant;

  /** What was read before this first look is nothing. */
  constructor(ttys: readonly Tty[], now: Instant) {
    this.#seen = readTimes(ttys);
    this.#lookedAt = now;
  }

  /** When something was read since the last look: after that look and not after `now`. Undefined when nothing was. */
  look(ttys: readonly Tty[], now: Instant): Instant | undefined {
    const before = this.#seen;
    const lookedAt = this.#lookedAt;
    this.#seen = readTimes(ttys);
    this.#lookedAt = now;
    const read = ttys.filter((tty) => wasRead(tty, before.get(tty.name)));
    if (read.length === 0) return undefined;
    return instantOf(Math.max(...read.map(({ readAt }) => Number(readAt / NS_PER_MS))), lookedAt, now);
  }
}

function readTimes(ttys: readonly Tty[]): ReadonlyMap<string, bigint> {
  return new Map(ttys.map(({ name, readAt }) => [name, readAt]));
}

/**
 * Whether its access time has moved because it was read from. The making of a terminal, perhaps of the same name
 * as one that was closed, sets it too, to a moment that is no whole second. A read leaves none of a second (Linux
 * 6.6), or that part of it as it was (before).
 */
function wasRead({ readAt, changedAt }: Tty, before: bigint | undefined): boolean {
  const part = readAt % NS_PER_S;
  if (before === undefined) return part === 0n || readAt > changedAt;
  return readAt !== before && (part === 0n || part === before % NS_PER_S);
}

/** The wall clock may have been set since, and the machine may have slept. */
function instantOf(wall: number, lookedAt: Instant, now: Instant): Instant {
  const age = Math.max(Math.min(now.wall - wall, now.boot - lookedAt.boot - AFTER_MS), 0);
  const slept = sleptBetween(lookedAt, now);
  // Older than the sleep was long: before it, as far as can be known. Waking up is no activity.
  const awake = age > slept ? age - slept : age;
  return {
    wall: now.wall - age,
    mono: Math.max(lookedAt.mono + AFTER_MS, now.mono - awake),
    boot: now.boot - age,
  };
}
