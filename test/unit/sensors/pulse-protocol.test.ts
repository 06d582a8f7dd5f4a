/** The wire of PulseAudio's native protocol: values, frames, and what becomes of nonsense. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandFrame, type Frame, FrameReader } from '../../../src/sensors/pulse/frames.js';
import { audible, NO_INDEX, readPlayingStreams, readSinks } from '../../../src/sensors/pulse/playback.js';
import { NotTheProtocol, TagReader, TagWriter } from '../../../src/sensors/pulse/tagstruct.js';
import { type FakeSink, type FakeStream, sinkBytes, streamBytes } from './pulse-fake.js';

const heard = (streams: readonly FakeStream[], sink: FakeSink = {}) =>
  audible(
    readPlayingStreams(new TagReader(Buffer.concat(streams.map(streamBytes)))),
    readSinks(new TagReader(sinkBytes(sink))),
  ).map(({ index }) => index);

describe('what can be heard', () => {
  test.each<[string, FakeStream, FakeSink, boolean]>([
    ['a stream that plays', {}, {}, true],
    ['a paused one', { corked: true }, {}, false],
    ['a muted one', { muted: true }, {}, false],
    ['one without any volume', { volume: 0 }, {}, false],
    ['one that has no volume of its own', { volume: 0, hasVolume: false }, {}, true],
    ['the sound of an event', { properties: { 'media.role': 'event' } }, {}, false],
    ['music by the name of event', { properties: { 'media.name': 'event' } }, {}, true],
    ["one of the server's own", { client: NO_INDEX }, {}, false],
    ['one on its way to another sink', { sink: NO_INDEX }, {}, false],
    ['what goes to a muted sink', {}, { muted: true }, false],
    ['what goes to a sink without volume', {}, { volume: 0 }, false],
  ])('%s', (_what, stream, sink, expected) => {
    expect(heard([stream], sink)).toEqual(expected ? [1] : []);
  });

  test('each of several streams by itself, and which source hears it', () => {
    expect(heard([{ index: 4 }, { index: 5, corked: true }, { index: 6 }])).toEqual([4, 6]);
    const [stream] = audible([{ index: 9, sink: 7 }], readSinks(new TagReader(sinkBytes())));
    expect(stream).toEqual({ index: 9, monitor: 8 });
  });

  test('nothing, where there is nothing', () => {
    expect(heard([])).toEqual([]);
    expect(readSinks(new TagReader(Buffer.alloc(0)))).toEqual(new Map());
  });

  test('a list cut off anywhere inside a stream or a sink is no list', () => {
    const [stream, sink] = [streamBytes({}), sinkBytes()];
    for (let end = 1; end < stream.length; end++) {
      expect(() => readPlayingStreams(new TagReader(stream.subarray(0, end)))).toThrow(NotTheProtocol);
    }
    for (let end = 1; end < sink.length; end++) {
      expect(() => readSinks(new TagReader(sink.subarray(0, end)))).toThrow(NotTheProtocol);
    }
  });

  test('nonsense in place of a list is either a list or not the protocol, soon', () => {
    const good = Buffer.concat([streamBytes({}), streamBytes({ index: 2 })]);
    const damaged = fc
      .tuple(fc.nat(good.length - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }))
      .map(([at, bytes]) => Buffer.concat([good.subarray(0, at), bytes, good.subarray(at + bytes.length)]));
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, noise), (bytes) => {
        for (const read of [readPlayingStreams, readSinks]) {
          try {
            read(new TagReader(bytes));
          } catch (error) {
            expect(error).toBeInstanceOf(NotTheProtocol);
          }
        }
      }),
    );
  });
});

describe('frames', () => {
  const all = (reader: FrameReader, chunks: readonly Buffer[]): Frame[] =>
    chunks.flatMap((chunk) => [...reader.push(chunk)]);

  test('come out the same however the bytes arrive', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 });
    fc.assert(
      fc.property(bodies, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, sizes) => {
        const bytes = Buffer.concat(sent.map(commandFrame));
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const end = at + (sizes[i % sizes.length] ?? 1);
          chunks.push(bytes.subarray(at, end));
          at = end;
        }
        const frames = all(new FrameReader(), chunks);
        expect(frames.map(({ kind }) => kind)).toEqual(sent.map(() => 'command'));
        expect(frames.map(({ bytes: body }) => [...body])).toEqual(sent.map((body) => [...body]));
      }),
    );
  });

  test('tell audio from commands', () => {
    const frame = commandFrame(Buffer.from([1, 2, 3]));
    frame.writeUInt32BE(12, 4);
    expect(all(new FrameReader(), [frame])).toEqual([
      { kind: 'audio', stream: 12, bytes: Buffer.from([1, 2, 3]) },
    ]);
  });

  test('of four gigabytes are refused at their first twenty bytes', () => {
    const header = commandFrame(Buffer.alloc(0));
    header.writeUInt32BE(0xffff_ffff, 0);
    expect(() => all(new FrameReader(), [header])).toThrow(/4294967295 bytes/);
  });

  test.each([0x8000_0000, 0x4000_0000, 0xc000_0000])('about shared memory (%i) are refused', (flags) => {
    const frame = commandFrame(Buffer.alloc(16));
    frame.writeUInt32BE(flags, 16);
    expect(() => all(new FrameReader(), [frame])).toThrow(NotTheProtocol);
  });
});

test('properties are written as they are read', () => {
  const bytes = new TagWriter().properties({ 'media.role': 'event', 'a.b': 'ü' }).boolean(true).bytes();
  for (const [key, value, found] of [
    ['media.role', 'event', true],
    ['a.b', 'ü', true],
    ['a.b', 'event', false],
    ['media.role', 'even', false],
  ] as const) {
    const reader = new TagReader(bytes);
    expect(reader.hasProperty(key, value)).toBe(found);
    expect(reader.boolean()).toBe(true);
    expect(reader.atEnd).toBe(true);
  }
});
