/** `on_suspend: nap`: what can be reached before the machine sleeps naps; everything else waits for a fresh look. */
import { describe, expect, it, vi } from 'vitest';
import {
  ALL,
  API,
  api,
  Desk,
  type DeskOptions,
  HOUR,
  JOBS,
  jobs,
  MINUTE,
  SECOND,
  TIMEOUT,
  WARNING,
  WEB,
  WORKERS,
  web,
  workers,
} from './desk.js';

vi.setConfig({ testTimeout: 120_000 });

const by = 'cli';
const NAPS = { settings: { onSuspend: 'nap' } } satisfies DeskOptions;

async function begin(options: DeskOptions = NAPS): Promise<Desk> {
  const desk = new Desk(options);
  await desk.begin();
  return desk;
}

/** Announces a sleep and lets time go by until the machine may sleep. Returns how long it was made to wait. */
async function announce(desk: Desk): Promise<number> {
  const { rig } = desk;
  const announcedAt = rig.now;
  let maySleep = false;
  const waiting = rig.session.suspend().then(() => {
    maySleep = true;
  });
  await rig.clock.flush();
  while (!maySleep && rig.now < announcedAt + MINUTE) await desk.pass(100);
  expect(maySleep).toBe(true);
  await waiting;
  return rig.now - announcedAt;
}

/** The machine sleeps and wakes, and says so. */
async function sleep(desk: Desk, ms: number): Promise<void> {
  desk.rig.sleep(ms);
  desk.rig.session.resume();
  await desk.rig.clock.flush();
  await desk.pass(0);
}

function napped(desk: Desk): ReadonlySet<string> {
  return new Set(desk.changes.filter(({ verb }) => verb === 'nap').map(({ id }) => id));
}

describe('before the machine sleeps', () => {
  it('everything is put to nap, the machine waits no longer than for that, and all is back as it was', async () => {
    const desk = await begin();
    expect(desk.rig.session.isHeldBack).toBe(true);
    desk.rig.wire.latency = () => 200;
    const waited = await announce(desk);
    expect(waited).toBeGreaterThan(0);
    expect(waited).toBeLessThan(3 * SECOND);
    expect(napped(desk)).toEqual(new Set([web, api, jobs, workers]));
    expect(desk.told('warning')).toEqual([]);
    expect(desk.rig.session.isHeldBack, 'it may sleep').toBe(false);
    await sleep(desk, 8 * HOUR);
    expect(desk.rig.session.isHeldBack, 'the next sleep is held back, too').toBe(true);
    desk.rig.wire.latency = () => 0;
    await desk.pass(10 * MINUTE);
    expect(desk.told('restore'), 'waking up is no return').toEqual([]);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.rig.ledger.openEntries()).toEqual([]);
  });

  it.each<readonly [string, DeskOptions, (desk: Desk) => Promise<unknown>, readonly string[]]>([
    ['keep: nothing', {}, async () => {}, []],
    [
      'what is held stays',
      NAPS,
      (desk) => desk.control.hold({ minutes: 60, target: web, by }),
      [api, jobs, workers],
    ],
    [
      'what a person started stays',
      NAPS,
      async (desk) => {
        await desk.control.stop({ target: web, by });
        await desk.pass(2 * MINUTE);
        await desk.control.start({ target: web, by });
        await desk.pass(MINUTE);
        desk.forget();
      },
      [api, jobs, workers],
    ],
    [
      'while presence is unknown nothing naps',
      NAPS,
      async (desk) => {
        desk.rig.machine.break('keyboard');
        desk.rig.machine.break('mouse');
      },
      [],
    ],
    [
      'a disabled one stays',
      { ...NAPS, drafts: ALL.map((target) => ({ target, enabled: target !== WEB })) },
      async () => {},
      [api, jobs, workers],
    ],
    ['with dry_run on nothing is done', NAPS, async (desk) => desk.rig.settings.setAws({ dryRun: true }), []],
    [
      'a machine that does not wait is not held up',
      NAPS,
      async (desk) => {
        desk.rig.session.delayMaxMs = 0;
      },
      [],
    ],
  ])('%s', async (_what, options, prepare, expected) => {
    const desk = await begin(options);
    await prepare(desk);
    await desk.pass(SECOND);
    expect(await announce(desk)).toBeLessThanOrEqual(5 * SECOND);
    expect(napped(desk)).toEqual(new Set(expected));
  });

  it('a machine that does not wait costs no lease: nothing naps before its time', async () => {
    const desk = await begin();
    desk.rig.session.delayMaxMs = 0;
    await announce(desk);
    await sleep(desk, 10 * SECOND);
    await desk.pass(TIMEOUT - WARNING - 25 * SECOND);
    expect(desk.told('warning')).toEqual([]);
  });
});

