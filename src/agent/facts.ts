/** Facts for core's `plan` that are worked out from several targets or by the driver. Pure. */
import type { Driver, Observed } from '../core/driver.js';
import type { Entry } from '../core/ledger.js';
import { type Comparison, type Facts, isRefused } from '../core/plan.js';
import type { Registered } from '../core/registry.js';
import type { TargetId } from '../core/target.js';

/** What the driver's pure verbs say of an open entry; undefined when the target is gone. */
export function compare(driver: Driver, entry: Entry, observed: Observed): Comparison | undefined {
  const { fields } = observed;
  if (!fields) return undefined;
  return {
    ours: driver.stillOurs(entry.saved, entry.left, fields),
    differing: driver.missing(entry.saved, [], observed),
    napApplied: driver.napApplied(entry.saved, fields),
    untouched: driver.untouched(entry.saved, fields),
    sizeAsSaved: driver.sizeOf(fields) === driver.sizeOf(entry.saved),
  };
}

/** What is known of the targets around one. */
export interface Neighbourhood {
  readonly registered: readonly Registered[];
  readonly entryOf: (id: TargetId) => Entry | undefined;
  /** As of the last look at it. */
  readonly lastSeen: (id: TargetId) => Observed | undefined;
  readonly isGuarded: (id: TargetId) => boolean;
}

/** How the targets stand that depend on this one, and that this one depends on. */
export function neighboursOf(
  id: TargetId,
  { registered, entryOf, lastSeen, isGuarded }: Neighbourhood,
): Pick<Facts, 'dependentsUp' | 'dependentsStay' | 'dependenciesDown'> {
  const nameOf = (entry: Registered) => entry.name ?? entry.id;
  const isUp = (entry: Registered) => {
    const power = lastSeen(entry.id)?.power;
    return power === 'on' || power === 'starting' || power === 'stopping';
  };
  const up = registered.filter((entry) => entry.dependsOn.includes(id) && isUp(entry));
  const stays = (entry: Registered): boolean => {
    const observed = lastSeen(entry.id);
    if (!entry.enabled || !isUp(entry)) return false;
    const refused = observed !== undefined && isRefused(observed, entry.autoscalerOurs);
    if (refused || isGuarded(entry.id)) return true;
    return registered.some((other) => other.dependsOn.includes(entry.id) && stays(other));
  };
  const itself = registered.find((entry) => entry.id === id);
  const down = (itself?.dependsOn ?? []).filter((dependency) => {
    const entry = entryOf(dependency);
    const power = lastSeen(dependency)?.power;
    // As it was saved, or started by somebody, and not up yet: the tasks of a service take a while.
    if (!entry) return power === 'starting';
    if (!entry.calledBy) return false;
    // Until its restore has begun, what was seen last may be from before its nap.
    return entry.phase !== 'restoring' || power !== 'on';
  });
  return {
    dependentsUp: up.filter((entry) => entry.enabled).map(nameOf),
    dependentsStay: up.filter(stays).map(nameOf),
    dependenciesDown: down.map(
      (dependency) => registered.find((entry) => entry.id === dependency)?.name ?? dependency,
    ),
  };
}
