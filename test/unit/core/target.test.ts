/** Target names: what is one, what is said of what is none, and that every name reads back as what it names. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTargetId, type Target, targetFault, targetId } from '../../../src/core/target.js';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'];
const alnum = fc.constantFrom(...LETTERS);
const name = fc
  .tuple(alnum, fc.string({ unit: fc.constantFrom(...LETTERS, '-', '_'), maxLength: 40 }))
  .map(([first, rest]) => first + rest);
const region = fc.constantFrom('eu-central-1', 'us-gov-west-1', 'ap-southeast-12', 'mx-central-1');
const anyTarget: fc.Arbitrary<Target> = fc.oneof(
  fc.record({
    kind: fc.constant('ec2' as const),
    region,
    instanceId: fc.string({ unit: alnum, minLength: 1, maxLength: 17 }).map((id) => `i-${id}`),
  }),
  fc.record({ kind: fc.constant('ecs' as const), region, cluster: name, service: name }),
  fc.record({ kind: fc.constant('eks' as const), region, cluster: name, nodegroup: name }),
);

describe('canonical names', () => {
  it.each<[Target, string]>([
    [{ kind: 'ec2', region: 'eu-central-1', instanceId: 'i-0ab' }, 'ec2:eu-central-1:i-0ab'],
    [{ kind: 'ecs', region: 'us-east-1', cluster: 'main', service: 'api' }, 'ecs:us-east-1:main:api'],
    [
      { kind: 'eks', region: 'us-east-1', cluster: 'k8s', nodegroup: 'workers_2' },
      'eks:us-east-1:k8s:workers_2',
    ],
  ])('%j is %s', (target, id) => {
    expect(targetId(target)).toBe(id);
    expect(parseTargetId(id)).toEqual(target);
  });

  it('reads back every name as the target it was made of', () => {
    fc.assert(
      fc.property(anyTarget, (target) => {
        expect(targetFault(target)).toBeUndefined();
        expect(parseTargetId(targetId(target))).toEqual(target);
      }),
    );
  });

  it('reads no text but the one canonical name of a target', () => {
    // Cut, doubled and mixed from real names, so that near misses are common.
    const pieces = anyTarget.chain((target) =>
      fc.shuffledSubarray([...targetId(target).split(':'), '', ' ', 'i-1', 'ec2'], { minLength: 1 }),
    );
    const nearMiss = fc.oneof(
      pieces.map((parts) => parts.join(':')),
      fc
        .tuple(anyTarget, fc.constantFrom(':', ' ', ':x', '\n'))
        .map(([target, end]) => targetId(target) + end),
      fc.string(),
    );
    fc.assert(
      fc.property(nearMiss, (text) => {
        const read = parseTargetId(text);
        if (read) expect(targetId(read)).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '',
    'ec2',
    'ec2:eu-central-1',
    'ec2:eu-central-1:',
    'ec2:eu-central-1:i-1:',
    'ec2:eu-central-1:i-1:x',
    'ec2:i-1:eu-central-1',
    'EC2:eu-central-1:i-1',
    'ecs:eu-central-1:main',
    'ecs:eu-central-1:main:',
    'ecs:eu-central-1::api',
    'ecs:eu-central-1:main:api:more',
    'eks:eu-central-1:arn/x:workers',
    'rds:eu-central-1:db',
    ' ec2:eu-central-1:i-1',
    'ec2:eu-central-1:i-1\n',
  ])('%j is no name', (text) => {
    expect(parseTargetId(text)).toBeUndefined();
  });
});

describe('faults', () => {
  it.each<[Target, string]>([
    [
      { kind: 'ec2', region: 'eu-central', instanceId: 'i-1' },
      '"eu-central" is not a region name such as eu-central-1',
    ],
    [
      { kind: 'ec2', region: 'eu-central-1', instanceId: 'web' },
      '"web" is not an instance id such as i-1234567890abcdef0',
    ],
    [
      { kind: 'ecs', region: 'eu-central-1', cluster: '', service: 'api' },
      '"" is not a cluster name (letters, digits, - and _; not an ARN)',
    ],
    [
      { kind: 'ecs', region: 'eu-central-1', cluster: 'main', service: 'a b' },
      '"a b" is not a service name (letters, digits, - and _; not an ARN)',
    ],
    [
      { kind: 'eks', region: 'eu-central-1', cluster: 'arn:aws:eks', nodegroup: 'w' },
      '"arn:aws:eks" is not a cluster name (letters, digits, - and _; not an ARN)',
    ],
    [
      { kind: 'eks', region: 'eu-central-1', cluster: 'k8s', nodegroup: '-w' },
      '"-w" is not a node group name (letters, digits, - and _; not an ARN)',
    ],
  ])('%j: %s', (target, fault) => {
    expect(targetFault(target)).toBe(fault);
  });
});
