/** `lock_means_away`: a locked session is away at once, and the password that is typed to unlock it is the return. */
import { describe, expect, it } from 'vitest';
import type { SensorName } from '../../../src/core/sensor.js';
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

const by = 'cli';
const LOCKS = { settings: { lockMeansAway: true } } satisfies DeskOptions;

async function begin(options: DeskOptions = LOCKS): Promise<Desk> {
  const desk = new Desk(options);
  await desk.begin();
  return desk;
}

async function lock(desk: Desk, locked = true): Promise<void> {
  desk.rig.session.lock(locked);
  await desk.rig.clock.flush();
  await desk.pass(0);
}

/** Locks, and waits until everything naps. */
async function lockAndNap(desk: Desk): Promise<void> {
  await lock(desk);
  await desk.pass(2 * MINUTE);
  expect(desk.outcomes()).toEqual([]);
  for (const target of ALL) expect(desk.isOff(target)).toBe(true);
}

async function presence(desk: Desk): Promise<string> {
  return (await desk.control.status()).presence;
}

describe('a session is locked', () => {
  it('everything naps at once and without a warning, and presence is locked', async () => {
    const desk = await begin();
    await lock(desk);
    expect(await presence(desk)).toBe('locked');
    expect(new Set(desk.changes.map(({ id }) => id)).size).toBe(ALL.length);
    expect(desk.told('warning')).toEqual([]);
    expect(desk.told('nap', web)[0]?.message).toContain('the session is locked');
    expect((await desk.control.senses()).locked).toBe(true);
  });

  it('a lock that means nothing changes nothing, and is shown by the senses alone', async () => {
    const desk = await begin({});
    await lock(desk);
    await desk.pass(MINUTE);
    expect(desk.changes).toEqual([]);
    expect(await presence(desk)).toBe('present');
    expect((await desk.control.senses()).locked).toBe(true);
    await desk.use();
    await desk.pass(TIMEOUT - 1);
    expect(desk.changes, 'a hand counts as ever').toEqual([]);
  });

  it('it spares what is held, and what that depends on', async () => {
    const desk = await begin({
      ...LOCKS,
      drafts: ALL.map((target) => ({ target, dependsOn: target.kind === 'ecs' ? [web] : [] })),
    });
    await desk.control.hold({ minutes: 60, target: api, by });
    await lock(desk);
    await desk.pass(2 * MINUTE);
    expect(new Set(desk.changes.map(({ id }) => id))).toEqual(new Set([jobs, workers]));
    await desk.pass(HOUR);
    expect(desk.isOff(WEB), 'the hold is over').toBe(true);
    expect(desk.told('warning').map(({ targetId }) => targetId)).toEqual(expect.arrayContaining([web, api]));
  });

  it('what a person started stays', async () => {
    const desk = await begin();
    await desk.control.stop({ target: web, by });
    await desk.pass(2 * MINUTE);
    await desk.control.start({ target: web, by });
    await desk.pass(MINUTE);
    desk.forget();
    await lock(desk);
    await desk.pass(TIMEOUT);
    expect(desk.changesOf(web)).toEqual([]);
  });

  it('what is on its way back turns round', async () => {
    const desk = await begin();
    await lockAndNap(desk);
    await lock(desk, false);
    desk.rig.wire.latency = () => SECOND;
    await desk.use();
    await desk.pass(3 * SECOND);
    await lock(desk);
    await desk.pass(5 * MINUTE);
    for (const target of ALL) expect(desk.isOff(target)).toBe(true);
    desk.rig.wire.latency = () => 0;
    await lock(desk, false);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });
});

interface Return {
  /** After the lock. */
  readonly usedAt?: number;
  readonly sensor?: SensorName;
  readonly forMs?: number;
  readonly unlockedAt: number;
}

