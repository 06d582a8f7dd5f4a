/** What every sensor on Wayland has in common: its connection, its runs of activity and its end. */
import type { Clock, Instant } from '../../core/instant.js';
import {
  type Sensor,
  type SensorName,
  type SensorOptions,
  type SensorProbe,
  type SensorSink,
  SensorUnavailable,
} from '../../core/sensor.js';
import { ActivityRuns } from '../runs.js';
import { type ConnectOptions, CURE_LOST, connectWayland } from './connect.js';
import type { WaylandConnection } from './connection.js';

/** What a mechanism over a connection is given to work with. */
export interface WatchContext {
  readonly clock: Clock;
  readonly runs: ActivityRuns;
  /** Something happened at `at`; `ongoing` as for {@link ActivityRuns.happened}. */
  readonly report: (at: Instant, ongoing: boolean) => void;
}

/** A mechanism at work. Its connection is closed for it. */
export interface Watch {
  /** Reports what is not reported yet. Rejects when the compositor cannot be read. */
  read(): Promise<void>;
  stop(): void;
}

export interface WaylandProbeOptions {
  readonly name: SensorName;
  readonly mechanism: string;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly open?: NonNullable<ConnectOptions['open']>;
  readonly watch: (
    connection: WaylandConnection,
    context: WatchContext,
    options: SensorOptions,
  ) => Promise<Watch>;
}

/** A probe for one sensor on Wayland. Each running sensor has a connection of its own. */
export function waylandProbe(probe: WaylandProbeOptions): SensorProbe {
  const { name, mechanism } = probe;
  return { name, mechanism, start: (options, sink) => start(probe, options, sink) };
}

async function start(probe: WaylandProbeOptions, options: SensorOptions, sink: SensorSink): Promise<Sensor> {
  const { name, mechanism, clock, env, open } = probe;
  let stopped = false;
  let lost: string | undefined;
  let watch: Watch | undefined;
  const connection = await connectWayland({
    env,
    clock,
    ...(open ? { open } : {}),
    onLost: (reason) => {
      lost = reason;
      if (!watch) return;
      watch.stop();
      sink.died(reason, CURE_LOST);
    },
  });
  const runs = new ActivityRuns(name, clock.now());
  const report = (at: Instant, ongoing: boolean) => {
    const activity = runs.happened(at, ongoing);
    if (activity && !stopped) sink.activity(activity);
  };
  try {
    watch = await probe.watch(connection, { clock, runs, report }, options);
  } catch (error) {
    stopped = true;
    connection.close();
    if (error instanceof SensorUnavailable) throw error;
    throw new SensorUnavailable(
      lost ?? `the compositor cannot be used: ${reasonOf(error)}`,
      CURE_LOST,
      error,
    );
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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
