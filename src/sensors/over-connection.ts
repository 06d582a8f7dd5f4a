import { Unavailable } from '../core/errors.js';
/** What every sensor over a connection of its own has in common: its runs of activity, its loss and its end. */
import type { Clock, Instant } from '../core/instant.js';
import type { Sensor, SensorName, SensorOptions, SensorProbe, SensorSink } from '../core/sensor.js';

import { ActivityRuns } from './runs.js';

/** What a mechanism is given to work with. */
export interface WatchContext {
  readonly clock: Clock;
  readonly runs: ActivityRuns;
  /** Something happened at `at`; `ongoing` as for {@link ActivityRuns.happened}. */
  readonly report: (at: Instant, ongoing: boolean) => void;
}

/** A mechanism at work. Its connection is closed for it. */
export interface Watch {
  /** Reports what is not reported yet. Rejects when the other end cannot be read. */
  read(): Promise<void>;
  stop(): void;
}

/** Begins one mechanism over a connection of the kind. */
export type Watcher<Connection> = (
  connection: Connection,
  context: WatchContext,
  options: SensorOptions,
) => Promise<Watch>;

interface OverConnection<Connection> {
  readonly name: SensorName;
  readonly mechanism: string;
  readonly clock: Clock;
  /** Calls `onLost` at most once, and not after `close`. @throws Unavailable */
  readonly connect: (onLost: (reason: string) => void) => Promise<Connection>;
  readonly watch: Watcher<Connection>;
  /** For people, before the reason: `the compositor cannot be used`. */
  readonly refused: string;
  /** What to do where it refuses or is lost. */
  readonly cure: string;
}

/** A probe whose running sensor has a connection of its own. */
export function connectionProbe<Connection extends { close(): void }>(
  probe: OverConnection<Connection>,
): SensorProbe {
  const { name, mechanism } = probe;
  return { name, mechanism, start: (options, sink) => start(probe, options, sink) };
}

async function start<Connection extends { close(): void }>(
  probe: OverConnection<Connection>,
  options: SensorOptions,
  sink: SensorSink,
): Promise<Sensor> {
  const { name, mechanism, clock, refused, cure } = probe;
  let stopped = false;
  let lost: string | undefined;
  let watch: Watch | undefined;
  const connection = await probe.connect((reason) => {
    lost = reason;
    if (!watch) return;
    watch.stop();
    sink.died(reason, cure);
  });
  const runs = new ActivityRuns(name, clock.now());
  const report = (at: Instant, ongoing: boolean) => {
    const activity = runs.happened(at, ongoing);
    if (activity && !stopped) sink.activity(activity);
  };
  try {
    watch = await probe.watch(connection, { clock, runs, report }, options);
    if (lost !== undefined) throw new Error(lost);
  } catch (error) {
    stopped = true;
    watch?.stop();
    connection.close();
    if (error instanceof Unavailable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Unavailable(lost ?? `${refused}: ${why}`, cure, error);
  }
  const running = watch;
  return {
    name,
    mechanism,
    read: () => running.read(),
    stop: async () => {
      stopped = true;
      running.stop();
      connection.close();
    },
  };
}
