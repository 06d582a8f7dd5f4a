/** A nudge is nothing, a movement counts, and slow movement adds up. */
import { expect, test } from 'vitest';
import { Movement } from '../../../src/sensors/x11/mouse.js';

const REST_MS = 60_000;

/** Looks at the pointer at these x coordinates, from 0; `rested` are those before which it lay still for long. */
const counted = (minDistancePx: number, xs: readonly number[], rested: readonly number[] = []) => {
  const movement = new Movement({ x: 0, y: 0 }, minDistancePx);
  return xs.map((x, i) => movement.reaches({ x, y: 0 }, rested.includes(i) ? REST_MS : 0));
};

test.each([
  ['under the distance', 5, [2, 4], [], [false, false]],
  ['at the distance', 5, [5], [], [true]],
  ['slowly over it', 5, [1, 2, 3, 4, 5, 6], [], [false, false, false, false, true, false]],
  ['reckoned anew from where it counted', 5, [5, 9, 10], [], [true, false, true]],
  ['trembling', 5, [1, 0, 1, 0, -1], [], [false, false, false, false, false]],
  ['nudges with long rests never add up', 5, [3, 6, 9], [0, 1, 2], [false, false, false]],
  ['a long rest does not hide a movement', 5, [3, 12], [0, 1], [false, true]],
  ['no distance at all, any movement counts', 0, [0, 1], [], [false, true]],
] as const)('%s', (_what, minDistancePx, xs, rested, expected) => {
  expect(counted(minDistancePx, xs, rested)).toEqual(expected);
});

test('the distance is as the crow flies', () => {
  expect(new Movement({ x: 10, y: 10 }, 5).reaches({ x: 13, y: 14 }, 0)).toBe(true);
});
