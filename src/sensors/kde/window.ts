import { Unavailable } from '../../core/errors.js';
/** The active window on KDE Wayland, as a script inside KWin announces its changes. */

import type { BusConnection } from '../../system/dbus/bus.js';
import type { DesktopContext, DesktopWatch } from '../session-bus.js';
import { WindowScript } from './script.js';

/** KWin reads and runs a script in milliseconds, but it may be busy starting up. */
const READY_WITHIN_MS = 5_000;

/**
 * Watches for switches from one window to another.
 * @throws Unavailable when there is no folder for the script, or it does not come to run.
 */
export async function watchActiveWindow(bus: BusConnection, context: DesktopContext): Promise<DesktopWatch> {
  const { clock, env, report, fail } = context;
  const folder = env.XDG_RUNTIME_DIR;
  if (!folder) {
    throw new Unavailable(
      'there is no folder for a script that KWin is to run: XDG_RUNTIME_DIR is not set',
      'start Cloudnap from within the desktop session',
    );
  }
  let isReady = false;
  let onReady = () => {};
  const script = await WindowScript.load({
    bus,
    folder,
    onReady: () => {
      isReady = true;
      onReady();
    },
    onActivated: () => report(clock.now(), false),
  });
  const runs = await new Promise<boolean>((resolve) => {
    if (isReady) return resolve(true);
    const cancel = clock.after(READY_WITHIN_MS, () => resolve(false));
    onReady = () => {
      cancel();
      resolve(true);
    };
  });
  if (!runs) {
    await script.unload();
    throw new Unavailable(
      'KWin does not run the script that tells when another window becomes active',
      'see what KWin says (journalctl --user -t kwin_wayland), or set activity_monitor.window.enabled to false in settings.json',
    );
  }
  return {
    read: async () => {
      if (await script.isLoaded()) return;
      const reason = 'KWin has dropped the script that tells when another window becomes active';
      fail(reason);
      throw new Error(reason);
    },
    stop: () => script.unload(),
  };
}
