/** All five sensors together, each supervised on its own: one that fails says nothing about the others. */
import type { Clock } from '../core/instant.js';
import {
  SENSORS,
  type Senses,
  type SensesSettings,
  type SensesSink,
  type SensorName,
  type SensorOptions,
  type SensorProbe,
} from '../core/sensor.js';
import { SensorEnsemble } from './ensemble.js';
import type { Backoff, ProbeOrder, SensorLog } from './supervised.js';

/** Seconds at first, so that a restarted X server is soon watched again; a minute for what stays away. */
export const BACKOFF: Backoff = { firstMs: 1_000, mostMs: 60_000 };

interface SensorSources extends ProbeOrder {
  /** What watches beside the first that starts, wherever it can; none when left out. */
  readonly beside?: readonly SensorProbe[];
}

export type ProbeOrders = Readonly<Record<SensorName, SensorSources>>;

export interface SupervisionOptions {
  readonly clock: Clock;
  readonly log: SensorLog;
  /** The source of jitter, uniform in [0, 1). */
  readonly random: () => number;
  readonly backoff?: Backoff;
}

/** The settings each sensor reads; it is started anew when one of them has changed. */
const OWN_OPTIONS: Readonly<Record<SensorName, readonly (keyof SensorOptions)[]>> = {
  keyboard: [],
  mouse: ['mouseMinDistancePx'],
  screen: ['screenMinChangedPercent', 'screenIntervalMs'],
  window: [],
  audio: ['audioMinLevelDb', 'audioMeasureLevel'],
};

/** Supervises the sensors that `orders` offers. */
export function superviseSenses(orders: ProbeOrders, options: SupervisionOptions): Senses {
  let sink: SensesSink | undefined;
  let settings: SensesSettings | undefined;
  const sensors = SENSORS.map((name) => ({
    name,
    supervised: new SensorEnsemble({
      backoff: BACKOFF,
      ...options,
      name,
      order: orders[name],
      beside: orders[name].beside ?? [],
      onActivity: (activity) => sink?.activity(activity),
      onHealth: (health) => sink?.health(name, health),
    }),
  }));

  const apply = async (next: SensesSettings): Promise<void> => {
    const before = settings;
    settings = next;
    await Promise.all(
      sensors
        .filter(({ name }) => !before || isChanged(name, before, next))
        .map(({ name, supervised }) => (next.enabled[name] ? supervised.run(next) : supervised.switchOff())),
    );
  };

  return {
    start: (first, to) => {
      sink = to;
      return apply(first);
    },
    configure: (next) => apply(next),
    read: async () => {
      await Promise.all(sensors.map(({ supervised }) => supervised.read()));
    },
    stop: async () => {
      await Promise.all(sensors.map(({ supervised }) => supervised.stop()));
      sink = settings = undefined;
    },
  };
}

function isChanged(name: SensorName, before: SensesSettings, next: SensesSettings): boolean {
  if (before.enabled[name] !== next.enabled[name]) return true;
  return next.enabled[name] && OWN_OPTIONS[name].some((key) => before[key] !== next[key]);
}
