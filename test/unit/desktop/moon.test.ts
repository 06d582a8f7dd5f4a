/** The drawn moon: seen at every size, each state in its own colour, clear where there is none. */
import { expect, test } from 'vitest';
import { drawMoon } from '../../../src/desktop/moon.js';

test.each([16, 22, 32, 48])('at %i pixels every state looks different, and has clear corners', (size) => {
  const states = (['present', 'soon', 'napping', 'trouble'] as const).map(
    (state) => drawMoon(state, size).rgba,
  );
  expect(new Set(states.map((rgba) => rgba.toString('hex'))).size).toBe(4);
  for (const rgba of states) {
    expect(rgba.length).toBe(size * size * 4);
    const opaque = rgba.filter((_, at) => at % 4 === 3);
    const seen = opaque.filter((value) => value > 127).length / opaque.length;
    expect(seen).toBeGreaterThan(0.15);
    expect(seen).toBeLessThan(0.6);
    for (const corner of [0, size - 1, size * (size - 1), size * size - 1]) expect(opaque[corner]).toBe(0);
  }
});
