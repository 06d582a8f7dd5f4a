/** What the scheduler takes as a schedule, and how it refuses one that it does not. */
import { z } from 'zod';
import { AwsError } from '../errors.js';
import { mayAssume, SCHEDULER_PRINCIPAL } from '../policy.js';
import type { Call } from '../service.js';
import { roleOf } from '../state/roles.js';
import { groupArn, type ScheduleSettings } from '../state/schedules.js';
import { universalTarget } from '../universal-targets.js';

const NAME_PATTERN = '[0-9a-zA-Z-_.]+';
const NAME_LENGTH = 64;
const DAY_SECONDS = 86_400;

/** `at` alone: the sandbox refuses recurring schedules rather than keep ones that it does not fire. */
const AT = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/;

/** A name: what stands in the path and in lists. Its own error comes from {@link checkName}. */
export const name = z.string();
export const clientToken = z
  .string()
  .regex(/^[a-zA-Z0-9-_]{1,64}$/)
  .optional();

/** The fields of CreateSchedule and UpdateSchedule. */
export const SCHEDULE_INPUT = z.object({
  Name: name,
  GroupName: name.default('default'),
  ClientToken: clientToken,
  ScheduleExpression: z.string().min(1).max(256),
  ScheduleExpressionTimezone: z.string().min(1).max(50).default('UTC'),
  FlexibleTimeWindow: z.object({
    Mode: z.enum(['OFF', 'FLEXIBLE']),
    MaximumWindowInMinutes: z.int().min(1).max(1440).optional(),
  }),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Description: z.string().max(512).optional(),
  ActionAfterCompletion: z.enum(['NONE', 'DELETE']).default('NONE'),
  Target: z.object({
    Arn: z.string().min(1).max(1600),
    RoleArn: z.string().regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/),
    Input: z.string().min(1).default('{}'),
    RetryPolicy: z
      .object({
        MaximumEventAgeInSeconds: z.int().min(60).max(DAY_SECONDS).default(DAY_SECONDS),
        MaximumRetryAttempts: z.int().min(0).max(185).default(185),
      })
      .prefault({}),
    DeadLetterConfig: z.object({ Arn: z.string().optional() }).optional(),
  }),
});

/** The scheduler's refusal of what it was asked. */
export function invalid(message: string): AwsError {
  return new AwsError('ValidationException', message);
}

/** Refuses a schedule's or a group's name that is not one. `at`: what it is called in the request. */
export function checkName(value: string, at: 'name' | 'groupName'): void {
  const refused = (constraint: string) =>
    invalid(
      `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: Member must ${constraint}`,
    );
  if (!/^[0-9a-zA-Z-_.]*$/.test(value)) throw refused(`satisfy regular expression pattern: ${NAME_PATTERN}`);
  if (value.length === 0) throw refused('have length greater than or equal to 1');
  if (value.length > NAME_LENGTH) throw refused(`have length less than or equal to ${NAME_LENGTH}`);
}

/** The settings in a request, checked as far as the scheduler checks before it keeps them, and when they are due. */
export function settingsOf(
  input: z.output<typeof SCHEDULE_INPUT>,
  call: Call,
): { readonly settings: ScheduleSettings; readonly dueAt: number } {
  const { Name: _name, GroupName, ClientToken: _token, ...settings } = input;
  const { Mode, MaximumWindowInMinutes } = settings.FlexibleTimeWindow;
  if (Mode === 'FLEXIBLE' && MaximumWindowInMinutes === undefined)
    throw invalid('MaximumWindowInMinutes must be provided when Mode is FLEXIBLE.');
  if (Mode === 'OFF' && MaximumWindowInMinutes !== undefined)
    throw invalid('MaximumWindowInMinutes cannot be provided when Mode is OFF.');
  const dueAt = dueAtOf(settings, call.now);
  checkTarget(settings.Target);
  checkRole(settings.Target.RoleArn, GroupName, call);
  return { settings, dueAt };
}

function dueAtOf(settings: ScheduleSettings, now: number): number {
  const { ScheduleExpression: expression, ScheduleExpressionTimezone: zone } = settings;
  const text = AT.exec(expression)?.[1];
  const dueAt = Date.parse(`${text}Z`);
  const isDate = text !== undefined && !Number.isNaN(dueAt);
  // Date.parse takes 30 February for a day in March.
  if (!isDate || new Date(dueAt).toISOString().slice(0, text.length) !== text)
    throw invalid(`Invalid Schedule Expression ${expression}.`);
  if (zone !== 'UTC') throw invalid(`The sandbox keeps schedules in UTC alone, not in ${zone}.`);
  if (dueAt <= now) throw invalid(`Invalid Schedule Expression ${expression}. It is in the past.`);
  return dueAt;
}

function checkTarget({ Arn, Input }: ScheduleSettings['Target']): void {
  const target = universalTarget(Arn);
  if (target === undefined)
    throw invalid(`Provided Arn is not in correct format. The sandbox has no ${Arn}.`);
  const input = objectIn(Input);
  if (input === undefined) throw invalid('Invalid RequestJson provided. Reason Input is not a JSON object.');
  const missing = target.required.filter((field) => input[field] === undefined);
  if (missing.length > 0)
    throw invalid(
      `Invalid RequestJson provided. Reason Request payload is missing the following field(s): ${missing.join(', ')}.`,
    );
}

/** The caller hands the role on, and the scheduler tries to assume it, there and then. */
function checkRole(arn: string, group: string, { region, caller, isDenied }: Call): void {
  if (isDenied('iam:PassRole'))
    throw new AwsError(
      'AccessDeniedException',
      `User: ${caller.arn} is not authorized to perform: iam:PassRole on resource: ${arn} because no identity-based policy allows the iam:PassRole action`,
      403,
    );
  const context = { 'aws:SourceAccount': region.account, 'aws:SourceArn': groupArn(region, group) };
  const role = roleOf(region.roles, arn);
  if (role === undefined || !mayAssume(role.trust.parsed, SCHEDULER_PRINCIPAL, context))
    throw invalid('The execution role you provide must allow AWS EventBridge Scheduler to assume the role.');
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? { ...parsed }
      : undefined;
  } catch {
    return undefined;
  }
}
