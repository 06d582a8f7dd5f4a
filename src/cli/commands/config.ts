/** `cloudnap config`: reads and changes settings.json, with or without a daemon. */

import type { SettingView } from '../../core/desk.js';
import { describeFault } from '../../core/registry.js';
import type { Cli } from '../cli.js';
import type { LocalConfig } from '../context.js';
import { usage } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('config')
    .description('show or change the settings; a running daemon takes changes up by itself');
  examples(command, 'config list', 'config set activity_monitor.inactivity_timeout_minutes 45');
  examples(
    command
      .command('list', { isDefault: true })
      .description('every key with its value, where it comes from, and its meaning')
      .action(() => list(cli)),
    'config list',
  );
  examples(
    command
      .command('get')
      .description('print one value')
      .argument('<key>', 'as in "config list"')
      .action((key: string) => get(cli, key)),
    'config get activity_monitor.inactivity_timeout_minutes',
  );
  examples(
    command
      .command('set')
      .description('change one value in settings.json')
      .argument('<key>', 'as in "config list"')
      .argument('<value>', 'text, number, true, false, or JSON')
      .action((key: string, value: string) => set(cli, key, value)),
    'config set activity_monitor.inactivity_timeout_minutes 45',
    'config set aws.regions \'["eu-west-1","us-east-1"]\'',
  );
  examples(
    command
      .command('path')
      .description('print where settings.json and services.yaml are')
      .action(() => path(cli)),
    'config path',
  );
};

async function load(cli: Cli): Promise<LocalConfig> {
  const config = await cli.context.localConfig(cli.home);
  for (const fault of config.faults()) cli.note(describeFault(fault));
  for (const { file, key } of config.unknownKeys())
    cli.note(`${file}: ${key} means nothing to Cloudnap; it is kept.`);
  return config;
}

async function list(cli: Cli): Promise<void> {
  const config = await load(cli);
  const keys = config.keys();
  const data = { settings: keys.map(wire), faults: config.faults(), unknown_keys: config.unknownKeys() };
  await cli.printTable(data, {
    headings: ['KEY', 'VALUE', 'FROM', 'MEANING'],
    rows: keys.map((entry) => [
      entry.key,
      { text: shown(entry.value), paint: isDefault(entry) ? cli.paint.dim : cli.paint.bold },
      entry.source,
      entry.meaning,
    ]),
    none: 'There are no settings.',
  });
}

async function get(cli: Cli, key: string): Promise<void> {
  const entry = (await load(cli)).keys().find((candidate) => candidate.key === key);
  if (!entry) throw usage(`There is no setting "${key}"`, 'See "cloudnap config list" for all of them.');
  await cli.print(wire(entry), () => shown(entry.value));
}

async function set(cli: Cli, key: string, text: string): Promise<void> {
  const config = await cli.context.localConfig(cli.home);
  const entry = await config.set(key, text);
  await cli.print(wire(entry), () => `${entry.key} is now ${shown(entry.value)}.`);
}

async function path(cli: Cli): Promise<void> {
  const { settings, services } = await cli.paths();
  await cli.print({ settings, services }, () => `${settings}\n${services}`);
}

function isDefault(entry: SettingView): boolean {
  return JSON.stringify(entry.value) === JSON.stringify(entry.default);
}

function wire({ key, value, default: standard, source, meaning }: SettingView): object {
  return { key, value: value ?? null, default: standard ?? null, source, meaning };
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
