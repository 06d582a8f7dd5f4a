/** The config files for commands that need no daemon. */
import { basename } from 'node:path';
import type { LocalConfig } from '../cli/context.js';
import { jsonValue } from '../config/json-source.js';
import { readText } from '../config/read-text.js';
import { readServices } from '../config/services-read.js';
import { setSetting } from '../config/settings-edit.js';
import { readSettings } from '../config/settings-read.js';
import { type SettingReference, settingsReference } from '../config/settings-schema.js';
import type { SettingsDesk, SettingView } from '../core/desk.js';
import { CommandError } from '../core/errors.js';
import { type Paths, resolvePaths } from '../system/paths.js';

/** Environment variables that stand in for a key the file does not set. */
const FROM_ENVIRONMENT: Readonly<Record<string, string>> = {
  'aws.profile': 'AWS_PROFILE',
  'aws.endpoint_url': 'AWS_ENDPOINT_URL',
};

/** Reads settings.json and services.yaml of a home as they are on disk; missing files are the defaults. */
export function localConfig(options: {
  home: string | undefined;
  env: NodeJS.ProcessEnv;
}): Promise<LocalConfig> {
  return configAt(resolvePaths(options), options.env);
}

/** settings.json for the doors of a daemon that runs on it. */
export function settingsDesk(paths: Paths, env: NodeJS.ProcessEnv): SettingsDesk {
  return {
    read: async () => {
      const config = await configAt(paths, env);
      const file = basename(paths.settings);
      return {
        settings: config.keys(),
        faults: config.faults().filter((fault) => fault.file === paths.settings),
        unknownKeys: config.unknownKeys().flatMap((unknown) => (unknown.file === file ? [unknown.key] : [])),
      };
    },
    change: async (key, value) => (await configAt(paths, env)).set(key, value),
  };
}

async function configAt(paths: Paths, env: NodeJS.ProcessEnv): Promise<LocalConfig> {
  const settingsText = await textOf(paths.settings);
  // No file is no fault here: the first start writes one with the defaults.
  const settings = readSettings(paths.settings, settingsText ?? '{}');
  const servicesText = await textOf(paths.services);
  const services = servicesText === undefined ? undefined : readServices(paths.services, servicesText);
  const file: unknown = settings.root === undefined ? {} : jsonValue(settings.root);
  return {
    keys: () => settingsReference().map((reference) => keyOf(reference, file, env)),
    faults: () => [...settings.faults, ...(services?.faults ?? [])],
    unknownKeys: () => [
      ...settings.unknownKeys.map((key) => ({ file: basename(paths.settings), key })),
      ...(services?.unknownKeys ?? []).map((key) => ({ file: basename(paths.services), key })),
    ],
    set: async (key, value) => {
      await setSetting(paths.settings, key, value);
      const after = (await configAt(paths, env)).keys().find((candidate) => candidate.key === key);
      if (!after) throw new Error(`${key} was set and is not there`);
      return after;
    },
  };
}

function keyOf(reference: SettingReference, file: unknown, env: NodeJS.ProcessEnv): SettingView {
  const { key } = reference;
  const written = key.split('.').reduce<unknown>((value, step) => memberOf(value, step), file);
  const name = FROM_ENVIRONMENT[key];
  const environment = name === undefined ? undefined : env[name];
  if (written !== undefined && written !== null) return { ...reference, value: written, source: 'file' };
  if (environment !== undefined) return { ...reference, value: environment, source: 'environment' };
  return { ...reference, value: reference.default, source: 'default' };
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** A file's text; undefined where there is none. @throws CommandError REFUSED when it cannot be read as text. */
async function textOf(path: string): Promise<string | undefined> {
  const found = await readText(path);
  if (found.kind === 'unreadable') throw new CommandError('REFUSED', `${path}: ${found.message}`);
  return found.kind === 'text' ? found.text : undefined;
}
