/** Whether a target is to have a dead-man's switch, and with which snapshot. Pure. */
import type { Fields, Observed } from '../core/driver.js';
import type { Entry } from '../core/ledger.js';
import { isRefused } from '../core/plan.js';
import type { Registered } from '../core/registry.js';
import { isUp } from './sightings.js';

/** What a switch is wished by. */
export interface WishFacts {
  /** The setting is on, dry_run is off, and the account signed in is the pinned one. */
  readonly isOn: boolean;
  /** Undefined when it is not registered. */
  readonly registered: Registered | undefined;
  /** As of the last look; undefined before one. */
  readonly observed: Observed | undefined;
  /** The open entry of this target, of whatever account. */
  readonly entry: Entry | undefined;
  /** A person started or scaled it and presence has not been renewed since. */
  readonly isGuarded: boolean;
}

/**
 * - `armed`: to stop it is AWS's to do, once nobody is left to; back to what was saved
 * - `none`: it naps, it is nobody's to stop, or it is not up
 * - `as-is`: it is on its way down, or nothing is known of it yet: whatever is held stays
 */
export type Wish = { readonly be: 'armed'; readonly saved: Fields } | { readonly be: 'none' | 'as-is' };

const NONE: Wish = { be: 'none' };
const AS_IS: Wish = { be: 'as-is' };

/** What is wished of one target. */
export function wishFor({ isOn, registered, observed, entry, isGuarded }: WishFacts): Wish {
  if (!isOn || !registered?.enabled || isGuarded) return NONE;
  if (entry) {
    // From the call on: a schedule of before must not go off in the middle of the restore.
    if (entry.phase === 'restoring' || entry.calledBy !== undefined)
      return { be: 'armed', saved: entry.saved };
    return entry.phase === 'napped' ? NONE : AS_IS;
  }
  if (!observed) return AS_IS;
  if (!isUp(observed) || !observed.fields || isRefused(observed, registered.autoscalerOurs)) return NONE;
  return { be: 'armed', saved: observed.fields };
}
