/** The port to the senses. Only that something happened, and when, ever leaves a sensor. */
import type { Instant } from './instant.js';

export const SENSORS = ['keyboard', 'mouse', 'screen', 'window', 'audio'] as const;
export type SensorName = (typeof SENSORS)[number];

/** Something happened. Nothing else about it is known, on purpose. */
export interface Activity {
  readonly sensor: SensorName;
  readonly at: Instant;
  /**
   * When the uninterrupted run of activity this belongs to began, in `boot` milliseconds: a pause of more than
   * a second ends a run. Equal to `at.boot` for something that happened once.
   */
  readonly began: number;
}

/** A mechanism that was tried and does not work here. */
export interface PassedOver {
  readonly mechanism: string;
  readonly reason: string;
  readonly cure: string;
}

/** What watches beside a sensor's chosen mechanism, and adds to it: its own state never makes the sensor's. */
export type Beside =
  | { readonly state: 'watching'; readonly mechanism: string }
  | ({ readonly state: 'unavailable' } & PassedOver);

export type SensorHealth =
  | ({ readonly state: 'watching'; readonly mechanism: string } & Tried)
  | { readonly state: 'off' }
  | ({ readonly state: 'unavailable'; readonly reason: string; readonly cure: string } & Tried);

interface Tried {
  /** In the order tried; left out when there are none. */
  readonly passedOver?: readonly PassedOver[];
  /** Left out when there is none. */
  readonly beside?: readonly Beside[];
}

export interface SensorSink {
  activity(activity: Activity): void;
  /** The mechanism has died and will report nothing more until it is started anew. At most once. */
  died(reason: string, cure: string): void;
}

/** One running mechanism for one sensor. Starting it is its probe (see {@link SensorProbe}). */
export interface Sensor {
  readonly name: SensorName;
  /** For people: `X11 XSync device idle counter`. */
  readonly mechanism: string;
  /**
   * Brings the record up to date: activity that has happened but was not yet reported reaches the sink before
   * this resolves (a run of activity may be reported only at its begin and end). Rejects, after
   * `sink.died`, when the source can no longer be read.
   */
  read(): Promise<void>;
  /** Ends it and frees everything. Idempotent; nothing reaches the sink afterwards. */
  stop(): Promise<void>;
}

/** A way to get one sensor on this machine. */
export interface SensorProbe {
  readonly name: SensorName;
  readonly mechanism: string;
  /**
   * Starts watching; resolved means it watches. Event-driven where the system allows: while nothing happens
   * nothing wakes. Activity before the start is not reported.
   * @throws Unavailable with reason and cure, having freed everything.
   */
  start(options: SensorOptions, sink: SensorSink): Promise<Sensor>;
}

/** What a mechanism may need to know of the settings (SPEC section 3); each reads only its own. */
export interface SensorOptions {
  readonly mouseMinDistancePx: number;
  readonly screenMinChangedPercent: number;
  readonly screenIntervalMs: number;
  readonly audioMinLevelDb: number;
  /** Whether the level of what plays may be read at all: it needs a capture stream, which desktops may show. */
  readonly audioMeasureLevel: boolean;
}

export interface SensesSink {
  activity(activity: Activity): void;
  /** Called for every change of a sensor's health, and once for each sensor when they start. */
  health(sensor: SensorName, health: SensorHealth): void;
}

/** All sensors together, supervised: probed in order, restarted with backoff when they die. */
export interface Senses {
  /** Starts what is enabled; resolves when each sensor is watching, off or unavailable. Never rejects. */
  start(settings: SensesSettings, sink: SensesSink): Promise<void>;
  /** Applies changed settings; only sensors whose settings changed are restarted. */
  configure(settings: SensesSettings): Promise<void>;
  /** Reads every watching sensor (see {@link Sensor.read}); one that cannot be read turns unavailable. Never rejects. */
  read(): Promise<void>;
  stop(): Promise<void>;
}

export interface SensesSettings extends SensorOptions {
  readonly enabled: Readonly<Record<SensorName, boolean>>;
}
