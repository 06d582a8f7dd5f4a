/** The pieces of the UDP server by themselves: splitting, the store of first replies, the rate limit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeJson } from '../../../src/servers/udp/json-form.js';
import { RateLimit } from '../../../src/servers/udp/rate-limit.js';
import { Repeats } from '../../../src/servers/udp/repeats.js';
import { clip, jsonBytes, MAX_DATAGRAM, pack, shrink, shrinkCells } from '../../../src/servers/udp/split.js';

const text = fc.string({ unit: 'binary', maxLength: 3_000 });

describe('splitting', () => {
  it('keeps order, loses nothing and fills no part beyond its room', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 100 })),
        fc.integer({ min: 100, max: 300 }),
        (sizes, room) => {
          const runs = pack(sizes, room);
          expect(runs.flatMap(([from, to]) => sizes.slice(from, to))).toEqual(sizes);
          for (const [index, [from, to]] of runs.entries()) {
            const used = sizes.slice(from, to).reduce((sum, size) => sum + size, 0);
            expect(used).toBeLessThanOrEqual(room);
            // The next item would not have fitted.
            if (index < runs.length - 1) expect(used + (sizes[to] ?? 0)).toBeGreaterThan(room);
          }
        },
      ),
    );
  });

  it('clips to bytes, between characters', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 3, max: 200 }), (given, max) => {
        const clipped = clip(given, max);
        expect(Buffer.byteLength(clipped)).toBeLessThanOrEqual(max);
        if (clipped !== given) {
          expect(clipped.endsWith('…')).toBe(true);
          expect(given.startsWith(clipped.slice(0, -1))).toBe(true);
          // Not one more character would have fitted.
          const next = [...given.slice(clipped.length - 1)][0] ?? '';
          expect(Buffer.byteLength(clipped) + Buffer.byteLength(next)).toBeGreaterThan(max);
        }
      }),
    );
  });

  it('shrinks any row of ten texts into a datagram', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 10 }), (cells) => {
        expect(Buffer.byteLength(shrinkCells(cells, 4_000).join('\t'))).toBeLessThanOrEqual(4_000);
        const record = Object.fromEntries(cells.map((cell, index) => [`field_${index}`, cell]));
        expect(jsonBytes(shrink({ ...record, n: 1, list: cells }, 4_000))).toBeLessThanOrEqual(4_000);
      }),
    );
  });

  it('makes of any reply whole messages that join to it', () => {
    const element = fc.record({ target: fc.string({ unit: 'binary', maxLength: 300 }), n: fc.nat() });
    fc.assert(
      fc.property(
        fc.array(element, { maxLength: 120 }),
        fc.array(element, { maxLength: 60 }),
        (services, clusters) => {
          const asked = { id: '"id"', type: 'T' };
          const parts = writeJson(asked, 1_999, { message: 'm', services, clusters });
          const messages = parts.map((part) => JSON.parse(part.toString()));
          for (const [index, message] of messages.entries()) {
            expect(parts[index]?.length).toBeLessThanOrEqual(MAX_DATAGRAM);
            expect(message).toMatchObject({ id: 'id', type: 'T_RESPONSE', timestamp: 1, source: 'server' });
            expect(message.content).toMatchObject({ success: true, message: 'm' });
            if (parts.length > 1) expect(message).toMatchObject({ part: index + 1, parts: parts.length });
          }
          // Through JSON, as lone surrogates do not survive UTF-8 otherwise.
          const whole = JSON.parse(JSON.stringify({ services, clusters }));
          expect(messages.flatMap((message) => message.content.services)).toEqual(whole.services);
          expect(messages.flatMap((message) => message.content.clusters)).toEqual(whole.clusters);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('the store of first replies', () => {
  const reply = (bytes: number) => [Buffer.alloc(bytes)];

  it('gives a reply again for a minute', () => {
    const repeats = new Repeats({ maxCount: 10, maxBytes: 1_000 });
    const first = [Buffer.from([0, 127, 128, 255]), Buffer.from('휴식')];
    repeats.keep('a', first, 1_000);
    expect(repeats.find('a', 60_999)).toEqual(first);
    expect(repeats.find('a', 61_000)).toBeUndefined();
    expect(repeats.find('b', 1_000)).toBeUndefined();
  });

  it('forgets the oldest when there are too many, or too many bytes, and what has run out', () => {
    const repeats = new Repeats({ maxCount: 3, maxBytes: 100 });
    for (const key of ['a', 'b', 'c', 'd']) repeats.keep(key, reply(10), 0);
    expect(['a', 'b', 'c', 'd'].map((key) => repeats.find(key, 1) !== undefined)).toEqual([
      false,
      true,
      true,
      true,
    ]);
    repeats.keep('e', reply(90), 2);
    expect([repeats.find('d', 2), repeats.find('e', 2)?.length, repeats.size]).toEqual([undefined, 1, 1]);
    repeats.keep('huge', reply(101), 3);
    expect([repeats.find('huge', 3), repeats.size]).toEqual([undefined, 1]);
    repeats.keep('f', reply(1), 70_000);
    expect([repeats.find('f', 70_000)?.length, repeats.size]).toEqual([1, 1]);
  });

  it('never holds more than it may, whatever is kept', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'bb', 'ccc', 'dddd', 'e'), fc.nat(120), fc.nat(30_000))),
        (steps) => {
          const repeats = new Repeats({ maxCount: 3, maxBytes: 100 });
          const sizes = new Map<string, number>();
          let now = 0;
          for (const [key, bytes, pause] of steps) {
            now += pause;
            repeats.keep(key, reply(bytes), now);
            if (bytes + 2 * key.length <= 100) sizes.set(key, bytes + 2 * key.length);
            const held = [...sizes].filter(([each]) => repeats.find(each, now) !== undefined);
            expect(repeats.size).toBeLessThanOrEqual(3);
            expect(held.reduce((sum, [, size]) => sum + size, 0)).toBeLessThanOrEqual(100);
          }
        },
      ),
    );
  });
});

describe('the rate limit', () => {
  it('never lets more through than so many in any second, and no fewer', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 200 }), (pauses) => {
        const limit = new RateLimit(3);
        const taken: number[] = [];
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const recent = taken.filter((at) => at > now - 1_000).length;
          expect(limit.take('peer', now)).toBe(recent < 3);
          if (recent < 3) taken.push(now);
        }
      }),
    );
  });

  it('counts each peer by itself, and remembers a bounded number of them', () => {
    const limit = new RateLimit(1);
    expect([limit.take('a', 0), limit.take('a', 0), limit.take('b', 0)]).toEqual([true, false, true]);
    for (let peer = 0; peer < 1_023; peer += 1) limit.take(`${peer}`, 0);
    // The oldest of 1025 has been forgotten, the second has not.
    expect([limit.take('b', 0), limit.take('a', 0)]).toEqual([false, true]);
  });
});
