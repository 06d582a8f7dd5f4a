/** How a service stands, as one word and one colour for the page. */
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
