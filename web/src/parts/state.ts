/** How a service stands, as one word and one colour for the page, and who asked for what. */
import type { TFunction } from 'i18next';
import type { WireRegistered } from '../../../src/control/wire.js';

export type Phase = 'napping' | 'asleep' | 'restoring' | 'running' | 'stopped' | 'changing' | 'unknown';

/** By its entry in the ledger where there is one: what Cloudnap did says more than what AWS calls it. */
export function phaseOf(service: Pick<WireRegistered, 'phase' | 'power' | 'state'>): Phase {
  if (service.phase === 'restoring') return 'restoring';
  if (service.phase === 'napping') return 'napping';
  if (service.phase === 'napped') return 'asleep';
  if (service.state === 'unknown') return 'unknown';
  if (service.power === 'on') return 'running';
  if (service.power === 'off' || service.power === 'gone') return 'stopped';
  return 'changing';
}

export const COLOR: Readonly<Record<Phase, string>> = {
  napping: 'indigo',
  asleep: 'indigo',
  restoring: 'teal',
  running: 'teal',
  stopped: 'gray',
  changing: 'yellow',
  unknown: 'gray',
};

/** The doors that have a name for people; a door's own word may go on, as `udp 127.0.0.1:53211` does. */
const DOORS = ['dashboard', 'cli', 'udp', 'notification', 'tray'] as const;

/** Who asked for a hold, in words. */
export function askerText(t: TFunction, by: string): string {
  const door = DOORS.find((name) => by === name || by.startsWith(`${name} `));
  return door === undefined ? by : t(`by.${door}`);
}