describe('under the lock hands renew nothing; after it, what was typed is the return', () => {
  it.each<readonly [string, Return, boolean]>([
    ['nothing was typed', { unlockedAt: 10 * MINUTE }, false],
    ['the password', { usedAt: 10 * MINUTE, forMs: 3 * SECOND, unlockedAt: 10 * MINUTE + 4 * SECOND }, true],
    [
      'the password, still being typed',
      { usedAt: 10 * MINUTE, forMs: HOUR, unlockedAt: 10 * MINUTE + 4 * SECOND },
      true,
    ],
    ['a second thought, 5 s after', { usedAt: 5 * SECOND, unlockedAt: 7 * SECOND }, true],
    ['the hand that locked', { usedAt: 4_999, unlockedAt: 7 * SECOND }, false],
    [
      'the hand that locked and never let go',
      { usedAt: 4 * SECOND, forMs: HOUR, unlockedAt: 10 * MINUTE },
      false,
    ],
    [
      'a mouse bumped long before',
      { usedAt: 3 * MINUTE, sensor: 'mouse', unlockedAt: 3 * MINUTE + TIMEOUT },
      false,
    ],
    [
      'a mouse bumped just before',
      { usedAt: 3 * MINUTE, sensor: 'mouse', unlockedAt: 3 * MINUTE + TIMEOUT - 2 * SECOND },
      true,
    ],
    ['music', { usedAt: 3 * MINUTE, sensor: 'audio', forMs: HOUR, unlockedAt: 10 * MINUTE }, false],
  ])('%s', async (_what, { usedAt, sensor, forMs, unlockedAt }, isReturn) => {
    const desk = await begin();
    await lock(desk);
    if (usedAt !== undefined) {
      await desk.pass(usedAt);
      await desk.use(sensor, forMs);
    }
    await desk.pass(unlockedAt - (usedAt ?? 0));
    expect(await presence(desk)).toBe('locked');
    expect(desk.told('restore')).toEqual([]);
    await lock(desk, false);
    await desk.pass(SECOND);
    expect(await presence(desk)).toBe(isReturn ? 'present' : 'away');
    await desk.pass(MINUTE);
    expect(desk.told('restore').length > 0).toBe(isReturn);
    desk.rig.machine.endRuns();
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything(), 'the next key is a return in any case').toEqual(desk.atFirst);
  });

  it('a bumped mouse prolongs nothing that is still awake', async () => {
    const desk = await begin();
    await desk.control.hold({ minutes: 4, by });
    await lock(desk);
    for (let minute = 0; minute < 5; minute += 1) {
      await desk.pass(MINUTE);
      await desk.use('mouse');
    }
    await desk.pass(MINUTE + SECOND);
    for (const target of ALL) expect(desk.isOff(target)).toBe(true);
  });

  it('each target by its own timeout: a bump that is too old for one counts for the other', async () => {
    const desk = await begin({
      ...LOCKS,
      drafts: ALL.map((target) => ({ target, ...(target === WEB ? { timeoutMinutes: 1 } : {}) })),
    });
    await lockAndNap(desk);
    await desk.use('mouse');
    await desk.pass(2 * MINUTE);
    await lock(desk, false);
    await desk.pass(SECOND);
    expect(new Set(desk.told('restore').map(({ targetId }) => targetId))).toEqual(
      new Set([api, jobs, workers]),
    );
  });
});

describe('the setting is changed while the session is locked', () => {
  it('switched on, it acts at once', async () => {
    const desk = await begin({});
    await lock(desk);
    await desk.pass(MINUTE);
    await desk.use();
    desk.rig.settings.set({ lockMeansAway: true });
    await desk.pass(0);
    expect(await presence(desk)).toBe('locked');
    expect(new Set(desk.changes.map(({ id }) => id)).size).toBe(ALL.length);
    // The hand that may have switched it on does not count as a return.
    await desk.use();
    await lock(desk, false);
    await desk.pass(SECOND);
    expect(desk.told('restore')).toEqual([]);
  });

  it('switched off, leases run out when they would have, with a warning', async () => {
    const desk = await begin();
    desk.trouble('unreachable', () => true);
    await lock(desk);
    await desk.pass(MINUTE);
    desk.rig.settings.set({ lockMeansAway: false });
    await desk.pass(SECOND);
    desk.trouble(undefined, () => true);
    expect(await presence(desk)).toBe('present');
    await desk.pass(TIMEOUT - 2 * MINUTE - 15 * SECOND);
    expect(desk.changes).toEqual([]);
    expect(desk.told('warning').length).toBe(0);
    await desk.pass(WARNING);
    expect(desk.told('warning').length).toBe(ALL.length);
    expect(desk.changes).toEqual([]);
    await desk.pass(WARNING);
    expect(new Set(desk.changes.map(({ id }) => id)).size).toBe(ALL.length);
  });

  it('switched off when they would have run out already, a warning comes first', async () => {
    const desk = await begin();
    desk.trouble('unreachable', () => true);
    await lock(desk);
    await desk.pass(2 * TIMEOUT);
    desk.rig.settings.set({ lockMeansAway: false });
    desk.trouble(undefined, () => true);
    await desk.pass(WARNING - 1);
    expect(desk.told('warning').length).toBe(ALL.length);
    expect(desk.changes).toEqual([]);
    await desk.pass(2 * SECOND);
    expect(desk.changes.length).toBeGreaterThan(0);
  });

  it('what naps already stays so until somebody is there', async () => {
    const desk = await begin();
    await lockAndNap(desk);
    desk.rig.settings.set({ lockMeansAway: false });
    await desk.pass(MINUTE);
    expect(desk.told('restore')).toEqual([]);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });
});

