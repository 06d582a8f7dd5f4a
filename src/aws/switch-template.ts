/**
 * What is installed for switches, as a CloudFormation template: the schedule group, and roles by which AWS may stop
 * the covered targets and nothing else. Pure. The template is the record of what is covered: it is read back from AWS.
 *
 * One target more must not move another to a different role, for armed schedules name theirs; so targets stay in the
 * role they are in. A role takes as many as IAM's limit for its policies allows.
 */
import { createHash } from 'node:crypto';
import { type EcsTarget, type Target, targetFault, targetId } from '../core/target.js';
import { DIMENSION } from './scalable.js';
import { GROUP } from './switch-calls.js';

/** Targets by role, in the order they were added. */
export type Coverage = readonly (readonly Target[])[];

/** The most that CloudFormation takes of a template in a request, in bytes ("CloudFormation quotas"). */
export const LARGEST_TEMPLATE = 51_200;
/** IAM takes 10,240 characters of policies within a role, white space not counted ("IAM and STS quotas"). */
const LARGEST_POLICY = 10_000;
/** Characters of a role's policy besides the targets in it, at most. */
const POLICY_FRAME = 1_000;
/** The longest of partitions and regions, and an account, in an ARN. */
const ARN_FRAME = 'arn:aws-us-gov:eks:ap-southeast-99:123456789012:nodegroup/'.length;
/** Says that a template is Cloudnap's, and how to read it. */
const FORMAT = 1;

/** Each kind's name in the template, what its ARNs begin with, and the calls that stop it. */
const KINDS = {
  ec2: {
    variable: 'Instance',
    arn: arnOf('ec2', 'instance/'),
    actions: ['ec2:StopInstances'],
  },
  ecs: {
    variable: 'Service',
    arn: arnOf('ecs', 'service/'),
    // Application Auto Scaling looks at a service, by its caller's permissions, before it registers bounds for it.
    actions: ['ecs:UpdateService', 'ecs:DescribeServices'],
  },
  eks: {
    variable: 'Nodegroup',
    arn: arnOf('eks', 'nodegroup/'),
    actions: ['eks:UpdateNodegroupConfig'],
  },
} as const;

/** The same with these targets covered too. */
export function withTargets(covered: Coverage, targets: readonly Target[]): Coverage {
  const roles = covered.map((role) => [...role]);
  const known = new Set(roles.flat().map(targetId));
  for (const target of targets) {
    if (known.has(targetId(target))) continue;
    known.add(targetId(target));
    const room = roles.find((role) => sizeOf(role) + sizeOf([target]) <= LARGEST_POLICY - POLICY_FRAME);
    if (room) room.push(target);
    else roles.push([target]);
  }
  return roles;
}

/** The template for these targets and no others. @throws TypeError for targets of several regions */
export function templateFor(targets: readonly Target[]): string {
  if (new Set(targets.map(({ region }) => region)).size > 1)
    throw new TypeError('A template is for the targets of one region');
  return renderTemplate(withTargets([], targets));
}

/** The template as JSON text. */
export function renderTemplate(coverage: Coverage): string {
  const roles = coverage.map((targets, at) => [roleName(at), targets] as const);
  const resources = {
    Schedules: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: GROUP } },
    ...Object.fromEntries(roles.map(([name, targets]) => [name, roleFor(targets)])),
  };
  const outputs = roles.map(([name, { length }]) => [
    name,
    {
      Description: `The role by which AWS stops ${length === 1 ? 'one target' : `${length} targets`}`,
      Value: { 'Fn::GetAtt': [name, 'Arn'] },
    },
  ]);
  const template = {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: "Cloudnap's dead-man's switch: what AWS needs to stop services whose lease nobody renews.",
    Metadata: { Cloudnap: { DeadManFormat: FORMAT } },
    Resources: resources,
    Outputs: {
      ...Object.fromEntries(outputs),
      Digest: { Description: 'Tells which version of the roles is in force', Value: digest(resources) },
    },
  };
  return JSON.stringify(template, null, 1);
}

/** What an installed template says. */
export interface ReadTemplate {
  readonly coverage: Coverage;
  /** The output `Digest` that it gives once it is in force. */
  readonly digest: string;
}

/** Reads a template back; undefined for one that is not Cloudnap's, or of a later version of it. */
export function readTemplate(region: string, text: string): ReadTemplate | undefined {
  try {
    const template: TemplateShape = JSON.parse(text);
    if (template.Metadata?.Cloudnap?.DeadManFormat !== FORMAT) return undefined;
    const resources = template.Resources ?? {};
    const coverage: Target[][] = [];
    for (let at = 0; Object.hasOwn(resources, roleName(at)); at += 1)
      coverage.push(coveredBy(region, resources[roleName(at)] ?? {}));
    return { coverage, digest: digest(resources) };
  } catch {
    return undefined;
  }
}

/** The role's name in the template, and the name of the output that has its ARN. */
export function roleName(at: number): string {
  return `Stop${at + 1}`;
}

