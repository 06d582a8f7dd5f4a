/** What every sensor on X11 has in common: where it may be used, its connection, and its end. */
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
import { connectX11 } from './connect.js';
import { CURE_LOST, type XConnection } from './connection.js';

/** What a mechanism over an X connection is given to work with. */
export interface WatchContext {
  readonly clock: Clock;
  readonly runs: ActivityRuns;
  /** Something happened at `at`; `ongoing` as for {@link ActivityRuns.happened}. */
  readonly report: (at: Instant, ongoing: boolean) => void;
}

/** A mechanism at work. Its connection is closed for it. */
export interface Watch {
  /** Reports what is not reported yet. Rejects when the server cannot be read. */
  read(): Promise<void>;
  stop(): void;
}

export interface X11ProbeOptions {
  readonly name: SensorName;
  readonly mechanism: string;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly watch: (connection: XConnection, context: WatchContext, options: SensorOptions) => Promise<Watch>;
}

/** A probe for one sensor on X11. Each running sensor has a connection of its own. */
export function x11Probe(probe: X11ProbeOptions): SensorProbe {
  const { name, mechanism } = probe;
  return { name, mechanism, start: (options, sink) => start(probe, options, sink) };
}

async function start(probe: X11ProbeOptions, options: SensorOptions, sink: SensorSink): Promise<Sensor> {
  const { name, mechanism, clock, env } = probe;
  const display = displayOf(env);
  const runs = new ActivityRuns(name, clock.now());
  let stopped = false;
  let lost: string | undefined;
  let watch: Watch | undefined;

  const connection = await connectX11({
    display,
    clock,
    onLost: (reason) => {
      lost = reason;
      if (!watch) return;
      watch.stop();
      sink.died(reason, CURE_LOST);
    },
  });
  const report = (at: Instant, ongoing: boolean) => {
    const activity = runs.happened(at, ongoing);
    if (activity && !stopped) sink.activity(activity);
  };
  try {
    if (await connection.hasExtension('XWAYLAND')) throw xwayland();
    watch = await probe.watch(connection, { clock, runs, report }, options);
  } catch (error) {
    stopped = true;
    connection.close();
    if (error instanceof SensorUnavailable) throw error;
    throw new SensorUnavailable(
      lost ??
        `the X server at ${display} refused what is needed: ${error instanceof Error ? error.message : error}`,
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

/** @throws SensorUnavailable where there is no X server, or none that sees the input. */
function displayOf(env: NodeJS.ProcessEnv): string {
  if (env.WAYLAND_DISPLAY) throw xwayland();
  if (env.DISPLAY) return env.DISPLAY;
  throw new SensorUnavailable(
    'there is no display: DISPLAY is not set',
    'start Cloudnap from within the desktop session, or set DISPLAY to its X server',
  );
}

/** XWayland sees only what goes to X11 programs, so its silence means nothing. */
function xwayland(): SensorUnavailable {
  return new SensorUnavailable(
    'this is a Wayland session, where an X server does not see the input',
    'sign in to an X11 session, or switch the sensor off in settings.json',
  );
}
