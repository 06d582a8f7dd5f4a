/** The resource types that a stack can have here: IAM roles and the scheduler's groups, as CloudFormation makes them. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AwsError } from '../errors.js';
import { createRole, putPolicy, type Role, trustOf } from '../state/roles.js';
import { beginGroupDeletion, createGroup, groupArn } from '../state/schedules.js';
import type { Properties, Stack } from '../state/stacks.js';
import type { Region } from '../state/world.js';
import type { Delays } from '../timing.js';

/** Where and when a resource is made. */
export interface Place {
  readonly region: Region;
  readonly now: number;
  readonly delays: Delays;
  readonly stack: Pick<Stack, 'name' | 'plan'>;
}

/**
 * What CloudFormation does with one type of resource, which is referred to by its name. Each throws the service's own
 * {@link AwsError}.
 */
export interface ResourceType {
  /** The signing name of the service that it asks, and what it asks: trouble with those calls is the stack's. */
  readonly service: string;
  readonly calls: { readonly create: string; readonly update: string; readonly delete: string };
  /** The property that names it: another name is another resource. */
  readonly nameProperty: string;
  /** What it can be asked for by Fn::GetAtt. */
  readonly attributeNames: readonly string[];
  /** Makes it. Throws a `z.ZodError` on properties that it cannot have, as `update` does. */
  create(name: string, properties: Properties, place: Place): void;
  update(name: string, properties: Properties, place: Place): void;
  /** Sets its end going, where that takes time. */
  beginDelete(name: string, place: Place): void;
  /** One that is gone already is fine. */
  delete(name: string, place: Place): void;
  attributes(name: string, region: Region): Readonly<Record<string, string>>;
}

const tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).default([]);
const document = z.record(z.string(), z.unknown());

const ROLE = z.strictObject({
  RoleName: z
    .string()
    .regex(/^[\w+=,.@-]{1,64}$/)
    .optional(),
  Path: z.string().default('/'),
  Description: z.string().max(1000).optional(),
  MaxSessionDuration: z.coerce.number().int().min(3600).max(43_200).default(3600),
  AssumeRolePolicyDocument: document,
  Policies: z
    .array(z.strictObject({ PolicyName: z.string().min(1).max(128), PolicyDocument: document }))
    .default([]),
  Tags: tags,
});

const role: ResourceType = {
  service: 'iam',
  calls: { create: 'CreateRole', update: 'PutRolePolicy', delete: 'DeleteRole' },
  nameProperty: 'RoleName',
  attributeNames: ['Arn', 'RoleId'],
  create(name, properties, { region, now }) {
    if (region.roles.has(name))
      throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409);
    const input = ROLE.parse(properties);
    const seed = {
      account: region.account,
      name,
      path: input.Path,
      trust: JSON.stringify(input.AssumeRolePolicyDocument),
      description: input.Description,
      maxSession: input.MaxSessionDuration,
      tags: tagsOf(input.Tags),
    };
    const made = createRole(seed, now);
    putPolicies(made, input);
    region.roles.set(name, made);
  },
  update(name, properties, { region }) {
    const input = ROLE.parse(properties);
    const known = region.roles.get(name);
    if (known === undefined)
      throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
    const updated: Role = { ...known, policies: new Map() };
    putPolicies(updated, input);
    updated.trust = trustOf(JSON.stringify(input.AssumeRolePolicyDocument), name);
    updated.description = input.Description;
    updated.maxSession = input.MaxSessionDuration;
    updated.tags = tagsOf(input.Tags);
    region.roles.set(name, updated);
  },
  beginDelete: () => {},
  delete(name, { region }) {
    region.roles.delete(name);
  },
  attributes(name, { roles }): Record<string, string> {
    const known = roles.get(name);
    return known === undefined ? {} : { Arn: known.arn, RoleId: known.id };
  },
};

const GROUP = z.strictObject({
  Name: z
    .string()
    .regex(/^[0-9a-zA-Z-_.]{1,64}$/)
    .optional(),
  Tags: tags,
});

const scheduleGroup: ResourceType = {
  service: 'scheduler',
  calls: { create: 'CreateScheduleGroup', update: 'TagResource', delete: 'DeleteScheduleGroup' },
  nameProperty: 'Name',
  attributeNames: ['Arn', 'State', 'CreationDate', 'LastModificationDate'],
  create(name, properties, { region, now }) {
    if (region.scheduler.groups.has(name))
      throw new AwsError('ConflictException', `Schedule group ${name} already exists.`, 409);
    region.scheduler.groups.set(name, createGroup(name, tagsOf(GROUP.parse(properties).Tags), now));
  },
  update(name, properties, { region, now }) {
    const group = region.scheduler.groups.get(name);
    if (group === undefined)
      throw new AwsError('ResourceNotFoundException', `Schedule group ${name} does not exist.`, 404);
    group.tags = tagsOf(GROUP.parse(properties).Tags);
    group.changedAt = now;
  },
  beginDelete(name, { region, now, delays }) {
    const group = region.scheduler.groups.get(name);
    if (group?.state === 'ACTIVE') beginGroupDeletion(group, now, delays.scheduleGroupDeletion);
  },
  delete(name, { region }) {
    region.scheduler.groups.delete(name);
  },
  attributes(name, region): Record<string, string> {
    const group = region.scheduler.groups.get(name);
    if (group === undefined) return {};
    return {
      Arn: groupArn(region, name),
      State: group.state,
      CreationDate: new Date(group.createdAt).toISOString(),
      LastModificationDate: new Date(group.changedAt).toISOString(),
    };
  },
};

const TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::IAM::Role': role,
  'AWS::Scheduler::ScheduleGroup': scheduleGroup,
};

/** The type of that name, `AWS::IAM::Role`; undefined if the sandbox has none. */
export function resourceType(name: string): ResourceType | undefined {
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
}

/** What a resource that is not named is called: `STACK-LOGICALID-RANDOM`, at most 64 characters long. */
export function generatedName(stack: string, logicalId: string): string {
  const random = randomBytes(6).toString('hex').toUpperCase();
  return `${`${stack}-${logicalId}`.slice(0, 64 - random.length - 1)}-${random}`;
}

function putPolicies(made: Role, input: z.output<typeof ROLE>): void {
  for (const { PolicyName, PolicyDocument } of input.Policies)
    putPolicy(made, PolicyName, JSON.stringify(PolicyDocument));
}

function tagsOf(list: z.output<typeof tags>): Record<string, string> {
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}
