/** The drivers' pure verbs, as tables. What they promise over the wire is in test/contracts/driver.contract.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitted } from '../../../src/aws/bounds.js';
import { createSession } from '../../../src/aws/index.js';
import type {
  Ec2Fields,
  EcsFields,
  EksFields,
  FieldName,
  Observed,
  Power,
} from '../../../src/core/driver.js';
import { FakeClock } from '../../fakes/clock.js';

const silent = () => {};
const session = createSession({
  settings: {
    regions: ['eu-central-1'],
    profile: undefined,
    endpointUrl: undefined,
    saveCredentials: false,
    checkIntervalMs: 300_000,
    dryRun: false,
  },
  clock: new FakeClock(),
  log: { debug: silent, info: silent, warn: silent, error: silent },
  env: {},
});

describe('EC2', () => {
  const driver = session.driver('ec2');
  const ec2 = (running: boolean, transition = ''): Ec2Fields => ({ kind: 'ec2', running, transition });
  const seen = (power: Power): Observed => ({
    target: { kind: 'ec2', region: 'eu-central-1', instanceId: 'i-1' },
    id: 'ec2:eu-central-1:i-1',
    power,
    state: power,
    fields: ec2(power === 'on' || power === 'starting'),
  });
  const OURS = 'User initiated (2026-01-05 09:00:00 GMT)';
  const LATER = 'User initiated (2026-01-05 10:00:00 GMT)';

  it.each([
    ['stopped as we left it', ec2(false, OURS), ec2(false, OURS), false],
    ['running', ec2(false, OURS), ec2(true), true],
    ['stopped anew', ec2(false, OURS), ec2(false, LATER), true],
    ['shut down from within', ec2(false, OURS), ec2(false, 'Client.InstanceInitiatedShutdown'), true],
    [
      'back down because its key may not be used',
      ec2(false, OURS),
      ec2(false, 'Client.InternalError'),
      false,
    ],
    ['stopped by AWS', ec2(false, OURS), ec2(false, 'Server.ScheduledStop'), false],
    ['stopped, without a word of why', ec2(false, OURS), ec2(false, ''), false],
    ['stopped, and the nap was never confirmed', undefined, ec2(false, LATER), false],
    ['running, and the nap was never confirmed', undefined, ec2(true), true],
  ])('%s', (_what, left, now, taken) => {
    expect(driver.stillOurs(ec2(true), left, now)).toEqual({ changed: taken ? ['state'] : [], taken });
  });

  it.each<[Power, readonly FieldName[]]>([
    ['on', []],
    ['starting', ['state']],
    ['stopping', ['state']],
    ['off', ['state']],
  ])('is missing while %s: %j', (power, missing) => {
    expect(driver.missing(ec2(true), [], seen(power))).toEqual(missing);
    expect(driver.missing(ec2(true), ['state'], seen(power))).toEqual([]);
    expect(driver.missing(ec2(false), [], seen(power))).toEqual([]);
  });

  it('tells an applied nap from an untouched target', () => {
    expect(driver.napApplied(ec2(true), ec2(true))).toBe(false);
    expect(driver.napApplied(ec2(true), ec2(false))).toBe(true);
    expect(driver.untouched(ec2(true), ec2(true))).toBe(true);
    expect(driver.untouched(ec2(true), ec2(false))).toBe(false);
    expect([driver.sizeOf(ec2(true)), driver.sizeOf(ec2(false))]).toEqual([1, 0]);
  });

  it('takes no fields of another kind', () => {
    expect(() => driver.sizeOf({ kind: 'eks', min: 0, desired: 0, max: 1 })).toThrow(TypeError);
  });
});

describe('ECS', () => {
  const driver = session.driver('ecs');
  const flags = (text: string) => ({
    scaleIn: text.includes('i'),
    scaleOut: text.includes('o'),
    scheduled: text.includes('s'),
  });
  /** `desired`, and `min-max` with the suspended flags (i, o, s). */
  const ecs = (desired: number, bounds?: [min: number, max: number, suspended?: string]): EcsFields => ({
    kind: 'ecs',
    desired,
    scalable: bounds ? { min: bounds[0], max: bounds[1], suspended: flags(bounds[2] ?? '') } : null,
  });
  const seen = (fields: EcsFields): Observed => ({
    target: { kind: 'ecs', region: 'eu-central-1', cluster: 'dev', service: 'web' },
    id: 'ecs:eu-central-1:dev:web',
    power: fields.desired > 0 ? 'on' : 'off',
    state: 'ACTIVE',
    fields,
  });
  const saved = ecs(3, [2, 6, 's']);
  const left = ecs(0, [0, 6, 'ios']);

  it.each<[string, EcsFields, readonly FieldName[], boolean]>([
    ['as we left it', left, [], false],
    ['scaled by a person', ecs(1, [0, 6, 'ios']), ['desired'], true],
    ['with other bounds', ecs(0, [1, 9, 'ios']), ['min', 'max'], false],
    ['with a flag resumed', ecs(0, [0, 6, 'is']), ['suspended.scaleOut'], false],
    ['with its scalable target removed', ecs(0), [], false],
  ])('%s', (_what, now, changed, taken) => {
    expect(driver.stillOurs(saved, left, now)).toEqual({ changed, taken });
    expect(driver.stillOurs(saved, undefined, now)).toEqual({ changed, taken });
  });

  it.each<[string, EcsFields, readonly FieldName[], readonly FieldName[]]>([
    ['as saved', saved, [], []],
    ['napping', left, [], ['desired', 'min', 'suspended.scaleIn', 'suspended.scaleOut']],
    [
      'back but for the bounds',
      ecs(3, [0, 6, 'ios']),
      [],
      ['min', 'suspended.scaleIn', 'suspended.scaleOut'],
    ],
    ['kept below the saved minimum', ecs(1, [1, 6, 's']), ['desired'], []],
    ['kept below it, bounds still ours', ecs(1, [0, 6, 's']), ['desired'], ['min']],
    ['kept above the saved maximum', ecs(9, [2, 9, 's']), ['desired'], []],
    ['without its scalable target', ecs(3), [], []],
  ])('%s', (_what, now, keep, missing) => {
    expect(driver.missing(saved, keep, seen(now))).toEqual(missing);
  });

  it.each<[string, EcsFields, boolean, boolean]>([
    ['nothing done', saved, false, true],
    ['half done', ecs(3, [0, 6, 'ios']), false, false],
    ['all done', left, true, false],
    ['all done, and a person raised the maximum', ecs(0, [0, 9, 'ios']), true, false],
  ])('%s', (_what, now, applied, untouched) => {
    expect(driver.napApplied(saved, now)).toBe(applied);
    expect(driver.untouched(saved, now)).toBe(untouched);
  });
});

