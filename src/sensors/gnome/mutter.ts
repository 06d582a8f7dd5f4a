/** Mutter's idle monitor over D-Bus, with what makes Mutter's idle times start anew: the session's inhibitors. */
import type { BusConnection } from '../../system/dbus/bus.js';
import type { Compositor } from '../session-bus.js';
import type { IdleMonitor } from './idle-watch.js';

const NAME = 'org.gnome.Mutter.IdleMonitor';

/** GNOME's compositor, as GNOME Shell or by itself. */
export const MUTTER: Compositor = { title: "GNOME's compositor (Mutter)", service: NAME };

const MONITOR = { to: NAME, path: '/org/gnome/Mutter/IdleMonitor/Core', interface: NAME };
const SESSION = {
  to: 'org.gnome.SessionManager',
  path: '/org/gnome/SessionManager',
  interface: 'org.gnome.SessionManager',
};

/** In the session manager's `InhibitedActions`: the session is kept from becoming idle. */
const INHIBITS_IDLE = 8;

/** The idle monitor of the Mutter on this bus. */
export async function mutterIdleMonitor(bus: BusConnection): Promise<IdleMonitor> {
  const watches = new Map<number, () => void>();
  /** Fired before we were told their number. */
  const early = new Set<number>();
  await bus.onSignal({ ...MONITOR, from: NAME, member: 'WatchFired' }, ([id]) => {
    if (typeof id !== 'number') return;
    const watch = watches.get(id);
    if (watch) watch();
    else early.add(id);
  });
  const add = async (member: string, interval: readonly bigint[], fired: (id: number) => void) => {
    const signature = 't'.repeat(interval.length);
    const [id] = await bus.call({ ...MONITOR, member, signature, body: interval });
    if (typeof id !== 'number') throw new Error(`Mutter has answered ${member} with no number`);
    watches.set(id, () => fired(id));
    if (early.delete(id)) fired(id);
  };

  let inhibited: boolean | undefined;
  let onInhibited = () => {};
  // Without a session manager nobody inhibits anything.
  await bus.onProperty(SESSION, 'InhibitedActions', (actions) => {
    const before = inhibited;
    inhibited = typeof actions === 'number' && (actions & INHIBITS_IDLE) !== 0;
    if (before !== undefined && before !== inhibited) onInhibited();
  });
  return {
    idleMs: async () => {
      const [idleMs] = await bus.call({ ...MONITOR, member: 'GetIdletime' });
      return Number(idleMs);
    },
    onIdle: (ms, fn) => add('AddIdleWatch', [BigInt(ms)], fn),
    onceActive: (fn) =>
      add('AddUserActiveWatch', [], (id) => {
        watches.delete(id);
        fn();
      }),
    inhibited: () => inhibited === true,
    onInhibited: (fn) => {
      onInhibited = fn;
    },
  };
}
