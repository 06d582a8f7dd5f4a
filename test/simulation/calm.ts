/**
 * The calm hours at the end of each day: with fair weather everything owed must come back with the person (invariant
 * 8), and everything that nobody needs must nap once they are gone.
 */
import type { Registered } from '../../src/core/registry.js';
import type { TargetId } from '../../src/core/target.js';
import { ACCOUNT } from '../fakes/rig.js';
import { isInstance, isService } from '../fakes/world.js';
import { openEntry } from './court.js';
import { plain } from './owed.js';
import { MINUTE, type Scene, SECOND } from './scene.js';

export async function calmHours(scene: Scene): Promise<void> {
  const { checker, pass, rig } = scene;
  await fairWeather(scene);
  await checker.commands.release(undefined);
  // A hand that was there at a NAP does not count until it has been taken off.
  rig.machine.endRuns();
  await pass(6 * SECOND);
  await work(scene, 30);
  if (isOver(scene)) return;
  const account = rig.wire.signedIn ?? ACCOUNT;
  const outstanding = checker.entries.outstanding(account);
  if (outstanding.length > 0)
    checker.fail(8, `still owed after half an hour of calm: ${outstanding.join('; ')}`);
  await everythingNaps(scene, account);
}

const isOver = ({ checker }: Scene) => checker.verdicts.violations.length > 0;

async function fairWeather(scene: Scene): Promise<void> {
  const { checker, pass, rig } = scene;
  const { wire, machine, settings, ledger } = rig;
  checker.note('the weather turns fair');
  scene.storm = 0;
  scene.isSlow = false;
  rig.diskIsFull = false;
  wire.signedIn = ledger.pinnedAccount() ?? ACCOUNT;
  for (const sensor of ['keyboard', 'mouse', 'window', 'audio'] as const) machine.mend(sensor);
  checker.signal('lock', false);
  checker.signal('suspend', false);
  checker.lock(false);
  if (settings.current().aws.dryRun) settings.setAws({ dryRun: false });
  for (let tries = 0; tries < 3; tries += 1) {
    scene.restartAt = rig.now;
    await pass(SECOND);
  }
  // A crash that was planned may still be ahead; it may come, but not after this.
  rig.life?.killAtBoundary(Number.POSITIVE_INFINITY);
}

/** The person works for so many minutes, with pauses shorter than any timeout. */
async function work(scene: Scene, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes && !isOver(scene); minute += 1) {
    scene.rig.machine.use('keyboard', 50 * SECOND);
    await scene.pass(MINUTE);
  }
}

async function everythingNaps(scene: Scene, account: string): Promise<void> {
  const { checker, pass, rig, rng } = scene;
  if (isOver(scene) || account !== rig.ledger.pinnedAccount()) return;
  rig.machine.endRuns();
  const entries = rig.registry.current();
  const nappable = new Set(
    entries.filter((entry) => isNappable(scene, account, entry)).map((entry) => entry.id),
  );
  const longest = Math.max(...entries.map((entry) => checker.truth.timeout(entry.id)), 0);
  const { warnMs } = rig.settings.current();
  // A lock need not wait for any timeout, nor for a warning.
  const locks = rng.chance(0.4);
  if (locks) {
    rig.settings.set({ lockMeansAway: true });
    checker.lock(true);
  }
  // Deployments are waited for 15 minutes, dependents for 10 at every level, retries up to 5.
  await pass((locks ? 0 : longest + warnMs) + 60 * MINUTE);
  for (const entry of entries) {
    if (!nappable.has(entry.id) || staysFor(scene, entry, nappable)) continue;
    // Noticed only now, because nobody looked in bad weather, or the look was thrown away: it counts from now.
    if (checker.guards.mayBeGuarded(account, entry.id)) continue;
    if (!rig.world.isOff(account, entry.id))
      checker.fail(0, `${entry.id} does not nap though nobody needs it`);
  }
}

function isNappable({ checker, rig }: Scene, account: string, entry: Registered): boolean {
  const { world } = rig;
  const resource = world.get(account, entry.id);
  const fields = world.fields(account, entry.id);
  if (!entry.enabled || !resource || !fields) return false;
  // Only one entry may be open for a target, whatever its account.
  const open = openEntry(rig, entry.id);
  if (open && open.account !== account) return false;
  const size = plain(fields).get('desired') ?? plain(fields).get('state');
  if (!size || checker.guards.guarded.has(`${account} ${entry.id}`)) return false;
  if (isInstance(resource)) return !resource.isProtected && resource.group === undefined;
  if (isService(resource)) return !resource.daemon;
  return entry.autoscalerOurs || Object.keys(resource.tags).length === 0;
}

/** Whether something that depends on it cannot nap, so that it stays too. */
function staysFor(scene: Scene, entry: Registered, nappable: ReadonlySet<TargetId>): boolean {
  return scene.rig.registry
    .current()
    .filter((other) => other.enabled && other.dependsOn.includes(entry.id))
    .some((other) => !nappable.has(other.id) || staysFor(scene, other, nappable));
}
