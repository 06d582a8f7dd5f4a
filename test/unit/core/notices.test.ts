/** What is told on the desktop: many at once as one message, nothing that is over, and little at night. */
import { describe, expect, test } from 'vitest';
import type { PresenceState } from '../../../src/core/control.js';
import type { Condition, EventType } from '../../../src/core/events.js';
import type { NoticeFacts } from '../../../src/core/notice-facts.js';
import { decideNotices, NOTHING_NOTED, noted } from '../../../src/core/notices.js';
import { isQuiet, untilQuietEnds } from '../../../src/core/quiet-hours.js';
import type { TargetId } from '../../../src/core/target.js';

const id = (name: string) => `ec2:us-east-1:i-${name}` as TargetId;
const NIGHT = { from: 22 * 60, until: 8 * 60 };

/** A day in which nothing is known but what the test says. Time goes on by `wait`. */
class Day {
  presence: PresenceState = 'present';
  conditions: Condition[] = [];
  quietHours: NoticeFacts['quietHours'];
  /** Milliseconds until the nap of each target that is warned. */
  readonly warned = new Map<string, number>();
  #ms = 1_000_000;
  #memory = NOTHING_NOTED;

  wait(ms: number): void {
    this.#ms += ms;
    for (const [name, left] of this.warned) this.warned.set(name, left - ms);
  }

  happens(type: EventType, ...names: string[]): void {
    const events = names.length === 0 ? [undefined] : names.map(id);
    for (const targetId of events)
      this.#memory = noted(this.#memory, { type, targetId, at: this.#ms, message: '', level: 'info' });
  }

  warns(...names: string[]): void {
    for (const name of names) this.warned.set(name, 60_000);
  }

  withdraws(...names: string[]): void {
    for (const name of names) this.warned.delete(name);
  }

  raises(conditionId: string, target?: string): void {
    this.conditions.push({
      id: conditionId,
      message: `${conditionId} is wrong`,
      since: this.#ms,
      ...(target === undefined ? {} : { targetId: id(target) }),
    });
  }

  clears(): void {
    this.conditions = [];
  }

  decides(minuteOfDay = 12 * 60) {
    const now = { wall: this.#ms, mono: this.#ms, boot: this.#ms };
    const names = ['api', 'db', 'web', 'workers'];
    const { memory, ...decision } = decideNotices(this.#memory, {
      now,
      minuteOfDay,
      quietHours: this.quietHours,
      presence: this.presence,
      targets: names.map((name) => {
        const left = this.warned.get(name);
        return { id: id(name), name, warnedNapAt: left === undefined ? undefined : now.wall + left };
      }),
      conditions: this.conditions,
    });
    this.#memory = memory;
    return decision;
  }
}

const SILENCE = { show: [], withdraw: [], againInMs: undefined };

describe('a warning', () => {
  test('of several is one message, with the nearest nap; it is not told twice', () => {
    const day = new Day();
    day.warns('api', 'db');
    day.wait(500);
    expect(day.decides()).toEqual({
      ...SILENCE,
      show: [{ slot: 'warning', names: ['api', 'db'], inMs: 59_500 }],
    });
    day.wait(1_000);
    expect(day.decides()).toEqual(SILENCE);
  });

  test('that another joins or one leaves is told anew in its place; withdrawn, it is taken back once', () => {
    const day = new Day();
    day.warns('api');
    day.decides();
    day.warns('web');
    expect(day.decides().show).toMatchObject([{ names: ['api', 'web'] }]);
    day.withdraws('api');
    expect(day.decides().show).toMatchObject([{ names: ['web'] }]);
    day.withdraws('web');
    expect(day.decides()).toEqual({ ...SILENCE, withdraw: ['warning'] });
    expect(day.decides()).toEqual(SILENCE);
  });

  test('that is over before it is told is none', () => {
    const day = new Day();
    day.warns('api');
    day.withdraws('api');
    expect(day.decides()).toEqual(SILENCE);
  });

  test('that is given anew for a later nap is told anew', () => {
    const day = new Day();
    day.warns('api');
    day.decides();
    day.wait(20_000);
    day.warns('api');
    expect(day.decides().show).toMatchObject([{ inMs: 60_000 }]);
  });

  test('gives way to the nap', () => {
    const day = new Day();
    day.warns('api', 'db');
    day.decides();
    day.wait(60_000);
    day.presence = 'away';
    day.withdraws('api', 'db');
    day.happens('nap', 'api', 'db');
    expect(day.decides()).toEqual({
      ...SILENCE,
      withdraw: ['warning'],
      show: [{ slot: 'naps', about: 'napping', names: ['api', 'db'] }],
    });
  });
});

