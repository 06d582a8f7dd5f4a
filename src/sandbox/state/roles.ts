/** IAM roles: who may become them, and what they may do then. They belong to an account, not to a region. */
import { randomBytes } from 'node:crypto';
import { AwsError } from '../errors.js';
import { type Permissions, parsePermissions, parseTrust, type Trust } from '../policy.js';

/** IAM's quota for all inline policies of a role together, characters without white space. */
const MAX_INLINE = 10_240;
/** IAM's ordinary quota for a trust policy, characters without white space. */
const MAX_TRUST = 2_048;

/** A policy as it was written and as it is understood. */
export interface Document<Parsed> {
  readonly text: string;
  readonly parsed: Parsed;
}

export interface Role {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly createdAt: number;
  description: string | undefined;
  /** Seconds. */
  maxSession: number;
  tags: Record<string, string>;
  trust: Document<Trust>;
  /** Inline policies by name. */
  readonly policies: Map<string, Document<Permissions>>;
}

/** What a role is made of, its documents as JSON text. */
export interface RoleSeed {
  readonly account: string;
  readonly name: string;
  readonly path: string;
  readonly trust: string;
  readonly description: string | undefined;
  readonly maxSession: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** A role without policies. Throws IAM's `MalformedPolicyDocument` or `LimitExceeded`. */
export function createRole(seed: RoleSeed, now: number): Role {
  return {
    name: seed.name,
    id: `AROA${randomBytes(9).toString('hex').toUpperCase().slice(0, 17)}`,
    arn: `arn:aws:iam::${seed.account}:role${seed.path}${seed.name}`,
    path: seed.path,
    createdAt: now,
    description: seed.description,
    maxSession: seed.maxSession,
    tags: { ...seed.tags },
    trust: trustOf(seed.trust, seed.name),
    policies: new Map(),
  };
}

/** A trust policy from its text. Throws `MalformedPolicyDocument` or `LimitExceeded`. */
export function trustOf(text: string, role: string): Document<Trust> {
  if (sizeOf(text) > MAX_TRUST) throw limitExceeded('ACLSizePerRole', MAX_TRUST, role);
  return { text, parsed: understood(text, parseTrust) };
}

/** Sets an inline policy. Throws `MalformedPolicyDocument`, or `LimitExceeded` when all together get too long. */
export function putPolicy(role: Role, name: string, text: string): void {
  const parsed = understood(text, parsePermissions);
  const others = [...role.policies].filter(([known]) => known !== name).map(([, document]) => document.text);
  const size = [...others, text].reduce((sum, one) => sum + sizeOf(one), 0);
  if (size > MAX_INLINE) {
    throw new AwsError(
      'LimitExceeded',
      `Maximum policy size of ${MAX_INLINE} bytes exceeded for role ${role.name}`,
      409,
    );
  }
  role.policies.set(name, { text, parsed });
}

/** The role with this ARN, if the account has it. */
export function roleOf(roles: ReadonlyMap<string, Role>, arn: string): Role | undefined {
  return [...roles.values()].find((role) => role.arn === arn);
}

/** What the role may do. */
export function permissionsOf(role: Role): readonly Permissions[] {
  return [...role.policies.values()].map(({ parsed }) => parsed);
}

function understood<Parsed>(text: string, parse: (document: unknown) => Parsed): Parsed {
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    throw new AwsError('MalformedPolicyDocument', `Syntax errors in policy. ${String(error)}`);
  }
}

function sizeOf(text: string): number {
  return text.replace(/\s/g, '').length;
}

function limitExceeded(quota: string, most: number, role: string): AwsError {
  return new AwsError('LimitExceeded', `Cannot exceed quota for ${quota}: ${most} (role ${role})`, 409);
}
