/** CloudFormation: stacks from JSON templates. The engine carries their operations on as time passes. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { applyAll, beginOperation, deleteAll } from '../cloudformation/engine.js';
import { resourceType } from '../cloudformation/resource-types.js';
import {
  parseTemplate,
  resolve,
  type Scope,
  type Template,
  validationError,
} from '../cloudformation/template.js';
import { AwsError, commonErrors } from '../errors.js';
import { pageOf } from '../paging.js';
import { awsQuery } from '../protocol/query-xml.js';
import { operation, type Service } from '../service.js';
import type { Stack, StackPlan } from '../state/stacks.js';
import type { Region } from '../state/world.js';
import { eventXml, resourceXml, stackXml } from './cloudformation-shapes.js';

/** CloudFormation's limit for a template in the request itself, characters. */
const MAX_TEMPLATE = 51_200;
const PAGE = 100;

const members = <Item extends z.ZodType>(item: Item) =>
  z
    .union([z.literal(''), z.object({ member: z.array(item).default([]) })])
    .transform((list) => (list === '' ? [] : list.member))
    .prefault('');
const flag = z.enum(['true', 'false']).optional();
const stackName = z.string().regex(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/);
const token = z.string().max(128).optional();
const plan = {
  TemplateBody: z.string().min(1).optional(),
  Parameters: members(
    z.object({
      ParameterKey: z.string(),
      ParameterValue: z.string().optional(),
      UsePreviousValue: flag,
    }),
  ),
  Capabilities: members(z.enum(['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND'])),
  Tags: members(z.object({ Key: z.string(), Value: z.string() })),
  ClientRequestToken: token,
};
const PLAN = z.object(plan);

export const cloudFormation: Service = {
  signingName: 'cloudformation',
  protocol: awsQuery('http://cloudformation.amazonaws.com/doc/2010-05-15/'),
  errors: commonErrors({
    action: 'cloudformation',
    throttled: ['Throttling', 400],
    denied: ['AccessDenied', 403],
    expiredToken: ['ExpiredToken', 403],
    unknownKey: ['InvalidClientTokenId', 403],
    unavailable: ['ServiceUnavailable', 503],
    invalid: ['ValidationError', 400],
    unknownOperation: ['InvalidAction', 400],
  }),
  operations: {
    CreateStack: operation({
      mutates: true,
      input: z.object({
        StackName: stackName,
        ...plan,
        OnFailure: z.enum(['ROLLBACK', 'DELETE', 'DO_NOTHING']).optional(),
        DisableRollback: flag,
      }),
      run(input, { region, now, caller }) {
        const known = liveStack(region, input.StackName);
        if (known !== undefined) {
          const isSameCall =
            input.ClientRequestToken !== undefined && known.createToken === input.ClientRequestToken;
          if (isSameCall) return { StackId: known.id };
          throw new AwsError('AlreadyExistsException', `Stack [${input.StackName}] already exists`);
        }
        const wanted = planOf(input, undefined);
        const stack: Stack = {
          id: `arn:aws:cloudformation:${region.name}:${region.account}:stack/${input.StackName}/${randomUUID()}`,
          name: input.StackName,
          createdAt: now,
          onFailure: input.OnFailure ?? (input.DisableRollback === 'true' ? 'DO_NOTHING' : 'ROLLBACK'),
          createToken: input.ClientRequestToken,
          caller,
          token: input.ClientRequestToken,
          updatedAt: undefined,
          deletedAt: undefined,
          status: '',
          reason: undefined,
          plan: wanted,
          next: undefined,
          outputs: [],
          resources: new Map(),
          events: [],
          steps: [],
          undo: [],
          isStepBegun: false,
          stepEndsAt: undefined,
        };
        region.stacks.set(stack.id, stack);
        beginOperation(stack, 'CREATE_IN_PROGRESS', applyAll(wanted), { now, reason: 'User Initiated' });
        return { StackId: stack.id };
      },
    }),

    UpdateStack: operation({
      mutates: true,
      input: z.object({ StackName: z.string(), ...plan, UsePreviousTemplate: flag }),
      run(input, { region, now, caller }) {
        const stack = stackOf(region, input.StackName);
        const isSettled = /^(CREATE|UPDATE|UPDATE_ROLLBACK)_COMPLETE$/.test(stack.status);
        if (!isSettled)
          throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
        const body = input.UsePreviousTemplate === 'true' ? stack.plan.text : input.TemplateBody;
        const wanted = planOf({ ...input, TemplateBody: body }, stack.plan);
        if (!isChanged(stack.plan, wanted)) throw validationError('No updates are to be performed.');
        stack.next = wanted;
        stack.caller = caller;
        stack.token = input.ClientRequestToken;
        stack.updatedAt = now;
        beginOperation(stack, 'UPDATE_IN_PROGRESS', applyAll(wanted), { now, reason: 'User Initiated' });
        return { StackId: stack.id };
      },
    }),

    DeleteStack: operation({
      mutates: true,
      input: z.object({ StackName: z.string(), ClientRequestToken: token }),
      run(input, { region, now, caller }) {
        const stack = findStack(region, input.StackName);
        if (stack === undefined || stack.deletedAt !== undefined || stack.status === 'DELETE_IN_PROGRESS')
          return {};
        if (/^UPDATE.*_IN_PROGRESS$/.test(stack.status))
          throw validationError(`Stack [${stack.name}] cannot be deleted while in status ${stack.status}`);
        stack.caller = caller;
        stack.token = input.ClientRequestToken;
        const steps = deleteAll(stack.resources.values());
        beginOperation(stack, 'DELETE_IN_PROGRESS', steps, { now, reason: 'User Initiated' });
        return {};
      },
    }),

    DescribeStacks: operation({
      input: z.object({ StackName: z.string().optional(), NextToken: z.string().optional() }),
      run(input, { region }) {
        const found =
          input.StackName === undefined
            ? [...region.stacks.values()].filter(({ deletedAt }) => deletedAt === undefined)
            : [stackOf(region, input.StackName)];
        const page = stackPage('DescribeStacks', found, input.NextToken);
        return { Stacks: page.items.map(stackXml), NextToken: page.nextToken };
      },
    }),

    DescribeStackEvents: operation({
      input: z.object({ StackName: z.string(), NextToken: z.string().optional() }),
      run(input, { region }) {
        const stack = stackOf(region, input.StackName);
        const page = stackPage('DescribeStackEvents', [...stack.events].reverse(), input.NextToken);
        return { StackEvents: page.items.map((event) => eventXml(stack, event)), NextToken: page.nextToken };
      },
    }),

    DescribeStackResources: operation({
      input: z.object({ StackName: z.string(), LogicalResourceId: z.string().optional() }),
      run(input, { region }) {
        const stack = stackOf(region, input.StackName);
        const found = [...stack.resources.values()].filter(
          ({ logicalId }) => input.LogicalResourceId === undefined || logicalId === input.LogicalResourceId,
        );
        return { StackResources: found.map((resource) => resourceXml(stack, resource)) };
      },
    }),

    GetTemplate: operation({
      input: z.object({ StackName: z.string() }),
      run: (input, { region }) => ({
        TemplateBody: stackOf(region, input.StackName).plan.text,
        StagesAvailable: ['Original', 'Processed'],
      }),
    }),
  },
};

