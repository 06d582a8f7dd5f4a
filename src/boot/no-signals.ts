/** The signals of a session that has none: a scripted person's, or one on a machine that tells of nothing. */
import { type SessionSignals, SIGNALS } from '../core/session-signals.js';

/** Says once that neither lock nor suspend can be told, and why; then nothing more. */
export function noSignals(reason: string): SessionSignals {
  return {
    async start(_settings, sink) {
      for (const signal of SIGNALS)
        sink.health(signal, {
          state: 'unavailable',
          reason,
          cure: 'leave activity_monitor.lock_means_away and on_suspend at their defaults',
        });
    },
    async configure() {},
    async stop() {},
  };
}
