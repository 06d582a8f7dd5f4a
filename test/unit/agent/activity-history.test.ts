/** The activity history: stretches joined in memory, written seldom, through pauses, sleep and clocks that are set. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ActivityHistory } from '../../../src/agent/activity-history.js';
import type { Stretch } from '../../../src/core/ledger.js';
import type { SensorName } from '../../../src/core/sensor.js';
import { FakeClock } from '../../fakes/clock.js';
import { MemoryLedger } from '../../fakes/memory-ledger.js';
import { Desk, HOUR, MINUTE, SECOND, TIMEOUT } from './desk.js';

const START = Date.UTC(2026, 0, 5, 9);

let clock: FakeClock;
let ledger: MemoryLedger;
let history: ActivityHistory;
let failures: unknown[];

beforeEach(() => {
  clock = new FakeClock({ wall: START });
  ledger = new MemoryLedger();
  failures = [];
  history = new ActivityHistory({
    clock,
    ledger,
    journal: { ledgerFailed: (thrown) => failures.push(thrown) },
  });
});

/** A run that ends now and began `forMs` ago, told `lateMs` after its end. */
function used(sensor: SensorName = 'keyboard', forMs = 0, lateMs = 0): void {
  const { wall, mono, boot } = clock.now();
  const at = { wall: wall - lateMs, mono: mono - lateMs, boot: boot - lateMs };
  history.activity({ sensor, at, began: at.boot - forMs });
}

/** What the ledger holds once all is written, in milliseconds since the start. */
function written(): readonly (readonly [Stretch['what'], number, number])[] {
  history.write();
  return onRecord();
}

function onRecord(of = ledger): readonly (readonly [Stretch['what'], number, number])[] {
  return of
    .activity(0, Number.MAX_SAFE_INTEGER)
    .map(({ what, from, until }) => [what, from - START, until - START] as const);
}

describe('activity', () => {
  it('is one stretch through pauses of up to a minute, and another after a longer one', async () => {
    used('keyboard', 5 * SECOND);
    await clock.advance(MINUTE);
    used();
    await clock.advance(2 * MINUTE);
    used('keyboard', MINUTE);
    await clock.advance(MINUTE + 1);
    used();
    expect(written()).toEqual([
      ['keyboard', -5 * SECOND, 3 * MINUTE],
      ['keyboard', 4 * MINUTE + 1, 4 * MINUTE + 1],
    ]);
  });

  it('is told apart by sensor, and late reports change nothing that is known', async () => {
    await clock.advance(MINUTE);
    used('mouse', 30 * SECOND);
    used('mouse', 0, 10 * SECOND);
    used('audio', 0, 20 * SECOND);
    expect(written()).toEqual([
      ['mouse', 30 * SECOND, MINUTE],
      ['audio', 40 * SECOND, 40 * SECOND],
    ]);
  });

  it('that goes on is prolonged on record, not written anew', async () => {
    for (let n = 0; n < 10; n += 1) {
      used();
      history.write();
      await clock.advance(50 * SECOND);
    }
    expect(onRecord()).toEqual([['keyboard', 0, 450 * SECOND]]);
  });

  it('is due a minute after the last write, and nothing is due without any', async () => {
    expect(history.isDue()).toBe(false);
    await clock.advance(30 * SECOND);
    used();
    expect(history.isDue()).toBe(false);
    await clock.advance(30 * SECOND);
    expect(history.isDue()).toBe(true);
    history.write();
    await clock.advance(HOUR);
    expect(history.isDue()).toBe(false);
  });
});

