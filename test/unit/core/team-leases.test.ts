/** What follows from a team's table, as tables: whose leases are live, who may be at work, what to do about a target. */
import { describe, expect, it, test } from 'vitest';
import type { TargetId } from '../../../src/core/target.js';
import type { Member, SharedTarget, TeamReading } from '../../../src/core/team.js';
import {
  type AdviceFacts,
  advise,
  asLease,
  busyUntil,
  declared,
  heartbeatFor,
  leasesOn,
  mayNap,
  NOTHING_SEEN,
  remember,
  type Seen,
  TAKE_OVER_MS,
} from '../../../src/core/team-leases.js';

const API: TargetId = 'ecs:eu-central-1:main:api';
const MINUTE = 60_000;

const row = (change: Partial<SharedTarget> = {}): SharedTarget => ({
  targetId: API,
  state: 'up',
  epoch: 3,
  version: 9,
  actor: undefined,
  holders: ['mina'],
  snapshot: undefined,
  ...change,
});
const mina: Member = {
  id: 'mina',
  name: 'Mina',
  machine: 'mina-laptop',
  seq: 7,
  leases: { [API]: 30 * MINUTE },
};
const reading = (targets = [row()], members = [mina]): TeamReading => ({ targets, members });

describe('a lease is counted from when its beat was first in hand', () => {
  const first = remember(NOTHING_SEEN, reading(), 1_000);

  it('goes on while the seq stands still, and begins anew when it moves', () => {
    const still = remember(first, reading(), 60_000);
    expect(still.members.get('mina')).toEqual({ count: 7, at: 1_000 });
    const moved = remember(still, reading([row()], [{ ...mina, seq: 8 }]), 90_000);
    expect(moved.members.get('mina')).toEqual({ count: 8, at: 90_000 });
  });

  it('a seq that has gone back is another life, and counted anew', () => {
    const again = remember(first, reading([row()], [{ ...mina, seq: 1 }]), 90_000);
    expect(again.members.get('mina')).toEqual({ count: 1, at: 90_000 });
  });

  it('epochs likewise', () => {
    const moved = remember(remember(first, reading(), 5_000), reading([row({ epoch: 4 })]), 9_000);
    expect(first.epochs.get(API)).toEqual({ count: 3, at: 1_000 });
    expect(moved.epochs.get(API)).toEqual({ count: 4, at: 9_000 });
  });

  it('lasts a little longer than told, for clocks run differently', () => {
    const [lease] = leasesOn(row(), { reading: reading(), seen: first, self: 'me' });
    expect(lease?.expiresAt).toBeGreaterThan(1_000 + 30 * MINUTE);
    expect(lease?.expiresAt).toBeLessThan(1_000 + 30.1 * MINUTE);
    expect(lease && asLease(lease)).toMatchObject({ holder: 'Mina on mina-laptop', kind: 'team' });
  });

  test.each<[string, SharedTarget, readonly Member[], string]>([
    ['the reader’s own', row({ holders: ['me'] }), [{ ...mina, id: 'me' }], 'me'],
    ['of one who has left', row({ holders: [] }), [mina], 'me'],
    ['of one whose row is gone', row(), [], 'me'],
    ['on another target', row(), [{ ...mina, leases: {} }], 'me'],
  ])('a lease %s is none', (_what, shared, members, self) => {
    const view = { reading: reading([shared], [...members]), seen: first, self };
    expect(leasesOn(shared, view)).toEqual([]);
  });
});

