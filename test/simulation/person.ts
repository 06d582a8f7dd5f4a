/** The person at the desk: works, leaves, listens to music, locks the session, and gives commands. */
import type { SensorName } from '../../src/core/sensor.js';
import { type Scene, SECOND, someTarget } from './scene.js';

export function comeOrGo(scene: Scene): void {
  scene.isThere = scene.rng.chance(0.4);
  if (!scene.isThere) scene.rig.machine.endRuns();
  scene.checker.note(scene.isThere ? 'the person comes' : 'the person goes');
}

export function useSomething({ isThere, rig, rng }: Scene): void {
  const weak: SensorName[] = ['window', 'audio', 'screen'];
  if (isThere) {
    const sensor = rng.pick<SensorName>(['keyboard', 'keyboard', 'mouse', ...weak]);
    rig.machine.use(sensor, rng.pick([0, 0, 5, 60, 600, 2_400]) * SECOND);
  } else if (rng.chance(0.3)) rig.machine.use(rng.pick(weak), rng.pick([0, 60, 1_800]) * SECOND);
}

export function lockOrUnlock(scene: Scene): void {
  const { checker, rig, rng } = scene;
  if (checker.truth.isLocked) {
    if (rng.chance(0.6)) rig.machine.use('keyboard', rng.pick([0, 3 * SECOND, 120 * SECOND]));
    checker.lock(false);
    scene.isThere = rng.chance(0.8);
  } else {
    checker.lock(true);
    scene.isThere &&= rng.chance(0.5);
  }
}

export async function hold(scene: Scene): Promise<void> {
  const id = someTarget(scene, 0.6);
  await scene.checker.commands.hold(id, scene.rng.pick([1, 20, 120, 600]));
}

export async function release(scene: Scene): Promise<void> {
  await scene.checker.commands.release(someTarget(scene, 0.4));
}

export async function napNow(scene: Scene): Promise<void> {
  await scene.checker.commands.napNow(someTarget(scene, 0.5));
}

export async function command({ checker, rng, targets }: Scene): Promise<void> {
  const target = rng.pick(targets);
  const verb = rng.pick(['start', 'stop', 'scale'] as const);
  const size = rng.chance(0.5) ? rng.int(verb === 'scale' ? 0 : 1, 4) : undefined;
  await checker.commands.explicit(target, verb, size);
}
