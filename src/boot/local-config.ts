/** The config files for commands that need no daemon. */
import { basename } from 'node:path';
import type { ConfigKey, LocalConfig } from '../cli/context.js';
import { jsonValue } from '../config/json-source.js';
import { readText } from '../config/read-text.js';
import { readServices } from '../config/services-read.js';
import { setSetting } from '../config/settings-edit.js';
import { readSettings } from '../config/settings-read.js';
import { settingsReference } from '../config/settings-schema.js';
import { CommandError } from '../core/errors.js';
import { resolvePaths } from '../system/paths.js';

/** Environment variables that stand in for a key the file does not set. */
const FROM_ENVIRONMENT: Readonly<Record<string, string>> = {
  'aws.profile': 'AWS_PROFILE',
  'aws.endpoint_url': 'AWS_ENDPOINT_URL',
};

/** Reads settings.json and services.yaml of a home as they are on disk; missing files are the defaults. */
export async function localConfig(options: {
  home: string | undefined;
  env: NodeJS.ProcessEnv;
}): Promise<LocalConfig> {
  const paths = resolvePaths(options);
  const settingsText = await textOf(paths.settings);
  // No file is no fault here: the first start writes one with the defaults.
  const settings = readSettings(paths.settings, settingsText ?? '{}');
  const servicesText = await textOf(paths.services);
  const services = servicesText === undefined ? undefined : readServices(paths.services, servicesText);
  const file: unknown = settings.root === undefined ? {} : jsonValue(settings.root);
  return {
    keys: () => settingsReference().map((reference) => keyOf(reference, file, options.env)),
    faults: () => [...settings.faults, ...(services?.faults ?? [])],
    unknownKeys: () => [
      ...settings.unknownKeys.map((key) => ({ file: basename(paths.settings), key })),
      ...(services?.unknownKeys ?? []).map((key) => ({ file: basename(paths.services), key })),
    ],
    set: async (key, text) => {
      await setSetting(paths.settings, key, text);
      const after = (await localConfig(options)).keys().find((candidate) => candidate.key === key);
      if (!after) throw new Error(`${key} was set and is not there`);
      return after;
    },
  };
}

function keyOf(
  reference: { readonly key: string; readonly default: unknown; readonly meaning: string },
  file: unknown,
  env: NodeJS.ProcessEnv,
): ConfigKey {
  const { key, meaning } = reference;
  const written = key.split('.').reduce<unknown>((value, step) => memberOf(value, step), file);
  const name = FROM_ENVIRONMENT[key];
  const environment = name === undefined ? undefined : env[name];
  if (written !== undefined && written !== null)
    return { key, value: written, default: reference.default, source: 'file', meaning };
  if (environment !== undefined)
    return { key, value: environment, default: reference.default, source: 'environment', meaning };
  return { key, value: reference.default, default: reference.default, source: 'default', meaning };
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
