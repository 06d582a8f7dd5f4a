/**
 * The kinds of values both config files are made of, as zod schemas whose error message says what is expected,
 * so that every mistake, wrong type or out of range, is answered with the same full sentence.
 */
import { z } from 'zod';
import { type Target, targetFault } from '../core/target.js';

/** A year. Longer waits are surely meant as never, for which `enabled: false` is the honest word. */
export const MAX_MINUTES = 525_600;

interface Limits {
  /** The least value allowed. */
  readonly min?: number;
  /** Every value must be greater. */
  readonly above?: number;
  readonly max: number;
  /** What comes after "a number": `of minutes`. */
  readonly of?: string;
}

/** A finite number, fractions allowed. */
export function number({ min, above, max, of = '' }: Limits) {
  const low = above === undefined ? `from ${min ?? 0}` : `above ${above} and`;
  const error = `a number ${of ? `${of} ` : ''}${low} ${above === undefined ? 'to' : 'at most'} ${max}`;
  const bounded = z.number({ error }).lte(max, { error });
  return above === undefined ? bounded.gte(min ?? 0, { error }) : bounded.gt(above, { error });
}

/** A whole number. */
export function whole({ min, max, of = '' }: { min: number; max: number; of?: string }) {
  const error = `a whole number ${of ? `${of} ` : ''}from ${min} to ${max}`;
  return z.int({ error }).gte(min, { error }).lte(max, { error });
}

/** `true` or `false`. */
export const flag = () => z.boolean({ error: 'true or false' });

/** One of a few words. */
export function choice<const T extends string>(...words: readonly [T, ...T[]]) {
  return z.enum(words, { error: words.join(' or ') });
}

/** Non-empty text in one line that also passes `test`. */
export function text(expected: string, test: (value: string) => boolean = () => true) {
  const error = expected;
  return z
    .string({ error })
    .refine((value) => /^[^\p{Cc}]*[^\p{Cc}\s][^\p{Cc}]*$/u.test(value) && test(value), { error });
}

/** Text that is well formed as one part of a target; the form itself is core's to know. */
function targetPart(expected: string, withPart: (value: string) => Target) {
  return text(expected, (value) => targetFault(withPart(value)) === undefined);
}

const region = 'us-east-1';

export const regionName = () =>
  targetPart('a region name such as eu-central-1', (value) => ({
    kind: 'ec2',
    region: value,
    instanceId: 'i-0',
  }));
export const instanceId = () =>
  targetPart('an instance id such as i-1234567890abcdef0', (value) => ({
    kind: 'ec2',
    region,
    instanceId: value,
  }));
export const clusterName = () =>
  targetPart('a cluster name (letters, digits, - and _; not an ARN)', (cluster) => ({
    kind: 'ecs',
    region,
    cluster,
    service: 's',
  }));
export const serviceName = () =>
  targetPart('a service name (letters, digits, - and _; not an ARN)', (service) => ({
    kind: 'ecs',
    region,
    cluster: 'c',
    service,
  }));
export const nodegroupName = () =>
  targetPart('a node group name (letters, digits, - and _; not an ARN)', (nodegroup) => ({
    kind: 'eks',
    region,
    cluster: 'c',
    nodegroup,
  }));

/** Whole milliseconds, at least one: a limit of nothing would be in the past at once. */
export const minutesToMs = (minutes: number) => Math.max(1, Math.round(minutes * 60_000));
