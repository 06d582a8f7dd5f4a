import { Unavailable } from '../core/errors.js';
/**
 * One sensor under supervision: its probes tried in order, started anew with growing waits when none works or
 * when it dies, its health told whenever it changes.
 */
import type { Clock } from '../core/instant.js';
import type {
  Activity,
  PassedOver,
  Sensor,
  SensorHealth,
  SensorName,
  SensorOptions,
  SensorProbe,
} from '../core/sensor.js';

/** Why a sensor does not watch, and what can be done. */
interface Failure {
  readonly reason: string;
  readonly cure: string;
}

/** The ways to get one sensor on a machine. */
export interface ProbeOrder {
  /** The first that starts is used. */
  readonly probes: readonly SensorProbe[];
  /** Why there are none and what can be done, when `probes` is empty. */
  readonly none: Failure;
}

export interface Backoff {
  /** The wait before the first new attempt; doubled with each. */
  readonly firstMs: number;
  readonly mostMs: number;
}

/** A line for the log: that a mechanism was chosen, passed over or has died. */
export type SensorLog = (message: string, fields?: Readonly<Record<string, unknown>>) => void;

export interface SupervisedOptions {
  readonly name: SensorName;
  readonly order: ProbeOrder;
  readonly clock: Clock;
  readonly log: SensorLog;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly backoff: Backoff;
  readonly onActivity: (activity: Activity) => void;
  readonly onHealth: (health: SensorHealth) => void;
}

export class SupervisedSensor {
  readonly #options: SupervisedOptions;
  /** What it is to be: undefined is off. */
  #wanted: SensorOptions | undefined;
  #running: Sensor | undefined;
  #health: SensorHealth | undefined;
  /** Counts up with every start and stop: what an earlier attempt still says is not heard. */
  #attempt = 0;
  #failures = 0;
  #watchingSince = 0;
  #cancelRetry: () => void = () => {};
  /** Starts and stops happen one after the other. */
  #work: Promise<void> = Promise.resolve();

  constructor(options: SupervisedOptions) {
    this.#options = options;
  }

  /** Starts it with these options, or anew with changed ones; resolves when it watches or cannot. */
  run(options: SensorOptions): Promise<void> {
    return this.#then(async () => {
      await this.#end();
      this.#wanted = options;
      this.#failures = 0;
      await this.#begin();
    });
  }

  /** Switched off by settings. */
  switchOff(): Promise<void> {
    return this.#then(async () => {
      await this.#end();
      this.#tell({ state: 'off' });
    });
  }

  /** Ends it without a word. */
  stop(): Promise<void> {
    return this.#then(async () => {
      await this.#end();
      this.#health = undefined;
    });
  }

  /** Brings its record up to date if it is watching. Never rejects. */
  async read(): Promise<void> {
    const sensor = this.#running;
    const attempt = this.#attempt;
    try {
      await sensor?.read();
    } catch (error) {
      const failure = { reason: reasonOf(error), cure: 'none needed: it is started again' };
      this.#died(attempt, failure);
    }
  }

  #then(step: () => Promise<void>): Promise<void> {
    const done = this.#work.then(step);
    // What a step throws is for who asked for it; the next step runs all the same.
    this.#work = done.catch(() => {});
    return done;
  }

  async #end(): Promise<void> {
    this.#attempt += 1;
    this.#cancelRetry();
    this.#wanted = undefined;
    const sensor = this.#running;
    this.#running = undefined;
    await this.#free(sensor);
  }

  async #begin(): Promise<void> {
    const { order, log, name, clock } = this.#options;
    const options = this.#wanted;
    if (!options) return;
    if (order.probes.length === 0) {
      this.#tell({ state: 'unavailable', ...order.none });
      return;
    }

    const passedOver: PassedOver[] = [];
    for (const probe of order.probes) {
      const failure = await this.#start(probe, options);
      if (!failure) {
        this.#watchingSince = clock.now().mono;
        const { mechanism } = probe;
        if (this.#tell({ state: 'watching', mechanism, ...(passedOver.length > 0 ? { passedOver } : {}) })) {
          const passed = passedOver.map((one) => `; passed over ${one.mechanism}: ${one.reason}`).join('');
          log(`${name}: watching by ${probe.mechanism}${passed}`, { sensor: name });
        }
        return;
      }
      passedOver.push({ mechanism: probe.mechanism, ...failure });
    }
    this.#failed({
      reason: passedOver.map(({ mechanism, reason }) => `${mechanism}: ${reason}`).join('; '),
      cure: [...new Set(passedOver.map(({ cure }) => cure))].join('; or '),
      passedOver,
    });
  }

  /** Resolves to what went wrong, if it did: whatever a probe throws must not take the other sensors along. */
  async #start(probe: SensorProbe, options: SensorOptions): Promise<Failure | undefined> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    let died: Failure | undefined;
    try {
      const sensor = await probe.start(options, {
        activity: (activity) => {
          if (attempt === this.#attempt) this.#options.onActivity(activity);
        },
        died: (reason, cure) => {
          died = { reason, cure };
          this.#died(attempt, died);
        },
      });
      if (!died) this.#running = sensor;
      else await this.#free(sensor);
      return died;
    } catch (error) {
      const cure = error instanceof Unavailable ? error.cure : 'see the log, and report it as a fault';
      return { reason: reasonOf(error), cure };
    }
  }

  #died(attempt: number, failure: Failure): void {
    const sensor = this.#running;
    // Not yet, or no longer, the one that is running.
    if (!sensor || attempt !== this.#attempt) return;
    this.#attempt += 1;
    this.#running = undefined;
    void this.#then(() => this.#free(sensor));
    // One that dies soon after each start must not be started ever again at once.
    const { clock, backoff } = this.#options;
    if (clock.now().mono - this.#watchingSince >= backoff.mostMs) this.#failures = 0;
    this.#failed(failure);
  }

  #failed(failure: Failure & { readonly passedOver?: readonly PassedOver[] }): void {
    const { backoff, clock, random, log, name } = this.#options;
    if (this.#tell({ state: 'unavailable', ...failure })) {
      log(`${name}: unavailable: ${failure.reason}`, { sensor: name, cure: failure.cure });
    }
    const full = Math.min(backoff.firstMs * 2 ** this.#failures, backoff.mostMs);
    this.#failures += 1;
    const wait = full * (0.5 + random() / 2);
    this.#cancelRetry();
    this.#cancelRetry = clock.after(wait, () => {
      const attempt = this.#attempt;
      void this.#then(async () => {
        if (attempt === this.#attempt) await this.#begin();
      });
    });
  }

  async #free(sensor: Sensor | undefined): Promise<void> {
    try {
      await sensor?.stop();
    } catch (error) {
      this.#options.log(`${this.#options.name}: did not stop cleanly: ${reasonOf(error)}`, {
        sensor: this.#options.name,
      });
    }
  }

  /** Returns whether that is news. */
  #tell(health: SensorHealth): boolean {
    if (JSON.stringify(health) === JSON.stringify(this.#health)) return false;
    this.#health = health;
    this.#options.onHealth(health);
    return true;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
