/** What two looks at a terminal's access time tell: input, or only that it was made, and when. */
import { expect, test } from 'vitest';
import type { Instant } from '../../../src/core/instant.js';
import { TerminalReads } from '../../../src/sensors/terminals/reads.js';
import type { Tty } from '../../../src/sensors/terminals/ttys.js';

/** 2026-01-05 08:00:00 UTC, when the first look is. */
const WALL = 1_767_600_000_000;
const START: Instant = { wall: WALL, mono: 5_000, boot: 80_000 };

/** `ms` of waking time after the start, `sleptMs` of sleep and a clock set by `setMs` in between. */
const later = (ms: number, { sleptMs = 0, setMs = 0 } = {}): Instant => ({
  wall: WALL + ms + sleptMs + setMs,
  mono: START.mono + ms,
  boot: START.boot + ms + sleptMs,
});

/** Read `ms` after the start; made and read a minute before it when left out. */
const tty = (ms = -60_000, { name = 'pts/3', ns = 0, madeMs = -60_000 } = {}): Tty => ({
  name,
  readAt: BigInt(WALL + ms) * 1_000_000n + BigInt(ns),
  changedAt: BigInt(WALL + madeMs) * 1_000_000n,
});

const look = (first: readonly Tty[], second: readonly Tty[], now: Instant) =>
  new TerminalReads(first, START).look(second, now);

test('what was not read since is nothing', () => {
  expect(
    look([tty(), tty(-1_000, { name: 'pts/4' })], [tty(), tty(-1_000, { name: 'pts/4' })], later(10_000)),
  ).toBe(undefined);
});

test('what was read is told with its time on all clocks', () => {
  expect(look([tty()], [tty(4_000)], later(10_000))).toEqual(later(4_000));
});

test('the latest of several is told', () => {
  const names = ['pts/1', 'pts/2', 'pts/3'];
  const first = names.map((name) => tty(-60_000, { name }));
  const second = [tty(2_000, { name: 'pts/1' }), tty(6_000, { name: 'pts/2' }), tty(-60_000)];
  expect(look(first, second, later(10_000))).toEqual(later(6_000));
});

test('the whole second of a read may lie before the last look: it came after it', () => {
  expect(look([tty()], [tty(0)], later(500))).toEqual(later(1));
});

test('one read is told once', () => {
  const reads = new TerminalReads([tty()], START);
  expect(reads.look([tty(4_000)], later(10_000))).toBeDefined();
  expect(reads.look([tty(4_000)], later(20_000))).toBe(undefined);
  expect(reads.look([tty(24_000)], later(30_000))).toEqual(later(24_000));
});

test.each([
  ['a terminal that was opened', undefined, tty(4_000, { ns: 123_456_789, madeMs: 4_124 }), false],
  ['one opened and read, as Linux 6.6 has it', undefined, tty(8_000, { madeMs: 4_124 }), true],
  ['one opened and read, as before', undefined, tty(8_000, { ns: 123_456_789, madeMs: 4_124 }), true],
  [
    'one of the same name as one that was closed',
    tty(),
    tty(4_000, { ns: 123_456_789, madeMs: 4_124 }),
    false,
  ],
  ['a read as before Linux 6.6', tty(-60_000, { ns: 5_000 }), tty(4_000, { ns: 5_000 }), true],
  ['the first read as of Linux 6.6', tty(-60_000, { ns: 5_000 }), tty(4_000), true],
])('%s', (_what, before, after, isInput) => {
  expect(look(before ? [before] : [], [after], later(10_000)) !== undefined).toBe(isInput);
});

test('a terminal that was closed is nothing', () => {
  expect(look([tty()], [], later(10_000))).toBe(undefined);
});

test.each([
  ['forward', 3_600_000],
  ['back', -3_600_000],
])('a wall clock set %s after the read moves it no farther than to the looks around it', (_how, setMs) => {
  const at = look([tty()], [tty(4_000)], later(10_000, { setMs }));
  expect(at?.mono).toBeGreaterThan(START.mono);
  expect(at?.mono).toBeLessThanOrEqual(later(10_000).mono);
});

test('a wall clock set back before the read hides nothing', () => {
  const setMs = -3_600_000;
  expect(look([tty()], [tty(4_000 + setMs)], later(10_000, { setMs }))?.boot).toBe(later(4_000).boot);
});

test('a read before a sleep stays before it', () => {
  expect(look([tty()], [tty(4_000)], later(10_000, { sleptMs: 60_000 }))).toEqual(later(4_000));
});

test('a read after a sleep is told after it', () => {
  const slept = { sleptMs: 60_000 };
  expect(look([tty()], [tty(68_000)], later(10_000, slept))).toEqual(later(8_000, slept));
});