describe('the time is up before everything is reached', () => {
  it('one that hangs does not hold the machine longer, and is not asked for after it has woken', async () => {
    const desk = await begin();
    // AWS takes the request but does not answer in time.
    desk.rig.wire.latency = (request) => (request.changes.includes(web) ? 20 * SECOND : 100);
    expect(await announce(desk)).toBe(4_500);
    expect(desk.told('notice').at(-1)?.message).toBe(`There was no time before the sleep to nap ${web}.`);
    expect(desk.entry(web)?.phase, 'its intent is written').toBe('napping');
    expect(napped(desk)).toEqual(new Set([api, jobs, workers]));
    desk.forget();
    desk.rig.wire.latency = () => 0;
    await sleep(desk, 8 * HOUR);
    const warnedAt = desk.rig.now;
    await desk.pass(WARNING - SECOND);
    const early = desk.changesOf(web).filter(({ at }) => at > warnedAt && at < warnedAt + WARNING - SECOND);
    expect(early.every(({ operation }) => operation !== 'StopInstances')).toBe(true);
    await desk.pass(5 * MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it.each(['unreachable', 'throttled'] as const)(
    '%s: what was only meant to nap is warned of after the sleep, and naps then',
    async (trouble) => {
      const desk = await begin();
      desk.trouble(trouble, () => true);
      expect(await announce(desk)).toBe(4_500);
      desk.forget();
      await sleep(desk, 8 * HOUR);
      desk.trouble(undefined, () => true);
      await desk.pass(WARNING - SECOND);
      expect(desk.changes).toEqual([]);
      expect(desk.told('warning').length).toBe(ALL.length);
      await desk.pass(5 * MINUTE);
      expect(napped(desk).size).toBe(ALL.length);
    },
  );

  it('a key after the sleep lets go of an intent that came to nothing', async () => {
    const desk = await begin();
    desk.trouble('throttled', (_operation, changes) => changes.length > 0);
    await announce(desk);
    expect(desk.rig.ledger.openEntries()).toHaveLength(ALL.length);
    await sleep(desk, 8 * HOUR);
    desk.trouble(undefined, () => true);
    await desk.use();
    await desk.pass(3 * MINUTE);
    expect(desk.changes).toEqual([]);
    expect(desk.rig.ledger.openEntries()).toEqual([]);
  });

  it('the order of dependencies stands: what could not be waited for stays up, and is warned of', async () => {
    const desk = await begin({
      ...NAPS,
      targets: [WEB, JOBS],
      drafts: [{ target: JOBS }, { target: WEB, dependsOn: [jobs] }],
    });
    await announce(desk);
    expect(napped(desk)).toEqual(new Set([web]));
    await sleep(desk, HOUR);
    await desk.pass(WARNING - SECOND);
    expect(napped(desk)).toEqual(new Set([web]));
    await desk.pass(2 * MINUTE);
    expect(napped(desk)).toEqual(new Set([web, jobs]));
  });

  it('the machine sleeps in the middle, whatever was agreed', async () => {
    const desk = await begin();
    desk.rig.wire.latency = () => 400;
    void desk.rig.session.suspend();
    await desk.rig.clock.flush();
    await desk.pass(500);
    const before = desk.changes.length;
    await sleep(desk, 8 * HOUR);
    const wokeAt = desk.rig.now;
    await desk.pass(WARNING - SECOND);
    // What was on the wire may arrive; of targets that were not reached none is.
    const begun = new Set(desk.changes.filter(({ at }) => at <= wokeAt + SECOND).map(({ id }) => id));
    expect(desk.changes.slice(before).every(({ id }) => begun.has(id))).toBe(true);
    await desk.pass(10 * MINUTE);
    desk.rig.wire.latency = () => 0;
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });
});

describe('the sleep is called off', () => {
  it('what naps naps; what does not yet is warned of, and the next key brings everything back', async () => {
    const desk = await begin();
    desk.trouble('unreachable', (_operation, changes) => changes.includes(web));
    const waiting = desk.rig.session.suspend();
    await desk.rig.clock.flush();
    await desk.pass(SECOND);
    desk.rig.session.resume();
    await waiting;
    desk.trouble(undefined, () => true);
    await desk.pass(30 * SECOND);
    expect(napped(desk)).toEqual(new Set([api, jobs, workers]));
    expect(desk.told('warning').map(({ targetId }) => targetId)).toEqual([web]);
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });

  it('the hand that sent it to sleep is no return', async () => {
    const desk = await begin();
    await announce(desk);
    await desk.use('mouse');
    desk.rig.session.resume();
    await desk.pass(MINUTE);
    expect(desk.told('restore')).toEqual([]);
    desk.rig.machine.endRuns();
    await desk.use('mouse');
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
  });
});

it('a daemon that ends while the machine waits lets it sleep', async () => {
  const desk = await begin();
  desk.trouble('unreachable', () => true);
  let maySleep = false;
  void desk.rig.session.suspend().then(() => {
    maySleep = true;
  });
  await desk.rig.clock.flush();
  const ending = desk.rig.stop();
  await desk.rig.clock.flush();
  expect(maySleep).toBe(true);
  await ending;
});

describe.each([
  ['an instance', [WEB]],
  ['a service with a scalable target', [API]],
  ['a plain service', [JOBS]],
  ['a node group', [WORKERS]],
  ['all of them together', ALL],
])('%s: the daemon dies at any boundary of a nap before a sleep', (_what, targets) => {
  /** Works, sends the machine to sleep, wakes it, comes back. */
  const night = async (desk: Desk): Promise<void> => {
    await desk.use();
    await desk.live(10 * SECOND);
    if (!desk.rig.isRunning) return;
    void desk.rig.session.suspend();
    await desk.rig.clock.flush();
    await desk.live(5 * SECOND);
    if (!desk.rig.isRunning) return;
    await sleep(desk, HOUR);
    await desk.live(MINUTE);
  };

  it('another one gives everything back, or finishes the nap while nobody is there', async () => {
    const whole = new Desk({ ...NAPS, targets });
    await whole.start();
    await night(whole);
    expect(napped(whole).size).toBe(targets.length);
    const places = whole.lives[0]?.places ?? [];
    expect(places).toEqual(expect.arrayContaining(['before ledger.open', 'after ledger.open']));
    for (const [at, place] of places.entries())
      for (const isBack of [true, false]) {
        const where = `killed at boundary ${at + 1}, ${place}`;
        const desk = new Desk({ ...NAPS, targets });
        await desk.start((life) => life.killAtBoundary(at + 1));
        await night(desk);
        expect(desk.lives[0]?.diedAt, where).toBe(place);
        for (const { entry, id } of desk.changes)
          expect(entry?.saved, `${where}: snapshot`).toEqual(desk.atFirst[id]);
        desk.rig.machine.unplug();
        desk.rig.session.unplug();
        desk.rig.sleep(2 * HOUR);
        await desk.start();
        if (!isBack) {
          await desk.pass(TIMEOUT + 3 * MINUTE);
          for (const target of targets) expect(desk.isOff(target), `${where}: it naps`).toBe(true);
        }
        await desk.use();
        await desk.pass(3 * MINUTE);
        expect(desk.everything(), where).toEqual(desk.atFirst);
        expect(desk.rig.ledger.openEntries(), where).toEqual([]);
        expect(desk.rig.logged, where).toEqual([]);
      }
  });
});
