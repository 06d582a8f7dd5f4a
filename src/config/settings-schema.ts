/** settings.json in its own words (SPEC section 3), what it means to the core, and its reference for people. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { SENSORS, type SensorName } from '../core/sensor.js';
import type { QuietHours, SensorSettings, Settings } from '../core/settings.js';
import { unwrap } from './check.js';
import { choice, flag, MAX_MINUTES, minutesToMs, number, regionName, text, whole } from './fields.js';

/** The largest datagram UDP over IPv4 carries. A limit below what every command needs is a person's choice. */
const MAX_DATAGRAM = 65_507;

const DEFAULT_MIN_LEVEL_DB = -60;

const GROUP = { error: 'a group of keys in { }' };

const wakes = 'Whether this sensor alone may end an absence; one that does not only extends presence.';
const extendsFor = 'How long after the last waking activity this sensor still counts while it does not wake.';

function sensor(defaults: { enabled: boolean; wakes: boolean }, meaning: string) {
  return {
    enabled: flag().default(defaults.enabled).meta({ description: meaning }),
    wakes: flag().default(defaults.wakes).meta({ description: wakes }),
    extends_for_minutes: number({ min: 0, max: MAX_MINUTES, of: 'of minutes' })
      .default(120)
      .meta({ description: extendsFor, unit: 'minutes' }),
  };
}

const activityMonitor = z.strictObject(
  {
    inactivity_timeout_minutes: number({ above: 0, max: MAX_MINUTES, of: 'of minutes' }).default(30).meta({
      description: 'Away after this long without activity; fractions are allowed.',
      unit: 'minutes',
    }),
    warn_before_seconds: number({ min: 0, max: 86_400, of: 'of seconds' }).default(60).meta({
      description: "How long a warning stands before a nap; in effect at most half of the target's timeout.",
      unit: 'seconds',
    }),
    keyboard: z
      .strictObject(sensor({ enabled: true, wakes: true }, 'Watch the keyboard.'), GROUP)
      .prefault({}),
    mouse: z
      .strictObject(
        {
          ...sensor({ enabled: true, wakes: true }, 'Watch the mouse.'),
          min_distance_px: number({ min: 0, max: 100_000, of: 'of pixels' }).default(5).meta({
            description: 'Movement over less is a nudged desk; clicks and the wheel always count.',
            unit: 'pixels',
          }),
        },
        GROUP,
      )
      .prefault({}),
    screen: z
      .strictObject(
        {
          ...sensor({ enabled: false, wakes: false }, 'Watch the screen for changes.'),
          min_changed_percent: number({ min: 0, max: 100, of: 'of percent' })
            .default(2)
            .meta({ description: 'How much of the screen must change.', unit: 'percent' }),
          interval_seconds: number({ above: 0, max: 3_600, of: 'of seconds' })
            .default(5)
            .meta({ description: 'How often at most the screen is looked at.', unit: 'seconds' }),
        },
        GROUP,
      )
      .prefault({}),
    window: z
      .strictObject(sensor({ enabled: true, wakes: false }, 'Watch which window is active.'), GROUP)
      .prefault({}),
    audio: z
      .strictObject(
        {
          ...sensor({ enabled: true, wakes: false }, 'Watch audio playback.'),
          min_level_db: number({ min: -200, max: 0, of: 'of decibels' })
            .default(DEFAULT_MIN_LEVEL_DB)
            .meta({ description: 'Quieter playback is silence, where it is measured.', unit: 'dB' }),
          measure_level: flag().default(false).meta({
            description:
              'Measure playback against min_level_db. Opens a capture stream now and then, which a desktop may show as a microphone in use. A min_level_db other than the default measures too.',
          }),
        },
        GROUP,
      )
      .prefault({}),
    lock_means_away: flag().default(false).meta({ description: 'A locked session is away at once.' }),
    on_suspend: choice('keep', 'nap')
      .default('keep')
      .meta({ description: 'nap: before the machine sleeps, nap what can be reached in time.' }),
  },
  GROUP,
);

const REGIONS = 'a list of region names such as ["eu-central-1"], or null';
const PROFILE = 'the name of an AWS profile, or null';
const ENDPOINT = 'a URL such as http://127.0.0.1:4566, or null';

