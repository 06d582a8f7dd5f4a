/**
 * IAM: roles with inline policies, and what policies allow. A role may do what its policies say; the key that calls
 * may do everything but what trouble denies.
 */
import { z } from 'zod';
import { AwsError, commonErrors } from '../errors.js';
import { pageOf } from '../paging.js';
import { type Decision, decide, type Question } from '../policy.js';
import { awsQuery } from '../protocol/query-xml.js';
import { type Call, operation, type Service } from '../service.js';
import { createRole, permissionsOf, putPolicy, type Role, roleOf } from '../state/roles.js';
import type { Region } from '../state/world.js';

const members = z.object({ member: z.array(z.string()).default([]) });
const roleName = z.string().regex(/^[\w+=,.@-]{1,64}$/);
const policyName = z.string().regex(/^[\w+=,.@-]{1,128}$/);
const paging = {
  Marker: z.string().optional(),
  MaxItems: z.coerce.number().int().min(1).max(1000).default(100),
};

export const iam: Service = {
  signingName: 'iam',
  protocol: awsQuery('https://iam.amazonaws.com/doc/2010-05-08/'),
  errors: commonErrors({
    action: 'iam',
    throttled: ['Throttling', 400],
    denied: ['AccessDenied', 403],
    expiredToken: ['ExpiredToken', 403],
    unknownKey: ['InvalidClientTokenId', 403],
    unavailable: ['ServiceFailure', 500],
    invalid: ['ValidationError', 400],
    unknownOperation: ['InvalidAction', 400],
  }),
  operations: {
    CreateRole: operation({
      mutates: true,
      input: z.object({
        RoleName: roleName,
        AssumeRolePolicyDocument: z.string(),
        Path: z.string().default('/'),
        Description: z.string().max(1000).optional(),
        MaxSessionDuration: z.coerce.number().int().min(3600).max(43_200).default(3600),
      }),
      run(input, { region, now }) {
        const { RoleName: name } = input;
        if (region.roles.has(name))
          throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, 409);
        const seed = {
          account: region.account,
          name,
          path: input.Path,
          trust: input.AssumeRolePolicyDocument,
          description: input.Description,
          maxSession: input.MaxSessionDuration,
          tags: {},
        };
        const role = createRole(seed, now);
        region.roles.set(name, role);
        return { Role: roleXml(role) };
      },
    }),

    GetRole: operation({
      input: z.object({ RoleName: roleName }),
      run: (input, { region }) => ({ Role: roleXml(namedRole(region, input.RoleName)) }),
    }),

    DeleteRole: operation({
      mutates: true,
      input: z.object({ RoleName: roleName }),
      run(input, { region }) {
        const role = namedRole(region, input.RoleName);
        if (role.policies.size > 0)
          throw new AwsError('DeleteConflict', 'Cannot delete entity, must delete policies first.', 409);
        region.roles.delete(role.name);
        return {};
      },
    }),

    PutRolePolicy: operation({
      mutates: true,
      input: z.object({ RoleName: roleName, PolicyName: policyName, PolicyDocument: z.string() }),
      run(input, { region }) {
        putPolicy(namedRole(region, input.RoleName), input.PolicyName, input.PolicyDocument);
        return {};
      },
    }),

    GetRolePolicy: operation({
      input: z.object({ RoleName: roleName, PolicyName: policyName }),
      run(input, { region }) {
        const document = namedRole(region, input.RoleName).policies.get(input.PolicyName);
        if (document === undefined) throw noPolicy(input.PolicyName);
        return { ...input, PolicyDocument: encodeURIComponent(document.text) };
      },
    }),

    DeleteRolePolicy: operation({
      mutates: true,
      input: z.object({ RoleName: roleName, PolicyName: policyName }),
      run(input, { region }) {
        const isGone = namedRole(region, input.RoleName).policies.delete(input.PolicyName);
        if (!isGone) throw noPolicy(input.PolicyName);
        return {};
      },
    }),

    ListRolePolicies: operation({
      input: z.object({ RoleName: roleName, ...paging }),
      run(input, { region }) {
        const names = [...namedRole(region, input.RoleName).policies.keys()];
        const request = { operation: 'ListRolePolicies', size: input.MaxItems, token: input.Marker };
        const page = pageOf(names, request, () => new AwsError('ValidationError', 'Invalid Marker'));
        return {
          PolicyNames: page.items,
          IsTruncated: page.nextToken !== undefined,
          Marker: page.nextToken,
        };
      },
    }),

    SimulatePrincipalPolicy: operation({
      input: z.object({
        PolicySourceArn: z.string(),
        ActionNames: members,
        ResourceArns: members.default({ member: ['*'] }),
      }),
      run(input, call) {
        const decision = simulatorFor(input.PolicySourceArn, call);
        const results = input.ActionNames.member.flatMap((action) =>
          input.ResourceArns.member.map((resource) => ({
            EvalActionName: action,
            EvalResourceName: resource,
            EvalDecision: decision({ action, resource }),
            MissingContextValues: [],
          })),
        );
        return { EvaluationResults: results, IsTruncated: false };
      },
    }),
  },
};

/** How the simulator decides for this principal: the caller, or a role of the account. */
function simulatorFor(
  principal: string,
  { caller, region, isDenied }: Call,
): (question: Question) => Decision {
  if (principal === caller.arn) return ({ action }) => (isDenied(action) ? 'implicitDeny' : 'allowed');
  const role = roleOf(region.roles, principal);
  if (role === undefined)
    throw new AwsError('NoSuchEntity', `The principal ${principal} cannot be found.`, 404);
  const permissions = permissionsOf(role);
  return (question) => decide(permissions, question);
}

function namedRole({ roles }: Region, name: string): Role {
  const role = roles.get(name);
  if (role === undefined)
    throw new AwsError('NoSuchEntity', `The role with name ${name} cannot be found.`, 404);
  return role;
}

function noPolicy(name: string): AwsError {
  return new AwsError('NoSuchEntity', `The role policy with name ${name} cannot be found.`, 404);
}

/** Documents are percent-encoded in IAM's answers. */
function roleXml(role: Role): object {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: new Date(role.createdAt),
    AssumeRolePolicyDocument: encodeURIComponent(role.trust.text),
    Description: role.description,
    MaxSessionDuration: role.maxSession,
    Tags: Object.entries(role.tags).map(([Key, Value]) => ({ Key, Value })),
  };
}
