/**
 * The one table of operations: what each request must look like, and how `Control` answers it. Servers look up,
 * check and run; they know no command by name but through here.
 */
import { z } from 'zod';
import { type Control, MAX_HOLD_MINUTES } from '../core/control.js';
import { CommandError } from '../core/errors.js';
import type { RegistrationDraft } from '../core/registry.js';
import { KINDS, type Kind, type Target, targetFault } from '../core/target.js';
import {
  encodeAccount,
  encodeDone,
  encodeEvent,
  encodeExplanation,
  encodeHoldDone,
  encodeList,
  encodeNapDone,
  encodePlan,
  encodeRegistered,
  encodeSenses,
  encodeStatus,
} from './encode.js';
import { type OperationName, type Operations, type RegisterRequest, SERVICE_TYPES } from './wire.js';

export interface Operation<Name extends OperationName> {
  readonly schema: z.ZodType<Operations[Name]['request']>;
  /** `by` names who asked, for the history: `cli`, `udp 127.0.0.1:53211`. Rejects as Control does. */
  run(
    control: Control,
    request: Operations[Name]['request'],
    by: string,
  ): Promise<Operations[Name]['response']>;
}

/** The most events one `history` returns. */
const MAX_EVENTS = 10_000;
/** How many AWS would ever run of one service; anything above is a slip of the finger. */
const MAX_SIZE = 100_000;

/** Text fields end up in files, logs and replies: bounded, and never empty. */
export const word = z.string().min(1, 'must not be empty').max(512);
const text = z.string().max(4_096);
/** A size to start with. */
export const startSize = z.int().min(1).max(MAX_SIZE);
/** A size to scale to; 0 stops. */
export const anySize = z.int().min(0).max(MAX_SIZE);

export const nothing: z.ZodType<Readonly<Record<string, never>>> = z.object({});
const oneTarget = z.strictObject({ target: word });
export const oneTargetOrAll = z.strictObject({ target: word.optional() });
export const holdRequest = oneTargetOrAll.extend({
  minutes: z.number().positive().max(MAX_HOLD_MINUTES),
});

const names = {
  EC2: { service_type: z.literal('EC2'), instance_id: word, region: word },
  ECS: { service_type: z.literal('ECS'), cluster_name: word, service_name: word, region: word },
  EKS: { service_type: z.literal('EKS'), cluster_name: word, nodegroup_name: word, region: word },
} as const;
const entry = {
  name: word.optional(),
  description: text.optional(),
  enabled: z.boolean().optional(),
  inactivity_timeout_minutes: z.number().positive().optional(),
  depends_on: z.array(word).max(1_000).optional(),
  shared: z.boolean().optional(),
} as const;
/** The fields of a registration, as services.yaml has them. */
export const registration = z.discriminatedUnion('service_type', [
  z.strictObject({ ...names.EC2, ...entry }),
  z.strictObject({ ...names.ECS, ...entry, desired_count: startSize.optional() }),
  z.strictObject({
    ...names.EKS,
    ...entry,
    desired_size: startSize.optional(),
    autoscaler: z.literal('ours').optional(),
  }),
]);

const KIND_OF: Readonly<Record<(typeof SERVICE_TYPES)[number], Kind>> = {
  EC2: 'ec2',
  ECS: 'ecs',
  EKS: 'eks',
};

