/**
 * What is typed in this user's terminals, as keyboard activity: in all of them where there is no display, and
 * beside a display in those of logins from other machines, whose keys no display sees.
 */
import { userInfo } from 'node:os';
import { Unavailable } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';
import type { SensorProbe } from '../../core/sensor.js';

import { TerminalSensor, type TerminalSensorOptions } from './terminal-sensor.js';
import { allTtys, graphicalSession, type Places, remoteTtys, type Tty } from './ttys.js';

export interface TerminalOptions {
  readonly clock: Clock;
  /** Read when a probe starts. */
  readonly env: NodeJS.ProcessEnv;
  /** What is not where Linux has it. */
  readonly places?: Partial<Places>;
  /** Milliseconds between two looks; left out, what suits the kernel. */
  readonly lookEveryMs?: number;
}

const CURE_DISPLAY =
  'start Cloudnap from within the desktop session, so that DISPLAY or WAYLAND_DISPLAY is set for it';

/** The two probes. By whether there is a display, one of them works and the other is passed over. */
export function terminalProbes(options: TerminalOptions): {
  readonly all: SensorProbe;
  readonly remote: SensorProbe;
} {
  const { clock, env, lookEveryMs } = options;
  const hasDisplay = () => Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  const probe = (
    mechanism: string,
    source: () => Pick<TerminalSensorOptions, 'ttys' | 'listedIn'>,
  ): SensorProbe => ({
    name: 'keyboard',
    mechanism,
    start: async (_options, sink) => new TerminalSensor({ mechanism, clock, sink, lookEveryMs, ...source() }),
  });
  return {
    all: probe('terminals', () => {
      if (hasDisplay()) throw new Unavailable('there is a display to be watched', 'none needed');
      const places = placesOf(options);
      if (openWithoutDisplay(places).length === 0) {
        throw new Unavailable(
          'this user has neither a display nor a terminal open',
          `${CURE_DISPLAY}, or log in to a terminal`,
        );
      }
      return { ttys: () => openWithoutDisplay(places) };
    }),
    remote: probe('terminals of remote logins', () => {
      if (!hasDisplay()) {
        throw new Unavailable('without a display it is all terminals or none', 'none needed');
      }
      const places = placesOf(options);
      return { ttys: () => openFromElsewhere(places), listedIn: places.utmp };
    }),
  };
}

/**
 * Whoever has a desktop types there, where no terminal shows it: rather nothing is known of them than that they
 * are away. They may also sign in to one later.
 */
function openWithoutDisplay(places: Places): readonly Tty[] {
  const session = graphicalSession(places);
  if (session !== undefined) {
    throw new Unavailable(
      `this user has a graphical session (${session}), which Cloudnap was not told of`,
      CURE_DISPLAY,
    );
  }
  try {
    return allTtys(places);
  } catch (error) {
    throw new Unavailable(
      `the terminals in ${places.dev}/pts cannot be listed`,
      'mount devpts there, as every Linux system does, or start Cloudnap outside of its container',
      error,
    );
  }
}

function openFromElsewhere(places: Places): readonly Tty[] {
  try {
    return remoteTtys(places);
  } catch (error) {
    throw new Unavailable(
      `${places.utmp}, where the system records logins, cannot be read`,
      'none needed unless you log in to this machine from another one: then let the system keep that file',
      error,
    );
  }
}

function placesOf({ env, places }: TerminalOptions): Places {
  const { uid, username } = userInfo();
  return {
    dev: '/dev',
    utmp: '/var/run/utmp',
    runtime: env.XDG_RUNTIME_DIR || `/run/user/${uid}`,
    uid,
    user: username,
    ...places,
  };
}
