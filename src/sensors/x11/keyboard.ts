/** The keyboard on X11: every use of it counts, except that a program resetting all idle times is no person. */

import type { Watch, WatchContext } from '../over-connection.js';
import type { XConnection } from './connection.js';
import { InputDevices } from './input-devices.js';
import { InputWatch } from './input-watch.js';

/** A reset of all counters is told from a key at the first look already; a later one need not be soon. */
const FIRST_WAIT_MS = 1_000;

/** Watches the keyboard over `connection`. */
export async function watchKeyboard(connection: XConnection, context: WatchContext): Promise<Watch> {
  return InputWatch.start({
    ...context,
    connection,
    devices: await InputDevices.of(connection, 'keyboard'),
    firstWaitMs: FIRST_WAIT_MS,
    look:
      async () =>
      ({ used, forced }) =>
        used && !forced,
  });
}