/** All operations. Requests that only read ignore fields they do not know; those that change refuse them. */
export const OPERATIONS: { readonly [Name in OperationName]: Operation<Name> } = {
  status: {
    schema: nothing,
    run: async (control) => encodeStatus(await control.status()),
  },
  list: {
    schema: z.object({
      service_types: z.array(z.enum(SERVICE_TYPES)).min(1).optional(),
      region: word.optional(),
    }),
    run: async (control, { service_types, region }) =>
      encodeList(await control.list({ kinds: service_types?.map((type) => KIND_OF[type]) ?? KINDS, region })),
  },
  registered: {
    schema: nothing,
    run: async (control) => ({ services: (await control.registered()).map(encodeRegistered) }),
  },
  start: {
    schema: oneTarget.extend({ size: startSize.optional() }),
    run: async (control, { target, size }, by) => encodeDone(await control.start({ target, size, by })),
  },
  stop: {
    schema: oneTarget,
    run: async (control, { target }, by) => encodeDone(await control.stop({ target, by })),
  },
  scale: {
    schema: oneTarget.extend({ size: anySize }),
    run: async (control, { target, size }, by) => encodeDone(await control.scale({ target, size, by })),
  },
  register: {
    schema: registration,
    run: async (control, request, by) => encodeDone(await control.register(draftOf(request), by)),
  },
  unregister: {
    schema: oneTarget,
    run: async (control, { target }, by) => encodeDone(await control.unregister({ target, by })),
  },
  hold: {
    schema: holdRequest,
    run: async (control, { minutes, target }, by) =>
      encodeHoldDone(await control.hold({ minutes, target, by })),
  },
  release: {
    schema: oneTargetOrAll.extend({ hold: z.int().optional() }),
    run: async (control, { target, hold }, by) => encodeDone(await control.release({ target, hold, by })),
  },
  nap: {
    schema: oneTargetOrAll,
    run: async (control, { target }, by) => encodeNapDone(await control.nap({ target, by })),
  },
  plan: {
    schema: nothing,
    run: async (control) => ({ plan: (await control.plan()).map(encodePlan) }),
  },
  why: {
    schema: oneTarget,
    run: async (control, { target }) => encodeExplanation(await control.why(target)),
  },
  senses: {
    schema: nothing,
    run: async (control) => encodeSenses(await control.senses()),
  },
  doctor: {
    schema: nothing,
    run: async (control) => ({ checks: await control.doctor() }),
  },
  account: {
    schema: nothing,
    run: async (control) => encodeAccount(await control.account()),
  },
  acceptAccount: {
    schema: z.strictObject({ account: word }),
    run: async (control, { account }) => encodeDone(await control.acceptAccount(account)),
  },
  history: {
    schema: z.object({ target: word.optional(), limit: z.int().min(1).max(MAX_EVENTS).optional() }),
    run: async (control, { target, limit = 100 }) => ({
      events: (await control.history({ target, limit })).map(encodeEvent),
    }),
  },
  shutdown: {
    schema: nothing,
    run: async (control) => encodeDone(await control.shutdown()),
  },
};

/** Checks, then runs. @throws CommandError BAD_REQUEST when the request does not fit the operation. */
export async function perform(
  control: Control,
  operation: OperationName,
  request: unknown,
  by: string,
): Promise<object> {
  const { schema, run } = OPERATIONS[operation] as Operation<OperationName>;
  return run(control, check(schema, request), by);
}

/**
 * A request that fits a schema; null counts as absent, because many clients write it for what they leave out.
 * @throws CommandError BAD_REQUEST naming the first field that does not fit, what is wrong with it and `usage`.
 */
export function check<T>(schema: z.ZodType<T>, request: unknown, usage?: string): T {
  const result = schema.safeParse(withoutNulls(request));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new CommandError('BAD_REQUEST', `${path === '' ? '' : `${path}: `}${issue?.message ?? 'invalid'}`, {
    hint: usage,
  });
}

function withoutNulls(request: unknown): unknown {
  if (request === undefined || request === null) return {};
  if (typeof request !== 'object' || Array.isArray(request)) return request;
  const members = Object.entries(request);
  return members.some(([, value]) => value === null)
    ? Object.fromEntries(members.filter(([, value]) => value !== null))
    : request;
}

/** The target that the fields of a registration name. @throws CommandError BAD_REQUEST when none could. */
export function targetOf(fields: RegisterRequest): Target {
  const { region } = fields;
  const cluster = fields.cluster_name ?? '';
  const target: Target =
    fields.service_type === 'EC2'
      ? { kind: 'ec2', region, instanceId: fields.instance_id ?? '' }
      : fields.service_type === 'ECS'
        ? { kind: 'ecs', region, cluster, service: fields.service_name ?? '' }
        : { kind: 'eks', region, cluster, nodegroup: fields.nodegroup_name ?? '' };
  const fault = targetFault(target);
  if (fault !== undefined) throw new CommandError('BAD_REQUEST', fault);
  return target;
}

function draftOf(request: RegisterRequest): RegistrationDraft {
  return {
    target: targetOf(request),
    name: request.name,
    description: request.description,
    enabled: request.enabled,
    timeoutMinutes: request.inactivity_timeout_minutes,
    dependsOn: request.depends_on,
    desired: request.desired_count ?? request.desired_size,
    autoscaler: request.autoscaler,
    shared: request.shared,
  };
}