describe('EKS', () => {
  const driver = session.driver('eks');
  const eks = (min: number, desired: number, max: number): EksFields => ({ kind: 'eks', min, desired, max });
  const seen = (fields: EksFields): Observed => ({
    target: { kind: 'eks', region: 'eu-central-1', cluster: 'kube', nodegroup: 'workers' },
    id: 'eks:eu-central-1:kube:workers',
    power: fields.desired > 0 ? 'on' : 'off',
    state: 'ACTIVE',
    fields,
  });
  const saved = eks(1, 2, 4);

  it.each<[EksFields, readonly FieldName[], boolean]>([
    [eks(0, 0, 4), [], false],
    [eks(0, 1, 4), ['desired'], true],
    [eks(0, 0, 8), ['max'], false],
    [eks(1, 2, 4), ['min', 'desired'], true],
  ])('%j changed %j', (now, changed, taken) => {
    expect(driver.stillOurs(saved, eks(0, 0, 4), now)).toEqual({ changed, taken });
  });

  it.each<[EksFields, readonly FieldName[], readonly FieldName[]]>([
    [eks(1, 2, 4), [], []],
    [eks(0, 0, 4), [], ['min', 'desired']],
    [eks(0, 0, 8), ['max'], ['min', 'desired']],
    [eks(0, 1, 4), ['desired'], ['min']],
    [eks(0, 0, 1), ['max'], ['min', 'desired']],
    [eks(1, 1, 1), ['max'], []],
  ])('%j keeping %j is missing %j', (now, keep, missing) => {
    expect(driver.missing(saved, keep, seen(now))).toEqual(missing);
  });

  it('tells an applied nap from an untouched group', () => {
    expect(driver.napApplied(saved, eks(0, 0, 4))).toBe(true);
    expect(driver.napApplied(saved, eks(1, 0, 4))).toBe(false);
    expect(driver.untouched(saved, eks(1, 2, 4))).toBe(true);
    expect(driver.untouched(saved, eks(0, 2, 4))).toBe(false);
    expect(driver.sizeOf(saved)).toBe(2);
  });
});

describe('bounds', () => {
  const bounded = fc
    .tuple(fc.nat(9), fc.nat(9), fc.nat(9))
    .map((sizes) => sizes.sort((a, b) => a - b))
    .map(([min = 0, desired = 0, max = 0]) => ({ min, desired, max }));
  const keeps = fc.subarray(['min', 'desired', 'max'] as const);

  it('fit together, spare what is kept, and put all back when nothing is', () => {
    fc.assert(
      fc.property(bounded, bounded, keeps, (saved, now, keep) => {
        const result = fitted(saved, keep, now);
        for (const field of keep) expect(result[field]).toBe(now[field]);
        expect(result.min).toBeLessThanOrEqual(result.max);
        if (keep.includes('desired')) {
          expect(result.min).toBeLessThanOrEqual(result.desired);
          expect(result.max).toBeGreaterThanOrEqual(result.desired);
        }
        if (keep.length === 0) expect(result).toEqual(saved);
      }),
    );
  });
});
