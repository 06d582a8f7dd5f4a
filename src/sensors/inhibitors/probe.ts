import { Unavailable } from '../../core/errors.js';
/**
 * Idle inhibitors as a sign of something being played: for as long as one stands, that goes on. Watched beside the
 * audio sensor. Event-driven: it wakes when an inhibitor comes or goes, and for nothing else.
 */
import type { Clock, Instant } from '../../core/instant.js';
import type { Sensor, SensorProbe, SensorSink } from '../../core/sensor.js';

import type { BusKind } from '../../system/dbus/address.js';
import { type BusConnection, CURE_BUS_LOST, connectBus } from '../../system/dbus/bus.js';
import { ActivityRuns } from '../runs.js';
import { INHIBITOR_SOURCES } from './sources.js';

const NAME = 'audio';
const MECHANISM = 'idle inhibitors';
const NOBODY_KNOWS = `none of ${INHIBITOR_SOURCES.map(({ name }) => name).join(', ')} is on the message bus`;
const CURE_NOBODY_KNOWS = 'run systemd-logind or elogind, or start Cloudnap from within the desktop session';

const BUSES: readonly BusKind[] = ['system', 'session'];

export interface InhibitorProbeOptions {
  readonly clock: Clock;
  /** Read when the probe starts. */
  readonly env: NodeJS.ProcessEnv;
}

/** The probe of what keeps the screen from going idle. It works where either bus is there. */
export function inhibitorProbe(options: InhibitorProbeOptions): SensorProbe {
  return { name: NAME, mechanism: MECHANISM, start: (_options, sink) => start(options, sink) };
}

async function start({ clock, env }: InhibitorProbeOptions, sink: SensorSink): Promise<Sensor> {
  const runs = new ActivityRuns(NAME, clock.now());
  const watch = new InhibitorWatch();
  const buses: BusConnection[] = [];
  let isWatching = false;
  let lost: string | undefined;
  let ended = false;
  const end = () => {
    ended = true;
    for (const bus of buses) bus.close();
  };
  const onLost = (reason: string) => {
    lost ??= reason;
    // Started anew, it watches what is left.
    if (!isWatching || ended) return;
    end();
    sink.died(reason, CURE_BUS_LOST);
  };
  const report = (at: Instant, ongoing: boolean) => {
    const activity = runs.happened(at, ongoing);
    if (activity && !ended) sink.activity(activity);
  };

  const missing: Unavailable[] = [];
  try {
    for (const kind of BUSES) {
      const bus = await connectBus({ bus: kind, clock, env, onLost }).catch((error: unknown) => {
        if (!(error instanceof Unavailable)) throw error;
        missing.push(error);
      });
      if (!bus) continue;
      buses.push(bus);
      await watch.follow(bus, kind);
    }
    if (lost !== undefined) throw new Unavailable(lost, CURE_BUS_LOST);
    if (buses.length === 0) {
      throw new Unavailable(
        missing.map(({ message }) => message).join('; '),
        missing.map(({ cure }) => cure).join('; or '),
      );
    }
    if (!watch.isTold) throw new Unavailable(NOBODY_KNOWS, CURE_NOBODY_KNOWS);
  } catch (error) {
    end();
    if (error instanceof Unavailable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Unavailable(`the message bus refused what is needed: ${why}`, CURE_BUS_LOST, error);
  }
  isWatching = true;
  watch.onChange = (inhibits) => {
    report(clock.now(), inhibits);
    // Even where the end follows so soon on what was told last that it is not told: it is one.
    if (!inhibits) runs.broken();
  };
  // One that stands already goes on from here.
  if (watch.inhibits) report(clock.now(), true);
  return {
    name: NAME,
    mechanism: MECHANISM,
    read: async () => {
      if (ended) throw new Error(lost ?? 'it was stopped');
      // What was told before this reaches us before the answer, and may be a reason to ask.
      await Promise.all(buses.map((bus) => bus.sync()));
      await watch.settled();
      if (watch.inhibits) report(clock.now(), true);
    },
    stop: async () => end(),
  };
}

/** What all the sources say together. */
class InhibitorWatch {
  readonly #said = new Map<string, boolean>();
  readonly #settled: (() => Promise<void>)[] = [];
  #inhibits = false;
  /** Called when the first inhibitor comes and when the last has gone. */
  onChange: (inhibits: boolean) => void = () => {};

  get inhibits(): boolean {
    return this.#inhibits;
  }

  /** Whether there is anybody who would know. */
  get isTold(): boolean {
    return this.#said.size > 0;
  }

  /** Resolves when no source is being asked. */
  async settled(): Promise<void> {
    await Promise.all(this.#settled.map((settled) => settled()));
  }

  /** Resolves when each source on this bus has spoken. */
  async follow(bus: BusConnection, kind: BusKind): Promise<void> {
    const sources = INHIBITOR_SOURCES.filter((source) => source.bus === kind);
    const settled = await Promise.all(
      sources.map(({ name, follow }) =>
        follow(bus, (inhibits) => {
          if (inhibits === undefined) this.#said.delete(name);
          else this.#said.set(name, inhibits);
          this.#sumUp();
        }),
      ),
    );
    this.#settled.push(...settled);
  }

  #sumUp(): void {
    const inhibits = INHIBITOR_SOURCES.some(
      ({ name, unless = [] }) => this.#said.get(name) && !unless.some((other) => this.#said.has(other)),
    );
    if (inhibits === this.#inhibits) return;
    this.#inhibits = inhibits;
    this.onChange(inhibits);
  }
}
