/**
 * The dead-man's switch: what AWS holds follows the leases, fires when nobody is left to nap, and whatever it does,
 * on time, late, twice, half, or to what is no longer ours, is known as ours and given back exactly.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../src/core/dead-man.js';
import type { Target } from '../../../src/core/target.js';
import { ACCOUNT } from '../../fakes/rig.js';
import {
  ALL,
  API,
  api,
  Desk,
  type DeskOptions,
  HOUR,
  instanceOf,
  MINUTE,
  SECOND,
  serviceOf,
  TIMEOUT,
  WEB,
  WORKERS,
  web,
  workers,
} from './desk.js';

const GRACE = 10 * MINUTE;

class Guarded extends Desk {
  constructor(options: DeskOptions = {}) {
    super({ ...options, settings: { deadMan: { enabled: true, graceMs: GRACE }, ...options.settings } });
  }

  get switches() {
    if (!this.rig.agent) throw new Error('no daemon runs');
    return this.rig.agent.deadMan(async (enabled) => {
      this.rig.settings.set({ deadMan: { enabled, graceMs: GRACE } });
    });
  }

  /** Everything installed and armed, with the person typing. */
  override async begin(): Promise<void> {
    await super.begin();
    await this.switches.enable('a test');
    await this.pass(10 * SECOND);
  }

  /** When the stop of each target is to fire, true milliseconds. */
  due(): Readonly<Record<string, number>> {
    const stops = this.rig.wire.yard.schedules.filter(({ part }) => part === 'stop');
    return Object.fromEntries(stops.map(({ target, at }) => [nameOf(target), at]));
  }

  /** Nobody runs; true time goes by, and AWS goes on. */
  async alone(ms: number): Promise<void> {
    await this.pass(ms);
    this.rig.world.engine();
  }

  /** The daemon dies without a word, and everything AWS holds goes off. */
  async die(): Promise<void> {
    this.rig.kill();
    await this.alone(TIMEOUT + GRACE + 3 * MINUTE);
  }

  /** Comes back: a start, a key, and time for all of it. */
  async comeBack(): Promise<void> {
    await this.start();
    await this.pass(20 * SECOND);
    await this.use('keyboard', 4 * MINUTE);
    await this.pass(4 * MINUTE);
  }
}

const nameOf = (target: Target) =>
  target.kind === 'ec2' ? target.instanceId : target.kind === 'ecs' ? target.service : target.nodegroup;
const off = (desk: Desk) => ALL.filter((target) => desk.isOff(target)).map(nameOf);
const EVERYTHING = ALL.map(nameOf);

