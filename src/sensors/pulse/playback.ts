/**
 * What counts as playback. A stream ("sink input") plays when it is neither paused ("corked") nor muted, its volume
 * is above zero, and so is that of the sink it goes to: what comes out of a muted sink is silence, whoever plays.
 * Two kinds never count: event sounds (`media.role` "event"), which sound whether or not anybody is there, our own
 * notifications' among them; and streams without a client, by which the server joins its own parts (loopbacks,
 * combined and filtered sinks) and which never end.
 *
 * The layout of both lists is that of protocol version 20: PulseAudio's src/pulsecore/protocol-native.c,
 * `sink_input_fill_tagstruct` and `sink_fill_tagstruct`; pipewire-pulse, module-protocol-pulse/pulse-server.c,
 * `fill_sink_input_info` and `fill_sink_info`, writes the same.
 */
import type { TagReader } from './tagstruct.js';

/** An index that names nothing (PA_INVALID_INDEX). */
export const NO_INDEX = 0xffff_ffff;

/** A stream that can be heard. */
export interface AudibleStream {
  readonly index: number;
  /** The source that hears what its sink plays. */
  readonly monitor: number;
}

interface PlayingStream {
  readonly index: number;
  readonly sink: number;
}

interface Sink {
  readonly monitor: number;
  readonly audible: boolean;
}

/** The playing streams from an answer to GET_SINK_INPUT_INFO_LIST. */
export function readPlayingStreams(answer: TagReader): readonly PlayingStream[] {
  const playing: PlayingStream[] = [];
  while (!answer.atEnd) {
    const index = answer.u32();
    answer.skipString(); // what is played
    answer.u32(); // the module that takes clients, or that owns it
    const client = answer.u32();
    const sink = answer.u32();
    answer.skipSampleSpec();
    answer.skipChannelMap();
    const volume = answer.loudestChannel();
    answer.skipUsec(); // its latency
    answer.skipUsec(); // its sink's
    answer.skipString(); // resampler
    answer.skipString(); // driver
    const muted = answer.boolean();
    const isEvent = answer.hasProperty('media.role', 'event');
    const corked = answer.boolean();
    const hasVolume = answer.boolean();
    answer.boolean(); // whether its volume can be set
    // Compressed sound that is passed through (to a television, say) has no volume of its own.
    const isHeard = !corked && !muted && (volume > 0 || !hasVolume);
    if (isHeard && !isEvent && client !== NO_INDEX) playing.push({ index, sink });
  }
  return playing;
}

/** The sinks, by their index, from an answer to GET_SINK_INFO_LIST. */
export function readSinks(answer: TagReader): ReadonlyMap<number, Sink> {
  const sinks = new Map<number, Sink>();
  while (!answer.atEnd) {
    const index = answer.u32();
    answer.skipString(); // name
    answer.skipString(); // description
    answer.skipSampleSpec();
    answer.skipChannelMap();
    answer.u32(); // module
    const volume = answer.loudestChannel();
    const muted = answer.boolean();
    const monitor = answer.u32();
    answer.skipString(); // the monitor's name
    answer.skipUsec(); // latency
    answer.skipString(); // driver
    answer.u32(); // flags
    answer.skipProperties();
    answer.skipUsec(); // latency asked for
    answer.skipVolume(); // the volume that is 0 dB
    answer.u32(); // state
    answer.u32(); // steps of the volume
    answer.u32(); // card
    for (let ports = answer.u32(); ports > 0; ports--) {
      answer.skipString(); // name
      answer.skipString(); // description
      answer.u32(); // priority
    }
    answer.skipString(); // active port
    sinks.set(index, { monitor, audible: !muted && volume > 0 });
  }
  return sinks;
}

/** Those that come out of a sink that can be heard. One that is between two sinks has none for that moment. */
export function audible(
  streams: readonly PlayingStream[],
  sinks: ReadonlyMap<number, Sink>,
): readonly AudibleStream[] {
  return streams.flatMap(({ index, sink: at }) => {
    const sink = sinks.get(at);
    return sink?.audible ? [{ index, monitor: sink.monitor }] : [];
  });
}
