/** Targets as they are given on the command line, in both forms: a name, or the parts one by one. Pure. */
import { KINDS, type Kind, parseTargetId, type Target, targetFault, targetId } from '../core/target.js';
import { usage } from './failure.js';

/** What the parts of each kind are called in usage lines. */
export const PARTS: Readonly<Record<Kind, readonly string[]>> = {
  ec2: ['ID', 'REGION'],
  ecs: ['CLUSTER', 'SERVICE', 'REGION'],
  eks: ['CLUSTER', 'NODEGROUP', 'REGION'],
};

/** How a target of a kind is written part by part: `ecs CLUSTER SERVICE REGION`. */
export function formOf(kind: Kind): string {
  return `${kind} ${PARTS[kind].join(' ')}`;
}

/** A word as a kind, in any case; undefined when it is none. */
export function kindOf(word: string | undefined): Kind | undefined {
  const lower = word?.toLowerCase();
  return KINDS.find((kind) => kind === lower);
}

/**
 * The target that parts name, in the order of {@link PARTS}.
 * @throws CommandError BAD_REQUEST when there are too few or too many, or one cannot be what it stands for.
 */
export function targetOf(kind: Kind, parts: readonly string[]): Target {
  const [first = '', second = '', third = ''] = parts;
  if (parts.length !== PARTS[kind].length)
    throw usage(
      `${kind} takes ${PARTS[kind].length} parts, not ${parts.length}`,
      `Write ${formOf(kind)}, or the target's name.`,
    );
  const target: Target =
    kind === 'ec2'
      ? { kind, instanceId: first, region: second }
      : kind === 'ecs'
        ? { kind, cluster: first, service: second, region: third }
        : { kind, cluster: first, nodegroup: second, region: third };
  const fault = targetFault(target);
  if (fault !== undefined) throw usage(fault, `Write ${formOf(kind)}.`);
  return target;
}

/**
 * The target to register: `ec2:eu-west-1:i-…` or `ec2 i-… eu-west-1`.
 * @throws CommandError BAD_REQUEST when the words name none.
 */
export function newTarget(words: readonly string[]): Target {
  const [first = '', ...parts] = words;
  const kind = kindOf(first);
  if (kind) return targetOf(kind, parts);
  const target = parts.length === 0 ? parseTargetId(first) : undefined;
  if (target) return target;
  throw usage(
    `"${words.join(' ')}" names no target`,
    `Write ${KINDS.map(formOf).join(', ')}, or a name such as ec2:eu-west-1:i-1234567890abcdef0.`,
  );
}

/**
 * The name of a target that exists: any name is passed on for the daemon to resolve, parts become a canonical one.
 * @throws CommandError BAD_REQUEST likewise.
 */
export function knownTarget(words: readonly string[]): string {
  const [first = '', ...rest] = words;
  return rest.length === 0 && kindOf(first) === undefined ? first : targetId(newTarget(words));
}