const aws = z.strictObject(
  {
    regions: z
      .array(regionName(), { error: REGIONS })
      .min(1, { error: REGIONS })
      .nullable()
      .default(null)
      .meta({ description: "Regions searched. null: the profile's region, or us-east-1." }),
    profile: text(PROFILE)
      .nullable()
      .default(null)
      .meta({ description: 'The AWS profile to use. null: AWS_PROFILE, or the default one.' }),
    endpoint_url: text(ENDPOINT, isHttpUrl)
      .nullable()
      .default(null)
      .meta({ description: 'Another AWS endpoint. null: AWS_ENDPOINT_URL, or AWS itself.' }),
    credentials: z
      .strictObject(
        { save: flag().default(false).meta({ description: "Keep entered keys in the system's keyring." }) },
        GROUP,
      )
      .prefault({}),
    service_state_check_interval_minutes: number({ above: 0, max: 1_440, of: 'of minutes' })
      .default(5)
      .meta({ description: 'How often real states are read while nothing happens.', unit: 'minutes' }),
    dry_run: flag().default(false).meta({ description: 'Decide and log, change nothing in AWS.' }),
  },
  GROUP,
);

const port = () => whole({ min: 1, max: 65_535 });

const udpServer = z.strictObject(
  {
    enabled: flag().default(true).meta({ description: 'Serve commands over UDP.' }),
    ip: text('an IP address such as 127.0.0.1', (value) => isIP(value) !== 0)
      .default('127.0.0.1')
      .meta({ description: 'The address to bind; any but loopback needs a secret and signed requests.' }),
    port: port().default(20_200).meta({ description: 'The UDP port.' }),
    buffer_size: whole({ min: 1, max: MAX_DATAGRAM, of: 'of bytes' })
      .default(8_192)
      .meta({ description: 'The largest request accepted.', unit: 'bytes' }),
  },
  GROUP,
);

const dashboard = z.strictObject(
  {
    enabled: flag().default(true).meta({ description: 'Serve the dashboard on loopback.' }),
    port: port().default(20_201).meta({ description: 'The TCP port of the dashboard.' }),
  },
  GROUP,
);

const QUIET_HOURS = 'two different times of day such as "22:00-08:00", or null';

const notifications = z.strictObject(
  {
    enabled: flag().default(true).meta({ description: 'Tell of naps and of what is wrong on the desktop.' }),
    quiet_hours: z
      .string({ error: QUIET_HOURS })
      .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, { error: QUIET_HOURS })
      .refine((hours) => hours.slice(0, 5) !== hours.slice(6), { error: QUIET_HOURS })
      .nullable()
      .default(null)
      .meta({ description: 'When only what cannot wait is told; may go over midnight. null: never.' }),
  },
  GROUP,
);

const tray = z.strictObject(
  {
    enabled: flag()
      .default(true)
      .meta({ description: 'Show an icon with a menu where the desktop has a place for it.' }),
  },
  GROUP,
);

const TABLE = 'the name of a DynamoDB table such as cloudnap-team';
const MEMBER = 'a name of at most 64 characters, or null';

const leases = z.strictObject(
  {
    dead_man: z
      .strictObject(
        {
          enabled: flag().default(false).meta({
            description:
              'Have AWS itself stop services whose lease has run out, should this computer no longer do it. Needs "cloudnap dead-man enable".',
          }),
          grace_minutes: number({ min: 1, max: 1_440, of: 'of minutes' }).default(10).meta({
            description: 'How long after the end of a lease AWS steps in.',
            unit: 'minutes',
          }),
        },
        GROUP,
      )
      .prefault({}),
    team: z
      .strictObject(
        {
          enabled: flag().default(false).meta({
            description:
              'Share services marked "shared" with a team: they nap when nobody holds them. Needs "cloudnap team join".',
          }),
          table: z
            .string({ error: TABLE })
            .regex(/^[\w.-]{3,255}$/, { error: TABLE })
            .default('cloudnap-team')
            .meta({ description: "The team's DynamoDB table; one table is one team." }),
          region: regionName()
            .nullable()
            .default(null)
            .meta({ description: "The table's region. null: the first of the regions searched." }),
          name: z
            .string({ error: MEMBER })
            .regex(/^\S(.{0,62}\S)?$/u, { error: MEMBER })
            .nullable()
            .default(null)
            .meta({ description: 'What teammates see you as. null: your user name on this computer.' }),
          heartbeat_seconds: number({ min: 5, max: 3_600, of: 'of seconds' }).default(60).meta({
            description:
              'How often at most the team is told that you are here; in effect at most a third of the shortest timeout of a shared service.',
            unit: 'seconds',
          }),
        },
        GROUP,
      )
      .prefault({}),
  },
  GROUP,
);

/** The whole file. Strict: {@link check} tells unknown keys from faults. */
export const settingsSchema = z.strictObject(
  {
    $schema: z.string({ error: 'the address of a JSON Schema' }).optional(),
    activity_monitor: activityMonitor.prefault({}),
    leases: leases.prefault({}),
    aws: aws.prefault({}),
    udp_server: udpServer.prefault({}),
    dashboard: dashboard.prefault({}),
    notifications: notifications.prefault({}),
    tray: tray.prefault({}),
  },
  { error: 'settings in { }' },
);
export type SettingsJson = z.output<typeof settingsSchema>;

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

