/** When a nap may come: not before the lease is gone and its warning has stood, whatever happens in between. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { TargetId } from '../../../src/core/target.js';
import {
  ALL,
  api,
  Desk,
  type DeskOptions,
  HOUR,
  jobs,
  MINUTE,
  SECOND,
  TIMEOUT,
  WARNING,
  WEB,
  web,
  workers,
} from './desk.js';

let desk: Desk;
/** True time of the last key. */
let typedAt: number;

async function begin(options?: DeskOptions): Promise<void> {
  desk = new Desk(options);
  await desk.start();
  await type();
}

async function type(): Promise<void> {
  typedAt = desk.rig.now;
  await desk.use();
}

/** Lets time go by until so long after the last key. */
async function until(ms: number): Promise<void> {
  await desk.pass(typedAt + ms - desk.rig.now);
}

/** When a target was asked to nap, after the last key. */
function napsAt(id: TargetId): number[] {
  return desk
    .changesOf(id)
    .filter((change) => change.verb === 'nap')
    .map((change) => change.at - typedAt);
}

describe('a person goes away', () => {
  beforeEach(() => begin());

  it('each target is warned once, one minute before, and naps when its lease is gone', async () => {
    await until(TIMEOUT - WARNING - 1);
    expect(desk.told('warning')).toEqual([]);
    expect((await desk.control.plan()).map(({ warned }) => warned)).toEqual([false, false, false, false]);
    await until(TIMEOUT - WARNING);
    expect((await desk.control.plan()).map(({ warned }) => warned)).toEqual([true, true, true, true]);
    expect(desk.told('warning').map((event) => event.targetId)).toEqual([web, api, jobs, workers]);
    expect(desk.told('warning', web)[0]?.message).toBe(`${web} naps in 1 min unless somebody is there.`);
    await until(TIMEOUT - 1);
    expect(desk.changes).toEqual([]);
    await until(TIMEOUT);
    expect(napsAt(web)).toEqual([TIMEOUT]);
    await until(HOUR);
    expect(desk.told('warning')).toHaveLength(ALL.length);
    expect(desk.told('warning-withdrawn')).toEqual([]);
    expect(desk.told('napped').map((event) => event.targetId)).toEqual(
      expect.arrayContaining([web, api, jobs, workers]),
    );
  });

  it('a key while the warning stands withdraws it, and the whole timeout counts anew', async () => {
    await until(TIMEOUT - 1);
    await type();
    await desk.pass(0);
    expect(desk.told('warning-withdrawn').map((event) => event.targetId)).toEqual([web, api, jobs, workers]);
    expect(desk.told('warning-withdrawn', web)[0]?.message).toBe(`${web} does not nap now: presence.`);
    await until(TIMEOUT - 1);
    expect(desk.changes).toEqual([]);
    await until(TIMEOUT + SECOND);
    expect(napsAt(web)).toEqual([TIMEOUT]);
    expect(desk.told('warning', web)).toHaveLength(2);
  });

  it('a hold withdraws the warnings of what it covers, and its end is warned of', async () => {
    await until(TIMEOUT - 30 * SECOND);
    await desk.control.hold({ minutes: 10, target: web, by: 'cli' });
    expect(desk.told('warning-withdrawn').map((event) => event.targetId)).toEqual([web]);
    const ends = TIMEOUT - 30 * SECOND + 10 * MINUTE;
    await until(ends - 1);
    expect(napsAt(web)).toEqual([]);
    expect(desk.isOff(WEB)).toBe(false);
    expect(napsAt(jobs)).toEqual([TIMEOUT]);
    await until(ends + SECOND);
    expect(napsAt(web)).toEqual([ends]);
    expect(desk.told('warning', web)).toHaveLength(2);
    expect(desk.told('hold-ended')).toHaveLength(1);
  });

  it('hands that never leave the keyboard are noticed before anything is said', async () => {
    desk.rig.machine.use('keyboard', 30 * MINUTE);
    await until(30 * MINUTE);
    expect(desk.told(['warning', 'presence']).map((event) => event.message)).toEqual(['Somebody is there.']);
    expect(desk.changes).toEqual([]);
  });

  it('a set wall clock counts for nothing', async () => {
    await until(MINUTE);
    const { clock } = desk.rig;
    clock.setWall(clock.now().wall + 3 * 24 * HOUR);
    await until(TIMEOUT - WARNING - 1);
    expect(desk.told(['warning', 'woke'])).toEqual([]);
    clock.setWall(clock.now().wall - 6 * 24 * HOUR);
    await until(TIMEOUT - 1);
    expect(desk.changes).toEqual([]);
    await until(TIMEOUT);
    expect(napsAt(web)).toEqual([TIMEOUT]);
  });
});

