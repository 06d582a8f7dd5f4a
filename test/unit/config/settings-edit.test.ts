/** Setting one key of settings.json: all else keeps its bytes, and nothing wrong is ever written. */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { valueAt } from '../../../src/config/check.js';
import { setSetting } from '../../../src/config/settings-edit.js';
import { readSettings } from '../../../src/config/settings-read.js';
import { defaultSettingsText, settingsReference } from '../../../src/config/settings-schema.js';
import { folder } from './files.js';

async function file(text?: string) {
  const path = join(await folder(), 'settings.json');
  if (text !== undefined) await writeFile(path, text);
  return path;
}

async function inForce(path: string, key: string) {
  const { data, faults } = readSettings(path, await readFile(path, 'utf8'));
  expect(faults).toEqual([]);
  return valueAt(data, key.split('.'));
}

const STYLED = `{
    "colour": "mine",  "udp_server": {"port":20300},
    "aws": {
        "profile":   "dev"
    }
}`;

describe('in place', () => {
  test.each([
    ['a key that is there', 'udp_server.port', 20400, STYLED.replace('20300', '20400')],
    [
      'a key beside others in one line',
      'udp_server.ip',
      '::1',
      STYLED.replace('20300}', '20300, "ip": "::1"}'),
    ],
    [
      'a key under others',
      'aws.dry_run',
      true,
      STYLED.replace('"dev"\n', '"dev",\n        "dry_run": true\n'),
    ],
    [
      'a key in a group that is missing',
      'aws.credentials.save',
      true,
      STYLED.replace('"dev"\n', '"dev",\n        "credentials": {\n          "save": true\n        }\n'),
    ],
    [
      'a key in a section that is missing',
      'dashboard.port',
      8080,
      STYLED.replace('    }\n}', '    },\n    "dashboard": {\n      "port": 8080\n    }\n}'),
    ],
    [
      'a list',
      'aws.regions',
      ['eu-central-1'],
      STYLED.replace('"dev"\n', '"dev",\n        "regions": [\n          "eu-central-1"\n        ]\n'),
    ],
    ['nothing', 'aws.profile', null, STYLED.replace('"dev"', 'null')],
  ])('%s', async (_what, key, value, expected) => {
    const path = await file(STYLED);
    expect(await setSetting(path, key, value)).toMatchObject({ key, value });
    expect(await readFile(path, 'utf8')).toBe(expected);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await inForce(path, key)).toEqual(value);
  });

  test('an empty file of settings and Windows line ends', async () => {
    const empty = await file('{}');
    await setSetting(empty, 'aws.dry_run', true);
    expect(await readFile(empty, 'utf8')).toBe('{\n  "aws": {\n    "dry_run": true\n  }\n}');
    const windows = await file('\uFEFF{\r\n  "aws": {}\r\n}\r\n');
    await setSetting(windows, 'aws.dry_run', true);
    expect(await readFile(windows, 'utf8')).toBe(
      '\uFEFF{\r\n  "aws": {\r\n    "dry_run": true\r\n  }\r\n}\r\n',
    );
  });

  test('a missing file is made with the defaults', async () => {
    const path = await file();
    await setSetting(path, 'dashboard.enabled', false);
    expect(await readFile(path, 'utf8')).toBe(
      defaultSettingsText().replace(
        '"dashboard": {\n    "enabled": true',
        '"dashboard": {\n    "enabled": false',
      ),
    );
  });

  test('any keys in any order leave what each was set to', async () => {
    const keys = settingsReference().filter(({ default: value }) => typeof value === 'boolean');
    const changes = fc.array(
      fc.record({ key: fc.constantFrom(...keys.map(({ key }) => key)), value: fc.boolean() }),
      {
        maxLength: 8,
      },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('{}', STYLED, defaultSettingsText()),
        changes,
        async (text, wanted) => {
          const path = await file(text);
          for (const { key, value } of wanted) await setSetting(path, key, value);
          const last = new Map(wanted.map(({ key, value }) => [key, value]));
          for (const [key, value] of last) expect(await inForce(path, key)).toBe(value);
        },
      ),
      { numRuns: 30 },
    );
  });
});

test.each([
  ['udp_server.port', '20400', 20400],
  ['aws.dry_run', 'true', true],
  ['aws.profile', 'null', null],
  ['aws.profile', '123', '123'],
  ['aws.regions', 'eu-central-1, us-west-2', ['eu-central-1', 'us-west-2']],
  ['aws.regions', '["eu-central-1"]', ['eu-central-1']],
  ['activity_monitor.on_suspend', 'nap', 'nap'],
  ['activity_monitor.inactivity_timeout_minutes', '0.5', 0.5],
])('%s from the text %s', async (key, text, value) => {
  const path = await file('{}');
  expect(await setSetting(path, key, text)).toMatchObject({ value });
});

describe('refused, and the file untouched', () => {
  test.each([
    [
      'an unknown key',
      STYLED,
      'udp_server.prot',
      1,
      'BAD_REQUEST',
      /no key "udp_server.prot"/,
      /udp_server\.port/,
    ],
    ['a group', STYLED, 'udp_server', {}, 'BAD_REQUEST', /no key "udp_server"/, /./],
    [
      'a wrong type',
      STYLED,
      'udp_server.port',
      'many',
      'BAD_REQUEST',
      /found "many", expected a whole number/,
      /port/,
    ],
    ['out of range', STYLED, 'udp_server.port', 0, 'BAD_REQUEST', /found the number 0/, /port/],
    ['not a number', STYLED, 'udp_server.port', Number.NaN, 'BAD_REQUEST', /expected a whole number/, /port/],
    ['a broken file', '{,}', 'udp_server.port', 1, 'REFUSED', /^settings\.json:1:2: /, /Correct the file/],
    ['an empty file', '', 'udp_server.port', 1, 'REFUSED', /found an empty file/, /Correct the file/],
    [
      'another fault',
      '{"dashboard": {"port": 0}}',
      'udp_server.port',
      1,
      'REFUSED',
      /dashboard\.port/,
      /Correct the file/,
    ],
  ])('%s', async (_what, text, key, value, code, message, hint) => {
    const path = await file(text);
    await expect(setSetting(path, key, value)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(await readdir(join(path, '..'))).toEqual(['settings.json']);
  });

  test('a file that cannot be written', async () => {
    const path = join(await folder(), 'none', 'settings.json');
    await expect(setSetting(path, 'aws.dry_run', true)).rejects.toMatchObject({ code: 'REFUSED' });
  });
});

test('the reference names every key with default, unit and meaning', () => {
  const reference = settingsReference();
  expect(reference.find(({ key }) => key === 'activity_monitor.inactivity_timeout_minutes')).toEqual({
    key: 'activity_monitor.inactivity_timeout_minutes',
    default: 30,
    unit: 'minutes',
    meaning: 'Away after this long without activity; fractions are allowed.',
  });
  expect(reference).toHaveLength(46);
  for (const { key, meaning } of reference) expect(`${key}: ${meaning}`).toMatch(/: .{10}/);
});
