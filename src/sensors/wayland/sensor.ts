/** A probe for one sensor on Wayland. */
import type { Clock } from '../../core/instant.js';
import type { SensorName, SensorProbe } from '../../core/sensor.js';
import { connectionProbe, type Watcher } from '../over-connection.js';
import { type ConnectOptions, CURE_LOST, connectWayland } from './connect.js';
import type { WaylandConnection } from './connection.js';

export interface WaylandProbeOptions {
  readonly name: SensorName;
  readonly mechanism: string;
  readonly clock: Clock;
  readonly env: NodeJS.ProcessEnv;
  readonly open?: NonNullable<ConnectOptions['open']>;
  readonly watch: Watcher<WaylandConnection>;
}

export function waylandProbe({ name, mechanism, clock, env, open, watch }: WaylandProbeOptions): SensorProbe {
  return connectionProbe<WaylandConnection>({
    name,
    mechanism,
    clock,
    connect: (onLost) => connectWayland({ env, clock, onLost, ...(open ? { open } : {}) }),
    watch,
    refused: 'the compositor cannot be used',
    cure: CURE_LOST,
  });
}
