/** Files of comma-separated values as people take them to a spreadsheet. */
import { expect, test } from 'vitest';
import { csvOf } from '../../../src/control/csv.js';

test.each([
  [1.5, '1.5'],
  [null, ''],
  [['disks', 'addresses'], 'disks addresses'],
  ['plain', 'plain'],
  ['a, b', '"a, b"'],
  ['say "so"', '"say ""so"""'],
  ['two\nlines', '"two\nlines"'],
])('%j stands as %s', (value, cell) => {
  expect(csvOf(['it'], [{ it: value }])).toBe(`it\n${cell}\n`);
});
