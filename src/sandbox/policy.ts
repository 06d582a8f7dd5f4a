/**
 * IAM policies as documents, and what they allow: an explicit deny wins, then any allow, else nothing is allowed.
 * Knows the elements and condition operators that roles of a scheduler have; a document with others is refused.
 */
import { z } from 'zod';
import { wildcard } from './wildcard.js';

/** Who the scheduler is to IAM. */
export const SCHEDULER_PRINCIPAL = 'scheduler.amazonaws.com';

const texts = z.union([z.string(), z.array(z.string())]).transform((one) => [one].flat());
const OPERATORS = ['StringEquals', 'StringLike', 'ArnEquals', 'ArnLike'] as const;
const condition = z.partialRecord(z.enum(OPERATORS), z.record(z.string(), texts));
const listOf = <Item extends z.ZodType>(item: Item) =>
  z.union([item.transform((one) => [one]), z.array(item)]);
const effect = z.enum(['Allow', 'Deny']);

/** What a principal may do. */
const PERMISSIONS = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: listOf(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: effect,
      Action: texts,
      Resource: texts,
      Condition: condition.optional(),
    }),
  ),
});

/** Who may become a role. */
const TRUST = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: listOf(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: effect,
      Principal: z.union([
        z.literal('*'),
        z.strictObject({ Service: texts.optional(), AWS: texts.optional() }),
      ]),
      Action: texts,
      Condition: condition.optional(),
    }),
  ),
});

/** A parsed policy of permissions. */
export type Permissions = z.output<typeof PERMISSIONS>;

/** A parsed trust policy. */
export type Trust = z.output<typeof TRUST>;

/** Condition keys and what they are in this request: `aws:SourceArn`. Their names are taken as written. */
type Context = Readonly<Record<string, string>>;

/** What is asked of policies. */
export interface Question {
  /** `ec2:StopInstances`. */
  readonly action: string;
  /** An ARN, or `*` where a call has none. */
  readonly resource: string;
  readonly context?: Context;
}

/** In the words of the policy simulator. */
export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny';

/** The permissions in a document. Throws a `z.ZodError` on one that IAM, or the sandbox, does not understand. */
export function parsePermissions(document: unknown): Permissions {
  return PERMISSIONS.parse(document);
}

/** The trust policy in a document. Throws a `z.ZodError` on one that IAM, or the sandbox, does not understand. */
export function parseTrust(document: unknown): Trust {
  return TRUST.parse(document);
}

/** What policies, taken together, say to a question. */
export function decide(policies: Iterable<Permissions>, question: Question): Decision {
  const speaking = [...policies]
    .flatMap(({ Statement }) => Statement)
    .filter(
      (statement) =>
        statement.Action.some((action) => wildcard(action, 'i').test(question.action)) &&
        statement.Resource.some((resource) => wildcard(resource).test(question.resource)) &&
        holds(statement.Condition, question.context ?? {}),
    );
  return verdict(speaking);
}

/** Whether a service, `scheduler.amazonaws.com`, may become the role with this trust policy. */
export function mayAssume(trust: Trust, service: string, context: Context): boolean {
  const speaking = trust.Statement.filter(
    ({ Principal, Action, Condition }) =>
      (Principal === '*' || Principal.Service?.includes(service) === true) &&
      Action.some((action) => wildcard(action, 'i').test('sts:AssumeRole')) &&
      holds(Condition, context),
  );
  return verdict(speaking) === 'allowed';
}

function verdict(speaking: readonly { readonly Effect: 'Allow' | 'Deny' }[]): Decision {
  if (speaking.some(({ Effect }) => Effect === 'Deny')) return 'explicitDeny';
  return speaking.length > 0 ? 'allowed' : 'implicitDeny';
}

/** Every operator and key must hold; any of a key's values will do. A key that the request lacks does not hold. */
function holds(conditions: z.output<typeof condition> | undefined, context: Context): boolean {
  return Object.entries(conditions ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => {
      const found = context[key];
      if (found === undefined) return false;
      return values.some((value) =>
        operator === 'StringEquals' ? value === found : wildcard(value).test(found),
      );
    }),
  );
}
