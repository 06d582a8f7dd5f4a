/**
 * What happens by itself at an instant of its own: schedules fire, stacks go on. Nothing here has a timer: whoever
 * looks first carries out all that is past, in the order of time over all regions, each at its instant.
 */
import { carryOn, nextStackStep } from './cloudformation/engine.js';
import { type FiringState, fire, nextFiring } from './firing.js';
import type { Region, World } from './state/world.js';
import type { Delays } from './timing.js';

/** Carries out everything that was due by `now`. */
export function catchUp(world: World, now: number, state: FiringState): void {
  for (;;) {
    let region: Region | undefined;
    let at = Number.POSITIVE_INFINITY;
    for (const one of world.all()) {
      const due = nextIn(one, state.delays);
      if (due >= at) continue;
      region = one;
      at = due;
    }
    if (region === undefined || at > now) return;
    fire(region, at, state);
    carryOn(region, at, state);
  }
}

function nextIn(region: Region, delays: Delays): number {
  const nothing = Number.POSITIVE_INFINITY;
  return Math.min(nextFiring(region.scheduler, delays) ?? nothing, nextStackStep(region) ?? nothing);
}
