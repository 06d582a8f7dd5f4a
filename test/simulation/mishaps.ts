/** What goes wrong: sensors and signals break, the machine sleeps, crashes and boots, AWS throttles and loses answers. */
import type { SensorName } from '../../src/core/sensor.js';
import { ACCOUNT } from '../fakes/rig.js';
import type { Request } from '../fakes/world-api.js';
import type { Trouble } from '../fakes/world-session.js';
import { OTHER_ACCOUNT } from './fleet.js';
import { DAY, HOUR, MINUTE, type Scene, SECOND } from './scene.js';

/** The weather on the way to AWS turns. */
export function changeWeather(scene: Scene): void {
  const { checker, rng } = scene;
  scene.storm = rng.chance(0.65) ? 0 : rng.next() * 0.6;
  scene.isSlow = rng.chance(0.5);
  checker.note(`weather: storm ${scene.storm.toFixed(2)}, slow ${scene.isSlow}`);
}

/** What becomes of a request in this weather. */
export function troubleOf({ rng, storm }: Scene, request: Request): Trouble | undefined {
  if (storm === 0 || !rng.chance(storm)) return undefined;
  const starts = request.operation === 'ec2:StartInstances';
  const all: Trouble[] = ['throttled', 'unreachable', 'failed'];
  if (request.changes.length > 0) all.push('lost', 'lost', 'busy', 'denied');
  if (starts) all.push('capacity', 'startFails');
  if (request.changes.length > 0 && rng.chance(0.1)) return 'refused';
  return rng.pick(all);
}

export async function signIn({ checker, rig, rng }: Scene): Promise<void> {
  const { wire } = rig;
  wire.signedIn = rng.chance(0.6) ? ACCOUNT : rng.chance(0.5) ? OTHER_ACCOUNT : undefined;
  checker.note(`signed in: ${wire.signedIn}`);
  if (wire.signedIn !== undefined && rng.chance(0.3)) await checker.commands.accept(wire.signedIn);
}

export function fillOrFreeDisk({ checker, rig, rng }: Scene): void {
  rig.diskIsFull = !rig.diskIsFull && rng.chance(0.1);
  checker.note(`the disk is ${rig.diskIsFull ? 'full' : 'free'}`);
}

export function breakOrMend({ checker, rig, rng }: Scene): void {
  if (rng.chance(0.15)) {
    // As when the display goes away.
    for (const sensor of ['keyboard', 'mouse'] as const) rig.machine.break(sensor);
    checker.note('keyboard and mouse break');
    return;
  }
  const sensor = rng.pick<SensorName>(['keyboard', 'mouse', 'mouse', 'window', 'audio']);
  if (rng.chance(0.5)) rig.machine.break(sensor);
  else rig.machine.mend(sensor);
  checker.note(`the ${sensor} breaks or is mended`);
}

export function breakOrMendSignal({ checker, rng }: Scene): void {
  checker.signal(rng.pick(['lock', 'suspend'] as const), rng.chance(0.4));
}

/** Sleep that nobody announced. */
export function sleep({ checker, rng }: Scene): void {
  checker.sleep(rng.pick([3 * SECOND, 10 * MINUTE, 50 * MINUTE, 3 * HOUR]));
}

/** Sleep is announced, and comes, or comes too soon, or does not come after all. */
export async function suspend(scene: Scene): Promise<void> {
  const { checker, rig, rng } = scene;
  scene.isSlow ||= rng.chance(0.4);
  rig.session.delayMaxMs = rng.pick([5 * SECOND, 5 * SECOND, 30 * SECOND, 400, 0]);
  await checker.suspend({
    patience: rng.chance(0.7) ? HOUR : rng.int(0, 4_000),
    ms: rng.chance(0.2) ? 0 : rng.pick([SECOND, 20 * SECOND, 40 * MINUTE, 3 * HOUR]),
    isTold: rng.chance(0.8),
  });
}

export function setClock({ checker, rig, rng }: Scene): void {
  const ms = rng.pick([-1, 1]) * rng.pick([SECOND, HOUR, 3 * DAY]);
  rig.clock.setWall(rig.clock.now().wall + ms);
  checker.truth.clockSet();
  checker.note(`the wall clock is set by ${ms} ms`);
}

/** Dies at one of the next boundaries, wherever that is, or right now. */
export function crash({ checker, rig, rng }: Scene): void {
  if (rng.chance(0.85)) rig.life?.killAtBoundary(rng.int(1, 40));
  else rig.kill();
  checker.note('a crash is coming');
}

export function reboot(scene: Scene): void {
  const { checker, rig, rng } = scene;
  checker.note('the machine reboots');
  rig.reboot(rng.pick([30 * SECOND, 20 * MINUTE, 2 * HOUR]));
  checker.truth.rebooted();
  scene.restartAt = rig.now;
}
