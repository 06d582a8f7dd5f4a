/** The sensors that X11 offers, for the table of probe orders. */
import type { Clock } from '../../core/instant.js';
import type { SensorProbe } from '../../core/sensor.js';
import { watchKeyboard } from './keyboard.js';
import { watchMouse } from './mouse.js';
import { watchScreen } from './screen.js';
import { x11Probe } from './sensor.js';
import { watchActiveWindow } from './window.js';

export interface X11Options {
  readonly clock: Clock;
  /** Read when a probe starts. */
  readonly env: NodeJS.ProcessEnv;
  /** The terminal this process writes to, as in WINDOWID; left out where it writes to none. */
  readonly ownWindow?: string | undefined;
}

/** The probes of an X11 session. */
export function x11Probes({ ownWindow, ...from }: X11Options): {
  readonly keyboard: SensorProbe;
  readonly mouse: SensorProbe;
  readonly screen: SensorProbe;
  readonly window: SensorProbe;
} {
  return {
    keyboard: x11Probe({
      ...from,
      name: 'keyboard',
      mechanism: 'X11 XSync device idle counter',
      watch: (connection, context) => watchKeyboard(connection, context),
    }),
    mouse: x11Probe({
      ...from,
      name: 'mouse',
      mechanism: 'X11 XSync device idle counter and XInput 2 presses',
      watch: (connection, context, options) => watchMouse(connection, context, options.mouseMinDistancePx),
    }),
    screen: x11Probe({
      ...from,
      name: 'screen',
      mechanism: 'X11 DAMAGE',
      watch: (connection, context, options) =>
        watchScreen(connection, context, {
          minChangedPercent: options.screenMinChangedPercent,
          intervalMs: options.screenIntervalMs,
          panel: Number(ownWindow) || undefined,
        }),
    }),
    window: x11Probe({
      ...from,
      name: 'window',
      mechanism: 'X11 _NET_ACTIVE_WINDOW',
      watch: (connection, context) => watchActiveWindow(connection, context),
    }),
  };
}
