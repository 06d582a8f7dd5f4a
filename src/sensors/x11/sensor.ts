import { Unavailable } from '../../core/errors.js';
/** A probe for one sensor on X11: where it may be used, and what it says when the server refuses. */
import type { Clock } from '../../core/instant.js';
import type { SensorName, SensorProbe } from '../../core/sensor.js';

import { connectionProbe, type Watcher } from '../over-connection.js';
import { connectX11 } from './connect.js';
import { CURE_LOST, type XConnection } from './connection.js';

export interface X11ProbeOptions {
  readonly name: SensorName;
  readonly mechanism: string;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly watch: Watcher<XConnection>;
}

export function x11Probe({ name, mechanism, clock, env, watch }: X11ProbeOptions): SensorProbe {
  return connectionProbe<XConnection>({
    name,
    mechanism,
    clock,
    connect: async (onLost) => connectX11({ display: displayOf(env), clock, onLost }),
    watch: async (connection, context, options) => {
      if (await connection.hasExtension('XWAYLAND')) throw xwayland();
      return watch(connection, context, options);
    },
    refused: `the X server at ${env.DISPLAY} refused what is needed`,
    cure: CURE_LOST,
  });
}

/** @throws Unavailable where there is no X server, or none that sees the input. */
function displayOf(env: NodeJS.ProcessEnv): string {
  if (env.WAYLAND_DISPLAY) throw xwayland();
  if (env.DISPLAY) return env.DISPLAY;
  throw new Unavailable(
    'there is no display: DISPLAY is not set',
    'start Cloudnap from within the desktop session, or set DISPLAY to its X server',
  );
}

/** XWayland sees only what goes to X11 programs, so its silence means nothing. */
function xwayland(): Unavailable {
  return new Unavailable(
    'this is a Wayland session, where an X server does not see the input',
    'sign in to an X11 session, or switch the sensor off in settings.json',
  );
}
