/**
 * What KDE's compositor offers beyond the Wayland protocols of the table of probe orders: scripts may run inside it,
 * and so tell when another window becomes active. What the screen shows it tells nobody unasked.
 */
import type { Clock } from '../../core/instant.js';
import type { SensorProbe } from '../../core/sensor.js';
import { type Compositor, desktopProbe, untoldProbe } from '../session-bus.js';
import { watchActiveWindow } from './window.js';

const KWIN: Compositor = { title: "KDE's compositor (KWin)", service: 'org.kde.KWin' };

/** The probes of a KDE session on Wayland. `env` is read when a probe starts. */
export function kdeProbes(from: { readonly clock: Clock; readonly env: NodeJS.ProcessEnv }): {
  readonly window: SensorProbe;
  readonly screen: SensorProbe;
} {
  return {
    window: desktopProbe({
      ...from,
      name: 'window',
      mechanism: 'KWin script',
      compositor: KWIN,
      watch: watchActiveWindow,
    }),
    screen: untoldProbe({
      ...from,
      name: 'screen',
      mechanism: 'KWin screen changes',
      compositor: KWIN,
      reason: 'KDE on Wayland shows the screen only to a recording that somebody has consented to',
    }),
  };
}
