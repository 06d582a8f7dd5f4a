/**
 * How loud a stream plays: a record stream on its sink's monitor that hears it alone and is given nothing but peaks,
 * 25 a second. A desktop may show it as a microphone in use, so it is open until half a second has been heard.
 */
import { type Clock, sleep } from '../../core/instant.js';
import { type PulseConnection, Refused } from './connection.js';
import type { AudibleStream } from './playback.js';
import type { TagWriter } from './tagstruct.js';

/** A sink may have its next two seconds rendered already, and its monitor hears what is rendered. */
const LISTEN_MOST_MS = 2_500;

/** A program that opens more streams than this at once is heard by some of them. */
const MOST_STREAMS = 8;

/** One channel of peaks: PA_SAMPLE_FLOAT32LE, PA_CHANNEL_POSITION_MONO; the rate is that of volume meters. */
const PEAKS = { format: 5, channels: 1, rate: 25 };
const MONO = [0];
const SAMPLE_BYTES = 4;
const ENOUGH_BYTES = (SAMPLE_BYTES * PEAKS.rate) / 2;

/** Leaves the size of the server's own buffer to the server. */
const DEFAULT_SIZE = 0xffff_ffff;

export interface Listener {
  readonly connection: Pick<PulseConnection, 'ask' | 'onAudio' | 'forgetAudio'>;
  readonly clock: Clock;
  /** Ends the listening at once. */
  readonly signal: AbortSignal;
}

/**
 * Whether one of the streams reaches `minDb` (0 is full scale) within half a second of its sound; resolves as soon
 * as one does. What is measured is the stream with its own volume, before that of its sink. One that delivers
 * nothing is silent.
 * @throws Refused when the server does not let us listen.
 */
export async function isLouder(
  listener: Listener,
  streams: readonly AudibleStream[],
  minDb: number,
): Promise<boolean> {
  const { connection, clock, signal } = listener;
  const threshold = 10 ** (minDb / 20);
  const done = new AbortController();
  let isLoud = false;
  let left = 0;
  const hears = () => {
    left += 1;
    let missing = ENOUGH_BYTES;
    return (samples: Buffer) => {
      isLoud ||= peakOf(samples) >= threshold;
      if (missing > 0 && missing <= samples.length) left -= 1;
      missing -= samples.length;
      if (isLoud || left === 0) done.abort();
    };
  };

  const opened = await Promise.allSettled(
    streams.slice(0, MOST_STREAMS).map((stream) =>
      connection.ask('createRecordStream', recordStreamOn(stream), (answer) => {
        const index = answer.u32();
        connection.onAudio(index, hears());
        return index;
      }),
    ),
  );
  const indexes = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (indexes.length > 0) {
    await sleep(clock, LISTEN_MOST_MS, AbortSignal.any([signal, done.signal])).catch(() => {});
    for (const index of indexes) connection.forgetAudio(index);
  }
  const closed = await Promise.allSettled(
    indexes.map((index) => connection.ask('deleteRecordStream', (request) => request.u32(index))),
  );
  for (const one of [...opened, ...closed]) {
    // A stream that ends takes along what listens to it.
    if (one.status === 'rejected' && !(one.reason instanceof Refused && one.reason.isGone)) throw one.reason;
  }
  return isLoud;
}

/** CREATE_RECORD_STREAM as version 20 has it. */
function recordStreamOn({ index, monitor }: AudibleStream): (request: TagWriter) => unknown {
  return (request) =>
    request
      .sampleSpec(PEAKS)
      .channelMap(MONO)
      .u32(monitor)
      .noString() // the source by name
      .u32(DEFAULT_SIZE)
      .boolean(false) // start paused
      .u32(SAMPLE_BYTES) // as little at a time as there can be
      .boolean(false) // keep channels as they are
      .boolean(false) // mix no channels
      .boolean(false) // take the source's format
      .boolean(false) // its rate
      .boolean(false) // its channels
      .boolean(true) // do not move it to another source
      .boolean(false) // variable rate
      .boolean(true) // peaks only
      .boolean(true) // have the source deliver as often as asked for
      .properties({ 'media.name': 'Level of playback', 'application.name': 'Cloudnap' })
      .u32(index) // hear this stream alone
      .boolean(false) // early requests
      .boolean(true) // do not keep the sink from being suspended
      .boolean(false); // fail when the source is suspended
}

function peakOf(samples: Buffer): number {
  let peak = 0;
  for (let at = 0; at + SAMPLE_BYTES <= samples.length; at += SAMPLE_BYTES) {
    peak = Math.max(peak, Math.abs(samples.readFloatLE(at)));
  }
  return peak;
}
