/**
 * A person who follows a script, for the demo where there is no display and for tests. Their sensors behave as
 * real ones do: a run of activity is told at its beginning and at its end, and in between to who reads.
 */
import type { Clock } from '../core/instant.js';
import type { Senses, Sensor, SensorName, SensorProbe, SensorSink } from '../core/sensor.js';
import { ActivityRuns } from './runs.js';
import { type SupervisionOptions, superviseSenses } from './senses.js';

/** One thing a person does. Times are milliseconds of waking time. */
export interface Act {
  /** Since the script began. */
  readonly afterMs: number;
  readonly sensor: SensorName;
  /** How long it goes on without a pause; left out, it happens once. */
  readonly forMs?: number;
}

const MECHANISM = 'scripted person';

export class ScriptedPerson {
  readonly #clock: Clock;
  readonly #timers = new Set<() => void>();
  readonly #watchers = new Set<ScriptedSensor>();
  /** Until when, in monotonic milliseconds, each sensor's last act goes on. */
  readonly #until = new Map<SensorName, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** All five senses of this person; those a script does not mention watch, and nothing happens. */
  senses(options: SupervisionOptions): Senses {
    const order = (name: SensorName) => ({ probes: [this.probe(name)], none: { reason: '', cure: '' } });
    const orders = {
      keyboard: order('keyboard'),
      mouse: order('mouse'),
      screen: order('screen'),
      window: order('window'),
      audio: order('audio'),
    };
    return superviseSenses(orders, options);
  }

  probe(name: SensorName): SensorProbe {
    return {
      name,
      mechanism: MECHANISM,
      start: async (_options, sink) => {
        const sensor = new ScriptedSensor(name, this.#clock, sink, {
          isActive: () => this.#isActive(name),
          ended: () => this.#watchers.delete(sensor),
        });
        this.#watchers.add(sensor);
        return sensor;
      },
    };
  }

  /** Plays the script from now on, once. */
  play(script: readonly Act[]): void {
    for (const { afterMs, sensor, forMs } of script) this.#later(afterMs, () => this.does(sensor, forMs));
  }

  /** Uses what `sensor` watches, now and for `forMs` more. */
  does(sensor: SensorName, forMs = 0): void {
    this.#until.set(sensor, this.#clock.now().mono + forMs);
    this.#tell(sensor);
    if (forMs > 0) this.#later(forMs, () => this.#tell(sensor));
  }

  /** Leaves at once: what goes on ends unseen, and what the scripts still hold is not played. */
  leaves(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#until.clear();
  }

  /** The source of `sensor` ends. It can be started anew. */
  breaks(sensor: SensorName, reason: string): void {
    for (const watcher of [...this.#watchers]) if (watcher.name === sensor) watcher.break(reason);
  }

  #later(ms: number, fn: () => void): void {
    const cancel = this.#clock.after(ms, () => {
      this.#timers.delete(cancel);
      fn();
    });
    this.#timers.add(cancel);
  }

  #isActive(sensor: SensorName): boolean {
    return this.#clock.now().mono < (this.#until.get(sensor) ?? 0);
  }

  #tell(sensor: SensorName): void {
    for (const watcher of this.#watchers) if (watcher.name === sensor) watcher.happens();
  }
}

class ScriptedSensor implements Sensor {
  readonly name: SensorName;
  readonly mechanism = MECHANISM;
  readonly #clock: Clock;
  readonly #sink: SensorSink;
  readonly #runs: ActivityRuns;
  readonly #person: { readonly isActive: () => boolean; readonly ended: () => void };
  #broken: string | undefined;

  constructor(
    name: SensorName,
    clock: Clock,
    sink: SensorSink,
    person: { readonly isActive: () => boolean; readonly ended: () => void },
  ) {
    this.name = name;
    this.#clock = clock;
    this.#sink = sink;
    this.#person = person;
    this.#runs = new ActivityRuns(name, clock.now());
  }

  async read(): Promise<void> {
    if (this.#broken !== undefined) throw new Error(this.#broken);
    if (this.#person.isActive()) this.happens();
  }

  async stop(): Promise<void> {
    this.#person.ended();
  }

  happens(): void {
    const activity = this.#runs.happened(this.#clock.now(), this.#person.isActive());
    if (activity) this.#sink.activity(activity);
  }

  break(reason: string): void {
    this.#broken = reason;
    this.#person.ended();
    this.#sink.died(reason, 'none needed: it is started again');
  }
}