describe('a nap', () => {
  const at = (count: number, since: number): Seen => ({
    members: new Map([['mina', { count: 7, at: since }]]),
    epochs: new Map([[API, { count, at: since }]]),
  });
  const over = 31 * MINUTE;

  test.each<[string, SharedTarget, Seen, { begunAt: number; now: number }, object]>([
    [
      'waits for a live lease',
      row(),
      at(3, 0),
      { begunAt: 0, now: 10 * MINUTE },
      { may: 'wait', for: { member: mina } },
    ],
    [
      'is not claimed by a reading from before the lease was over',
      row(),
      at(3, 0),
      { begunAt: 29 * MINUTE, now: over },
      { may: 'read', since: 30 * MINUTE * 1.001 },
    ],
    [
      'is claimed by one from after it, and the dead are taken away',
      row({ holders: ['mina', 'me'] }),
      at(3, 0),
      { begunAt: over, now: over + 1 },
      { may: 'claim', over: ['mina'] },
    ],
    [
      'of what nobody holds is claimed at once',
      row({ holders: [] }),
      at(3, 0),
      { begunAt: 0, now: 1 },
      { may: 'claim' },
    ],
    [
      'waits for a teammate at work',
      row({ holders: [], state: 'restoring', actor: 'tom' }),
      at(3, 0),
      { begunAt: 1, now: TAKE_OVER_MS - 1 },
      { may: 'wait', for: 'actor', until: TAKE_OVER_MS },
    ],
    [
      'is taken over from one that has stood still',
      row({ holders: [], state: 'napping', actor: 'tom' }),
      at(3, 0),
      { begunAt: 1, now: TAKE_OVER_MS },
      { may: 'claim' },
    ],
    [
      'goes on at once where the reader itself was at it',
      row({ holders: [], state: 'napping', actor: 'me' }),
      at(3, 0),
      { begunAt: 1, now: 2 },
      { may: 'claim' },
    ],
    [
      'takes over what naps',
      row({ holders: [], state: 'napped', actor: 'tom' }),
      at(3, 0),
      { begunAt: 1, now: 2 },
      { may: 'claim' },
    ],
  ])('%s', (_what, shared, seen, when, verdict) => {
    const view = { reading: reading([shared]), seen, self: 'me' };
    expect(mayNap(shared, view, when)).toMatchObject(verdict);
  });

  it('waits for ever for an actor whose epoch was never seen', () => {
    const shared = row({ state: 'napping', actor: 'tom', epoch: 4 });
    expect(busyUntil(shared, { seen: at(3, 0), self: 'me' })).toBe(Number.POSITIVE_INFINITY);
  });
});

test.each([
  [60_000, [], 60_000],
  [60_000, [30 * MINUTE, MINUTE], 20_000],
  [10_000, [30 * MINUTE], 10_000],
])('a heartbeat of %d ms with timeouts %j is %d ms', (setting, timeouts, expected) => {
  expect(heartbeatFor(setting, timeouts)).toBe(expected);
});

test.each([
  [1_500.7, 500],
  [900, 0],
  [Number.POSITIVE_INFINITY, 90_000],
])('a lease until %d is told to last %d ms', (until, lasts) => {
  expect(declared(until, 1_000, 90_000)).toBe(lasts);
});

describe('what to do about a shared target', () => {
  const facts: AdviceFacts = {
    shared: row(),
    self: 'me',
    entry: 'none',
    isNeeded: false,
    busyUntil: Number.NEGATIVE_INFINITY,
    now: 1_000,
  };
  const busy = { busyUntil: 5_000 };

  test.each<[string, Partial<AdviceFacts>, object]>([
    ['not in the table', { shared: undefined, entry: 'nap' }, { do: 'go-on' }],
    ['up', {}, { do: 'go-on' }],
    ['up, and our nap is open', { entry: 'nap' }, { do: 'call' }],
    ['up, and a person stopped it', { entry: 'person' }, { do: 'go-on' }],
    ['our nap, on record', { shared: row({ state: 'napped', actor: 'me' }), entry: 'nap' }, { do: 'go-on' }],
    [
      'our nap, not on record',
      { shared: row({ state: 'napping', actor: 'me' }) },
      { do: 'adopt', called: false },
    ],
    [
      'our restore, not on record',
      { shared: row({ state: 'restoring', actor: 'me' }) },
      { do: 'adopt', called: true },
    ],
    [
      'our nap, taken over',
      { shared: row({ state: 'restoring', actor: 'tom' }), entry: 'nap', isNeeded: true, ...busy },
      { do: 'let-go' },
    ],
    ['theirs, and nobody here needs it', { shared: row({ state: 'napped', actor: 'tom' }) }, { do: 'go-on' }],
    [
      'theirs, and somebody is back here',
      { shared: row({ state: 'napped', actor: 'tom' }), isNeeded: true },
      { do: 'adopt', called: true },
    ],
    [
      'theirs, being restored while somebody is back here',
      { shared: row({ state: 'restoring', actor: 'tom' }), isNeeded: true, ...busy },
      { do: 'wait', until: 5_000 },
    ],
    [
      'theirs, half napped and given up',
      { shared: row({ state: 'napping', actor: 'tom' }) },
      { do: 'adopt', called: false },
    ],
    [
      'theirs, half restored and given up',
      { shared: row({ state: 'restoring', actor: 'tom' }) },
      { do: 'adopt', called: true },
    ],
    [
      'theirs, stopped by a person here',
      { shared: row({ state: 'napped', actor: 'me' }), entry: 'person', isNeeded: true },
      { do: 'go-on' },
    ],
  ])('that is %s', (_what, change, advice) => {
    expect(advise({ ...facts, ...change })).toEqual(advice);
  });
});
