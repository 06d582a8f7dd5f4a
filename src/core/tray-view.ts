/** How things stand, as the icon on the desktop tells it. Pure. */
import type { PresenceState, Status } from './control.js';
import type { TrayState } from './desktop.js';
import { needsPerson } from './notice-troubles.js';

/** What the icon and the first line of its menu tell, before it is put into words. */
export interface TrayStanding {
  readonly state: TrayState;
  readonly presence: PresenceState;
  readonly napping: number;
  /** Conditions that need a person. */
  readonly troubles: number;
  /** Wall milliseconds; undefined: none is coming. */
  readonly nextNapAt: number | undefined;
}

/** What stands out most decides: trouble, then a nap within `warnMs`, then what naps. */
export function trayStanding(
  { presence, napping, nextNapAt, conditions }: Status,
  { wall, warnMs }: { readonly wall: number; readonly warnMs: number },
): TrayStanding {
  const troubles = conditions.filter(needsPerson).length;
  const isSoon = nextNapAt !== undefined && nextNapAt - wall <= warnMs;
  const calm = napping > 0 ? 'napping' : 'present';
  const state = troubles > 0 ? 'trouble' : isSoon ? 'soon' : calm;
  return { state, presence, napping, troubles, nextNapAt };
}
