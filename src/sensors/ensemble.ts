/**
 * One sensor with what watches beside its chosen mechanism. Each is supervised on its own; all their activity is the
 * sensor's, but only the chosen mechanism makes it one that watches.
 */
import type { Beside, SensorHealth, SensorOptions, SensorProbe } from '../core/sensor.js';
import { type SupervisedOptions, SupervisedSensor } from './supervised.js';

export interface EnsembleOptions extends SupervisedOptions {
  /** Watching beside it: each is used where it can be started. */
  readonly beside: readonly SensorProbe[];
}

export class SensorEnsemble {
  readonly #chosen: SupervisedSensor;
  readonly #beside: readonly SupervisedSensor[];
  readonly #besideIt: (Beside | undefined)[];
  readonly #tell: (health: SensorHealth) => void;
  #health: SensorHealth | undefined;
  #all: string | undefined;
  /** While all are being started or switched, so that the sum is told once. */
  #changing = 0;

  constructor(options: EnsembleOptions) {
    this.#tell = options.onHealth;
    this.#besideIt = options.beside.map(() => undefined);
    this.#chosen = new SupervisedSensor({
      ...options,
      onHealth: (health) => {
        this.#health = health;
        this.#sumUp();
      },
    });
    this.#beside = options.beside.map((probe, i) => {
      const log: typeof options.log = (message, fields) => options.log(`beside it, ${message}`, fields);
      return new SupervisedSensor({
        ...options,
        log,
        order: { probes: [probe], none: { reason: '', cure: '' } },
        onHealth: (health) => {
          this.#besideIt[i] = besideFrom(probe.mechanism, health);
          this.#sumUp();
        },
      });
    });
  }

  /** Starts it with these options, or anew with changed ones; resolves when it watches or cannot. */
  run(options: SensorOptions): Promise<void> {
    return this.#each((sensor) => sensor.run(options));
  }

  /** Switched off by settings. */
  switchOff(): Promise<void> {
    return this.#each((sensor) => sensor.switchOff());
  }

  /** Ends it without a word. */
  async stop(): Promise<void> {
    await Promise.all(this.#sensors().map((sensor) => sensor.stop()));
    this.#health = this.#all = undefined;
    this.#besideIt.fill(undefined);
  }

  /** Brings its record up to date if it is watching. Never rejects. */
  async read(): Promise<void> {
    await Promise.all(this.#sensors().map((sensor) => sensor.read()));
  }

  #sensors(): readonly SupervisedSensor[] {
    return [this.#chosen, ...this.#beside];
  }

  async #each(step: (sensor: SupervisedSensor) => Promise<void>): Promise<void> {
    this.#changing += 1;
    try {
      await Promise.all(this.#sensors().map(step));
    } finally {
      this.#changing -= 1;
    }
    this.#sumUp();
  }

  #sumUp(): void {
    if (this.#changing > 0 || this.#health === undefined) return;
    const beside = this.#besideIt.filter((one) => one !== undefined);
    const health =
      this.#health.state === 'off' || beside.length === 0 ? this.#health : { ...this.#health, beside };
    const all = JSON.stringify(health);
    if (all === this.#all) return;
    this.#all = all;
    this.#tell(health);
  }
}

function besideFrom(mechanism: string, health: SensorHealth): Beside | undefined {
  if (health.state === 'off') return undefined;
  if (health.state === 'watching') return { state: 'watching', mechanism };
  // What failed when it was started is told of its one mechanism; what died has a reason of its own.
  const { reason, cure } = health.passedOver?.[0] ?? health;
  return { state: 'unavailable', mechanism, reason, cure };
}
