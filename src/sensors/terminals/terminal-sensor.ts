/** Looks at terminals now and then, and tells what was typed in them as the keyboard's activity. */
import { type FSWatcher, watch } from 'node:fs';
import { Unavailable } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';
import type { Sensor, SensorSink } from '../../core/sensor.js';

import { ActivityRuns } from '../runs.js';
import { TerminalReads } from './reads.js';
import type { Tty } from './ttys.js';

/**
 * No event tells of input, so it is looked for: six times a minute, near the eight seconds within which the
 * kernel does not tell one read from another. Who decides something reads the sensor first.
 */
const LOOK_EVERY_MS = 10_000;

/** Typing without a pause shows every eight seconds; one more for the pause that ends a run, one for rounding. */
const SAME_RUN_MS = 10_000;

export interface TerminalSensorOptions {
  readonly mechanism: string;
  readonly clock: Clock;
  readonly sink: SensorSink;
  readonly lookEveryMs?: number | undefined;
  /** The terminals to look at now. @throws Unavailable when that can no longer be known. */
  readonly ttys: () => readonly Tty[];
  /** A file that changes when there are others, so that without any nothing need be looked at. */
  readonly listedIn?: string | undefined;
}

export class TerminalSensor implements Sensor {
  readonly name = 'keyboard';
  readonly mechanism: string;
  readonly #options: TerminalSensorOptions;
  readonly #runs: ActivityRuns;
  readonly #reads: TerminalReads;
  readonly #watcher: FSWatcher | undefined;
  #cancelTimer: () => void = () => {};
  #ended: string | undefined;

  /** Starts it. @throws Unavailable when there is nothing to look at. */
  constructor(options: TerminalSensorOptions) {
    this.#options = options;
    this.mechanism = options.mechanism;
    const now = options.clock.now();
    const ttys = options.ttys();
    this.#runs = new ActivityRuns(this.name, now);
    this.#reads = new TerminalReads(ttys, now);
    if (options.listedIn !== undefined) this.#watcher = this.#watch(options.listedIn);
    this.#schedule(ttys);
  }

  async read(): Promise<void> {
    this.#look();
    if (this.#ended !== undefined) throw new Error(this.#ended);
  }

  async stop(): Promise<void> {
    this.#end('it was stopped');
  }

  #watch(file: string): FSWatcher {
    try {
      const watcher = watch(file, { persistent: false }, (event) => {
        // A file in its place would not be watched any more.
        if (event === 'rename') this.#die(`${file} was replaced`);
        else this.#look();
      });
      return watcher.on('error', (error) => this.#die(`${file} can no longer be watched: ${error.message}`));
    } catch (error) {
      throw new Unavailable(
        `${file} cannot be watched: ${error instanceof Error ? error.message : error}`,
        'raise fs.inotify.max_user_watches and fs.inotify.max_user_instances',
        error,
      );
    }
  }

  #look(): void {
    if (this.#ended !== undefined) return;
    const { clock, sink, ttys } = this.#options;
    try {
      const found = ttys();
      const at = this.#reads.look(found, clock.now());
      this.#schedule(found);
      if (!at) return;
      if (at.boot - this.#runs.last.boot > SAME_RUN_MS) this.#runs.broken();
      const activity = this.#runs.happened(at, true);
      if (activity) sink.activity(activity);
    } catch (error) {
      const { message } = error instanceof Error ? error : new Error(String(error));
      this.#die(message, error instanceof Unavailable ? error.cure : undefined);
    }
  }

  #schedule(found: readonly Tty[]): void {
    const { clock, lookEveryMs = LOOK_EVERY_MS } = this.#options;
    this.#cancelTimer();
    if (found.length > 0 || !this.#watcher) this.#cancelTimer = clock.after(lookEveryMs, () => this.#look());
  }

  #die(reason: string, cure = 'none needed: it is started again'): void {
    if (this.#ended !== undefined) return;
    this.#end(reason);
    this.#options.sink.died(reason, cure);
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    this.#cancelTimer();
    this.#watcher?.close();
  }
}
