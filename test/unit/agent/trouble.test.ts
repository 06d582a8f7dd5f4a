/** When things go wrong: one failing target, a region that hangs, a disk that is full; and nights without work. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT } from '../../fakes/rig.js';
import {
  ALL,
  API,
  api,
  Desk,
  entriesOf,
  HOUR,
  instanceOf,
  JOBS,
  jobs,
  MINUTE,
  refusal,
  SECOND,
  serviceOf,
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

/** Counts requests of an operation from now on, and lets each fail while `fails`. */
function failing(operation: string, state = { fails: true }): { fails: boolean; tries: number[] } {
  const tries: number[] = [];
  desk.rig.wire.trouble = (request) => {
    if (request.operation !== operation) return undefined;
    tries.push(desk.rig.now);
    return state.fails ? 'failed' : undefined;
  };
  return Object.assign(state, { tries });
}

describe('one failing target', () => {
  it('holds up nobody else, is shown, told once, and tried ever more seldom until it works', async () => {
    const stops = failing('ec2:StopInstances');
    await desk.nap();
    for (const target of [API, JOBS, WORKERS]) expect(desk.isOff(target)).toBe(true);
    await desk.pass(3 * HOUR);
    expect(desk.isOff(WEB)).toBe(false);
    expect(await desk.conditions()).toEqual([`target:${web}`]);
    expect(desk.told('failed', web)).toHaveLength(1);
    const gaps = stops.tries.slice(1).map((at, index) => at - stops.tries[index]!);
    expect(gaps.slice(0, 5).every((gap, index) => index === 0 || gap > gaps[index - 1]!)).toBe(true);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5 * MINUTE + SECOND);
    expect(stops.tries.length).toBeLessThan((3 * HOUR) / (2 * MINUTE));

    stops.fails = false;
    await desk.pass(6 * MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    expect(await desk.conditions()).toEqual([]);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('nor when it cannot be restored; it stays owed until it can', async () => {
    await desk.nap();
    const starts = failing('ec2:StartInstances');
    desk.rig.machine.use('keyboard', 2 * HOUR);
    await desk.pass(HOUR);
    for (const target of [API, JOBS, WORKERS]) expect(desk.isOff(target)).toBe(false);
    expect(desk.entry(web)).toMatchObject({ phase: 'restoring' });
    expect(await desk.conditions()).toEqual([`target:${web}`]);
    starts.fails = false;
    await desk.pass(6 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(await desk.conditions()).toEqual([]);
  });

  it('that hangs holds up neither its like in other groups nor the loop', async () => {
    desk.rig.wire.latency = (request) => (request.operation.startsWith('ec2:') ? 12 * HOUR : 0);
    await desk.nap();
    for (const target of [API, JOBS, WORKERS]) expect(desk.isOff(target)).toBe(true);
    expect((await desk.control.status()).presence).toBe('away');
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.fields(API)).toEqual(desk.atFirst[api]);
  });

  it('that AWS refuses to stop is let go, with nothing owed', async () => {
    desk.trouble('refused', (operation) => operation === 'ec2:StopInstances');
    await desk.nap();
    expect(desk.outcomes(web)).toContain('unneeded');
    desk.trouble(undefined, () => true);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.rig.ledger.openEntries()).toEqual([]);
  });
});

describe('a ledger that cannot be written', () => {
  it('stops napping and not the daemon; with space on the disk everything goes on', async () => {
    desk.rig.diskIsFull = true;
    await desk.pass(3 * HOUR);
    expect(desk.changes).toEqual([]);
    expect(desk.rig.isRunning).toBe(true);
    expect(desk.rig.logged).toEqual([]);
    expect(await desk.conditions()).toEqual(['ledger']);
    expect((await desk.control.status()).presence).toBe('away');
    expect(await refusal(desk.control.stop({ target: web, by }))).toMatchObject({ code: 'REFUSED' });
    expect(desk.changes).toEqual([]);

    desk.rig.diskIsFull = false;
    await desk.pass(6 * MINUTE);
    for (const target of ALL) expect(desk.isOff(target)).toBe(true);
    expect(await desk.conditions()).toEqual([]);
  });

  it('does not keep from anybody what is owed', async () => {
    await desk.nap();
    desk.rig.diskIsFull = true;
    desk.rig.machine.use('keyboard', HOUR);
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.rig.ledger.openEntries()).toHaveLength(ALL.length);
    desk.rig.diskIsFull = false;
    await desk.pass(6 * MINUTE);
    expect(desk.rig.ledger.openEntries()).toEqual([]);
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('loses no event of a bad hour', async () => {
    desk.rig.diskIsFull = true;
    await desk.pass(HOUR);
    desk.rig.diskIsFull = false;
    await desk.pass(MINUTE);
    const warned = (await desk.control.history({ target: web, limit: 100 })).filter(
      (event) => event.type === 'warning',
    );
    expect(warned).toHaveLength(1);
  });
});

describe('a night without work', () => {
  const NIGHT = 8 * HOUR;
  const INTERVAL = 5 * MINUTE;

  /** How often each kind was read, and what was written, over the hours after everything has settled. */
  async function night(): Promise<{ readings: Record<string, number>; requests: number; writes: number }> {
    await desk.pass(TIMEOUT + 30 * MINUTE);
    desk.forget();
    const requests = desk.rig.wire.requests;
    let writes = 0;
    desk.rig.watcher!.wrote = () => {
      writes += 1;
    };
    await desk.pass(NIGHT);
    const readings: Record<string, number> = { ec2: 0, ecs: 0, eks: 0 };
    for (const { targets } of desk.readings)
      for (const kind of new Set(targets.map((target) => target.kind))) readings[kind]! += 1;
    return { readings, requests: desk.rig.wire.requests - requests, writes };
  }

  const once = NIGHT / INTERVAL;

  it.each<[string, () => unknown]>([
    ['everything naps', () => {}],
    ['everything is held', () => desk.control.hold({ minutes: 24 * 60, by })],
    [
      'presence is unknown',
      () => {
        desk.rig.machine.break('keyboard');
        desk.rig.machine.break('mouse');
      },
    ],
    ['a person has scaled it', () => desk.rig.world.setDesired(serviceOf(desk, jobs), 4)],
    ['a person has stopped it', () => desk.rig.world.stop(instanceOf(desk, web))],
    ['dry_run is on', () => desk.rig.settings.setAws({ dryRun: true })],
    [
      'another account is signed in',
      () => {
        desk.rig.wire.signedIn = '222222222222';
      },
    ],
    [
      'what depends on all the rest is never napped',
      async () => {
        instanceOf(desk, web).isProtected = true;
        desk.rig.registry.edit(
          entriesOf([
            ...ALL.slice(1).map((target) => ({ target })),
            { target: WEB, dependsOn: [api, jobs, workers] },
          ]),
        );
        desk.rig.kill();
        await desk.start();
      },
    ],
  ])('%s: each group is read about once in a check interval', async (_what, setUp) => {
    await setUp();
    const { readings, writes } = await night();
    for (const [kind, times] of Object.entries(readings)) {
      expect(times, kind).toBeGreaterThanOrEqual(once - 2);
      expect(times, kind).toBeLessThanOrEqual(once + 2);
    }
    expect(desk.changes).toEqual([]);
    expect(desk.told(['nap', 'restore', 'failed', 'warning', 'waiting'])).toEqual([]);
    // Intervals are prolonged at each reading, and twice an hour the stretch of presence; nothing else is written.
    expect(writes).toBeLessThanOrEqual(3 * (once + 2) + NIGHT / (30 * MINUTE));
  });

  it('nobody signed in: the account is asked for now and then, and nothing is read', async () => {
    desk.rig.wire.signedIn = undefined;
    const { readings, requests } = await night();
    expect(readings).toEqual({ ec2: 0, ecs: 0, eks: 0 });
    expect(requests).toBe(0);
    desk.rig.wire.signedIn = ACCOUNT;
    await desk.pass(6 * MINUTE);
    expect(desk.readings.length).toBeGreaterThan(0);
  });
});
