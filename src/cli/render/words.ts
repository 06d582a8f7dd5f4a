/** How presence, states and leases are put in words, the same in every command. Pure. */
import type { WireEvent, WireRegistered, WireService, WireStatus } from '../../control/wire.js';
import { lengthOf, timeOf, wallOf, when } from '../moments.js';
import type { Paint } from '../paint.js';

/** Marks up a text. */
export type Brush = (text: string) => string;

/** Presence as a word, with its colour. */
export function presenceWord(
  presence: WireStatus['presence'],
  paint: Paint,
): { readonly text: string; readonly brush: Brush } {
  switch (presence) {
    case 'present':
      return { text: 'Present', brush: paint.green };
    case 'away':
      return { text: 'Away', brush: paint.yellow };
    case 'locked':
      return { text: 'Locked', brush: paint.yellow };
    case 'unknown':
      return { text: 'Unknown', brush: paint.red };
  }
}

/** AWS's word for the state, with running/desired and the bounds where there are some: `ACTIVE 2/2 (1-4)`. */
export function stateWords(view: Pick<WireService, 'state' | 'desired' | 'running' | 'min' | 'max'>): string {
  if (view.desired === undefined) return view.state;
  const bounds = view.min === undefined || view.max === undefined ? '' : ` (${view.min}-${view.max})`;
  return `${view.state} ${view.running ?? '?'}/${view.desired}${bounds}`;
}

/** The colour of a power: running stands out, stopped steps back. */
export function powerBrush(power: WireService['power'], paint: Paint): Brush {
  switch (power) {
    case 'on':
      return paint.green;
    case 'starting':
    case 'stopping':
      return paint.yellow;
    case 'gone':
      return paint.red;
    case 'off':
    case undefined:
      return paint.dim;
  }
}

/** What Cloudnap does with a registered target, at `now`: `napping`, `awake until 18:32 (12 min)`, `never naps: …`. */
export function leaseWords(view: WireRegistered, now: number, presence?: WireStatus['presence']): string {
  if (view.phase === 'napping') return 'being napped';
  if (view.phase === 'napped') return 'napping';
  if (view.phase === 'restoring') return 'being restored';
  if (!view.enabled) return 'left alone (disabled)';
  if (view.refusal) return `never naps: ${view.refusal.reason}`;
  if (view.power === 'gone') return 'does not exist';
  if (view.power === 'off') return 'off already, and left so';
  const until = wallOf(view.lease_until);
  if (until === undefined) return presence === 'unknown' ? 'awake while presence is unknown' : 'no lease';
  return until > now ? `awake until ${timeOf(until, now)} (${lengthOf(until - now)})` : 'its lease has ended';
}

/** When the next nap comes: `in 12 min, at 18:32`; undefined when none is coming. */
export function nextNapWords(status: WireStatus, now: number): string | undefined {
  const at = wallOf(status.next_nap_at);
  if (at === undefined) return undefined;
  return at > now ? when(at, now) : 'now';
}

/** What a target is called on a screen: its own name, then what is unique. */
export function labelOf(view: { readonly target: string; readonly name?: string | undefined }): string {
  return view.name === undefined ? view.target : `${view.name} (${view.target})`;
}

/** The colour of an event's level. */
export function levelBrush(level: WireEvent['level'], paint: Paint): Brush {
  switch (level) {
    case 'info':
      return (text) => text;
    case 'warn':
      return paint.yellow;
    case 'error':
      return paint.red;
  }
}
