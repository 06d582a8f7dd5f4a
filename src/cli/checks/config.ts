/** What `doctor` says of the config files, and what it needs from them. Pure. */
import type { WireCheck } from '../../control/wire.js';
import type { LocalConfig } from '../context.js';
import type { Ports } from './ports.js';

/** A check for each fault and each unknown key, or one that says that there are none. */
export function configChecks(config: LocalConfig): WireCheck[] {
  const faults: WireCheck[] = config.faults().map(({ file, line, column, key, message }) => ({
    area: 'files',
    name: [file, line, column].filter((part) => part !== undefined).join(':'),
    result: 'fail',
    detail: key === undefined ? message : `${key}: ${message}`,
    cure: 'Correct the file; until then the last good version stays in force.',
  }));
  const unknown: WireCheck[] = config.unknownKeys().map(({ file, key }) => ({
    area: 'files',
    name: file,
    result: 'warn',
    detail: `${key} means nothing to Cloudnap: it is kept and has no effect`,
    cure:
      file === 'settings.json'
        ? 'Look for a slip of the pen; "cloudnap config list" shows all keys.'
        : 'Look for a slip of the pen; README.md tells what an entry may have.',
  }));
  const all = [...faults, ...unknown];
  if (all.length > 0) return all;
  return [
    {
      area: 'files',
      name: 'configuration',
      result: 'ok',
      detail: 'settings.json and services.yaml are in order',
    },
  ];
}

/**
 * What the daemon found without what {@link configChecks} has found in the same files. The rest of it stays: the
 * daemon knows, too, of a file that has lost what it held.
 */
export function withoutRepeated(daemons: readonly WireCheck[], ours: readonly WireCheck[]): WireCheck[] {
  const told = new Set(ours.filter(({ result }) => result !== 'ok').map(subjectOf));
  return daemons.filter((check) => !told.has(subjectOf(check)));
}

/** What a check is about: the file, without its folder and the place in it, and how bad it is. */
function subjectOf({ area, name, result }: WireCheck): string {
  return [area, name.replace(/^.*[\\/]/, '').replace(/:\d.*$/, ''), result].join(' ');
}

/** The ports that the settings want. */
export function portsOf(config: LocalConfig): Ports {
  const values = new Map(config.keys().map(({ key, value }) => [key, value]));
  const port = (server: string) => {
    const value = values.get(`${server}.port`);
    return values.get(`${server}.enabled`) === true && typeof value === 'number' ? value : undefined;
  };
  const ip = values.get('udp_server.ip');
  return {
    udp: port('udp_server'),
    udpIp: typeof ip === 'string' ? ip : '127.0.0.1',
    dashboard: port('dashboard'),
  };
}