/** The file's words turned into what the core works with. */
export function toSettings(json: SettingsJson): Settings {
  const { activity_monitor: monitor, aws, udp_server: udp, dashboard, notifications, tray } = json;
  return {
    timeoutMs: minutesToMs(monitor.inactivity_timeout_minutes),
    warnMs: Math.round(monitor.warn_before_seconds * 1_000),
    sensors: Object.fromEntries(SENSORS.map((name) => [name, toSensor(monitor[name])])) as Record<
      SensorName,
      SensorSettings
    >,
    mouseMinDistancePx: monitor.mouse.min_distance_px,
    screenMinChangedPercent: monitor.screen.min_changed_percent,
    screenIntervalMs: Math.max(1, Math.round(monitor.screen.interval_seconds * 1_000)),
    audioMinLevelDb: monitor.audio.min_level_db,
    // Who sets a level of their own means it.
    audioMeasureLevel: monitor.audio.measure_level || monitor.audio.min_level_db !== DEFAULT_MIN_LEVEL_DB,
    lockMeansAway: monitor.lock_means_away,
    onSuspend: monitor.on_suspend,
    deadMan: {
      enabled: json.leases.dead_man.enabled,
      graceMs: minutesToMs(json.leases.dead_man.grace_minutes),
    },
    team: {
      enabled: json.leases.team.enabled,
      table: json.leases.team.table,
      region: json.leases.team.region ?? undefined,
      name: json.leases.team.name ?? undefined,
      heartbeatMs: Math.round(json.leases.team.heartbeat_seconds * 1_000),
    },
    aws: {
      regions: aws.regions === null ? undefined : [...new Set(aws.regions)],
      profile: aws.profile ?? undefined,
      endpointUrl: aws.endpoint_url ?? undefined,
      saveCredentials: aws.credentials.save,
      checkIntervalMs: minutesToMs(aws.service_state_check_interval_minutes),
      dryRun: aws.dry_run,
    },
    udp: { enabled: udp.enabled, ip: udp.ip, port: udp.port, bufferSize: udp.buffer_size },
    dashboard: { enabled: dashboard.enabled, port: dashboard.port },
    notifications: {
      enabled: notifications.enabled,
      quietHours: notifications.quiet_hours === null ? undefined : toQuietHours(notifications.quiet_hours),
    },
    tray: { enabled: tray.enabled },
  };
}

/** `22:00-08:00`, as minutes of the day. */
function toQuietHours(hours: string): QuietHours {
  const minuteAt = (index: number) =>
    Number(hours.slice(index, index + 2)) * 60 + Number(hours.slice(index + 3, index + 5));
  return { from: minuteAt(0), until: minuteAt(6) };
}

function toSensor(json: SettingsJson['activity_monitor'][SensorName]): SensorSettings {
  return {
    enabled: json.enabled,
    wakes: json.wakes,
    extendsForMs: Math.round(json.extends_for_minutes * 60_000),
  };
}

/** What is in force when the file says nothing. */
export const defaultSettings: Settings = toSettings(settingsSchema.parse({}));

/** The text written at the first start: every key with its default, null where none is set. */
export function defaultSettingsText(): string {
  const json: Record<string, unknown> = settingsSchema.parse({});
  const monitor = json.activity_monitor as SettingsJson['activity_monitor'];
  // A sensor that wakes has nothing to extend; the key is shown where it matters.
  const sensors = SENSORS.map((name) => {
    const { extends_for_minutes, ...rest } = monitor[name];
    return [name, rest.wakes ? rest : { ...rest, extends_for_minutes }];
  });
  return `${JSON.stringify({ ...json, activity_monitor: { ...monitor, ...Object.fromEntries(sensors) } }, null, 2)}\n`;
}

/** One key of settings.json, for `cloudnap config`, the docs and the settings page. */
export interface SettingReference {
  /** `udp_server.port`. */
  readonly key: string;
  /** As it is written in the file; null: none. */
  readonly default: unknown;
  readonly unit: string | undefined;
  readonly meaning: string;
}

/** Every key of settings.json in the file's order. */
export function settingsReference(): readonly SettingReference[] {
  return leaves(settingsSchema, [], settingsSchema.parse({}));
}

function leaves(schema: z.ZodType, path: readonly string[], value: unknown): SettingReference[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject)
    return Object.entries(inner.shape).flatMap(([key, child]) =>
      key === '$schema' ? [] : leaves(child, [...path, key], (value as Record<string, unknown>)[key]),
    );
  const { description = '', unit } = schema.meta() ?? {};
  return [
    {
      key: path.join('.'),
      default: value,
      unit: typeof unit === 'string' ? unit : undefined,
      meaning: description,
    },
  ];
}