describe('a lock that nobody saw come about', () => {
  it('a daemon that starts under one grants a full timeout, which no hand renews, and warns', async () => {
    const desk = new Desk(LOCKS);
    desk.rig.session.lock(true);
    await desk.start();
    expect(await presence(desk)).toBe('locked');
    await desk.pass(MINUTE);
    await desk.use();
    await desk.pass(TIMEOUT - MINUTE - 1);
    expect(desk.changes).toEqual([]);
    expect(desk.told('warning').length).toBe(ALL.length);
    await desk.pass(2);
    expect(desk.changes.length).toBeGreaterThan(0);
  });

  it('one that comes while presence is unknown naps nothing; becoming known grants a full timeout', async () => {
    const desk = await begin();
    desk.rig.machine.break('keyboard');
    desk.rig.machine.break('mouse');
    await lock(desk);
    await desk.pass(HOUR);
    expect(await presence(desk)).toBe('unknown');
    expect(desk.changes).toEqual([]);
    desk.rig.machine.mend('mouse');
    await desk.pass(TIMEOUT - 1);
    expect(await presence(desk)).toBe('locked');
    expect(desk.changes).toEqual([]);
    expect(desk.told('warning').length).toBe(ALL.length);
    await desk.pass(2);
    expect(desk.changes.length).toBeGreaterThan(0);
  });

  it('presence becomes unknown under a lock: what does not nap yet stays', async () => {
    const desk = await begin();
    desk.trouble('unreachable', () => true);
    await lock(desk);
    desk.rig.machine.break('keyboard');
    desk.rig.machine.break('mouse');
    desk.trouble(undefined, () => true);
    await desk.pass(HOUR);
    expect(desk.changes).toEqual([]);
  });

  it('what is registered under a lock gets its full timeout', async () => {
    const desk = await begin({ ...LOCKS, drafts: [] });
    await lock(desk);
    await desk.control.register({ target: WEB }, by);
    await desk.pass(TIMEOUT - 1);
    expect(desk.changes).toEqual([]);
    expect(desk.told('warning', web)).toHaveLength(1);
    await desk.pass(2);
    expect(desk.changesOf(web)).toHaveLength(1);
  });
});

describe('the lock cannot be told', () => {
  it('is a condition only where the setting asks for it', async () => {
    const desk = await begin({});
    desk.rig.session.break('lock');
    expect(await desk.conditions()).toEqual([]);
    expect((await desk.control.senses()).locked).toBeUndefined();
    desk.rig.settings.set({ lockMeansAway: true });
    const [condition] = (await desk.control.status()).conditions;
    expect(condition).toMatchObject({
      id: 'signal:lock',
      message: 'lock_means_away has no effect: it broke',
      hint: 'mend it',
    });
    desk.rig.session.mend('lock');
    expect(await desk.conditions()).toEqual([]);
    desk.rig.session.break('suspend');
    expect(await desk.conditions()).toEqual([]);
    desk.rig.settings.set({ onSuspend: 'nap' });
    expect(await desk.conditions()).toEqual(['signal:suspend']);
    desk.rig.settings.set({ onSuspend: 'keep' });
    expect(await desk.conditions()).toEqual([]);
  });

  it('under a lock, it is as if there had been none: hands count, and a nap is warned of', async () => {
    const desk = await begin();
    desk.trouble('unreachable', () => true);
    await lock(desk);
    desk.rig.session.break('lock');
    desk.trouble(undefined, () => true);
    await desk.pass(10 * SECOND);
    expect(await presence(desk)).toBe('present');
    await desk.pass(MINUTE);
    await desk.use();
    await desk.pass(TIMEOUT - 1);
    expect(desk.changes).toEqual([]);
    desk.rig.session.mend('lock');
    await desk.pass(SECOND);
    expect(await presence(desk), 'and told anew, it is away at once').toBe('locked');
    expect(desk.changes.length).toBeGreaterThan(0);
  });
});

it('after a sleep under a lock what does not nap yet is warned of', async () => {
  const desk = await begin();
  desk.trouble('unreachable', () => true);
  await lock(desk);
  desk.rig.sleep(8 * HOUR);
  desk.trouble(undefined, () => true);
  await desk.pass(20 * SECOND);
  expect(desk.told('woke')).toHaveLength(1);
  expect(desk.told('warning').length).toBe(ALL.length);
  expect(desk.changes).toEqual([]);
  await desk.pass(WARNING + SECOND);
  expect(new Set(desk.changes.map(({ id }) => id)).size).toBe(ALL.length);
});

it('a NAP given before outlasts the lock: only a return ends it', async () => {
  const desk = await begin();
  desk.trouble('unreachable', () => true);
  await desk.control.nap({ by });
  await lock(desk);
  await lock(desk, false);
  desk.trouble(undefined, () => true);
  await desk.pass(10 * SECOND);
  expect(desk.told('warning')).toEqual([]);
  expect(desk.changes.length).toBeGreaterThan(0);
});
