import { Unavailable } from '../../core/errors.js';
/** The active window on X11, as an EWMH window manager announces it. Which window it is never leaves here. */

import type { Watch, WatchContext } from '../over-connection.js';
import type { XConnection } from './connection.js';

/**
 * Watches for switches from one window to another. The property passes through none on the way, is set again to
 * the same window, and may name one that is gone: only a different one counts, and it is never touched.
 * @throws Unavailable when no window manager runs that announces the active window.
 */
export async function watchActiveWindow(connection: XConnection, context: WatchContext): Promise<Watch> {
  const [active, check] = await Promise.all([
    connection.atom('_NET_ACTIVE_WINDOW'),
    connection.atom('_NET_SUPPORTING_WM_CHECK'),
  ]);
  // A window manager that ended without tidying up leaves the property, but not the window it names.
  const manager = await connection.windowProperty(connection.root, check);
  if (manager === undefined || (await connection.windowProperty(manager, check)) !== manager) {
    throw new Unavailable(
      'no window manager runs that announces the active window',
      'use one that follows EWMH, as nearly all do, or set activity_monitor.window.enabled to false in settings.json',
    );
  }

  let current = await connection.windowProperty(connection.root, active);
  let reads: Promise<void> = Promise.resolve();
  const look = async () => {
    const at = context.clock.now();
    const window = await connection.windowProperty(connection.root, active);
    if (window === undefined || window === current) return;
    current = window;
    context.report(at, false);
  };
  connection.onRootProperty(active, () => {
    // What can fail here is the connection, and it reports that itself.
    reads = reads.then(look).catch(() => {});
  });
  await connection.settle();
  return {
    read: async () => {
      await connection.sync();
      await reads;
    },
    stop: () => {},
  };
}
