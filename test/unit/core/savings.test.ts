/** Savings by tables, and what must hold of them whatever the ledger holds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interval } from '../../../src/core/ledger.js';
import { priceOf } from '../../../src/core/prices.js';
import { monthSoFar, reckonSavings } from '../../../src/core/savings.js';
import type { TargetId } from '../../../src/core/target.js';

const HOUR = 3_600_000;
const EC2 = 'ec2:us-east-1:i-0aaa';
const ECS = 'ecs:us-east-1:apps:api';
const EKS = 'eks:us-east-1:kube:workers';

/** An interval in hours. */
function interval(from: number, until: number, more: Partial<Interval> = {}): Interval {
  return {
    targetId: EC2,
    account: '123456789012',
    state: 'napping',
    size: 1,
    instanceType: 'm5.large',
    ended: true,
    ...more,
    from: from * HOUR,
    until: until * HOUR,
  };
}

const WEEK = { from: 0, to: 168 * HOUR };

describe('prices', () => {
  it.each([
    ['ec2', 'us-east-1', 't3.medium', 0.0416],
    ['ec2', 'us-east-1', 't3.nano', 0.0052],
    ['ec2', 'us-east-1', 't2.micro', 0.0116],
    ['ec2', 'us-east-1', 't2.small', 0.023],
    ['ec2', 'us-east-1', 't4g.small', 0.0168],
    ['ec2', 'us-east-1', 'm5.2xlarge', 0.384],
    ['ec2', 'us-east-1', 'c7g.large', 0.0725],
    ['ec2', 'us-east-1', 'r6i.xlarge', 0.252],
    ['ec2', 'us-east-1', 'g5.xlarge', 1.006],
    ['ec2', 'eu-central-1', 'm5.large', 0.115],
    ['ec2', 'ap-northeast-2', 'm5.large', 0.118],
    ['eks', 'eu-west-1', 'm5.xlarge', 0.214],
    ['ecs', 'us-east-1', undefined, 0.0123425],
    ['ec2', 'us-east-1', 'm5.nano', undefined],
    ['ec2', 'us-east-1', 't3.4xlarge', undefined],
    ['ec2', 'us-east-1', 'x9.large', undefined],
    ['ec2', 'us-east-1', 'constructor.name', undefined],
    ['ec2', 'us-east-1', undefined, undefined],
    ['ec2', 'mx-central-1', 'm5.large', undefined],
    ['eks', 'us-east-1', undefined, undefined],
    ['ecs', 'sa-east-1', undefined, undefined],
  ] as const)('%s in %s, %s: %s an hour', (kind, region, type, usd) => {
    const price = priceOf({ kind, region }, type);
    if (usd === undefined) expect(price).toBeUndefined();
    else expect(price?.usdPerHour).toBeCloseTo(usd, 9);
  });
});

describe('savings', () => {
  it.each<[string, Interval[], object]>([
    ['an instance that napped', [interval(0, 10)], { nappingHours: 10, savedUsd: 0.96, alwaysOnUsd: 0.96 }],
    [
      'one that also ran',
      [interval(0, 6, { state: 'running' }), interval(6, 16)],
      { nappingHours: 10, runningHours: 6, savedUsd: 0.96, alwaysOnUsd: 1.536 },
    ],
    [
      'three tasks, of a size that is assumed',
      [interval(0, 10, { targetId: ECS, size: 3, instanceType: undefined })],
      { nappingHours: 10, savedUsd: 0.370275, price: 'assumed', stillBilled: [] },
    ],
    [
      'nodes of an unknown type: hours alone',
      [interval(0, 10, { targetId: EKS, size: 2, instanceType: undefined })],
      {
        nappingHours: 10,
        unpricedHours: 10,
        savedUsd: undefined,
        alwaysOnUsd: undefined,
        price: 'unknown',
        stillBilled: ['control-plane'],
      },
    ],
    [
      'a type that was changed to an unknown one',
      [interval(0, 10), interval(10, 15, { instanceType: 'x9.large' })],
      { nappingHours: 15, unpricedHours: 5, savedUsd: 0.96, price: 'listed', instanceType: 'x9.large' },
    ],
    [
      'what began before the period and ends after it',
      [interval(-100, 1_000)],
      { nappingHours: 168, savedUsd: 16.128 },
    ],
    ['time that nobody saw', [interval(0, 5), interval(15, 20)], { nappingHours: 10, savedUsd: 0.96 }],
    [
      'a clock that was set back: twice told is once saved, and running wins',
      [interval(0, 10), interval(4, 8, { state: 'running' }), interval(2, 10)],
      { nappingHours: 6, runningHours: 4, savedUsd: 0.576, alwaysOnUsd: 0.96 },
    ],
  ])('%s', (_, intervals, expected) => {
    const { targets } = reckonSavings(intervals, WEEK);
    expect(targets).toHaveLength(1);
    expect(rounded(targets[0])).toMatchObject(expected);
  });

  it('names what goes on being billed, and when the prices are of', () => {
    const view = reckonSavings([interval(0, 1)], WEEK);
    expect(view.targets[0]?.stillBilled).toEqual(['disks', 'addresses']);
    expect(view.prices).toMatchObject({ asOf: expect.stringMatching(/^\d{4}-\d\d$/), task: { vcpu: 0.25 } });
  });

  it('nothing seen is nothing saved', () => {
    const { total, targets } = reckonSavings([interval(200, 300), interval(5, 5)], WEEK);
    expect(targets).toEqual([]);
    expect(total).toEqual({
      nappingHours: 0,
      runningHours: 0,
      unpricedHours: 0,
      savedUsd: 0,
      alwaysOnUsd: 0,
    });
  });

  it('tells the same target of two accounts apart, what saved most first', () => {
    const { targets } = reckonSavings([interval(0, 1), interval(0, 5, { account: '210987654321' })], WEEK);
    expect(targets.map(({ account }) => account)).toEqual(['210987654321', '123456789012']);
  });
});

