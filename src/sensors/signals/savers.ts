/**
 * The desktops' screen savers. One that is active counts as a locked session. Plasma's is active only when it is
 * locked; those of GNOME, Cinnamon, MATE and Xfce lock along with it unless that was switched off, and Cinnamon's and
 * MATE's do not set logind's LockedHint. A screen that is only blank is one that nobody looks at.
 */
import type { BusConnection } from '../../system/dbus/bus.js';
import { followFlag } from '../dbus/flag.js';

/** Where each is; older ones of Plasma serve the short path alone. */
const SAVERS: Readonly<Record<string, readonly string[]>> = {
  'org.freedesktop.ScreenSaver': ['/org/freedesktop/ScreenSaver', '/ScreenSaver'],
  'org.gnome.ScreenSaver': ['/org/gnome/ScreenSaver'],
  'org.cinnamon.ScreenSaver': ['/org/cinnamon/ScreenSaver'],
  'org.mate.ScreenSaver': ['/org/mate/ScreenSaver'],
  'org.xfce.ScreenSaver': ['/org/xfce/ScreenSaver'],
};

/**
 * Tells of each saver whether it is active, at once and whenever that changes; undefined while it is not there or
 * does not tell. Resolves when each has been told of. Rejects when the bus refuses.
 */
export async function followSavers(
  bus: BusConnection,
  fn: (saver: string, active: boolean | undefined) => void,
): Promise<void> {
  await Promise.all(
    Object.entries(SAVERS).map(([name, paths]) =>
      followFlag(
        bus,
        {
          service: name,
          interface: name,
          ask: { member: 'GetActive', paths },
          changes: ['ActiveChanged'],
          isTold: true,
        },
        (active) => fn(name, active),
      ),
    ),
  );
}