describe('presence', () => {
  it('is a stretch for each state, due at once when it changes', async () => {
    history.presence('present');
    expect(history.isDue()).toBe(true);
    await clock.advance(HOUR);
    history.presence('away');
    await clock.advance(HOUR);
    history.presence('away');
    expect(written()).toEqual([
      ['present', 0, HOUR],
      ['away', HOUR, 2 * HOUR],
    ]);
  });

  it('that goes on is due every half hour', async () => {
    history.presence('away');
    history.write();
    await clock.advance(29 * MINUTE);
    expect(history.isDue()).toBe(false);
    await clock.advance(MINUTE);
    expect(history.isDue()).toBe(true);
  });

  it('does not go on while the machine sleeps', async () => {
    history.presence('present');
    await clock.advance(HOUR);
    history.isDue();
    clock.sleepMachine(8 * HOUR);
    await clock.advance(MINUTE);
    history.isDue();
    await clock.advance(HOUR);
    history.presence('away');
    expect(written()).toEqual([
      ['present', 0, HOUR],
      ['present', 9 * HOUR + MINUTE, 10 * HOUR + MINUTE],
      ['away', 10 * HOUR + MINUTE, 10 * HOUR + MINUTE],
    ]);
  });

  it('that is another after sleep leaves no instant of the old one', async () => {
    history.presence('present');
    await clock.advance(HOUR);
    history.isDue();
    clock.sleepMachine(8 * HOUR);
    history.presence('away');
    await clock.advance(MINUTE);
    expect(written()).toEqual([
      ['present', 0, HOUR],
      ['away', 9 * HOUR, 9 * HOUR + MINUTE],
    ]);
  });
});

describe('a wall clock that is set', () => {
  it.each([
    ['back', -3 * HOUR],
    ['ahead', 3 * HOUR],
  ])('%s: what was before stays, nothing spans it', async (_way, by) => {
    history.presence('present');
    used('keyboard');
    await clock.advance(30 * SECOND);
    used('keyboard');
    history.isDue();
    clock.setWall(clock.now().wall + by);
    await clock.advance(10 * SECOND);
    used('keyboard', 5 * SECOND);
    const after = by + 40 * SECOND;
    expect(written()).toEqual(
      [
        ['keyboard', 0, 30 * SECOND],
        ['present', 0, 30 * SECOND],
        ['keyboard', after - 5 * SECOND, after],
        ['present', after, after],
      ].sort(([, one], [, other]) => Number(one) - Number(other)),
    );
  });

  it('slowly, as by NTP, ends nothing', async () => {
    history.presence('present');
    for (let n = 0; n < 60; n += 1) {
      used();
      await clock.advance(30 * SECOND);
      clock.setWall(clock.now().wall + SECOND);
    }
    expect(written()).toHaveLength(2);
  });
});

describe('a ledger that cannot be written', () => {
  it('is told of, and what it did not take is kept for the next time', async () => {
    history.presence('present');
    used();
    ledger.failNext();
    history.write();
    expect(failures).toHaveLength(1);
    expect(history.isDue()).toBe(false);
    await clock.advance(MINUTE);
    expect(history.isDue()).toBe(true);
    expect(written()).toEqual([
      ['keyboard', 0, 0],
      ['present', 0, MINUTE],
    ]);
  });

  it('for long does not fill the memory', async () => {
    ledger.failNext(10_000);
    for (let n = 0; n < 1_500; n += 1) {
      used();
      history.write();
      await clock.advance(2 * MINUTE);
    }
    ledger.failNext(0);
    const kept = written();
    expect(kept).toHaveLength(1_000);
    expect(kept.at(-1)?.[1]).toBe(1_499 * 2 * MINUTE);
  });
});

describe('a daemon at work', () => {
  it('keeps the history of a day', async () => {
    const desk = new Desk();
    await desk.start();
    await desk.use('keyboard', 10 * MINUTE);
    await desk.pass(10 * MINUTE + 2 * TIMEOUT);
    const away = desk.rig.ledger.activity(0, Number.MAX_SAFE_INTEGER).map(({ what }) => what);
    expect(away).toEqual(expect.arrayContaining(['keyboard', 'present', 'away']));
    await desk.use('mouse');
    await desk.pass(2 * MINUTE);
    await desk.rig.stop();
    const told = onRecord(desk.rig.ledger);
    expect(told.map(([what]) => what)).toEqual(['keyboard', 'present', 'away', 'mouse', 'present']);
    const [keys, present, gone] = told;
    expect([keys?.[1], keys?.[2]]).toEqual([0, 10 * MINUTE]);
    expect(present?.[2]).toBe(gone?.[1]);
    expect((present?.[2] ?? 0) - (keys?.[2] ?? 0)).toBeGreaterThanOrEqual(TIMEOUT);
  });

  it('loses a minute or so when it is killed', async () => {
    const desk = new Desk();
    await desk.start();
    await desk.use('keyboard', 10 * MINUTE);
    await desk.pass(12 * MINUTE);
    desk.rig.kill();
    expect(onRecord(desk.rig.ledger)).toContainEqual(['keyboard', 0, 10 * MINUTE]);
  });
});
