/** EventBridge Scheduler's state in one region: groups, one-time schedules, and firings on their way to a target. */
import { AwsError } from '../errors.js';
import type { Effect } from '../trouble.js';
import type { Region } from './world.js';

/** The group that every region has and nobody can delete. */
export const DEFAULT_GROUP = 'default';

/** Idempotency tokens that are kept at most, the oldest go first. */
const MAX_TOKENS = 2_000;

/** What a schedule does when it is due. */
export interface ScheduleTarget {
  /** `arn:aws:scheduler:::aws-sdk:SERVICE:apiAction`. */
  readonly Arn: string;
  readonly RoleArn: string;
  /** JSON text. */
  readonly Input: string;
  readonly RetryPolicy: { readonly MaximumEventAgeInSeconds: number; readonly MaximumRetryAttempts: number };
  readonly DeadLetterConfig?: { readonly Arn?: string | undefined } | undefined;
}

/** What a caller sets: UpdateSchedule replaces all of it. */
export interface ScheduleSettings {
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone: string;
  readonly FlexibleTimeWindow: {
    readonly Mode: 'OFF' | 'FLEXIBLE';
    readonly MaximumWindowInMinutes?: number | undefined;
  };
  readonly State: 'ENABLED' | 'DISABLED';
  readonly Description?: string | undefined;
  readonly ActionAfterCompletion: 'NONE' | 'DELETE';
  readonly Target: ScheduleTarget;
}

export interface Schedule {
  readonly name: string;
  readonly group: string;
  readonly createdAt: number;
  changedAt: number;
  settings: ScheduleSettings;
  /** The instant its expression names, until it has fired. */
  dueAt: number | undefined;
}

export interface ScheduleGroup {
  readonly name: string;
  readonly createdAt: number;
  changedAt: number;
  state: 'ACTIVE' | 'DELETING';
  /** When a group that is being deleted is gone. */
  goneAt: number | undefined;
  tags: Record<string, string>;
  /** By name. */
  readonly schedules: Map<string, Schedule>;
}

/** One delivery to a target. Later changes to its schedule do not reach it, as in AWS. */
export interface Firing {
  readonly group: string;
  readonly schedule: string;
  readonly target: ScheduleTarget;
  /** When the schedule fired: retries end `MaximumEventAgeInSeconds` after it. */
  readonly firedAt: number;
  /** When it is tried next. */
  nextAt: number;
  /** Tries that failed. */
  failures: number;
  /** The trouble that its next try has met already, when it was held back. */
  met: readonly Effect[] | undefined;
}

/** A region's part of the scheduler. */
export interface SchedulerState {
  /** By name; the default one is always there. */
  readonly groups: Map<string, ScheduleGroup>;
  firings: Firing[];
  /** What each idempotency token stood for. */
  readonly tokens: Map<string, string>;
}

/** A region with nothing but the default group. */
export function createScheduler(): SchedulerState {
  return {
    groups: new Map([[DEFAULT_GROUP, createGroup(DEFAULT_GROUP, {}, 0)]]),
    firings: [],
    tokens: new Map(),
  };
}

/** An empty group. */
export function createGroup(
  name: string,
  tags: Readonly<Record<string, string>>,
  now: number,
): ScheduleGroup {
  return {
    name,
    createdAt: now,
    changedAt: now,
    state: 'ACTIVE',
    goneAt: undefined,
    tags: { ...tags },
    schedules: new Map(),
  };
}

/** Sets a group's deletion going; its schedules are there, and fire, until it is gone. */
export function beginGroupDeletion(group: ScheduleGroup, now: number, takesMs: number): void {
  group.state = 'DELETING';
  group.changedAt = now;
  group.goneAt = now + takesMs;
}

/** `arn:aws:scheduler:REGION:ACCOUNT:schedule-group/NAME`: also what `aws:SourceArn` is when a role is assumed. */
export function groupArn(region: Region, name: string): string {
  return `arn:aws:scheduler:${region.name}:${region.account}:schedule-group/${name}`;
}

/** `arn:aws:scheduler:REGION:ACCOUNT:schedule/GROUP/NAME`. */
export function scheduleArn(
  region: Region,
  schedule: { readonly group: string; readonly name: string },
): string {
  return `arn:aws:scheduler:${region.name}:${region.account}:schedule/${schedule.group}/${schedule.name}`;
}

/** Every schedule of the region. */
export function schedulesOf({ groups }: SchedulerState): readonly Schedule[] {
  return [...groups.values()].flatMap(({ schedules }) => [...schedules.values()]);
}

/**
 * Carries a call out, unless one with its token went through before: then nothing happens, as the caller cannot know.
 * `asked` tells one request from another. Throws ConflictException for a token that stood for another request.
 */
export function once(
  { tokens }: SchedulerState,
  token: string | undefined,
  asked: unknown,
  effect: () => void,
): void {
  const stoodFor = JSON.stringify(asked);
  const known = token === undefined ? undefined : tokens.get(token);
  if (known === stoodFor) return;
  if (known !== undefined)
    throw new AwsError('ConflictException', `ClientToken ${token} was used for another request.`, 409);
  effect();
  if (token === undefined) return;
  tokens.set(token, stoodFor);
  const [oldest] = tokens.keys();
  if (tokens.size > MAX_TOKENS && oldest !== undefined) tokens.delete(oldest);
}
