/** Leases: what renews one, what ends it, and whose lease a target has through those that depend on it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterWaking,
  afterWeak,
  type DroppedBy,
  dropped,
  effectiveWarning,
  expiryOf,
  granted,
  heeds,
  heldInstead,
  type Lease,
  lapsed,
  lastExpiry,
  lookAhead,
  NAP_GRACE_MS,
  napDueAt,
  type PresenceLease,
  takenBack,
  withDependents,
  withRenewal,
} from '../../../src/core/lease.js';
import type { Activity } from '../../../src/core/sensor.js';
import type { TargetId } from '../../../src/core/target.js';

const TIMEOUT = 1_800_000;

/** A run of activity, until `at`; by default a single key at `at`. */
function activity(at: number, began = at): Activity {
  return { sensor: 'keyboard', at: { wall: 0, mono: 0, boot: at }, began };
}

describe('the presence lease', () => {
  it('lasts one timeout from what renewed it', () => {
    expect(expiryOf(granted(1_000), TIMEOUT)).toBe(1_000 + TIMEOUT);
    expect(expiryOf(afterWaking(granted(1_000), activity(9_000)), TIMEOUT)).toBe(9_000 + TIMEOUT);
  });

  it('is not shortened by a report that comes late', () => {
    expect(afterWaking(granted(9_000), activity(5_000))).toEqual(granted(9_000));
    expect(withRenewal(granted(9_000), 5_000)).toEqual(granted(9_000));
  });

  it('a NAP ends it at once', () => {
    expect(expiryOf(dropped(granted(1_000), 2_000, 'nap'), TIMEOUT)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('a renewal without activity does not take a NAP back', () => {
    const lease = withRenewal(dropped(granted(1_000), 2_000, 'nap'), 50_000);
    expect(lease).toEqual({ renewedAt: 50_000, drop: { at: 2_000, by: 'nap', stands: true } });
    expect(expiryOf(lease, TIMEOUT)).toBe(Number.NEGATIVE_INFINITY);
  });

  describe('after a NAP at 100 s', () => {
    const lease = dropped(granted(0), 100_000, 'nap');
    const edge = 100_000 + NAP_GRACE_MS;
    it.each([
      ['a key at the same instant', activity(100_000), false],
      ['a key just before the grace is over', activity(edge - 1), false],
      ['a key just when it is over', activity(edge), true],
      ['a key later', activity(edge + 60_000), true],
      ['a run that began too early, however long it goes on', activity(edge + 600_000, edge - 1), false],
      ['a run that began when the grace was over', activity(edge + 600_000, edge), true],
      ['a late report of a key from before', activity(90_000), false],
    ])('%s', (_what, given, counts) => {
      expect(heeds(lease, given)).toBe(counts);
      expect(afterWaking(lease, given)).toEqual(counts ? granted(given.at.boot) : lease);
    });
  });

  describe('what dropped it is over', () => {
    const HELD_OVER = { renewedAt: Number.NEGATIVE_INFINITY, drop: undefined };
    const standing = (by: DroppedBy) => dropped(granted(1_000), 2_000, by);
    const over = (by: DroppedBy) => ({ renewedAt: 1_000, drop: { at: 2_000, by, stands: false } });
    it.each<readonly [string, PresenceLease, PresenceLease]>([
      ['a lock: it is gone all the same', lapsed(standing('lock'), 'lock'), over('lock')],
      ['a suspend likewise', lapsed(standing('suspend'), 'suspend'), over('suspend')],
      ['a NAP goes on whatever becomes of a lock', lapsed(standing('nap'), 'lock'), standing('nap')],
      ['one in force has nothing to be over', lapsed(granted(1_000), 'lock'), granted(1_000)],
      ['a lock that never counted runs out in its time', takenBack(standing('lock'), 'lock'), granted(1_000)],
      ['a NAP is not taken back with it', takenBack(standing('nap'), 'lock'), standing('nap')],
      ['a lock does not replace a NAP', dropped(standing('nap'), 9_000, 'lock'), standing('nap')],
      ['a NAP replaces a lock', dropped(standing('lock'), 2_000, 'nap'), standing('nap')],
      ['a lock anew', dropped(over('lock'), 2_000, 'lock'), standing('lock')],
      ['a renewal without activity ends a lock', withRenewal(standing('lock'), 9_000), granted(9_000)],
      ['and a suspend', withRenewal(over('suspend'), 9_000), granted(9_000)],
      ['a hold ends any of them', heldInstead(standing('nap')), HELD_OVER],
      ['and leaves one in force', heldInstead(granted(1_000)), granted(1_000)],
    ])('%s', (_what, lease, expected) => {
      expect(lease).toEqual(expected);
    });
  });

  it('NAP_GRACE_MS is the 5 s of the specification', () => {
    expect(NAP_GRACE_MS).toBe(5_000);
  });
});

describe('weak activity', () => {
  const rule = { anchor: 0, extendsForMs: 4 * TIMEOUT, timeoutMs: TIMEOUT };
  it.each([
    ['within the lease it extends it', granted(0), 1_000_000, 1_000_000],
    ['just before the end', granted(0), TIMEOUT - 1, TIMEOUT - 1],
    ['at the very end the lease has expired: it counts for nothing', granted(0), TIMEOUT, 0],
    ['after the end', granted(0), TIMEOUT + 1, 0],
    ['a report that comes late shortens nothing', granted(900_000), 500_000, 900_000],
    ['up to extends_for', granted(3 * TIMEOUT + 5), 4 * TIMEOUT, 4 * TIMEOUT],
    ['beyond extends_for it adds nothing more', granted(3 * TIMEOUT + 5), 4 * TIMEOUT + 4, 4 * TIMEOUT],
  ])('%s', (_what, lease, at, renewedAt) => {
    expect(afterWeak(lease, activity(at), rule)).toEqual(granted(renewedAt));
  });

  it('extends_for 0 makes it worth nothing', () => {
    const lease = granted(10_000);
    expect(afterWeak(lease, activity(20_000), { ...rule, anchor: 10_000, extendsForMs: 0 })).toEqual(lease);
  });

  it('does not bring back a lease that a NAP dropped', () => {
    const lease = dropped(granted(0), 1_000, 'nap');
    expect(afterWeak(lease, activity(600_000), rule)).toEqual(lease);
  });

  it('keeps a lease for at most extends_for and one timeout after the last waking activity', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(10 * TIMEOUT), { maxLength: 60 }),
        fc.nat(5 * TIMEOUT),
        (instants, extendsForMs) => {
          let lease = granted(0);
          for (const at of [...instants].sort((a, b) => a - b)) {
            const before = expiryOf(lease, TIMEOUT);
            lease = afterWeak(lease, activity(at), { ...rule, extendsForMs });
            const after = expiryOf(lease, TIMEOUT);
            if (at >= before) expect(after).toBe(before);
            expect(after).toBeGreaterThanOrEqual(before);
            expect(after).toBeLessThanOrEqual(extendsForMs + TIMEOUT);
          }
        },
      ),
    );
  });
});