describe('naps and returns', () => {
  test('grow into one message, at most every few seconds', () => {
    const day = new Day();
    day.happens('nap', 'api');
    expect(day.decides().show).toMatchObject([{ names: ['api'] }]);
    day.wait(1_000);
    day.happens('nap', 'web');
    expect(day.decides()).toEqual({ ...SILENCE, againInMs: 4_000 });
    day.wait(4_000);
    expect(day.decides().show).toMatchObject([{ names: ['api', 'web'] }]);
  });

  test('welcome back: what is being restored, and once more when all of it is back', () => {
    const day = new Day();
    day.happens('nap', 'api', 'web');
    day.decides();
    // Whoever is back within moments is welcomed at once all the same.
    day.wait(1_000);
    day.happens('restore', 'api', 'web');
    expect(day.decides().show).toEqual([
      { slot: 'naps', about: 'restoring', names: ['api', 'web'], isWelcome: true },
    ]);
    day.wait(10_000);
    day.happens('restored', 'api');
    expect(day.decides()).toEqual(SILENCE);
    day.wait(10_000);
    day.happens('restored', 'web');
    expect(day.decides().show).toEqual([
      { slot: 'naps', about: 'restored', names: ['api', 'web'], failed: [] },
    ]);
    day.wait(10_000);
    day.happens('nap', 'web');
    expect(day.decides().show).toMatchObject([{ about: 'napping', names: ['web'] }]);
  });

  test('a restore that a hold asked for while nobody is there is no welcome', () => {
    const day = new Day();
    day.presence = 'away';
    day.happens('restore', 'api');
    expect(day.decides().show).toMatchObject([{ isWelcome: false }]);
  });

  test('what failed is named, and does not keep the rest from being told', () => {
    const day = new Day();
    day.happens('restore', 'api', 'workers');
    day.decides();
    day.wait(10_000);
    day.happens('restored', 'api');
    day.raises(`target:${id('workers')}`, 'workers');
    expect(day.decides().show).toEqual([
      { slot: 'naps', about: 'restored', names: ['api'], failed: ['workers'] },
    ]);
  });

  test('what somebody else took over meanwhile is not told as coming back', () => {
    const day = new Day();
    day.happens('nap', 'api');
    day.decides();
    day.happens('closed', 'api');
    expect(day.decides()).toEqual({ ...SILENCE, withdraw: ['naps'] });
  });

  test('what was on its way back and naps after all is told as napping', () => {
    const day = new Day();
    day.happens('restore', 'api');
    day.decides();
    day.wait(10_000);
    day.happens('napped', 'api');
    expect(day.decides().show).toMatchObject([{ about: 'napping', names: ['api'] }]);
  });
});