describe('a warning is counted anew', () => {
  beforeEach(async () => {
    await begin();
    await until(TIMEOUT - 10 * SECOND);
    expect(desk.told('warning', web)).toHaveLength(1);
  });

  /** That nothing naps before a whole warning from now has stood, and then everything does. */
  async function expectAnew(by: number): Promise<void> {
    const from = desk.rig.now;
    await desk.pass(WARNING - 1);
    expect(desk.changes).toEqual([]);
    await desk.pass(by + 1);
    expect(desk.told('warning', web)).toHaveLength(2);
    expect(napsAt(web)).toHaveLength(1);
    expect(typedAt + napsAt(web)[0]! - from).toBeLessThanOrEqual(WARNING + by);
  }

  it('after the machine has slept', async () => {
    desk.rig.sleep(2 * HOUR);
    // Noticed at the next heartbeat, or when the next timer runs.
    await expectAnew(21 * SECOND);
    expect(desk.told('woke')[0]?.message).toBe(
      'The machine slept for 120 min: time asleep counts as absence.',
    );
  });

  it('after a sensor has recovered', async () => {
    desk.rig.machine.break('mouse');
    await desk.pass(5 * SECOND);
    desk.rig.machine.mend('mouse');
    await expectAnew(0);
  });

  it('after a setting has changed', async () => {
    desk.rig.settings.set({ audioMinLevelDb: -50 });
    await expectAnew(0);
    expect(desk.told('settings')).toHaveLength(1);
  });

  it('but not after a file that was saved without a change', async () => {
    desk.rig.settings.set({});
    await desk.pass(10 * SECOND);
    expect(napsAt(web)).toEqual([TIMEOUT]);
  });

  it('nor because a sensor breaks while another one watches', async () => {
    desk.rig.machine.break('mouse');
    await desk.pass(10 * SECOND);
    expect(napsAt(web)).toEqual([TIMEOUT]);
  });
});

describe('how long a warning stands', () => {
  it('at most half of the timeout', async () => {
    await begin({ settings: { warnMs: HOUR } });
    await until(TIMEOUT / 2 - 1);
    expect(desk.told('warning')).toEqual([]);
    await until(TIMEOUT / 2);
    expect(desk.told('warning', web)[0]?.message).toBe(`${web} naps in 2.5 min unless somebody is there.`);
    await until(TIMEOUT);
    expect(napsAt(web)).toEqual([TIMEOUT]);
  });

  it('by the target’s own timeout', async () => {
    await begin({
      drafts: [{ target: WEB, timeoutMinutes: 1 }, ...ALL.slice(1).map((target) => ({ target }))],
    });
    await until(30 * SECOND);
    expect(desk.told('warning').map((event) => event.targetId)).toEqual([web]);
    await until(TIMEOUT - 1);
    expect(napsAt(web)).toEqual([MINUTE]);
    expect(desk.changesOf(jobs)).toEqual([]);
  });
});

describe('the machine sleeps', () => {
  it('time asleep counts as absence, but nothing naps without its warning', async () => {
    await begin();
    await until(MINUTE);
    desk.rig.sleep(8 * HOUR);
    const woke = desk.rig.now;
    await desk.pass(WARNING - 1);
    expect(desk.changes).toEqual([]);
    await desk.pass(22 * SECOND);
    expect(desk.changesOf(web)[0]?.at).toBeGreaterThanOrEqual(woke + WARNING);
  });

  it('a key after the wake-up, and nothing naps', async () => {
    await begin();
    await until(MINUTE);
    desk.rig.sleep(8 * HOUR);
    await desk.pass(40 * SECOND);
    await type();
    await until(TIMEOUT - 1);
    expect(desk.changes).toEqual([]);
  });
});

describe('weak activity', () => {
  it('extends presence for extends_for after the last key, and not a minute more', async () => {
    await begin();
    desk.rig.settings.setSensor('window', { extendsForMs: 10 * MINUTE });
    for (let minute = 1; minute <= 30; minute += 1) {
      await until(minute * MINUTE);
      await desk.use('window');
    }
    expect(napsAt(web)).toEqual([10 * MINUTE + TIMEOUT]);
  });

  it('withdraws a warning, and brings nobody back', async () => {
    await begin();
    await until(TIMEOUT - 1);
    await desk.use('audio');
    await desk.pass(0);
    expect(desk.told('warning-withdrawn', web)).toHaveLength(1);
    await until(2 * TIMEOUT + MINUTE);
    expect(napsAt(web)).toEqual([2 * TIMEOUT - 1]);
    await desk.use('audio');
    await desk.use('window', HOUR);
    await desk.pass(HOUR);
    expect(desk.isOff(WEB)).toBe(true);
    expect(desk.told('restore')).toEqual([]);
  });
});

describe('nobody could tell a return', () => {
  it('nothing naps, and it is shown; the first sensor that works again renews presence', async () => {
    await begin();
    await until(TIMEOUT - 10 * SECOND);
    desk.rig.machine.break('keyboard');
    desk.rig.machine.break('mouse');
    await desk.pass(12 * HOUR);
    expect(desk.changes).toEqual([]);
    expect(await desk.conditions()).toEqual(
      expect.arrayContaining(['presence-unknown', 'sensor:keyboard', 'sensor:mouse']),
    );
    expect((await desk.control.status()).presence).toBe('unknown');
    expect((await desk.control.why(web)).leases).toEqual([
      { holder: 'presence', kind: 'presence', until: undefined, live: true },
    ]);

    const mendedAt = desk.rig.now;
    desk.rig.machine.mend('mouse');
    await desk.pass(TIMEOUT - 1);
    expect(desk.changes).toEqual([]);
    expect(await desk.conditions()).toEqual(['sensor:keyboard']);
    await desk.pass(1);
    expect(desk.changesOf(web).map((change) => change.at)).toEqual([mendedAt + TIMEOUT]);
  });

  it('from the start: nothing naps', async () => {
    desk = new Desk();
    desk.rig.settings.setSensor('keyboard', { enabled: false });
    desk.rig.settings.setSensor('mouse', { wakes: false });
    await desk.start();
    await desk.pass(12 * HOUR);
    expect(desk.changes).toEqual([]);
    expect(await desk.conditions()).toEqual(['presence-unknown']);
  });
});
