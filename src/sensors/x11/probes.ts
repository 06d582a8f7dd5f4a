/** The sensors that X11 offers, for the table of probe orders. */
import type { Clock } from '../../core/instant.js';
import type { SensorProbe } from '../../core/sensor.js';
import { watchKeyboard } from './keyboard.js';
import { watchMouse } from './mouse.js';
import { x11Probe } from './sensor.js';
import { watchActiveWindow } from './window.js';

/** The probes of an X11 session. `env` is read when a probe starts. */
export function x11Probes(from: { readonly clock: Clock; readonly env: NodeJS.ProcessEnv }): {
  readonly keyboard: SensorProbe;
  readonly mouse: SensorProbe;
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
    window: x11Probe({
      ...from,
      name: 'window',
      mechanism: 'X11 _NET_ACTIVE_WINDOW',
      watch: (connection, context) => watchActiveWindow(connection, context),
    }),
  };
}
