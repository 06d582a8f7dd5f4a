/**
 * The senses of a machine whose sensors a test works by hand: it says when somebody types, for how long, and which
 * sensor breaks. Like the real ones they tell of a run at its begin, at its end, and when they are read.
 */
import type { Clock } from '../../src/core/instant.js';
import {
  SENSORS,
  type Senses,
  type SensesSettings,
  type SensesSink,
  type SensorHealth,
  type SensorName,
} from '../../src/core/sensor.js';
import type { Life } from './process.js';

/** Hears what is true, whether or not the daemon is told of it. */
export interface SensesWatcher {
  activity(sensor: SensorName, began: number, at: number): void;
  health(): void;
}

/** Use without a pause of more than a second. All in `boot` milliseconds. */
interface Run {
  readonly began: number;
  until: number;
  /** When the last pause within it was over. */
  resumed: number;
}

/** The sensors of one machine, over any number of lives of the daemon. */
export class Machine {
  readonly #clock: Clock;
  readonly #broken = new Set<SensorName>();
  readonly #runs = new Map<SensorName, Run>();
  readonly #watcher: SensesWatcher | undefined;
  #enabled: SensesSettings['enabled'] | undefined;
  #sink: SensesSink | undefined;

  constructor(clock: Clock, watcher?: SensesWatcher) {
    this.#clock = clock;
    this.#watcher = watcher;
  }

  /** The senses of one process: those of an earlier one fall silent. */
  senses(life: Life): Senses {
    return {
      start: async (settings, sink) => {
        this.endRuns();
        this.#enabled = settings.enabled;
        this.#sink = {
          activity: (activity) => life.enter(() => sink.activity(activity)),
          health: (sensor, health) => life.enter(() => sink.health(sensor, health)),
        };
        for (const sensor of SENSORS) this.#tellHealth(sensor);
      },
      configure: async (settings) => {
        if (!life.isAlive) return;
        const before = this.#enabled;
        this.#enabled = settings.enabled;
        for (const sensor of SENSORS)
          if (before?.[sensor] !== settings.enabled[sensor]) {
            this.#runs.delete(sensor);
            this.#tellHealth(sensor);
          }
      },
      read: async () => {
        if (life.isAlive) this.read();
      },
      stop: async () => {
        if (life.isAlive) this.unplug();
      },
    };
  }

  /** Nobody listens any more. */
  unplug(): void {
    this.#sink = undefined;
    this.#runs.clear();
  }

  isWatching(sensor: SensorName): boolean {
    return this.#sink !== undefined && (this.#enabled?.[sensor] ?? false) && !this.#broken.has(sensor);
  }

  /** Somebody uses it, from now on without a pause for `ms`; 0: once. A sensor that is blind sees nothing of it. */
  use(sensor: SensorName, ms = 0): void {
    if (!this.isWatching(sensor)) return;
    const now = this.#clock.now().boot;
    const run = this.#runs.get(sensor);
    // Within a second of the last it is the same run, which is told of again only at its end.
    if (run && now <= run.until + 1_000) {
      if (now > run.until) run.resumed = now;
      run.until = Math.max(run.until, now + ms);
      return;
    }
    this.#endRun(sensor);
    if (ms > 0) this.#runs.set(sensor, { began: now, until: now + ms, resumed: now });
    this.#report(sensor, now, now);
  }

  /** Tells the end of runs that have ended. Called now and then, as time goes by. */
  tick(): void {
    const now = this.#clock.now().boot;
    for (const [sensor, run] of this.#runs) if (now > run.until + 1_000) this.#endRun(sensor);
  }

  /** Every hand is taken off. */
  endRuns(): void {
    for (const sensor of this.#runs.keys()) this.#endRun(sensor);
  }

  /** Brings the daemon up to date. */
  read(): void {
    const now = this.#clock.now().boot;
    for (const [sensor, run] of this.#runs) {
      const at = Math.min(now, run.until);
      if (this.isWatching(sensor)) this.#report(sensor, run.began, at);
    }
    this.tick();
  }

  /** Whether a hand is on this sensor at this very moment. */
  isInUse(sensor: SensorName): boolean {
    const run = this.#runs.get(sensor);
    return run !== undefined && this.isWatching(sensor) && this.#clock.now().boot <= run.until;
  }

  /** The run of a sensor that was in use a moment ago and whose end has not been told. */
  runOf(sensor: SensorName): Readonly<Run> | undefined {
    return this.isWatching(sensor) ? this.#runs.get(sensor) : undefined;
  }

  break(sensor: SensorName): void {
    if (this.#broken.has(sensor)) return;
    this.#runs.delete(sensor);
    this.#broken.add(sensor);
    this.#tellHealth(sensor);
  }

  mend(sensor: SensorName): void {
    if (!this.#broken.delete(sensor)) return;
    this.#tellHealth(sensor);
  }

  #endRun(sensor: SensorName): void {
    const run = this.#runs.get(sensor);
    if (!run) return;
    this.#runs.delete(sensor);
    if (this.isWatching(sensor)) this.#report(sensor, run.began, Math.min(run.until, this.#clock.now().boot));
  }

  #report(sensor: SensorName, began: number, at: number): void {
    this.#watcher?.activity(sensor, began, at);
    const now = this.#clock.now();
    const ago = now.boot - at;
    this.#sink?.activity({
      sensor,
      began,
      at: { wall: now.wall - ago, mono: now.mono - ago, boot: at },
    });
  }

  #tellHealth(sensor: SensorName): void {
    const health: SensorHealth = !this.#enabled?.[sensor]
      ? { state: 'off' }
      : this.#broken.has(sensor)
        ? { state: 'unavailable', reason: 'it broke', cure: 'mend it' }
        : { state: 'watching', mechanism: 'a test' };
    this.#watcher?.health();
    this.#sink?.health(sensor, health);
  }
}
