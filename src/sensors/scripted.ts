/**
 * A person who follows a script, for the demo where there is no display and for tests. The sensors behave as
 * real ones do: a run of activity is told at its beginning and at its end, and in between to who reads.
 */
import type { Clock, Instant } from '../core/instant.js';
import type { Senses, Sensor, SensorName, SensorProbe, SensorSink } from '../core/sensor.js';
import { ActivityRuns } from './runs.js';
import { type SupervisionOptions, superviseSenses } from './senses.js';

/** One thing that happens. Times are milliseconds of waking time. */
export interface Act {
  /** Since the script began, which is when its first sensor is started. */
  readonly afterMs: number;
  readonly sensor: SensorName;
  /** How long it goes on without a pause; left out, it happens once. */
  readonly forMs?: number;
  /** The sensor's source ends instead, for this reason. */
  readonly breaks?: string;
}

/** Senses that play `script`; a sensor it does not mention watches, and nothing happens. */
export function scriptedSenses(script: readonly Act[], options: SupervisionOptions): Senses {
  const probes = scriptedProbes(script, options.clock);
  const order = (name: SensorName) => ({ probes: [probes[name]], none: { reason: '', cure: '' } });
  const orders = {
    keyboard: order('keyboard'),
    mouse: order('mouse'),
    screen: order('screen'),
    window: order('window'),
    audio: order('audio'),
  };
  return superviseSenses(orders, options);
}

/**
 * A probe for each sensor that plays its part of `script`. Started in the middle of an act, it sees the rest.
 * One that broke can be started anew.
 */
export function scriptedProbes(
  script: readonly Act[],
  clock: Clock,
): Readonly<Record<SensorName, SensorProbe>> {
  let began: Instant | undefined;
  const probe = (name: SensorName): SensorProbe => ({
    name,
    mechanism: MECHANISM,
    start: async (_options, sink) => {
      began ??= clock.now();
      return new ScriptedSensor(
        script.filter(({ sensor }) => sensor === name),
        { name, clock, sink, elapsedMs: clock.now().mono - began.mono },
      );
    },
  });
  return {
    keyboard: probe('keyboard'),
    mouse: probe('mouse'),
    screen: probe('screen'),
    window: probe('window'),
    audio: probe('audio'),
  };
}

const MECHANISM = 'scripted person';

interface Stage {
  readonly name: SensorName;
  readonly clock: Clock;
  readonly sink: SensorSink;
  /** How much of the script is over already. */
  readonly elapsedMs: number;
}

class ScriptedSensor implements Sensor {
  readonly name: SensorName;
  readonly mechanism = MECHANISM;
  readonly #clock: Clock;
  readonly #sink: SensorSink;
  readonly #runs: ActivityRuns;
  readonly #cancels: (() => void)[] = [];
  /** Acts that are going on. */
  #ongoing = 0;
  #state: 'playing' | 'broken' | 'stopped' = 'playing';

  constructor(acts: readonly Act[], stage: Stage) {
    this.name = stage.name;
    this.#clock = stage.clock;
    this.#sink = stage.sink;
    this.#runs = new ActivityRuns(stage.name, stage.clock.now());
    for (const act of acts) this.#prepare(act, stage.elapsedMs);
  }

  async read(): Promise<void> {
    if (this.#state === 'broken') throw new Error('the script has ended this sensor');
    if (this.#ongoing > 0) this.#happens();
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#cancel();
  }

  #prepare({ afterMs, forMs = 0, breaks }: Act, elapsedMs: number): void {
    const at = (ms: number, fn: () => void) => this.#cancels.push(this.#clock.after(ms - elapsedMs, fn));
    if (breaks !== undefined) {
      if (afterMs >= elapsedMs) at(afterMs, () => this.#breaks(breaks));
      return;
    }
    if (afterMs >= elapsedMs) {
      at(afterMs, () => {
        if (forMs > 0) this.#ongoing += 1;
        this.#happens();
      });
    } else if (afterMs + forMs > elapsedMs) {
      this.#ongoing += 1;
    }
    if (forMs > 0 && afterMs + forMs > elapsedMs) {
      at(afterMs + forMs, () => {
        this.#ongoing -= 1;
        this.#happens();
      });
    }
  }

  #happens(): void {
    const activity = this.#runs.happened(this.#clock.now(), this.#ongoing > 0);
    if (activity) this.#sink.activity(activity);
  }

  #breaks(reason: string): void {
    this.#state = 'broken';
    this.#cancel();
    this.#sink.died(reason, 'none needed: the script goes on');
  }

  #cancel(): void {
    for (const cancel of this.#cancels) cancel();
  }
}
