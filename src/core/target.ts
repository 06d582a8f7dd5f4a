/** What can nap, and its name: the canonical target name is the key of every map in the product. */

export const KINDS = ['ec2', 'ecs', 'eks'] as const;
export type Kind = (typeof KINDS)[number];

export interface Ec2Target {
  readonly kind: 'ec2';
  readonly region: string;
  readonly instanceId: string;
}
export interface EcsTarget {
  readonly kind: 'ecs';
  readonly region: string;
  readonly cluster: string;
  readonly service: string;
}
export interface EksTarget {
  readonly kind: 'eks';
  readonly region: string;
  readonly cluster: string;
  readonly nodegroup: string;
}
export type Target = Ec2Target | EcsTarget | EksTarget;

/** `ec2:REGION:ID`, `ecs:REGION:CLUSTER:SERVICE` or `eks:REGION:CLUSTER:NODEGROUP`. */
export type TargetId = `${Kind}:${string}`;

/** The canonical name of a target. */
export function targetId(target: Target): TargetId {
  switch (target.kind) {
    case 'ec2':
      return `ec2:${target.region}:${target.instanceId}`;
    case 'ecs':
      return `ecs:${target.region}:${target.cluster}:${target.service}`;
    case 'eks':
      return `eks:${target.region}:${target.cluster}:${target.nodegroup}`;
  }
}

const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;
const INSTANCE = /^i-[0-9a-zA-Z]+$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/**
 * What is wrong with a target's parts, in words for a person, or undefined when they could name something in
 * AWS. Only the form is checked: whether it exists is AWS's to say.
 */
export function targetFault(target: Target): string | undefined {
  if (!REGION.test(target.region)) return `"${target.region}" is not a region name such as eu-central-1`;
  switch (target.kind) {
    case 'ec2':
      return INSTANCE.test(target.instanceId)
        ? undefined
        : `"${target.instanceId}" is not an instance id such as i-1234567890abcdef0`;
    case 'ecs':
      return nameFault('cluster', target.cluster) ?? nameFault('service', target.service);
    case 'eks':
      return nameFault('cluster', target.cluster) ?? nameFault('node group', target.nodegroup);
  }
}

function nameFault(what: string, name: string): string | undefined {
  return NAME.test(name)
    ? undefined
    : `"${name}" is not a ${what} name (letters, digits, - and _; not an ARN)`;
}

/** Reads a canonical target name; undefined when the text is none. */
export function parseTargetId(text: string): Target | undefined {
  const parts = text.split(':');
  const [kind, region = '', a = '', b = ''] = parts;
  if (parts.length !== (kind === 'ec2' ? 3 : 4)) return undefined;
  const target: Target | undefined =
    kind === 'ec2'
      ? { kind, region, instanceId: a }
      : kind === 'ecs'
        ? { kind, region, cluster: a, service: b }
        : kind === 'eks'
          ? { kind, region, cluster: a, nodegroup: b }
          : undefined;
  return target && targetFault(target) === undefined ? target : undefined;
}
