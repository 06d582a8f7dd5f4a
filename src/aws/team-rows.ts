/**
 * The rows of a team's table and what they mean. One partition key tells what a row is of: `member#ID`,
 * `target#TARGET` and the one row `team`, by which a table is known to be a team's. Every row is checked as it is read:
 * one that cannot be understood is an error that names it, never left out, because a lease that is overlooked is a
 * service stopped under somebody.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { Fields } from '../core/driver.js';
import { OperationError } from '../core/errors.js';
import { parseTargetId, type TargetId, targetId } from '../core/target.js';
import type { Member, SharedSnapshot, SharedTarget } from '../core/team.js';

/** A row as DynamoDB gives it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** The attribute of the partition key. */
export const KEY = 'pk';
/** The attribute by which DynamoDB tidies rows away: Unix seconds. */
export const EXPIRES = 'expires';
/** Raised when a row comes to mean something else; who finds a later one stops and says so. */
export const FORMAT = 1;
/** A holder is an attribute of its own, so that one may come and go whatever the others do: its seq as it entered. */
const HOLDER = 'holder#';

export const MARKER: Item = { [KEY]: text('team'), kind: text('team'), format: number(FORMAT) };

export function memberKey(id: string): string {
  return `member#${id}`;
}

export function targetKey(id: TargetId): string {
  return `target#${id}`;
}

export function holderAttribute(member: string): string {
  return `${HOLDER}${member}`;
}

export function text(value: string): AttributeValue {
  return { S: value };
}

export function number(value: number): AttributeValue {
  return { N: String(value) };
}

/** The leases of a member: milliseconds by target. */
export function leasesValue(leases: Member['leases']): AttributeValue {
  return { M: Object.fromEntries(Object.entries(leases).map(([id, lastsMs]) => [id, number(lastsMs)])) };
}

export function snapshotValue(snapshot: SharedSnapshot): AttributeValue {
  return text(JSON.stringify(snapshot));
}

const count = z.int().nonnegative();
const size = z.number().nonnegative();

const fieldsForm = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ec2'), running: z.boolean(), transition: z.string() }),
  z.object({
    kind: z.literal('ecs'),
    desired: size,
    scalable: z
      .object({
        min: size,
        max: size,
        suspended: z.object({ scaleIn: z.boolean(), scaleOut: z.boolean(), scheduled: z.boolean() }),
      })
      .nullable(),
  }),
  z.object({ kind: z.literal('eks'), min: size, desired: size, max: size }),
]) satisfies z.ZodType<Fields>;

const snapshotForm = z
  .string()
  .transform((json, context): unknown => {
    try {
      return JSON.parse(json);
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.object({ saved: fieldsForm, account: z.string(), reason: z.string() }));

const targetName = z.string().transform((value, context): TargetId => {
  const target = parseTargetId(value);
  if (target) return targetId(target);
  context.addIssue({ code: 'custom', message: `"${value}" is not a target name` });
  return z.NEVER;
});

const memberForm = z.object({
  name: z.string(),
  machine: z.string(),
  seq: count,
  leases: z.record(targetName, size),
  writer: z.string(),
});

const targetForm = z
  .object({
    state: z.enum(['up', 'napping', 'napped', 'restoring']),
    epoch: count,
    version: count,
    actor: z.string().optional(),
    writer: z.string().optional(),
    snapshot: snapshotForm.optional(),
  })
  .refine(({ state, actor }) => state === 'up' || actor !== undefined, {
    path: ['actor'],
    message: 'is missing, although the target is not up',
  });

/** A row with who wrote it last: a mark of one process, by which it knows its own writes. */
interface Written<T> {
  readonly row: T;
  readonly writer: string | undefined;
}

/** @throws OperationError `refused` when the row is damaged, or of a later Cloudnap. */
export function toMember(item: Item): Written<Member> {
  const key = keyOf(item);
  const { writer, ...row } = valid(memberForm, item, 'member');
  return { row: { id: key.slice(memberKey('').length), ...row }, writer };
}

/** @throws OperationError likewise */
export function toTarget(item: Item): Written<SharedTarget> {
  const key = keyOf(item);
  const { actor, snapshot, writer, ...row } = valid(targetForm, item, 'target');
  const named = targetName.safeParse(key.slice('target#'.length));
  if (!named.success) throw damaged(key, 'it names no target');
  const kind = named.data.slice(0, 3);
  if (snapshot && snapshot.saved.kind !== kind)
    throw damaged(key, 'its snapshot is of another kind of target');
  const holders = Object.keys(item)
    .filter((attribute) => attribute.startsWith(HOLDER))
    .map((attribute) => attribute.slice(HOLDER.length));
  return { row: { targetId: named.data, actor, snapshot, holders, ...row }, writer };
}

/** What a row is of. @throws OperationError when it is nothing of ours */
export function kindOf(item: Item): 'member' | 'target' | 'team' {
  const key = keyOf(item);
  if (key === 'team') return 'team';
  if (key.startsWith('member#')) return 'member';
  if (key.startsWith('target#')) return 'target';
  throw damaged(key, 'it is not a row of Cloudnap');
}

function keyOf(item: Item): string {
  return item[KEY]?.S ?? '';
}

function valid<T extends z.ZodType>(form: T, item: Item, kind: 'member' | 'target'): z.output<T> {
  const key = keyOf(item);
  const { format, ...read } = plain(item);
  if (read.kind !== kind || typeof format !== 'number') throw damaged(key, `it is not the row of a ${kind}`);
  if (format > FORMAT)
    throw new OperationError('refused', `The row "${key}" of the team's table is of a later Cloudnap`, {
      operation: 'dynamodb:GetItem',
      hint: 'Bring Cloudnap up to date on this machine.',
    });
  const checked = form.safeParse(read);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw damaged(key, `${issue?.path.join('.')}: ${issue?.message}`);
}

/** Text, numbers and maps of them as they are; what we never write becomes undefined, and is found out by the form. */
function plain(item: Item): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, plainValue(value)]));
}

function plainValue(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  return value.M === undefined ? undefined : plain(value.M);
}

function damaged(key: string, what: string): OperationError {
  return new OperationError('refused', `The row "${key}" of the team's table cannot be understood: ${what}`, {
    operation: 'dynamodb:GetItem',
    hint: 'Look at it in the DynamoDB console: mend it, or delete it if no service in it naps. Nothing shared is napped until then.',
  });
}