describe('what AWS holds', () => {
  let desk: Guarded;
  beforeEach(async () => {
    desk = new Guarded();
    await desk.begin();
  });

  it('stops each target at the end of its lease and the grace, on a whole minute', () => {
    const { now } = desk.rig;
    expect(Object.keys(desk.due()).sort()).toEqual([...EVERYTHING].sort());
    for (const at of Object.values(desk.due())) {
      expect(at % MINUTE_MS).toBe(0);
      expect(at).toBeGreaterThan(now + TIMEOUT + GRACE - MINUTE);
      expect(at).toBeLessThanOrEqual(now + TIMEOUT + GRACE + MINUTE);
    }
    const bounds = desk.rig.wire.yard.schedules.filter(({ part }) => part === 'bounds');
    expect(bounds.map(({ target, at }) => [nameOf(target), at])).toEqual([
      ['api', (desk.due().api ?? 0) - MINUTE],
    ]);
  });

  it('follows activity, seldom, and never fires under it', async () => {
    let moved = 0;
    desk.rig.wire.trouble = ({ operation }) => {
      if (operation === 'scheduler:UpdateSchedule') moved += 1;
      return undefined;
    };
    await desk.use('keyboard', 2 * HOUR);
    for (let minute = 0; minute < 120; minute += 1) {
      await desk.pass(MINUTE);
      for (const at of Object.values(desk.due())) expect(at).toBeGreaterThan(desk.rig.now + TIMEOUT);
    }
    expect(off(desk)).toEqual([]);
    // Four targets, one of them with two schedules: at most every five minutes.
    expect(moved).toBeGreaterThan(5 * 20);
    expect(moved).toBeLessThanOrEqual(5 * 25);
  });

  it('is taken along by a nap and by a restore', async () => {
    await desk.nap();
    await desk.pass(6 * MINUTE);
    expect(off(desk)).toEqual(EVERYTHING);
    expect(desk.due()).toEqual({});
    expect(desk.rig.ledger.switches()).toEqual([]);
    await desk.use();
    await desk.pass(3 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(Object.keys(desk.due()).sort()).toEqual([...EVERYTHING].sort());
  });

  it('is made anew when somebody deletes it', async () => {
    desk.rig.wire.yard.lose(
      ACCOUNT,
      desk.rig.ledger.installation(() => 0),
      WEB,
    );
    expect(desk.due()['i-web']).toBeUndefined();
    await desk.use('keyboard', 11 * MINUTE);
    await desk.pass(11 * MINUTE);
    expect(desk.due()['i-web']).toBeGreaterThan(desk.rig.now);
    expect(desk.outcomes()).toEqual([]);
  });

  it('has the size of today, and not of the day it was armed', async () => {
    const service = serviceOf(desk, api);
    desk.rig.world.setDesired(service, 4);
    await desk.use('keyboard', 12 * MINUTE);
    await desk.pass(12 * MINUTE);
    await desk.die();
    expect(service.desired).toBe(0);
    await desk.comeBack();
    expect(service.desired).toBe(4);
  });

  it('is nothing for what is stopped, guarded or refused', async () => {
    desk.rig.world.stop(instanceOf(desk, web));
    await desk.pass(12 * MINUTE);
    expect(desk.due()['i-web']).toBeUndefined();
  });

  it('is nothing under dry_run', async () => {
    desk.rig.settings.setAws({ dryRun: true });
    await desk.pass(MINUTE);
    expect(desk.due()).toEqual({});
    await desk.pass(HOUR);
    expect(off(desk)).toEqual([]);
  });

  it('is nothing once it was disabled, and nothing is left installed', async () => {
    const done = await desk.switches.disable('a test');
    expect(done.message).toContain('nothing of it is left');
    expect(desk.rig.wire.yard.schedules).toEqual([]);
    expect(desk.rig.ledger.switches()).toEqual([]);
    expect((await desk.switches.state()).regions.filter(({ installed }) => installed)).toEqual([]);
  });
});

describe('a switch that cannot be armed', () => {
  it('is told at once while nothing is installed, and armed as soon as it is', async () => {
    const desk = new Guarded();
    await desk.start();
    await desk.use();
    await desk.pass(20 * SECOND);
    const { conditions } = await desk.control.status();
    const condition = conditions.find(({ id }) => id === 'dead-man');
    expect(condition?.message).toContain('nothing is installed for it in eu-central-1');
    expect(condition?.hint).toContain('cloudnap dead-man enable');
    expect((await desk.control.doctor()).find(({ name }) => name === 'dead-man')?.result).toBe('fail');
    await desk.switches.enable('a test');
    await desk.pass(20 * SECOND);
    expect(await desk.conditions()).not.toContain('dead-man');
    expect(Object.keys(desk.due())).toHaveLength(4);
    expect((await desk.control.doctor()).find(({ name }) => name === 'dead-man')?.result).toBe('ok');
  });

  it('is told of a target that the role does not know yet', async () => {
    const desk = new Guarded({ drafts: [{ target: WEB }] });
    await desk.begin();
    await desk.control.register({ target: API }, 'a test');
    await desk.pass(MINUTE);
    const condition = (await desk.control.status()).conditions.find(({ id }) => id === 'dead-man');
    expect(condition?.message).toContain(`${api}: the role in eu-central-1 does not know it yet`);
    expect(Object.keys(desk.due())).toEqual(['i-web']);
  });

  it('goes on being tried while AWS cannot be reached', async () => {
    const desk = new Guarded();
    await desk.begin();
    desk.trouble('unreachable', (operation) => operation.startsWith('scheduler:'));
    await desk.use('keyboard', 9 * MINUTE);
    await desk.pass(9 * MINUTE);
    expect(await desk.conditions()).toContain('dead-man');
    desk.trouble(undefined, () => false);
    await desk.pass(6 * MINUTE);
    expect(await desk.conditions()).not.toContain('dead-man');
  });
});

describe('the daemon dies while somebody is there', () => {
  it.each(['at once', 'after the first look'])(
    'and everything stops on time and comes back exactly: a key %s',
    async (when) => {
      const desk = new Guarded();
      await desk.begin();
      await desk.use('keyboard', 20 * MINUTE);
      await desk.pass(20 * MINUTE);
      const lastKey = desk.rig.now;
      desk.rig.kill();
      await desk.alone(TIMEOUT + MINUTE);
      expect(off(desk)).toEqual([]);
      await desk.alone(GRACE + MINUTE);
      expect(off(desk)).toEqual(EVERYTHING);
      expect(desk.rig.now - lastKey).toBeLessThanOrEqual(TIMEOUT + GRACE + 2 * MINUTE);
      await desk.alone(9 * HOUR);
      await desk.start();
      if (when === 'at once') await desk.use();
      else {
        await desk.pass(20 * SECOND);
        expect(off(desk)).toEqual(EVERYTHING);
        expect(desk.rig.ledger.openEntries().map(({ phase, by }) => [phase, by])).toEqual(
          ALL.map(() => ['napped', 'lease']),
        );
        await desk.use();
      }
      await desk.pass(4 * MINUTE);
      expect(desk.everything()).toEqual(desk.atFirst);
      expect(desk.outcomes()).toEqual(ALL.map(() => 'restored'));
    },
  );

  it('and a machine that slept through it all is no different', async () => {
    const desk = new Guarded();
    await desk.begin();
    desk.rig.sleep(9 * HOUR);
    desk.rig.world.engine();
    expect(off(desk)).toEqual(EVERYTHING);
    await desk.pass(MINUTE);
    await desk.use();
    await desk.pass(4 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.outcomes()).toEqual(ALL.map(() => 'restored'));
  });

  it('and a wall clock that is wrong by hours changes nothing', async () => {
    const desk = new Guarded();
    desk.rig.clock.setWall(desk.rig.clock.now().wall - 5 * HOUR);
    await desk.begin();
    for (const at of Object.values(desk.due()))
      expect(Math.abs(at - desk.rig.now - TIMEOUT - GRACE)).toBeLessThanOrEqual(MINUTE);
    await desk.die();
    expect(off(desk)).toEqual(EVERYTHING);
    await desk.comeBack();
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('at any boundary of arming, moving and taking back', async () => {
    const places = async () => {
      const desk = new Guarded({ targets: [WEB, API] });
      await day(desk);
      return desk.lives[0]?.places ?? [];
    };
    const day = async (desk: Guarded) => {
      await desk.start();
      await desk.use();
      await desk.live(10 * SECOND);
      if (!desk.rig.isRunning) return;
      await desk.switches.enable('a test').catch(() => {});
      await desk.use('keyboard', 6 * MINUTE);
      await desk.live(12 * MINUTE);
    };
    const all = await places();
    expect(all).toEqual(
      expect.arrayContaining(['before ledger.keepSwitch', 'after scheduler:CreateSchedule']),
    );
    for (const [n, place] of all.entries()) {
      if (!/Switch|scheduler|StopInstances|UpdateService/.test(place)) continue;
      const desk = new Guarded({ targets: [WEB, API] });
      await desk.start((life) => life.killAtBoundary(n));
      await desk.use();
      await desk.live(10 * SECOND);
      if (desk.rig.isRunning) void desk.switches.enable('a test').catch(() => {});
      await desk.use('keyboard', 6 * MINUTE);
      await desk.live(12 * MINUTE);
      desk.rig.machine.unplug();
      await desk.alone(TIMEOUT + GRACE + 3 * MINUTE);
      await desk.comeBack();
      expect(desk.everything(), `${n}: ${place}`).toEqual(desk.atFirst);
      expect(desk.rig.ledger.openEntries(), `${n}: ${place}`).toEqual([]);
    }
  });
});

describe('a firing that nobody needs is harmless', () => {
  let desk: Guarded;
  beforeEach(async () => {
    desk = new Guarded();
    await desk.begin();
  });

  it('twice: once more after everything was brought back', async () => {
    desk.rig.wire.yard.fate = () => ({ againMs: 4 * MINUTE });
    desk.rig.kill();
    const [first] = Object.values(desk.due());
    await desk.alone((first ?? 0) - desk.rig.now + 70 * SECOND);
    await desk.comeBack();
    await desk.use('keyboard', 15 * MINUTE);
    await desk.pass(15 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.outcomes().every((outcome) => outcome === 'restored')).toBe(true);
  });

  it('late, in the middle of the restore', async () => {
    desk.rig.wire.yard.fate = ({ id }) => (id === web ? { lateMs: 4 * MINUTE } : {});
    desk.rig.kill();
    const [first] = Object.values(desk.due());
    await desk.alone((first ?? 0) - desk.rig.now + 3 * MINUTE);
    await desk.start();
    await desk.use('keyboard', 15 * MINUTE);
    await desk.pass(15 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('while the person is there and the network is not: it is given back at once', async () => {
    desk.trouble('unreachable', () => true);
    await desk.use('keyboard', 40 * MINUTE);
    await desk.pass(30 * MINUTE);
    expect(off(desk)).toEqual(EVERYTHING);
    desk.trouble(undefined, () => false);
    await desk.pass(10 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.outcomes()).toEqual(ALL.map(() => 'restored'));
  });

  it('of a target that has left the registry: it is restored once, then forgotten', async () => {
    desk.trouble('unreachable', (operation) => operation === 'scheduler:DeleteSchedule');
    await desk.control.unregister({ target: web, by: 'a test' });
    await desk.pass(MINUTE);
    expect(await desk.conditions()).toContain('dead-man-disarm');
    await desk.pass(TIMEOUT + GRACE + 2 * MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    desk.trouble(undefined, () => false);
    await desk.pass(15 * MINUTE);
    await desk.use();
    await desk.pass(15 * MINUTE);
    expect(desk.isOff(WEB)).toBe(false);
    expect(desk.outcomes(web)).toEqual(['restored']);
    expect(desk.rig.ledger.switches().filter(({ targetId }) => targetId === web)).toEqual([]);
    expect(await desk.conditions()).not.toContain('dead-man-disarm');
  });

  it('of another account: nothing of it is touched until it is signed in again', async () => {
    desk.rig.wire.signedIn = '222222222222';
    desk.rig.machine.use('keyboard', 0);
    await desk.pass(TIMEOUT + GRACE + 5 * MINUTE);
    expect(off(desk)).toEqual(EVERYTHING);
    await desk.use();
    await desk.pass(4 * MINUTE);
    expect(off(desk)).toEqual(EVERYTHING);
    desk.rig.wire.signedIn = ACCOUNT;
    await desk.pass(7 * MINUTE);
    await desk.use();
    await desk.pass(4 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });
});

describe('what a person does while nobody watches is theirs', () => {
  let desk: Guarded;
  beforeEach(async () => {
    desk = new Guarded();
    await desk.begin();
    desk.rig.kill();
  });

  it('a stop before the switch was due', async () => {
    await desk.alone(2 * MINUTE);
    desk.rig.world.stop(instanceOf(desk, web));
    desk.rig.world.setDesired(serviceOf(desk, api), 0);
    await desk.alone(TIMEOUT + GRACE + 2 * MINUTE);
    await desk.comeBack();
    expect(desk.isOff(WEB)).toBe(true);
    expect(serviceOf(desk, api).desired).toBe(0);
    expect(desk.isOff(WORKERS)).toBe(false);
    expect(desk.outcomes(web)).toEqual([]);
    expect(desk.outcomes(workers)).toEqual(['restored']);
  });

  it('a start after it fired; what it left of the bounds is given back', async () => {
    await desk.alone(TIMEOUT + GRACE + 2 * MINUTE);
    const service = serviceOf(desk, api);
    desk.rig.world.setDesired(service, 2);
    desk.rig.world.start(instanceOf(desk, web));
    await desk.alone(HOUR);
    await desk.comeBack();
    expect(service.desired).toBe(2);
    expect(service.scalable).toMatchObject({ min: 2, max: 5 });
    expect(desk.isOff(WEB)).toBe(false);
    expect(desk.outcomes(api)).toEqual(['overridden']);
  });
});

it('a person can let one go off, and sees it come back', async () => {
  const desk = new Guarded();
  await desk.begin();
  await desk.use('keyboard', 10 * MINUTE);
  const { firesAt } = await desk.switches.fire(web, 'a test');
  expect(firesAt - desk.rig.now).toBeLessThanOrEqual(2 * MINUTE);
  await desk.pass(3 * MINUTE);
  expect(desk.rig.ledger.switches().find(({ targetId }) => targetId === web)).toBeDefined();
  await desk.pass(6 * MINUTE);
  expect(desk.outcomes(web)).toEqual(['restored']);
  expect(desk.isOff(WEB)).toBe(false);
  expect(off(desk)).toEqual([]);
});
