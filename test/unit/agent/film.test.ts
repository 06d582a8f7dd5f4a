/** A film is watched without a hand on anything: it extends presence for a while, and music left on wakes nobody. */
import { describe, expect, it } from 'vitest';
import type { SensorName } from '../../../src/core/sensor.js';
import type { Settings } from '../../../src/core/settings.js';
import { DEFAULT_SETTINGS } from '../../fakes/fake-files.js';
import { ALL, Desk, HOUR, instanceOf, MINUTE, SECOND, TIMEOUT, WEB, web } from './desk.js';

const EXTENDS = 20 * MINUTE;

async function begin(settings: Partial<Settings> = {}, targets = ALL): Promise<Desk> {
  const sensors = { ...DEFAULT_SETTINGS.sensors };
  for (const name of ['screen', 'window', 'audio'] as const)
    sensors[name] = { enabled: true, wakes: false, extendsForMs: EXTENDS };
  const desk = new Desk({ targets, settings: { sensors, ...settings } });
  await desk.start();
  // The states are read before the clock of the story begins.
  await desk.pass(SECOND);
  await desk.use();
  return desk;
}

/** When the instance was put to nap, after `from`. */
function nappedAt(desk: Desk, from: number): number | undefined {
  const nap = desk.changesOf(web).find(({ verb }) => verb === 'nap');
  return nap && nap.at - from;
}

/** A lease is looked after up to a second before its end: what goes on then counts up to then. */
const LOOK = 2 * SECOND;

interface Film {
  readonly sensor: SensorName;
  /** After the last key. */
  readonly from: number;
  readonly forMs: number;
  readonly warnMs: number;
  /** When everything naps, after the last key. */
  readonly napAt: number;
}

describe('a film, with nobody at the keyboard', () => {
  it.each<readonly [string, Film]>([
    ['to its end', { sensor: 'audio', from: 0, forMs: 12 * MINUTE, warnMs: MINUTE, napAt: 17 * MINUTE }],
    [
      'on the screen',
      { sensor: 'screen', from: MINUTE, forMs: 12 * MINUTE, warnMs: MINUTE, napAt: 18 * MINUTE },
    ],
    [
      'longer than it extends for',
      { sensor: 'audio', from: 0, forMs: 3 * HOUR, warnMs: MINUTE, napAt: EXTENDS + TIMEOUT },
    ],
    [
      'begun just before the lease is gone',
      { sensor: 'window', from: TIMEOUT - 1, forMs: 3 * HOUR, warnMs: MINUTE, napAt: EXTENDS + TIMEOUT },
    ],
    [
      'without any warning',
      { sensor: 'audio', from: 0, forMs: 3 * HOUR, warnMs: 0, napAt: EXTENDS + TIMEOUT },
    ],
    [
      'without any warning, to its end',
      { sensor: 'audio', from: 0, forMs: 12 * MINUTE, warnMs: 0, napAt: 17 * MINUTE },
    ],
    [
      'with the longest warning',
      { sensor: 'audio', from: 0, forMs: 3 * HOUR, warnMs: HOUR, napAt: EXTENDS + TIMEOUT },
    ],
  ])('%s', async (_what, { sensor, from, forMs, warnMs, napAt }) => {
    const desk = await begin({ warnMs });
    const typedAt = desk.rig.now;
    await desk.pass(from);
    await desk.use(sensor, forMs);
    await desk.pass(napAt - from - LOOK);
    expect(desk.changes).toEqual([]);
    await desk.pass(LOOK);
    expect(nappedAt(desk, typedAt)).toBeGreaterThan(napAt - LOOK);
    expect(nappedAt(desk, typedAt)).toBeLessThanOrEqual(napAt);
  });

  it('begun when the lease is gone already, it counts for nothing', async () => {
    const desk = await begin();
    const typedAt = desk.rig.now;
    await desk.pass(TIMEOUT - SECOND);
    desk.trouble('unreachable', (_operation, changes) => changes.length > 0);
    await desk.pass(SECOND + 1);
    await desk.use('window', 3 * HOUR);
    desk.trouble(undefined, () => true);
    await desk.pass(MINUTE);
    expect(nappedAt(desk, typedAt)).toBeLessThan(TIMEOUT + MINUTE);
  });

  it('somebody is told to be there although nothing could nap', async () => {
    const desk = await begin({}, []);
    await desk.use('audio', 3 * HOUR);
    await desk.pass(EXTENDS + TIMEOUT - LOOK);
    expect((await desk.control.status()).presence).toBe('present');
    await desk.pass(LOOK);
    expect((await desk.control.status()).presence).toBe('away');
    expect(desk.told('presence').map(({ message }) => message)).toHaveLength(2);
  });

  it('a hold that outlasts the lease does not hide it', async () => {
    const desk = await begin();
    await desk.control.hold({ minutes: 10, by: 'cli' });
    await desk.use('audio', 3 * HOUR);
    await desk.pass(EXTENDS + TIMEOUT - LOOK);
    expect(desk.changes).toEqual([]);
    await desk.pass(LOOK);
    expect(desk.changes.length).toBeGreaterThan(0);
  });

  it('each target by its own timeout', async () => {
    const desk = new Desk({
      drafts: [{ target: WEB, timeoutMinutes: 0.5 }],
      targets: [WEB],
      settings: { warnMs: 0 },
    });
    await desk.begin();
    await desk.use('audio', HOUR);
    await desk.pass(50 * MINUTE);
    expect(desk.changes).toEqual([]);
  });
});

it.each(['window', 'audio', 'screen'] as const)('%s left on wakes nothing', async (sensor) => {
  const desk = await begin();
  await desk.use(sensor, 12 * HOUR);
  await desk.pass(EXTENDS + TIMEOUT + MINUTE);
  for (const target of ALL) expect(desk.isOff(target)).toBe(true);
  desk.forget();
  await desk.pass(HOUR);
  desk.rig.machine.endRuns();
  for (let hour = 0; hour < 5; hour += 1) {
    await desk.use(sensor, 10 * MINUTE);
    await desk.pass(HOUR);
  }
  expect(desk.changes).toEqual([]);
  expect(desk.told('restore')).toEqual([]);
  expect((await desk.control.status()).presence).toBe('away');
  await desk.use();
  await desk.pass(2 * MINUTE);
  expect(desk.everything()).toEqual(desk.atFirst);
});

it('extends a lease of a short timeout that had run out while the person was there all along', async () => {
  const desk = new Desk({ drafts: [{ target: WEB, timeoutMinutes: 0.1 }], settings: { timeoutMs: HOUR } });
  await desk.begin();
  await desk.pass(2 * MINUTE);
  expect(desk.isOff(WEB)).toBe(true);
  // Somebody starts it: theirs until the person is back, so it stays up with its lease gone.
  desk.rig.world.start(instanceOf(desk, web));
  await desk.pass(6 * MINUTE);
  expect(desk.outcomes(web)).toEqual(['overridden']);
  desk.forget();
  await desk.use('audio', 30 * MINUTE);
  await desk.use();
  const back = desk.rig.now;
  await desk.pass(32 * MINUTE);
  expect(nappedAt(desk, back)).toBeGreaterThan(30 * MINUTE);
});
