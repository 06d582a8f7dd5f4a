/**
 * What GNOME offers, for the table of probe orders. Its compositor tells any program how long nobody has used
 * keyboard or mouse, without telling which; which window is active and what the screen shows it tells nobody unasked.
 */
import type { Clock } from '../../core/instant.js';
import { type SensorName, type SensorProbe, SensorUnavailable } from '../../core/sensor.js';
import { desktopProbe } from '../session-bus.js';
import { IdleWatch } from './idle-watch.js';
import { followMutter, mutterIdleMonitor } from './mutter.js';

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
    window: untold('window', from, {
      mechanism: 'GNOME active window',
      reason: 'GNOME on Wayland tells the active window to its own shell extensions only',
    }),
    screen: untold('screen', from, {
      mechanism: 'GNOME screen changes',
      reason: 'GNOME on Wayland shows the screen only to a screen recording that somebody has consented to',
    }),
  };
}

function idleProbe(name: 'keyboard' | 'mouse', from: From): SensorProbe {
  return desktopProbe({
    ...from,
    name,
    mechanism: 'Mutter IdleMonitor (keyboard and mouse together)',
    desktop: 'Mutter',
    watch: async (bus, { clock, runs, report, fail }) => {
      await followMutter(bus, () => fail('Mutter has ended'));
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

/** Says why there is nothing where this is GNOME, and that it is not GNOME elsewhere. */
function untold(
  name: SensorName,
  from: From,
  { mechanism, reason }: { readonly mechanism: string; readonly reason: string },
): SensorProbe {
  return desktopProbe({
    ...from,
    name,
    mechanism,
    desktop: 'Mutter',
    watch: async (bus) => {
      await followMutter(bus, () => {});
      throw new SensorUnavailable(
        reason,
        `none needed for presence, which goes by keyboard and mouse: set activity_monitor.${name}.enabled to false in settings.json, or sign in to an X11 session`,
      );
    },
  });
}
