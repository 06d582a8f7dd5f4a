/** Areas of rectangles with others cut out of them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areaOf, type Rect, without } from '../../../src/sensors/x11/region.js';

const rect = (x: number, y: number, width: number, height: number): Rect => ({ x, y, width, height });

test.each([
  ['nothing is cut out', [rect(0, 0, 10, 10)], [], 100],
  ['what lies beside cuts out nothing', [rect(0, 0, 10, 10)], [rect(10, 0, 10, 10)], 100],
  ['a hole in the middle', [rect(0, 0, 10, 10)], [rect(2, 2, 3, 4)], 88],
  ['a hole over a corner', [rect(0, 0, 10, 10)], [rect(8, 8, 10, 10)], 96],
  ['a hole over all of it', [rect(2, 2, 3, 3)], [rect(0, 0, 10, 10)], 0],
  ['the same hole twice', [rect(0, 0, 10, 10)], [rect(0, 0, 5, 10), rect(0, 0, 5, 10)], 50],
  ['holes that overlap', [rect(0, 0, 10, 10)], [rect(0, 0, 6, 10), rect(4, 0, 6, 10)], 0],
  ['a hole over two rectangles', [rect(0, 0, 10, 10), rect(10, 0, 10, 10)], [rect(5, 0, 10, 10)], 100],
])('%s', (_what, rects, holes, area) => {
  expect(areaOf(without(rects, holes))).toBe(area);
});

test('as many pixels are left as are in a rectangle and in no hole, each once', () => {
  const some = fc.record({
    x: fc.integer({ min: -3, max: 12 }),
    y: fc.integer({ min: -3, max: 12 }),
    width: fc.integer({ min: 1, max: 12 }),
    height: fc.integer({ min: 1, max: 12 }),
  });
  const covers = ({ x, y, width, height }: Rect, px: number, py: number) =>
    px >= x && px < x + width && py >= y && py < y + height;
  fc.assert(
    fc.property(some, fc.array(some, { maxLength: 4 }), (whole, holes) => {
      const left = without([whole], holes);
      for (let px = -4; px < 26; px++) {
        for (let py = -4; py < 26; py++) {
          const expected = covers(whole, px, py) && !holes.some((hole) => covers(hole, px, py)) ? 1 : 0;
          expect(left.filter((one) => covers(one, px, py))).toHaveLength(expected);
        }
      }
    }),
    { numRuns: 50 },
  );
});
