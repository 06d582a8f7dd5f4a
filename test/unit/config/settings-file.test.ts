/** settings.json on a real disk: the first start, and each kind of mistake. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSettings } from '../../../src/config/settings-file.js';
import { defaultSettings } from '../../../src/config/settings-schema.js';
import { describeFault } from '../../../src/core/registry.js';
import { folder, KeptLog, WatchedClock } from './files.js';
import { open } from './opened-settings.js';

describe('the first start', () => {
  test('writes every default, for the owner alone, and leaves nothing else', async () => {
    const { home, path, settings } = await open();
    expect(settings.current()).toEqual(defaultSettings);
    expect(settings.faults()).toEqual([]);
    expect(settings.unknownKeys()).toEqual([]);
    expect(await readdir(home)).toEqual(['settings.json']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      activity_monitor: {
        inactivity_timeout_minutes: 30,
        warn_before_seconds: 60,
        keyboard: { enabled: true, wakes: true },
        mouse: { enabled: true, wakes: true, min_distance_px: 5 },
        screen: {
          enabled: false,
          wakes: false,
          extends_for_minutes: 120,
          min_changed_percent: 2,
          interval_seconds: 5,
        },
        window: { enabled: true, wakes: false, extends_for_minutes: 120 },
        audio: {
          enabled: true,
          wakes: false,
          extends_for_minutes: 120,
          min_level_db: -60,
          measure_level: false,
        },
        lock_means_away: false,
        on_suspend: 'keep',
      },
      leases: {
        dead_man: { enabled: false, grace_minutes: 10 },
        team: { enabled: false, table: 'cloudnap-team', region: null, name: null, heartbeat_seconds: 60 },
      },
      aws: {
        regions: null,
        profile: null,
        endpoint_url: null,
        credentials: { save: false },
        service_state_check_interval_minutes: 5,
        dry_run: false,
      },
      udp_server: { enabled: true, ip: '127.0.0.1', port: 20200, buffer_size: 8192 },
      dashboard: { enabled: true, port: 20201 },
      notifications: { enabled: true, quiet_hours: null },
      tray: { enabled: true },
    });
  });

  test('what was written is read back as the defaults', async () => {
    const first = await open();
    const again = await open(await readFile(first.path, 'utf8'));
    expect(again.settings.current()).toEqual(defaultSettings);
    expect(again.settings.faults()).toEqual([]);
  });

  test('a folder that cannot be written or watched leaves the defaults in force and says so', async () => {
    const clock = new WatchedClock();
    const log = new KeptLog();
    const settings = await openSettings({ path: join(await folder(), 'none', 'settings.json'), clock, log });
    expect(settings.current()).toEqual(defaultSettings);
    expect(settings.faults()).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/^found no file/) }),
    ]);
    expect(log.lines).toEqual([
      expect.stringMatching(/^error .*settings\.json could not be written/),
      expect.stringMatching(/^warn .* cannot be watched; settings\.json is looked at every 2 s/),
      expect.stringMatching(/^error settings\.json: found no file/),
    ]);
    // Where the system cannot watch, the clock wakes it; not after it is closed.
    expect(clock.nextDueIn).toBe(2_000);
    await settings.close();
    expect(clock.pending).toBe(0);
  });

  test('takes the rights of others away from a file that was there', async () => {
    const { path, settings } = await open('{}', 0o644);
    expect(settings.faults()).toEqual([]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });
});

test('units are those of the core', async () => {
  const { settings } = await open(`{
    "$schema": "settings.schema.json",
    "activity_monitor": {"inactivity_timeout_minutes": 0.07, "warn_before_seconds": 1.5, "screen": {"interval_seconds": 0.5},
      "audio": {"extends_for_minutes": 0}},
    "aws": {"regions": ["eu-central-1", "us-west-2", "eu-central-1"], "profile": "dev", "endpoint_url": "http://127.0.0.1:4566"}
  }`);
  expect(settings.faults()).toEqual([]);
  expect(settings.unknownKeys()).toEqual([]);
  expect(settings.current()).toEqual({
    ...defaultSettings,
    timeoutMs: 4_200,
    warnMs: 1_500,
    screenIntervalMs: 500,
    sensors: { ...defaultSettings.sensors, audio: { enabled: true, wakes: false, extendsForMs: 0 } },
    aws: {
      ...defaultSettings.aws,
      regions: ['eu-central-1', 'us-west-2'],
      profile: 'dev',
      endpointUrl: 'http://127.0.0.1:4566',
    },
  });
});

describe('mistakes', () => {
  const key = (path: string, value: string) =>
    path.split('.').reduceRight((inner, step) => `{\n "${step}": ${inner}}`, value);

  test.each([
    [
      'activity_monitor.inactivity_timeout_minutes',
      '"30"',
      /found "30", expected a number of minutes above 0 and at most \d+: write it without quotes/,
    ],
    [
      'activity_monitor.inactivity_timeout_minutes',
      '0',
      /found the number 0, .* above 0.*: correct it, or delete the key for the default, 30/,
    ],
    ['activity_monitor.inactivity_timeout_minutes', '-1', /the number -1/],
    ['activity_monitor.inactivity_timeout_minutes', '1e999', /the number 1e999/],
    ['activity_monitor.inactivity_timeout_minutes', 'null', /found nothing, expected a number/],
    ['activity_monitor.warn_before_seconds', '-1', /from 0/],
    [
      'activity_monitor.mouse.enabled',
      '"true"',
      /found "true", expected true or false: write it without quotes/,
    ],
    ['activity_monitor.mouse.enabled', '1', /expected true or false/],
    ['activity_monitor.mouse', 'false', /found false, expected a group of keys/],
    ['activity_monitor.mouse.min_distance_px', '-5', /pixels from 0/],
    ['activity_monitor.screen.min_changed_percent', '101', /percent from 0 to 100/],
    ['activity_monitor.screen.interval_seconds', '0', /above 0/],
    ['activity_monitor.audio.min_level_db', '3', /decibels from -200 to 0/],
    ['activity_monitor.audio.extends_for_minutes', '[]', /found an empty list/],
    ['activity_monitor.on_suspend', '"naps"', /expected keep or nap: did you mean nap\?/],
    [
      'aws.regions',
      '"eu-central-1"',
      /expected a list of region names.*: write it as a list: \["eu-central-1"\]/,
    ],
    ['aws.regions', '[]', /found an empty list, expected a list of region names/],
    ['aws.profile', '""', /expected the name of an AWS profile/],
    ['aws.profile', '7', /the number 7.*: put it in quotes/],
    ['aws.endpoint_url', '"localhost:4566"', /expected a URL/],
    ['aws.service_state_check_interval_minutes', '0', /above 0/],
    ['udp_server.ip', '"localhost"', /expected an IP address/],
    ['udp_server.port', '0', /a whole number from 1 to 65535/],
    ['udp_server.port', '65536', /a whole number from 1 to 65535/],
    ['udp_server.port', '20200.5', /a whole number/],
    ['udp_server.buffer_size', '0', /bytes from 1 to 65507/],
    ['dashboard.port', '"x"', /found "x"/],
    ['notifications.quiet_hours', '"22-8"', /found "22-8", expected two different times of day such as/],
    ['notifications.quiet_hours', '"22:00-24:00"', /expected two different times of day/],
    ['notifications.quiet_hours', '"08:00-08:00"', /expected two different times of day/],
    ['notifications.quiet_hours', '22', /the number 22, .*: put it in quotes/],
    ['notifications.enabled', '"no"', /expected true or false/],
    ['tray', 'true', /expected a group of keys/],
  ])('%s: %s', async (path, value, message) => {
    const { settings, path: file } = await open(key(path, value));
    expect(settings.faults()).toHaveLength(1);
    const [fault] = settings.faults();
    expect(fault).toEqual({
      file,
      line: path.split('.').length + 1,
      column: 2,
      key: path,
      message: expect.stringMatching(message),
    });
    expect(settings.current()).toEqual(defaultSettings);
    expect(await readFile(file, 'utf8')).toBe(key(path, value));
  });

  test('a bad item of a list is named', async () => {
    const { settings } = await open('{"aws": {\n  "regions": [\n    "eu-central-1",\n    "eu-central"]}}');
    expect(settings.faults().map(describeFault)).toEqual([
      expect.stringMatching(
        /^settings\.json:4:5: aws\.regions\[1\]: found "eu-central", expected a region name such as/,
      ),
    ]);
  });

  test('all of them are named at once', async () => {
    const { settings } = await open('{"udp_server": {"port": 0}, "dashboard": {"port": -1}}');
    expect(settings.faults().map((fault) => fault.key)).toEqual(['udp_server.port', 'dashboard.port']);
  });

  test('what is not strict JSON is named with its place', async () => {
    const { settings, log } = await open('{\n  "aws": {\n    "dry_run": true, // careful\n  }\n}');
    expect(settings.faults().map(describeFault)).toEqual([
      'settings.json:3:22: aws: found a comment, expected strict JSON, which has no comments: delete the comment',
    ]);
    expect(log.lines).toEqual([expect.stringMatching(/^error settings\.json:3:22: aws: found a comment/)]);
  });

  test.each([
    ['empty', ''],
    ['blank', ' \n'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a list', '[]'],
  ])('a file that is %s is a fault and keeps its bytes', async (_what, bytes) => {
    const home = await folder();
    const path = join(home, 'settings.json');
    await writeFile(path, bytes);
    const settings = await openSettings({ path, clock: new WatchedClock(), log: new KeptLog() });
    onTestFinished(() => settings.close());
    expect(settings.faults()).toEqual([
      expect.objectContaining({ file: path, message: expect.stringMatching(/found .*expected/) }),
    ]);
    expect(await readFile(path)).toEqual(Buffer.from(bytes));
  });

  test('unknown keys are told with what was probably meant, and are no fault', async () => {
    const { settings, log } = await open(
      '{"activity_monitor": {"mose": {}, "inactivity_timeout_minutes": 7}, "colour": 1}',
    );
    expect(settings.faults()).toEqual([]);
    expect(settings.unknownKeys()).toEqual(['activity_monitor.mose (did you mean mouse?)', 'colour']);
    expect(settings.current().timeoutMs).toBe(7 * 60_000);
    expect(log.lines).toEqual([expect.stringMatching(/^warn settings\.json has keys that mean nothing/)]);
  });
});
