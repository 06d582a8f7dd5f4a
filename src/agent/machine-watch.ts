/** What the session and the machine are told to be doing: locked, about to sleep, awake again. */
import type { SignalView } from '../core/control.js';
import type { SensorHealth } from '../core/sensor.js';
import { type SessionSignals, SIGNALS, type SignalName } from '../core/session-signals.js';

export class MachineWatch {
  readonly #port: SessionSignals;
  readonly #health = new Map<SignalName, SensorHealth>();
  #locked = false;

  constructor(port: SessionSignals) {
    this.#port = port;
  }

  /** Whether the session is locked; undefined while nobody can tell. */
  get locked(): boolean | undefined {
    return this.#health.get('lock')?.state === 'watching' ? this.#locked : undefined;
  }

  /** How each signal is doing. */
  signals(): readonly SignalView[] {
    return SIGNALS.map((signal) => ({ signal, health: this.#health.get(signal) ?? { state: 'off' } }));
  }

  /** Begins to listen. Resolves when each signal is watched or is not available. */
  start(): Promise<void> {
    return this.#port.start(
      { delaySuspend: false },
      {
        locked: (locked) => {
          this.#locked = locked;
        },
        suspending: () => Promise.resolve(),
        resumed: () => {},
        health: (signal, health) => {
          this.#health.set(signal, health);
        },
      },
    );
  }

  /** Listens no more. */
  stop(): Promise<void> {
    return this.#port.stop();
  }
}
