/** The sensors that Wayland compositors offer, for the table of probe orders. */
import type { Clock } from '../../core/instant.js';
import type { SensorProbe } from '../../core/sensor.js';
import { openPassingSocket } from './descriptors.js';
import { IDLE_PROTOCOLS, watchIdle } from './idle.js';
import { watchScreen } from './screen.js';
import { waylandProbe } from './sensor.js';
import { watchActiveWindow } from './window.js';

/** The probes of a Wayland session, each list in the order to be tried. `env` is read when a probe starts. */
export function waylandProbes(from: { readonly clock: Clock; readonly env: NodeJS.ProcessEnv }): {
  readonly keyboard: readonly SensorProbe[];
  readonly mouse: readonly SensorProbe[];
  readonly window: SensorProbe;
  readonly screen: SensorProbe;
} {
  const input = (name: 'keyboard' | 'mouse') =>
    IDLE_PROTOCOLS.map((protocol) =>
      waylandProbe({
        ...from,
        name,
        mechanism: protocol.mechanism,
        watch: (connection, context) => watchIdle(connection, context, protocol),
      }),
    );
  return {
    keyboard: input('keyboard'),
    mouse: input('mouse'),
    window: waylandProbe({
      ...from,
      name: 'window',
      mechanism: 'Wayland wlr-foreign-toplevel-management',
      watch: (connection, context) => watchActiveWindow(connection, context),
    }),
    screen: waylandProbe({
      ...from,
      name: 'screen',
      mechanism: 'Wayland wlr-screencopy damage',
      open: openPassingSocket,
      watch: watchScreen,
    }),
  };
}
