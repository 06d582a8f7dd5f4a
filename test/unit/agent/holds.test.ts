/** Holds: what they keep and bring back, for how long, and how they end. */
import { beforeEach, describe, expect, it } from 'vitest';
import { MAX_HOLD_MINUTES } from '../../../src/core/control.js';
import {
  ALL,
  API,
  api,
  Desk,
  HOUR,
  JOBS,
  MINUTE,
  refusal,
  SECOND,
  TIMEOUT,
  WEB,
  WORKERS,
  web,
  workers,
} from './desk.js';

let desk: Desk;
const by = 'cli';

beforeEach(async () => {
  desk = new Desk();
  await desk.begin();
});

it('keeps one target awake for its time, while the others nap', async () => {
  await desk.control.hold({ minutes: 30, target: web, by });
  await desk.pass(30 * MINUTE - SECOND);
  expect(desk.isOff(WEB)).toBe(false);
  for (const target of ALL.slice(1)) expect(desk.isOff(target)).toBe(true);
  await desk.pass(2 * MINUTE);
  expect(desk.isOff(WEB)).toBe(true);
});

it('keeps everything awake when no target is named', async () => {
  await desk.control.hold({ minutes: 30, by });
  await desk.pass(30 * MINUTE - SECOND);
  expect(desk.changes).toEqual([]);
  expect((await desk.control.why(web)).leases).toContainEqual(
    expect.objectContaining({ holder: 'a hold by cli', live: true }),
  );
});

it('tells who keeps a target, the longest first, and is released alone', async () => {
  const first = await desk.control.hold({ minutes: 30, by });
  const second = await desk.control.hold({ minutes: 60, target: web, by: 'dashboard' });
  const keptBy = async () => {
    const rows = await desk.control.registered();
    return rows.find(({ id }) => id === web)?.leases.map(({ kind, hold, live }) => ({ kind, hold, live }));
  };
  expect(await keptBy()).toEqual([
    { kind: 'hold', hold: { id: second.hold, by: 'dashboard' }, live: true },
    { kind: 'hold', hold: { id: first.hold, by }, live: true },
    { kind: 'presence', hold: undefined, live: true },
  ]);
  await desk.control.release({ hold: first.hold, by });
  expect((await keptBy())?.map(({ hold }) => hold?.id)).toEqual([second.hold, undefined]);
  expect((await desk.control.release({ hold: first.hold, by })).message).toBe('there was no hold to release');
  await desk.pass(30 * MINUTE - SECOND);
  expect(desk.isOff(WEB)).toBe(false);
  expect(desk.isOff(API)).toBe(true);
});

it('brings back what it covers, and what that depends on, although nobody is there', async () => {
  desk = new Desk({
    drafts: [{ target: WORKERS }, { target: API, dependsOn: [workers] }, { target: WEB }, { target: JOBS }],
  });
  await desk.begin();
  await desk.pass(TIMEOUT + 5 * MINUTE);
  expect((await desk.control.hold({ minutes: 30, target: api, by })).message).toBe(
    `${api} is kept awake for 30 min; restoring ${api}, ${workers}`,
  );
  await desk.pass(5 * MINUTE);
  expect(desk.fields(API)).toEqual(desk.atFirst[api]);
  expect(desk.fields(WORKERS)).toEqual(desk.atFirst[workers]);
  expect(desk.isOff(WEB)).toBe(true);
  expect(desk.isOff(JOBS)).toBe(true);
});

it('does not bring back what a person stopped', async () => {
  await desk.control.stop({ target: web, by });
  await desk.pass(2 * MINUTE);
  await desk.control.hold({ minutes: 30, by });
  await desk.pass(2 * MINUTE);
  expect(desk.isOff(WEB)).toBe(true);
});

it.each([
  ['a restart of the daemon', async () => desk.rig.kill()],
  ['a reboot', async () => desk.rig.reboot(2 * MINUTE)],
])('outlives %s, with the time it had', async (_what, down) => {
  await desk.control.hold({ minutes: 60, target: web, by });
  const until = desk.rig.now + HOUR;
  await desk.pass(10 * MINUTE);
  await down();
  await desk.start();
  await desk.pass(until - SECOND - desk.rig.now);
  expect(desk.isOff(WEB)).toBe(false);
  await desk.pass(2 * MINUTE);
  expect(desk.isOff(WEB)).toBe(true);
  expect(desk.rig.ledger.holds()).toEqual([]);
});

