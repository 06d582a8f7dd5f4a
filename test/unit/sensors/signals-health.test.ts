/** How the health of mechanisms adds up to that of a signal. */
import { expect, test } from 'vitest';
import { anyOf, oneWith } from '../../../src/sensors/signals/health.js';

const broken = { reason: 'it broke', cure: 'mend it' };

test('any mechanism that works is enough; the first is named, the others are beside it', () => {
  expect(
    anyOf([
      { name: 'a', trouble: broken },
      { name: 'b', trouble: undefined },
      { name: 'c', trouble: undefined },
    ]),
  ).toEqual({
    state: 'watching',
    mechanism: 'b',
    beside: [
      { state: 'unavailable', mechanism: 'a', ...broken },
      { state: 'watching', mechanism: 'c' },
    ],
  });
});

test('where none works, every reason is named, and each cure once', () => {
  expect(
    anyOf([
      { name: 'a', trouble: broken },
      { name: 'b', trouble: { reason: 'it is not there', cure: 'mend it' } },
    ]),
  ).toEqual({
    state: 'unavailable',
    reason: 'a: it broke; b: it is not there',
    cure: 'mend it',
    passedOver: [
      { mechanism: 'a', ...broken },
      { mechanism: 'b', reason: 'it is not there', cure: 'mend it' },
    ],
  });
});

test('what only adds to a mechanism does not stand in for it', () => {
  const adds = { name: 'b', trouble: undefined };
  expect(oneWith({ name: 'a', trouble: broken }, [adds])).toEqual({ state: 'unavailable', ...broken });
  expect(oneWith({ name: 'a', trouble: undefined }, [])).toEqual({ state: 'watching', mechanism: 'a' });
});
