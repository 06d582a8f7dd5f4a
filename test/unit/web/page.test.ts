/** The page's own reckoning: instants in words, and the frames of the live stream however they are cut. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { framesOf } from '../../../web/src/live.js';
import { clockTime, countdown, minutesUntilMorning, relative } from '../../../web/src/times.js';

const NOW = Date.UTC(2026, 0, 5, 9);
const at = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();

describe('instants in words', () => {
  test.each([
    [0, 'now'],
    [59, 'in 59 seconds'],
    [-61, '1 minute ago'],
    [3_700, 'in 1 hour'],
    [-90_000, 'yesterday'],
  ])('%i s from now is %s', (seconds, words) => {
    expect(relative(at(seconds), NOW, 'en')).toBe(words);
  });

  test.each([
    [-5, '0:00'],
    [0.2, '0:01'],
    [65, '1:05'],
    [3_905, '1:05:05'],
  ])('a countdown of %d s is %s', (seconds, words) => {
    expect(countdown(at(seconds), NOW)).toBe(words);
  });

  test('another day is told with its date', () => {
    const noon = new Date(2026, 0, 5, 12).getTime();
    expect(clockTime(new Date(2026, 0, 5, 14, 5).toISOString(), noon, 'en-GB')).toBe('14:05');
    expect(clockTime(new Date(2026, 0, 6, 14, 5).toISOString(), noon, 'en-GB')).toMatch(/6 Jan.*14:05/);
  });

  test('tomorrow at nine is never today', () => {
    expect(minutesUntilMorning(new Date(2026, 0, 5, 23, 0))).toBe(10 * 60);
    expect(minutesUntilMorning(new Date(2026, 0, 5, 1, 0))).toBe(32 * 60);
  });
});

test('frames are whole however the stream is cut', async () => {
  const text =
    'id: r-1\nevent: here\ndata: {"missed":false}\n\n: still here\n\nid: r-2\nevent: happened\ndata: {"a":"잠"}\n\n';
  const bytes = new TextEncoder().encode(text);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (cuts) => {
      const ends = [...new Set([0, ...cuts, bytes.length])].sort((one, other) => one - other);
      const pieces = ends.slice(1).map((end, i) => bytes.slice(ends[i], end));
      const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
        start(controller) {
          for (const piece of pieces) controller.enqueue(piece);
          controller.close();
        },
      });
      const frames = [];
      for await (const frame of framesOf(body)) frames.push(frame);
      expect(frames.filter(({ event }) => event !== '')).toEqual([
        { id: 'r-1', event: 'here', data: '{"missed":false}' },
        { id: 'r-2', event: 'happened', data: '{"a":"잠"}' },
      ]);
    }),
  );
});