it('is not prolonged by a wall clock that is set back over a reboot', async () => {
  await desk.control.hold({ minutes: 60, target: web, by });
  desk.rig.reboot(MINUTE);
  const { clock } = desk.rig;
  clock.setWall(clock.now().wall - 30 * 24 * HOUR);
  await desk.start();
  await desk.pass(HOUR + 2 * MINUTE);
  expect(desk.isOff(WEB)).toBe(true);
});

it('is reckoned once after a reboot: starting the daemon again and again does not prolong it', async () => {
  await desk.control.hold({ minutes: 60, target: web, by });
  desk.rig.reboot(MINUTE);
  const { clock } = desk.rig;
  clock.setWall(clock.now().wall - 30 * 24 * HOUR);
  for (let start = 0; start < 4; start += 1) {
    await desk.start();
    await desk.pass(14 * MINUTE);
    expect(desk.isOff(WEB)).toBe(false);
    desk.rig.kill();
  }
  await desk.start();
  await desk.pass(TIMEOUT + 2 * MINUTE);
  expect(desk.isOff(WEB)).toBe(true);
});

it('is in force although what was reckoned cannot be written', async () => {
  await desk.control.hold({ minutes: 60, target: web, by });
  desk.rig.reboot(MINUTE);
  desk.rig.diskIsFull = true;
  await desk.start();
  desk.rig.diskIsFull = false;
  await desk.pass(50 * MINUTE);
  expect(desk.isOff(WEB)).toBe(false);
  await desk.pass(12 * MINUTE);
  expect(desk.isOff(WEB)).toBe(true);
});

it('ends when it is released, after a warning', async () => {
  await desk.control.hold({ minutes: 60, target: web, by });
  await desk.control.hold({ minutes: 90, by });
  await desk.pass(10 * MINUTE);
  expect((await desk.control.release({ target: web, by })).message).toBe('released 1 hold');
  await desk.pass(10 * MINUTE);
  expect(desk.changes).toEqual([]);
  expect((await desk.control.release({ by })).message).toBe('released 1 hold');
  expect((await desk.control.release({ by })).message).toBe('there was no hold to release');
  await desk.pass(MINUTE - SECOND);
  expect(desk.changes).toEqual([]);
  await desk.pass(2 * SECOND);
  expect(desk.told('hold-ended')).toHaveLength(2);
  expect(new Set(desk.changes.map((change) => change.id)).size).toBe(ALL.length);
});

it('takes back a NAP of what it covers: however it ends, a warning comes first', async () => {
  await desk.control.nap({ by });
  await desk.pass(2 * MINUTE);
  await desk.control.hold({ minutes: 10, target: web, by });
  await desk.pass(8 * MINUTE);
  expect(desk.fields(WEB)).toEqual(desk.atFirst[web]);
  await desk.control.release({ by });
  await desk.pass(MINUTE - SECOND);
  expect(desk.isOff(WEB)).toBe(false);
  expect(desk.told('warning', web)).toHaveLength(1);
  await desk.pass(2 * MINUTE);
  expect(desk.isOff(WEB)).toBe(true);
});

describe('what is asked for', () => {
  it.each([0, -5, Number.NaN, MAX_HOLD_MINUTES + 1])('%d minutes are refused', async (minutes) => {
    expect((await refusal(desk.control.hold({ minutes, by }))).code).toBe('BAD_REQUEST');
    expect(desk.rig.ledger.holds()).toEqual([]);
  });

  it('seven days are not', async () => {
    await desk.control.hold({ minutes: MAX_HOLD_MINUTES, by });
    expect(desk.rig.ledger.holds()).toMatchObject([{ durationMs: 7 * 24 * HOUR, askedBy: 'cli' }]);
  });

  it('a target that is not registered cannot be held', async () => {
    const answer = desk.control.hold({ minutes: 5, target: 'ec2:eu-central-1:i-other', by });
    expect((await refusal(answer)).code).toBe('NOT_REGISTERED');
  });

  it('a ledger that cannot be written refuses it', async () => {
    desk.rig.diskIsFull = true;
    expect((await refusal(desk.control.hold({ minutes: 5, by }))).code).toBe('REFUSED');
    expect((await desk.control.why(web)).leases).toHaveLength(1);
  });
});
