import { Unavailable } from '../../core/errors.js';
/** The audio sensor on a PulseAudio or PipeWire server: the probe, its connection, and its end. */
import type { Clock, Instant } from '../../core/instant.js';
import type { Sensor, SensorOptions, SensorProbe, SensorSink } from '../../core/sensor.js';

import { ActivityRuns } from '../runs.js';
import { connectPulse, type PulseConnection, Refused } from './connection.js';
import { isLouder } from './level.js';
import { whatIsLoud } from './listening.js';
import { type AudibleStream, audible, readPlayingStreams, readSinks } from './playback.js';
import { cookieOf, socketsOf } from './server.js';
import { allThatPlays, PlaybackWatch } from './watch.js';

const NAME = 'audio';
const MECHANISM = 'PulseAudio native protocol';

const CURE_CONNECT =
  'start PulseAudio, or PipeWire with pipewire-pulse, in this session, or set activity_monitor.audio.enabled to false in settings.json';
const CURE_LOST = 'none needed: it is tried again until the sound server answers';
const CURE_REFUSED =
  'let Cloudnap out of its sandbox, or set activity_monitor.audio.enabled to false in settings.json';
const CURE_REFUSED_MEASURING =
  'let Cloudnap record from the monitors of the sinks, or set activity_monitor.audio.measure_level to false and min_level_db to its default in settings.json';

interface Failure {
  readonly reason: string;
  readonly cure: string;
}

interface PulseOptions {
  readonly clock: Clock;
  /** Read when the probe starts. */
  readonly env: NodeJS.ProcessEnv;
}

/** The probe for playback on the user's sound server. */
export function pulseAudioProbe(from: PulseOptions): SensorProbe {
  return {
    name: NAME,
    mechanism: MECHANISM,
    start: async (options, sink) => {
      const sensor = new PulseAudioSensor(from, options, sink);
      await sensor.start();
      return sensor;
    },
  };
}

class PulseAudioSensor implements Sensor {
  readonly name = NAME;
  readonly mechanism = MECHANISM;
  readonly #from: PulseOptions;
  readonly #options: SensorOptions;
  readonly #sink: SensorSink;
  readonly #ending = new AbortController();
  #connection: PulseConnection | undefined;
  #watch: PlaybackWatch | undefined;
  /** Why it watches no more. */
  #ended: Failure | undefined;
  /** Only one that has started can die. */
  #isStarted = false;

  constructor(from: PulseOptions, options: SensorOptions, sink: SensorSink) {
    this.#from = from;
    this.#options = options;
    this.#sink = sink;
  }

  /** @throws Unavailable */
  async start(): Promise<void> {
    const connection = await connectFirst(this.#from, (reason) =>
      this.#died({ reason: `the sound server is lost: ${reason}`, cure: CURE_LOST }),
    );
    const watch = this.#watchOver(connection);
    this.#connection = connection;
    this.#watch = watch;
    try {
      await connection.onChange(() => watch.changed());
      // What plays already is activity from now on.
      await this.read();
      this.#isStarted = true;
    } catch (error) {
      const { reason, cure } = this.#ended ?? this.#failureFrom(error);
      await this.stop();
      throw new Unavailable(reason, cure, error);
    }
  }

  async read(): Promise<void> {
    try {
      await this.#watch?.read();
    } catch (error) {
      this.#died(this.#failureFrom(error));
    }
    // A look that was under way when it ended has found nothing out.
    if (this.#ended) throw new Error(this.#ended.reason);
  }

  async stop(): Promise<void> {
    this.#end({ reason: 'the sensor was stopped', cure: CURE_LOST });
  }

  #watchOver(connection: PulseConnection): PlaybackWatch {
    const { clock } = this.#from;
    const { audioMeasureLevel, audioMinLevelDb } = this.#options;
    const runs = new ActivityRuns(NAME, clock.now());
    const report = (at: Instant, ongoing: boolean) => {
      const activity = runs.happened(at, ongoing);
      if (activity && !this.#ended) this.#sink.activity(activity);
    };
    const context = { clock, runs, report };
    const listener = { connection, clock, signal: this.#ending.signal };
    return new PlaybackWatch({
      clock,
      audible: () => audibleOn(connection),
      verdict: audioMeasureLevel
        ? whatIsLoud({ ...context, isLoud: (streams) => isLouder(listener, streams, audioMinLevelDb) })
        : allThatPlays(context),
      onFailed: (error) => this.#died(this.#failureFrom(error)),
    });
  }

  #failureFrom(error: unknown): Failure {
    if (!(error instanceof Refused)) return { reason: messageOf(error), cure: CURE_LOST };
    const reason = `the sound server refuses what is needed: ${error.message}`;
    return { reason, cure: this.#options.audioMeasureLevel ? CURE_REFUSED_MEASURING : CURE_REFUSED };
  }

  #died(failure: Failure): void {
    if (this.#end(failure) && this.#isStarted) this.#sink.died(failure.reason, failure.cure);
  }

  #end(why: Failure): boolean {
    if (this.#ended) return false;
    this.#ended = why;
    this.#ending.abort();
    this.#watch?.stop();
    this.#connection?.close();
    return true;
  }
}

/** Connects to the first server that answers. @throws Unavailable that names them all. */
async function connectFirst(
  { env, clock }: PulseOptions,
  onLost: (reason: string) => void,
): Promise<PulseConnection> {
  const cookie = await cookieOf(env);
  const failures: string[] = [];
  for (const path of socketsOf(env)) {
    try {
      return await connectPulse({ path, cookie, clock, onLost });
    } catch (error) {
      failures.push(`${path} (${messageOf(error)})`);
    }
  }
  throw new Unavailable(`neither PulseAudio nor PipeWire answers at ${failures.join(' or ')}`, CURE_CONNECT);
}

/** Both lists are asked for in one go, so that they are of one moment. */
async function audibleOn(connection: PulseConnection): Promise<readonly AudibleStream[]> {
  const nothing = () => {};
  const [streams, sinks] = await Promise.all([
    connection.ask('getSinkInputInfoList', nothing, readPlayingStreams),
    connection.ask('getSinkInfoList', nothing, readSinks),
  ]);
  return audible(streams, sinks);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
