/** The way to the compositor of this session: which socket it is, and what to say when nobody answers there. */
import { connect } from 'node:net';
import { isAbsolute, join } from 'node:path';
import { Unavailable } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';

import { ANSWER_WITHIN_MS, type Line, WaylandConnection } from './connection.js';

const CURE_SESSION = 'start Cloudnap from within the desktop session, or sign in to a Wayland session';
const CURE_CONNECT =
  'check that the compositor of WAYLAND_DISPLAY runs and that its socket may be used by this user';

/** What a sensor says when its connection is gone: nothing can be done but to wait for the compositor. */
export const CURE_LOST = 'none needed: it is tried again until the compositor answers';

export interface ConnectOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** The compositor hung up, refused a request or no longer answers. At most once, and not after `close`. */
  readonly onLost: (reason: string) => void;
  /** Another way to open the socket at a path; left out, one that passes no descriptors. */
  readonly open?: (path: string) => Promise<Line>;
}

/**
 * Connects to the compositor of `WAYLAND_DISPLAY` and learns what it offers.
 * @throws Unavailable when there is none or it does not answer.
 */
export async function connectWayland(options: ConnectOptions): Promise<WaylandConnection> {
  const path = socketPath(options.env);
  const line = await (options.open ?? ((to) => openSocket(to, options.clock)))(path).catch(
    (error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new Unavailable(
        `no connection to the Wayland compositor at ${path}: ${why}`,
        CURE_CONNECT,
        error,
      );
    },
  );
  let lost: string | undefined;
  let connected = false;
  const connection = new WaylandConnection(line, options.clock, (reason) => {
    lost = reason;
    if (connected) options.onLost(reason);
  });
  try {
    await connection.roundtrip();
  } catch (error) {
    connection.close();
    throw new Unavailable(`no connection to the Wayland compositor at ${path}: ${lost}`, CURE_CONNECT, error);
  }
  connected = true;
  return connection;
}

/** @throws Unavailable where the environment names no compositor. */
function socketPath({ WAYLAND_DISPLAY, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): string {
  if (!WAYLAND_DISPLAY) {
    throw new Unavailable('this is no Wayland session: WAYLAND_DISPLAY is not set', CURE_SESSION);
  }
  if (isAbsolute(WAYLAND_DISPLAY)) return WAYLAND_DISPLAY;
  if (XDG_RUNTIME_DIR) return join(XDG_RUNTIME_DIR, WAYLAND_DISPLAY);
  throw new Unavailable('the Wayland compositor cannot be found: XDG_RUNTIME_DIR is not set', CURE_SESSION);
}

function openSocket(path: string, clock: Clock): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const cancel = clock.after(ANSWER_WITHIN_MS, () => {
      socket.destroy(new Error('it does not answer'));
    });
    const fail = (error: Error) => {
      cancel();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      cancel();
      socket.off('error', fail);
      resolve({ socket });
    });
  });
}