describe('what needs a person', () => {
  test('is told once it has stood for a while; several are one message', () => {
    const day = new Day();
    day.raises('credentials');
    day.raises('ledger');
    expect(day.decides()).toEqual({ ...SILENCE, againInMs: 20_000 });
    day.wait(20_000);
    expect(day.decides().show).toMatchObject([
      { slot: 'trouble', conditions: [{ message: 'credentials is wrong' }, { message: 'ledger is wrong' }] },
    ]);
    day.wait(2 * 60 * 60_000);
    expect(day.decides()).toEqual(SILENCE);
    day.clears();
    expect(day.decides()).toEqual({ ...SILENCE, withdraw: ['trouble'] });
  });

  test('that is over within moments is not told', () => {
    const day = new Day();
    day.raises('credentials');
    day.decides();
    day.clears();
    day.wait(20_000);
    expect(day.decides()).toEqual(SILENCE);
  });

  test('that comes and goes is told once an hour at most', () => {
    const day = new Day();
    const told: boolean[] = [];
    for (let minute = 0; minute < 125; minute++) {
      day.raises('credentials');
      day.decides();
      day.wait(30_000);
      told.push(day.decides().show.length > 0);
      day.clears();
      day.decides();
      day.wait(30_000);
    }
    expect(told.filter(Boolean)).toHaveLength(3);
  });

  test.each(['udp', 'dashboard', 'signal:lock', 'sensor:keyboard', 'dry-run-owed'])('is not: %s', (other) => {
    const day = new Day();
    day.raises(other);
    day.decides();
    day.wait(60_000);
    expect(day.decides()).toEqual(SILENCE);
  });
});

describe('quiet hours', () => {
  test.each([
    [NIGHT, 22 * 60, true],
    [NIGHT, 22 * 60 - 1, false],
    [NIGHT, 0, true],
    [NIGHT, 8 * 60 - 1, true],
    [NIGHT, 8 * 60, false],
    [{ from: 12 * 60, until: 13 * 60 }, 12 * 60 + 30, true],
    [{ from: 12 * 60, until: 13 * 60 }, 13 * 60, false],
    [{ from: 12 * 60, until: 13 * 60 }, 0, false],
    [undefined, 0, false],
  ])('%j at minute %i: %s', (hours, minute, quiet) => expect(isQuiet(hours, minute)).toBe(quiet));

  test.each([
    [23 * 60, 9 * 60],
    [7 * 60 + 59, 1],
    [0, 8 * 60],
  ])('that begin at 22:00 end at minute %i in %i minutes', (minute, left) =>
    expect(untilQuietEnds(NIGHT, minute)).toBe(left * 60_000),
  );

  const night = (presence: PresenceState): Day => {
    const day = new Day();
    day.quietHours = NIGHT;
    day.presence = presence;
    return day;
  };

  test('a nap that comes is told to somebody who is there, and to nobody else', () => {
    const up = night('present');
    up.warns('api');
    expect(up.decides(0).show).toMatchObject([{ slot: 'warning' }]);
    const gone = night('away');
    gone.warns('api');
    expect(gone.decides(0)).toEqual(SILENCE);
    gone.presence = 'present';
    expect(gone.decides(0).show).toMatchObject([{ slot: 'warning' }]);
  });

  test('what naps and comes back is not told, not even in the morning', () => {
    const day = night('present');
    day.happens('nap', 'api');
    expect(day.decides(0)).toEqual(SILENCE);
    day.happens('restore', 'api');
    expect(day.decides(0)).toEqual(SILENCE);
    expect(day.decides(9 * 60)).toEqual(SILENCE);
  });

  test('what needs a person waits until they end', () => {
    const day = night('present');
    day.raises('credentials');
    day.decides(0);
    day.wait(20_000);
    expect(day.decides(7 * 60)).toEqual({ ...SILENCE, againInMs: 60 * 60_000 });
    expect(day.decides(8 * 60).show).toMatchObject([{ slot: 'trouble', isUrgent: false }]);
  });

  test('a restore that fails does not wait while somebody is there', () => {
    const day = night('present');
    day.happens('restore', 'api');
    day.raises(`target:${id('api')}`, 'api');
    day.raises('credentials');
    day.decides(0);
    day.wait(20_000);
    expect(day.decides(0).show).toMatchObject([
      { slot: 'trouble', isUrgent: true, conditions: [{ message: `target:${id('api')} is wrong` }] },
    ]);
  });

  test.each(['present', 'away'] as const)('a switch that is not armed, while presence is %s', (presence) => {
    const day = night(presence);
    day.raises('dead-man');
    day.decides(0);
    day.wait(20_000);
    expect(day.decides(0).show).toHaveLength(presence === 'present' ? 1 : 0);
  });
});