/** What a request wants a stack to be like; `before` is what it is, for an update. Throws what CloudFormation refuses. */
function planOf(input: z.output<typeof PLAN>, before: StackPlan | undefined): StackPlan {
  const text = input.TemplateBody;
  if (text === undefined) throw validationError('Either Template URL or Template Body must be specified.');
  if (text.length > MAX_TEMPLATE)
    throw validationError(
      `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAX_TEMPLATE}`,
    );
  const template = parseTemplate(text);
  checkResources(template);
  checkCapabilities(template, input.Capabilities);
  return {
    text,
    template,
    parameters: parametersOf(template, input.Parameters, before?.parameters ?? {}),
    capabilities: input.Capabilities,
    tags: Object.fromEntries(input.Tags.map(({ Key, Value }) => [Key, Value])),
  };
}

/** Refuses types and attributes that the sandbox does not have. */
function checkResources({ Resources, Outputs }: Template): void {
  const unknown = Object.values(Resources)
    .map(({ Type }) => Type)
    .filter((type) => resourceType(type) === undefined);
  if (unknown.length > 0)
    throw validationError(`Template format error: Unrecognized resource types: [${unknown.join(', ')}]`);
  const scope: Scope = {
    ref: () => '',
    attribute: (id, attribute) =>
      resourceType(Resources[id]?.Type ?? '')?.attributeNames.find((name) => name === attribute),
  };
  resolve([Object.values(Resources).map(({ Properties }) => Properties), Object.values(Outputs)], scope);
}

/** A stack that makes roles says so; one that names them says even that. */
function checkCapabilities({ Resources }: Template, given: readonly string[]): void {
  const roles = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
  const isNamed = roles.some(({ Properties }) => Properties.RoleName !== undefined);
  const needed = isNamed ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM';
  if (roles.length === 0 || given.includes(needed) || given.includes('CAPABILITY_NAMED_IAM')) return;
  throw new AwsError('InsufficientCapabilitiesException', `Requires capabilities : [${needed}]`);
}

function parametersOf(
  { Parameters }: Template,
  given: z.output<typeof PLAN>['Parameters'],
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  const strange = given.filter(({ ParameterKey }) => !Object.hasOwn(Parameters, ParameterKey));
  if (strange.length > 0)
    throw validationError(
      `Parameters: [${strange.map(({ ParameterKey }) => ParameterKey).join(', ')}] do not exist in the template`,
    );
  const missing: string[] = [];
  const values: Record<string, string> = {};
  for (const [key, { Default }] of Object.entries(Parameters)) {
    const one = given.find(({ ParameterKey }) => ParameterKey === key);
    const value = one?.UsePreviousValue === 'true' ? before[key] : (one?.ParameterValue ?? Default);
    if (value === undefined) missing.push(key);
    else values[key] = value;
  }
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
  return values;
}

function isChanged(before: StackPlan, after: StackPlan): boolean {
  const essence = ({ template, parameters, tags }: StackPlan) => JSON.stringify([template, parameters, tags]);
  return essence(before) !== essence(after);
}

/** By name, only one that is not deleted; by id, any. */
function findStack(region: Region, nameOrId: string): Stack | undefined {
  return region.stacks.get(nameOrId) ?? liveStack(region, nameOrId);
}

function liveStack(region: Region, name: string): Stack | undefined {
  return [...region.stacks.values()].find((stack) => stack.name === name && stack.deletedAt === undefined);
}

function stackOf(region: Region, nameOrId: string): Stack {
  const stack = findStack(region, nameOrId);
  if (stack === undefined) throw validationError(`Stack with id ${nameOrId} does not exist`);
  return stack;
}

function stackPage<Item>(operationName: string, all: readonly Item[], nextToken: string | undefined) {
  const request = { operation: operationName, size: PAGE, token: nextToken };
  return pageOf(all, request, () => validationError('NextToken is not valid'));
}
