/** What the sensors that ask a compositor over the session bus have in common: where they are used, and their end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Unavailable } from '../core/errors.js';
import type { Clock, Instant } from '../core/instant.js';
import type { Sensor, SensorName, SensorProbe, SensorSink } from '../core/sensor.js';

import { type BusConnection, CURE_BUS_LOST, connectBus } from '../system/dbus/bus.js';
import { ActivityRuns } from './runs.js';

/** What a mechanism on the session bus is given to work with. */
export interface DesktopContext {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly runs: ActivityRuns;
  /** Something happened at `at`; `ongoing` as for {@link ActivityRuns.happened}. */
  readonly report: (at: Instant, ongoing: boolean) => void;
  /** The mechanism can go on no longer. */
  readonly fail: (reason: string) => void;
}

/** A mechanism at work. Its connection is closed for it. */
export interface DesktopWatch {
  /** Reports what is not reported yet. Rejects when the desktop cannot be asked. */
  read(): Promise<void>;
  /** Frees what the desktop would keep beyond the connection. Must not reject. */
  stop(): Promise<void>;
}

export interface DesktopProbeOptions {
  readonly name: SensorName;
  readonly mechanism: string;
  readonly clock: Clock;
  /** Read when the probe starts. */
  readonly env: NodeJS.ProcessEnv;
  readonly compositor: Compositor;
  /** Begins to watch a compositor that is there. @throws Unavailable when it does not offer what is needed. */
  readonly watch: (bus: BusConnection, context: DesktopContext) => Promise<DesktopWatch>;
}

export interface Compositor {
  /** For people. */
  readonly title: string;
  /** The name it owns on the session bus for as long as it runs. */
  readonly service: string;
}

/** A probe that asks a compositor over the session bus. Each running sensor has a connection of its own. */
export function desktopProbe(probe: DesktopProbeOptions): SensorProbe {
  const { name, mechanism } = probe;
  return { name, mechanism, start: (_options, sink) => start(probe, sink) };
}

/** A probe that never works: it says why where this compositor runs, and that it does not run elsewhere. */
export function untoldProbe(
  probe: Omit<DesktopProbeOptions, 'watch'> & { readonly reason: string },
): SensorProbe {
  const { name, reason } = probe;
  return desktopProbe({
    ...probe,
    watch: async () => {
      throw new Unavailable(
        reason,
        `set activity_monitor.${name}.enabled to false in settings.json (keyboard and mouse are enough for presence), or sign in to an X11 session`,
      );
    },
  });
}

async function start(probe: DesktopProbeOptions, sink: SensorSink): Promise<Sensor> {
  const { name, mechanism, clock, env, compositor } = probe;
  const { title } = compositor;
  if (isServedByX11(env)) {
    throw new Unavailable('this is an X11 session, where the X server tells more', 'none needed');
  }
  const runs = new ActivityRuns(name, clock.now());
  let ended = false;
  let lost: string | undefined;
  let watch: DesktopWatch | undefined;

  const end = async () => {
    if (ended) return;
    ended = true;
    await watch?.stop();
    bus.close();
  };
  const die = (reason: string, cure: string) => {
    lost ??= reason;
    if (ended || !watch) return;
    void end();
    sink.died(reason, cure);
  };
  const bus = await connectBus({
    bus: 'session',
    clock,
    env,
    onLost: (reason) => die(reason, CURE_BUS_LOST),
  });
  const fail = (reason: string) => die(reason, `none needed: it is tried again until ${title} answers`);
  try {
    await followCompositor(bus, compositor, fail);
    watch = await probe.watch(bus, {
      clock,
      env,
      runs,
      report: (at, ongoing) => {
        const activity = runs.happened(at, ongoing);
        if (activity && !ended) sink.activity(activity);
      },
      fail,
    });
    if (lost !== undefined) throw new Error(lost);
  } catch (error) {
    await end();
    if (error instanceof Unavailable) throw error;
    const why = lost ?? (error instanceof Error ? error.message : String(error));
    throw new Unavailable(
      `${title} refused what is needed: ${why}`,
      `check that ${title} is up to date, or set activity_monitor.${name}.enabled to false in settings.json`,
      error,
    );
  }
  const running = watch;
  return { name, mechanism, read: () => running.read(), stop: end };
}

/**
 * Fails once the compositor, which runs now, has ended or been replaced.
 * @throws Unavailable when it does not run.
 */
async function followCompositor(
  bus: BusConnection,
  { service, title }: Compositor,
  fail: (reason: string) => void,
): Promise<void> {
  let running: string | undefined;
  await bus.onOwner(service, (owner) => {
    if (running === undefined) running = owner;
    else if (owner !== running) fail(`${title} has ended`);
  });
  if (running === undefined) {
    throw new Unavailable(
      `${title} is not on the session bus`,
      `none needed under another compositor; under ${title}, start Cloudnap from within the session`,
    );
  }
}

/**
 * Whether X11 serves this session, which tells keyboard from mouse. A daemon started outside of the session has
 * DISPLAY at most; then the socket decides where Wayland programs look unless they are told otherwise.
 */
function isServedByX11(env: NodeJS.ProcessEnv): boolean {
  if (!env.DISPLAY || env.WAYLAND_DISPLAY || env.XDG_SESSION_TYPE === 'wayland') return false;
  if (env.XDG_SESSION_TYPE === 'x11' || !env.XDG_RUNTIME_DIR) return true;
  return !existsSync(join(env.XDG_RUNTIME_DIR, 'wayland-0'));
}