function roleFor(targets: readonly Target[]): object {
  const statements = (['ec2', 'ecs', 'eks'] as const).flatMap((kind) => {
    const mine = targets.filter((target) => target.kind === kind);
    return mine.length === 0 ? [] : [stopping(kind, mine), ...(kind === 'ecs' ? [LOWERING_BOUNDS] : [])];
  });
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      Description: "Cloudnap's dead-man's switch: stops what it covers, and nothing else.",
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [ONLY_OUR_SCHEDULES] },
      Policies: [{ PolicyName: 'stop', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
    },
  };
}

/** The scheduler, for this account, and for the schedules of our group ("Confused deputy prevention"). */
const ONLY_OUR_SCHEDULES = {
  Effect: 'Allow',
  Principal: { Service: 'scheduler.amazonaws.com' },
  Action: 'sts:AssumeRole',
  Condition: {
    StringEquals: {
      'aws:SourceAccount': { Ref: 'AWS::AccountId' },
      'aws:SourceArn': arnOf('scheduler', `schedule-group/${GROUP}`),
    },
  },
};

/**
 * A scalable target's ARN ends in an id that AWS makes up, so it is narrowed by what it scales. AWS then also asks
 * whether the role may update the service itself: so this, too, reaches covered services alone.
 */
const LOWERING_BOUNDS = {
  Sid: 'Bounds',
  Effect: 'Allow',
  Action: 'application-autoscaling:RegisterScalableTarget',
  Resource: arnOf('application-autoscaling', 'scalable-target/*'),
  Condition: {
    StringEquals: {
      'application-autoscaling:service-namespace': 'ecs',
      'application-autoscaling:scalable-dimension': DIMENSION,
    },
  },
};

/** One list of ARNs, written short: a template holds four times as many targets as with each ARN in full. */
function stopping(kind: Target['kind'], targets: readonly Target[]): object {
  const { variable, arn, actions } = KINDS[kind];
  const list = targets.map((target) => `\${${variable}}${resourceOf(target)}`).join(' ');
  return {
    Sid: variable,
    Effect: 'Allow',
    Action: actions,
    Resource: {
      'Fn::Split': [' ', { 'Fn::Sub': [list, { [variable]: arn }] }],
    },
  };
}

/** The end of the target's ARN. A node group's ends in an id that only AWS knows. */
function resourceOf(target: Target): string {
  switch (target.kind) {
    case 'ec2':
      return target.instanceId;
    case 'ecs':
      return `${target.cluster}/${target.service}`;
    case 'eks':
      return `${target.cluster}/${target.nodegroup}/*`;
  }
}

function coveredBy(region: string, { Properties }: ResourceShape): Target[] {
  const statements = Properties?.Policies?.flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? []);
  return (statements ?? []).flatMap(({ Sid, Resource }) => {
    const [list = ''] = Resource?.['Fn::Split']?.[1]?.['Fn::Sub'] ?? [];
    return list.split(' ').flatMap((entry) => {
      const [first = '', second = ''] = entry.slice(entry.indexOf('}') + 1).split('/');
      const target = targetOf(region, Sid, first, second);
      return target && targetFault(target) === undefined ? [target] : [];
    });
  });
}

function targetOf(
  region: string,
  sid: string | undefined,
  first: string,
  second: string,
): Target | undefined {
  switch (sid) {
    case KINDS.ec2.variable:
      return { kind: 'ec2', region, instanceId: first };
    case KINDS.ecs.variable:
      return { kind: 'ecs', region, cluster: first, service: second } satisfies EcsTarget;
    case KINDS.eks.variable:
      return { kind: 'eks', region, cluster: first, nodegroup: second };
    default:
      return undefined;
  }
}

/** Characters that these targets take in a role's policy, quotes and comma included. */
function sizeOf(targets: readonly Target[]): number {
  return targets.reduce((sum, target) => sum + ARN_FRAME + resourceOf(target).length + 3, 0);
}

function digest(resources: object): string {
  return createHash('sha256').update(JSON.stringify(resources)).digest('hex').slice(0, 16);
}

/** An ARN in whatever account and region the template is deployed in. */
function arnOf(service: string, resource: string): { readonly 'Fn::Sub': string } {
  const place = `\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}`;
  return { 'Fn::Sub': `arn:${place}:${resource}` };
}

/** As much of a template as is read back. */
interface TemplateShape {
  readonly Metadata?: { readonly Cloudnap?: { readonly DeadManFormat?: unknown } };
  readonly Resources?: Readonly<Record<string, ResourceShape>>;
}
interface ResourceShape {
  readonly Properties?: {
    readonly Policies?: readonly {
      readonly PolicyDocument?: { readonly Statement?: readonly StatementShape[] };
    }[];
  };
}
interface StatementShape {
  readonly Sid?: string;
  readonly Resource?: {
    readonly 'Fn::Split'?: readonly [string, { readonly 'Fn::Sub'?: readonly [string, object] }];
  };
}
