/** The signals of a machine on which this version can tell none. */
import type { SensorHealth } from '../../core/sensor.js';
import { type SessionSignals, SIGNALS } from '../../core/session-signals.js';

/** Signals that say of themselves that there are none on this platform. */
export function noSignals(platform: NodeJS.Platform): SessionSignals {
  const health: SensorHealth = {
    state: 'unavailable',
    reason: `this version cannot tell a locked session or a machine about to sleep on ${platform}`,
    cure: 'leave activity_monitor.lock_means_away and on_suspend at their defaults',
  };
  return {
    start: async (_settings, sink) => {
      for (const signal of SIGNALS) sink.health(signal, health);
    },
    configure: async () => {},
    stop: async () => {},
  };
}