describe('the month so far', () => {
  it('begins at midnight of the first, here', () => {
    const now = new Date(2026, 10, 23, 14, 5).getTime();
    expect(monthSoFar(now)).toEqual({ from: new Date(2026, 10, 1).getTime(), to: now });
  });
});

describe('whatever the ledger holds', () => {
  const anyInterval: fc.Arbitrary<Interval> = fc
    .record({
      targetId: fc.constantFrom<TargetId>(EC2, ECS, EKS, 'ec2:eu-west-1:i-0bbb'),
      account: fc.constantFrom('1', '2'),
      state: fc.constantFrom('running' as const, 'napping' as const),
      size: fc.integer({ min: 0, max: 5 }),
      instanceType: fc.constantFrom('m5.large', 't3.micro', 'x9.large', undefined),
      from: fc.integer({ min: -50, max: 200 }),
      hours: fc.integer({ min: 0, max: 60 }),
    })
    .map(({ hours, from, ...more }) => interval(from, from + hours, more));
  const anyLedger = fc.array(anyInterval, { maxLength: 25 });

  it('savings never exceed the always-on cost, nor napping the period', () => {
    fc.assert(
      fc.property(anyLedger, (intervals) => {
        const { targets } = reckonSavings(intervals, WEEK);
        for (const { savedUsd, alwaysOnUsd, nappingHours, runningHours, unpricedHours } of targets) {
          expect(savedUsd ?? 0).toBeLessThanOrEqual(alwaysOnUsd ?? 0);
          expect(nappingHours + runningHours).toBeLessThanOrEqual(168 + 1e-9);
          expect(unpricedHours).toBeLessThanOrEqual(nappingHours + 1e-9);
        }
      }),
    );
  });

  it('the targets add up to the total', () => {
    fc.assert(
      fc.property(anyLedger, (intervals) => {
        const { total, targets } = reckonSavings(intervals, WEEK);
        for (const key of ['savedUsd', 'alwaysOnUsd', 'nappingHours', 'runningHours'] as const)
          expect(total[key]).toBeCloseTo(
            targets.reduce((sum, target) => sum + (target[key] ?? 0), 0),
            9,
          );
      }),
    );
  });

  it('an interval cut in two changes nothing', () => {
    fc.assert(
      fc.property(anyLedger, fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (intervals, at, share) => {
        const cut = intervals[at % Math.max(1, intervals.length)];
        fc.pre(cut !== undefined);
        if (!cut) return;
        const middle = cut.from + Math.floor((cut.until - cut.from) * share);
        const halves = intervals.flatMap((one) =>
          one === cut
            ? [
                { ...cut, until: middle },
                { ...cut, from: middle },
              ]
            : [one],
        );
        const sums = (of: readonly Interval[]) => rounded(reckonSavings(of, WEEK).total);
        expect(sums(halves)).toEqual(sums(intervals));
      }),
    );
  });
});

/** Numbers to nine places: sums of fractions are not exact. */
function rounded(of: object | undefined): object {
  const entries = Object.entries(of ?? {}).map(([key, value]) =>
    typeof value === 'number' ? [key, Number(value.toFixed(9))] : [key, value],
  );
  return Object.fromEntries(entries);
}