describe('leases of a target', () => {
  const DB: TargetId = 'ec2:eu-central-1:i-db';
  const API: TargetId = 'ec2:eu-central-1:i-api';
  const WEB: TargetId = 'ec2:eu-central-1:i-web';
  const presence = (expiresAt: number): Lease => ({ holder: 'presence', kind: 'presence', expiresAt });
  const hold = (expiresAt: number): Lease => ({ holder: 'a hold by cli', kind: 'hold', expiresAt });
  const nameOf = (id: TargetId) => id.slice(-3).replace('-', '');

  it.each([
    ['none', [], Number.NEGATIVE_INFINITY],
    ['the last to end counts', [presence(10), hold(30), presence(20)], 30],
    ['unknown presence never ends', [hold(30), presence(Number.POSITIVE_INFINITY)], Number.POSITIVE_INFINITY],
  ])('%s', (_what, leases, expiresAt) => {
    expect(lastExpiry(leases)).toBe(expiresAt);
  });

  it('has those of everything that depends on it, each until its last ends', () => {
    const all = withDependents(
      new Map([
        [DB, [presence(10)]],
        [API, [presence(20), hold(50)]],
        [WEB, [presence(40)]],
      ]),
      new Map([
        [DB, new Set([API, WEB])],
        [API, new Set([WEB])],
        [WEB, new Set<TargetId>()],
      ]),
      nameOf,
    );
    expect(all.get(WEB)).toEqual([presence(40)]);
    expect(all.get(API)).toEqual([
      presence(20),
      hold(50),
      { holder: 'web, which depends on it', kind: 'dependent', expiresAt: 40, dependent: WEB },
    ]);
    expect(all.get(DB)).toEqual([
      presence(10),
      { holder: 'api, which depends on it', kind: 'dependent', expiresAt: 50, dependent: API },
      { holder: 'web, which depends on it', kind: 'dependent', expiresAt: 40, dependent: WEB },
    ]);
  });

  it('has nothing of a dependent without any lease, nor of one that is not asked about', () => {
    const all = withDependents(
      new Map<TargetId, readonly Lease[]>([
        [DB, [presence(10)]],
        [API, []],
      ]),
      new Map([[DB, new Set([API, WEB])]]),
      nameOf,
    );
    expect(all.get(DB)).toEqual([presence(10)]);
    expect(all.get(API)).toEqual([]);
    expect(all.has(WEB)).toBe(false);
  });
});

describe('warnings', () => {
  it.each([
    ['as long as asked for', 60_000, TIMEOUT, 60_000],
    ['never more than half of the timeout', 60_000, 100_000, 50_000],
    ['just half', 50_000, 100_000, 50_000],
    ['none asked for', 0, 100_000, 0],
  ])('%s', (_what, warnMs, timeoutMs, effective) => {
    expect(effectiveWarning(warnMs, timeoutMs)).toBe(effective);
  });

  it.each([
    ['given in time: due when the lease ends', 100_000, 40_000, 100_000],
    ['given late: due when it has stood', 100_000, 90_000, 150_000],
    ['given after the lease ended', 100_000, 200_000, 260_000],
    ['the lease has come and gone before everything', Number.NEGATIVE_INFINITY, 5_000, 65_000],
  ])('%s', (_what, expiresAt, warnedAt, due) => {
    expect(napDueAt(expiresAt, warnedAt, 60_000)).toBe(due);
  });
});

it.each([
  [1_800_000, 1_000],
  [2_000, 1_000],
  [600, 300],
])('the sensors of a timeout of %i ms are read %i ms before its end', (timeoutMs, expected) => {
  expect(lookAhead(timeoutMs)).toBe(expected);
});
