/** The settings as the product uses them: SPEC section 3 with units in the names. The file's form is config's. */
import type { SensorName } from './sensor.js';

export interface SensorSettings {
  readonly enabled: boolean;
  /** Whether this sensor alone may end an absence. One that does not is weak: it only extends presence. */
  readonly wakes: boolean;
  /** How long after the last waking activity weak activity of this sensor still counts. */
  readonly extendsForMs: number;
}

export interface Settings {
  /** Away after this long without counted activity. */
  readonly timeoutMs: number;
  /** A warning stands this long before a nap; in effect at most half of the target's timeout. */
  readonly warnMs: number;
  readonly sensors: Readonly<Record<SensorName, SensorSettings>>;
  readonly mouseMinDistancePx: number;
  readonly screenMinChangedPercent: number;
  readonly screenIntervalMs: number;
  readonly audioMinLevelDb: number;
  /** Whether playback is measured against that level; without, what plays counts unless corked or muted. */
  readonly audioMeasureLevel: boolean;
  readonly lockMeansAway: boolean;
  readonly onSuspend: 'keep' | 'nap';
  /** The dead-man's switch, held by AWS. */
  readonly deadMan: {
    readonly enabled: boolean;
    /** How long after the end of a lease it fires. */
    readonly graceMs: number;
  };
  readonly team: TeamSettings;
  readonly aws: AwsSettings;
  readonly udp: {
    readonly enabled: boolean;
    readonly ip: string;
    readonly port: number;
    /** The largest request accepted, in bytes. */
    readonly bufferSize: number;
  };
  readonly dashboard: { readonly enabled: boolean; readonly port: number };
  readonly notifications: {
    readonly enabled: boolean;
    /** Undefined: none. */
    readonly quietHours: QuietHours | undefined;
  };
  readonly tray: { readonly enabled: boolean };
}

/** A part of every day, in minutes since midnight where the person is. It goes over midnight when it ends before it begins. */
export interface QuietHours {
  readonly from: number;
  readonly until: number;
}

/** Leases shared with a team, in a table that all of it can reach. */
export interface TeamSettings {
  readonly enabled: boolean;
  /** The table; one is one team. */
  readonly table: string;
  /** Undefined: the first of the regions searched. */
  readonly region: string | undefined;
  /** Who the person is to teammates; undefined: their user name on this machine. */
  readonly name: string | undefined;
  /** How often at most this member tells that it lives. */
  readonly heartbeatMs: number;
}

export interface AwsSettings {
  /** Undefined: the profile's region, or us-east-1. */
  readonly regions: readonly string[] | undefined;
  readonly profile: string | undefined;
  readonly endpointUrl: string | undefined;
  readonly saveCredentials: boolean;
  /** How often real states are read while nothing happens. */
  readonly checkIntervalMs: number;
  readonly dryRun: boolean;
}
