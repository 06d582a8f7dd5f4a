/** How things stand, as the icon on the desktop tells it. Pure. */
import type { PlanView, PresenceState, Status } from './control.js';
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

/** What stands out most decides: trouble, then a warning that stands, then what naps. */
export function trayStanding(
  { presence, napping, nextNapAt, conditions }: Status,
  plan: readonly Pick<PlanView, 'warned' | 'action'>[],
): TrayStanding {
  const troubles = conditions.filter(needsPerson).length;
  const isSoon = plan.some(({ warned, action }) => warned && action === 'nap');
  const calm = napping > 0 ? 'napping' : 'present';
  const state = troubles > 0 ? 'trouble' : isSoon ? 'soon' : calm;
  return { state, presence, napping, troubles, nextNapAt };
}
