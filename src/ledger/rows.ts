/**
 * Rows of cloudnap.db and what they mean. Every row is validated as it is read: one that is damaged is an error
 * that names it, never silently left out, because what is left out would never be restored.
 */
import { z } from 'zod';
import type { Switch } from '../core/dead-man.js';
import type { FieldName, Fields } from '../core/driver.js';
import { LedgerError } from '../core/errors.js';
import { EVENT_TYPES, type Event } from '../core/events.js';
import type { Entry, Hold, Interval, Sighting, Stretch } from '../core/ledger.js';
import { SENSORS } from '../core/sensor.js';
import { KINDS, parseTargetId, type TargetId, targetId } from '../core/target.js';

/** A row as the database gives it: columns by name. */
export type Row = Readonly<Record<string, unknown>>;

const count = z.number().nonnegative();
const flag = z.literal([0, 1]).transform((value) => value === 1);

const fieldsSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ec2'), running: z.boolean(), transition: z.string() }),
  z.object({
    kind: z.literal('ecs'),
    desired: count,
    scalable: z
      .object({
        min: count,
        max: count,
        suspended: z.object({ scaleIn: z.boolean(), scaleOut: z.boolean(), scheduled: z.boolean() }),
      })
      .nullable(),
  }),
  z.object({ kind: z.literal('eks'), min: count, desired: count, max: count }),
]) satisfies z.ZodType<Fields>;

const keepSchema = z.array(
  z.enum([
    'state',
    'desired',
    'min',
    'max',
    'suspended.scaleIn',
    'suspended.scaleOut',
    'suspended.scheduled',
  ]),
) satisfies z.ZodType<FieldName[]>;

/** A column that holds JSON of a given form. */
function json<T extends z.ZodType>(form: T) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(form);
}

const target = z.string().transform((text, context) => {
  const parsed = parseTargetId(text);
  if (parsed !== undefined) return { target: parsed, targetId: targetId(parsed) };
  context.addIssue({ code: 'custom', message: `"${text}" is not a target name` });
  return z.NEVER;
});

/** Names a target without being taken apart; events may tell of one that no rule allows any more. */
const targetName = z.custom<TargetId>(
  (value) => typeof value === 'string' && KINDS.some((kind) => value.startsWith(`${kind}:`)),
  'is not a target name',
);

const entryRow = z.object({
  id: z.int(),
  target_id: target,
  account: z.string(),
  stopped_by: z.enum(['lease', 'person']),
  reason: z.string(),
  saved: json(fieldsSchema),
  left_as: json(fieldsSchema).nullable(),
  phase: z.enum(['napping', 'napped', 'restoring']),
  called_by: z.string().nullable(),
  keep: json(keepSchema),
  opened_wall: z.number(),
  opened_boot: z.number(),
  opened_boot_id: z.string(),
});

/** @throws LedgerError when the row is damaged */
export function toEntry(row: Row): Entry {
  const name = `entry ${row.id} (${row.target_id})`;
  const read = valid(entryRow, row, name);
  const { kind } = read.target_id.target;
  if (read.saved.kind !== kind || (read.left_as !== null && read.left_as.kind !== kind)) {
    throw new LedgerError(`The ledger's ${name} is damaged: its snapshot is of another kind of target.`);
  }
  return {
    id: read.id,
    ...read.target_id,
    account: read.account,
    by: read.stopped_by,
    reason: read.reason,
    saved: read.saved,
    left: read.left_as ?? undefined,
    phase: read.phase,
    calledBy: read.called_by ?? undefined,
    keep: read.keep,
    openedAt: { wall: read.opened_wall, boot: read.opened_boot, bootId: read.opened_boot_id },
  };
}

const holdRow = z.object({
  id: z.int(),
  target_id: targetName.nullable(),
  account: z.string().nullable(),
  created_wall: z.number(),
  created_boot: z.number(),
  created_boot_id: z.string(),
  duration_ms: z.number(),
  asked_by: z.string(),
});

/** @throws LedgerError when the row is damaged */
export function toHold(row: Row): Hold {
  const read = valid(holdRow, row, `hold ${row.id}`);
  return {
    id: read.id,
    targetId: read.target_id ?? undefined,
    account: read.account ?? undefined,
    createdAt: { wall: read.created_wall, boot: read.created_boot, bootId: read.created_boot_id },
    durationMs: read.duration_ms,
    askedBy: read.asked_by,
  };
}

const sightingRow = z.object({
  target_id: targetName,
  account: z.string(),
  fields: json(fieldsSchema),
  up: flag,
  guarded: flag,
  size: count.nullable(),
});

/** @throws LedgerError when the row is damaged */
export function toSighting(row: Row): Sighting {
  const { target_id, size, ...rest } = valid(sightingRow, row, `sighting of ${row.target_id}`);
  return { targetId: target_id, ...rest, size: size ?? undefined };
}

const intervalRow = z.object({
  target_id: targetName,
  account: z.string(),
  state: z.enum(['running', 'napping']),
  size: count,
  instance_type: z.string().nullable(),
  began: z.number(),
  until: z.number(),
  ended: flag,
});

/** @throws LedgerError when the row is damaged */
export function toInterval(row: Row): Interval {
  const read = valid(intervalRow, row, `interval ${row.id} (${row.target_id})`);
  const { target_id, instance_type, began, ...rest } = read;
  return { targetId: target_id, instanceType: instance_type ?? undefined, from: began, ...rest };
}

const switchRow = z.object({
  target_id: target,
  account: z.string(),
  owner: z.string(),
  phase: z.enum(['arming', 'armed', 'disarming']),
  fires_at: z.number(),
  before_that: z.number().nullable(),
  saved: json(fieldsSchema),
});

/** @throws LedgerError when the row is damaged */
export function toSwitch(row: Row): Switch {
  const { target_id, fires_at, before_that, ...rest } = valid(switchRow, row, `switch of ${row.target_id}`);
  if (rest.saved.kind !== target_id.target.kind)
    throw new LedgerError(
      `The ledger's switch of ${row.target_id} is damaged: its snapshot is of another kind.`,
    );
  return { ...target_id, ...rest, firesAt: fires_at, before: before_that ?? undefined };
}

const stretchRow = z.object({
  what: z.enum([...SENSORS, 'present', 'away', 'locked', 'unknown']) satisfies z.ZodType<Stretch['what']>,
  began: z.number(),
  until: z.number(),
});

/** @throws LedgerError when the row is damaged */
export function toStretch(row: Row): Stretch {
  const { what, began, until } = valid(stretchRow, row, `stretch of ${row.what}`);
  return { what, from: began, until };
}

const eventRow = z.object({
  type: z.enum(EVENT_TYPES),
  at: z.number(),
  target_id: targetName.nullable(),
  message: z.string(),
  level: z.enum(['info', 'warn', 'error']),
});

/** @throws LedgerError when the row is damaged */
export function toEvent(row: Row): Event {
  const { target_id, ...rest } = valid(eventRow, row, `event ${row.id}`);
  return target_id === null ? rest : { ...rest, targetId: target_id };
}

function valid<T extends z.ZodType>(form: T, row: Row, name: string): z.output<T> {
  const read = form.safeParse(row);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new LedgerError(
    `The ledger's ${name} is damaged: ${issue?.path.join('.')}: ${issue?.message}.`,
    read.error,
  );
}
