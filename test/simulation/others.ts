/** Other hands: people in the console, autoscaling, whoever edits the files. */
import { targetId } from '../../src/core/target.js';
import { ACCOUNT } from '../fakes/rig.js';
import { type Instance, isInstance, isService, type Nodegroup, type Service } from '../fakes/world.js';
import { drawEntry } from './fleet.js';
import { MINUTE, type Scene, SECOND } from './scene.js';

/** How a person does something in the console, for the checker to see. */
type Person = (what: string, work: () => void) => void;

/** A person changes something in AWS. */
export function meddle(scene: Scene): void {
  const { checker, rig, rng, targets } = scene;
  const { world, wire } = rig;
  const account = rng.chance(0.9) ? ACCOUNT : (wire.signedIn ?? ACCOUNT);
  const id = targetId(rng.pick(targets));
  const resource = world.get(account, id);
  if (!resource) return;
  const person: Person = (what, work) => checker.meddle(account, id, true, what, work);
  const deletes = rng.chance(0.02);
  if (isInstance(resource)) meddleInstance(scene, resource, person, deletes);
  else if (isService(resource)) meddleService(scene, resource, person, deletes);
  else meddleNodegroup(scene, resource, person, deletes);
}

function meddleInstance({ rig, rng }: Scene, instance: Instance, person: Person, deletes: boolean): void {
  const { world } = rig;
  if (deletes) person('terminates', () => world.terminate(instance));
  else if (rng.chance(0.1)) instance.isProtected = !instance.isProtected;
  else if (rng.chance(0.5)) person('starts', () => world.start(instance));
  else person('stops', () => world.stop(instance));
}

function meddleService({ rig, rng }: Scene, service: Service, person: Person, deletes: boolean): void {
  const { world } = rig;
  if (!service.active) return;
  const { scalable } = service;
  const what = rng.int(0, 3);
  if (deletes) person('deletes', () => Object.assign(service, { active: false }));
  else if (what === 0) person('deploys', () => world.deploy(service, rng.pick([2, 8, 40]) * MINUTE));
  else if (what === 1 && scalable) {
    const min = rng.int(0, 3);
    person('sets bounds', () => world.register(service, { min, max: rng.int(Math.max(min, 1), 6) }));
  } else if (what === 2 && scalable) {
    const suspended = { ...scalable.suspended, scaleOut: rng.chance(0.5), scheduled: rng.chance(0.5) };
    person('suspends', () => world.register(service, { suspended }));
  } else if (!service.daemon) {
    // Outside its bounds AWS itself would bend the size at the next registration.
    const size = scalable ? rng.int(scalable.min, scalable.max) : rng.int(0, 4);
    person('scales', () => world.setDesired(service, size));
  }
}

function meddleNodegroup({ rig, rng }: Scene, group: Nodegroup, person: Person, deletes: boolean): void {
  const { world } = rig;
  if (!group.exists) return;
  if (deletes) person('deletes', () => Object.assign(group, { exists: false }));
  else if (world.now >= group.until) {
    const min = rng.int(0, 2);
    const desired = rng.int(min, 4);
    person('scales', () => world.setSizes(group, { min, desired, max: rng.int(Math.max(desired, 1), 6) }));
  }
}

/** Application Auto Scaling does its work where it is let. */
export function autoscale({ checker, rig, rng, targets }: Scene): void {
  const { world } = rig;
  const id = targetId(rng.pick(targets));
  const service = world.service(ACCOUNT, id);
  if (!service?.active || !service.scalable) return;
  const { min, max, suspended } = service.scalable;
  const goal = rng.int(min, max);
  if (goal > service.desired ? suspended.scaleOut : suspended.scaleIn) return;
  // At zero tasks there is no load that could be measured.
  if (service.desired === 0) return;
  checker.meddle(ACCOUNT, id, false, 'autoscales', () => world.setDesired(service, goal));
}

/** Somebody edits services.yaml: an entry leaves, is switched off or on, is written anew, or joins. */
export function editRegistry({ checker, rig, rng, targets }: Scene): void {
  const { registry } = rig;
  const entries = registry.current();
  const what = rng.int(0, 3);
  const target = rng.pick(targets);
  const free = !entries.some((entry) => entry.target === target);
  const at = entries.length === 0 ? undefined : rng.pick(entries);
  const leaf = at && !entries.some((entry) => entry.dependsOn.includes(at.id)) ? at : undefined;
  if (what === 0 && leaf) registry.edit(entries.filter((entry) => entry !== leaf));
  else if (what === 1 && at)
    registry.edit(entries.map((entry) => (entry === at ? { ...entry, enabled: !entry.enabled } : entry)));
  else if (what === 2 && at) {
    const others = entries.filter((entry) => entry !== at);
    const anew = drawEntry(at.target, others, rng);
    registry.edit(entries.map((entry) => (entry === at ? anew : entry)));
  } else if (free) registry.edit([...entries, drawEntry(target, entries, rng)]);
  checker.note('the registry was edited');
}

/** Somebody edits settings.json. */
export function changeSettings({ checker, rig, rng }: Scene): void {
  const { settings } = rig;
  const what = rng.int(0, 7);
  if (what === 0) settings.set({ timeoutMs: rng.pick([2, 10, 30, 30, 60]) * MINUTE });
  else if (what === 1) settings.set({ warnMs: rng.pick([0, 20, 60, 600]) * SECOND });
  else if (what === 2) settings.setAws({ dryRun: rng.chance(0.4) });
  else if (what === 3) settings.setSensor('window', { extendsForMs: rng.pick([0, 10, 120]) * MINUTE });
  else if (what === 4) settings.setSensor('mouse', { wakes: rng.chance(0.7), enabled: rng.chance(0.8) });
  else if (what === 5) settings.setSensor('screen', { enabled: rng.chance(0.5) });
  else if (what === 6) settings.set({ lockMeansAway: rng.chance(0.6) });
  else settings.set({ onSuspend: rng.chance(0.6) ? 'nap' : 'keep' });
  checker.note('settings were changed');
}
