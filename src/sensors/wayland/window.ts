/**
 * The active window, as compositors of the wlroots family announce it. Titles and names of programs are sent along, but
 * never decoded: which window it is does not leave here.
 */

import type { Watch, WatchContext } from '../over-connection.js';
import { offered, type WaylandConnection } from './connection.js';
import type { WaylandObject } from './object.js';
import { WLR_TOPLEVEL, WLR_TOPLEVEL_MANAGER } from './protocols.js';

/** In the protocol's `state` enum. */
const ACTIVATED = 2;

const CURE =
  'use a compositor that offers it, as Sway and Hyprland do, or set activity_monitor.window.enabled to false in settings.json';

/**
 * Watches for switches from one window to another. None being active in between is nothing.
 * @throws Unavailable when the compositor does not announce its windows.
 */
export async function watchActiveWindow(
  connection: WaylandConnection,
  context: WatchContext,
): Promise<Watch> {
  const global = offered(connection, WLR_TOPLEVEL_MANAGER, 1, CURE);
  let current: WaylandObject | undefined;
  let watching = false;

  const follow = (window: WaylandObject<typeof WLR_TOPLEVEL>) => {
    let active = false;
    window.on('state', (states) => {
      active = states.includes(ACTIVATED);
    });
    // What belongs together is complete with this.
    window.on('done', () => {
      if (!active || window === current) return;
      current = window;
      if (watching) context.report(context.clock.now(), false);
    });
    window.on('closed', () => window.destroy());
  };
  const manager = connection.bind(global, WLR_TOPLEVEL_MANAGER, 1);
  manager.on('toplevel', (id) => follow(connection.adopt(id, WLR_TOPLEVEL)));
  manager.on('finished', () => connection.lose('the compositor no longer announces its windows'));
  // One roundtrip for the windows there are, one for what they are: some compositors send that afterwards.
  await connection.roundtrip();
  await connection.roundtrip();
  watching = true;
  return { read: () => connection.roundtrip(), stop: () => {} };
}
