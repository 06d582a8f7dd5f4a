/** A small fleet drawn by chance: what an account holds, and which of it is registered how. */
import type { Registered } from '../../src/core/registry.js';
import { type Target, type TargetId, targetId } from '../../src/core/target.js';
import { registered } from '../fakes/fake-files.js';
import { ACCOUNT, REGIONS } from '../fakes/rig.js';
import type { World } from '../fakes/world.js';
import type { Random } from './random.js';

/** The account of somebody's customer, where services of the same names run. */
export const OTHER_ACCOUNT = '222222222222';

const NOT_SUSPENDED = { scaleIn: false, scaleOut: false, scheduled: false };

/** Puts resources into the world; the same ones, with other sizes, into the other account. */
export function buildFleet(world: World, rng: Random): readonly Target[] {
  const targets: Target[] = [];
  for (const region of REGIONS) {
    for (let n = rng.int(1, 2); n > 0; n -= 1)
      targets.push({ kind: 'ec2', region, instanceId: `i-${region.slice(0, 2)}${n}` });
    for (let n = rng.int(0, 2); n > 0; n -= 1)
      targets.push({ kind: 'ecs', region, cluster: 'main', service: `svc${n}` });
    if (rng.chance(0.7)) targets.push({ kind: 'eks', region, cluster: 'k8s', nodegroup: 'workers' });
  }
  for (const target of targets) {
    addResource(world, ACCOUNT, target, rng);
    if (rng.chance(0.6)) addResource(world, OTHER_ACCOUNT, target, rng);
  }
  return targets;
}

function addResource(world: World, account: string, target: Target, rng: Random): void {
  switch (target.kind) {
    case 'ec2': {
      const state = rng.chance(0.85) ? 'running' : 'stopped';
      world.addInstance(account, target, {
        state,
        isProtected: rng.chance(0.08),
        group: rng.chance(0.05) ? 'asg' : undefined,
      });
      break;
    }
    case 'ecs': {
      const min = rng.int(0, 2);
      const desired = rng.chance(0.1) ? 0 : rng.int(Math.max(1, min), 4);
      const suspended = { ...NOT_SUSPENDED, scheduled: rng.chance(0.3), scaleIn: rng.chance(0.2) };
      const scalable = rng.chance(0.6)
        ? { min: Math.min(min, desired), max: rng.int(4, 6), suspended }
        : null;
      world.addService(account, target, desired, { scalable, daemon: rng.chance(0.08) });
      break;
    }
    case 'eks': {
      const min = rng.int(0, 2);
      const desired = rng.int(Math.max(1, min), 3);
      const tags: Record<string, string> = rng.chance(0.15)
        ? { 'k8s.io/cluster-autoscaler/enabled': 'true' }
        : {};
      world.addNodegroup(account, target, { min, desired, max: rng.int(3, 5) }, tags);
    }
  }
}

/** An entry for services.yaml: own timeouts and dependencies now and then, never in a circle. */
export function drawEntry(target: Target, others: readonly Registered[], rng: Random): Registered {
  // Only on what comes before it in the order of names: that makes no circles.
  const before = others.filter((entry) => entry.id < targetId(target)).map((entry) => entry.id);
  const dependsOn: TargetId[] = before.length > 0 && rng.chance(0.35) ? [rng.pick(before)] : [];
  return registered(
    {
      target,
      enabled: !rng.chance(0.08),
      timeoutMinutes: rng.chance(0.3) ? rng.pick([0.5, 3, 10, 45, 90]) : undefined,
      dependsOn,
      desired: rng.chance(0.5) ? rng.int(1, 3) : undefined,
      autoscaler: rng.chance(0.3) ? 'ours' : undefined,
    },
    others,
  );
}
