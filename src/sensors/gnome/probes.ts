/**
 * What GNOME offers, for the table of probe orders. Its compositor tells any program how long nobody has used
 * keyboard or mouse, without telling which; which window is active and what the screen shows it tells nobody unasked.
 */
import type { Clock } from '../../core/instant.js';
import type { SensorProbe } from '../../core/sensor.js';
import { desktopProbe, untoldProbe } from '../session-bus.js';
import { IdleWatch } from './idle-watch.js';
import { MUTTER, mutterIdleMonitor } from './mutter.js';

interface From {
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
}

/** The probes of a GNOME session on Wayland. `env` is read when a probe starts. */
export function gnomeProbes(from: From): {
  readonly keyboard: SensorProbe;
  readonly mouse: SensorProbe;
  readonly window: SensorProbe;
  readonly screen: SensorProbe;
} {
  return {
    keyboard: idleProbe('keyboard', from),
    mouse: idleProbe('mouse', from),
    window: untoldProbe({
      ...from,
      name: 'window',
      mechanism: 'GNOME active window',
      compositor: MUTTER,
      reason: 'GNOME on Wayland tells the active window to its own shell extensions only',
    }),
    screen: untoldProbe({
      ...from,
      name: 'screen',
      mechanism: 'GNOME screen changes',
      compositor: MUTTER,
      reason: 'GNOME on Wayland shows the screen only to a recording that somebody has consented to',
    }),
  };
}

function idleProbe(name: 'keyboard' | 'mouse', from: From): SensorProbe {
  return desktopProbe({
    ...from,
    name,
    mechanism: 'Mutter IdleMonitor (keyboard and mouse together)',
    compositor: MUTTER,
    watch: async (bus, { clock, runs, report, fail }) => {
      const watch = await IdleWatch.start({
        monitor: await mutterIdleMonitor(bus),
        clock,
        runs,
        report,
        failed: (error) =>
          fail(`Mutter could not be asked: ${error instanceof Error ? error.message : error}`),
      });
      return { read: () => watch.read(), stop: async () => watch.stop() };
    },
  });
}
