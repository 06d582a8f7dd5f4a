/**
 * How schedules fire: a schedule that is due becomes a firing, and a firing is tried until its target's call goes
 * through, by the role's permissions alone, or its retry policy gives up on it. At least once, never at most once.
 */
import { developerOf } from './credentials.js';
import { AwsError } from './errors.js';
import type { Journal } from './journal.js';
import { decide, mayAssume, type Permissions, SCHEDULER_PRINCIPAL } from './policy.js';
import { asAwsError, refusalOf } from './refusals.js';
import type { Call } from './service.js';
import { permissionsOf, roleOf } from './state/roles.js';
import {
  type Firing,
  groupArn,
  type Schedule,
  type SchedulerState,
  type ScheduleTarget,
  schedulesOf,
} from './state/schedules.js';
import { type Region, settle } from './state/world.js';
import type { Delays } from './timing.js';
import type { Effect, Troubles } from './trouble.js';
import { type UniversalTarget, universalTarget } from './universal-targets.js';

const MINUTE_MS = 60_000;

/** What firing touches besides the region. */
export interface FiringState {
  readonly delays: Delays;
  readonly troubles: Troubles;
  readonly journal: Journal;
}

/** When something of the scheduler happens next in this state; undefined if nothing is ahead. */
export function nextFiring(state: SchedulerState, delays: Delays): number | undefined {
  const instants = [
    ...schedulesOf(state).flatMap((schedule) => firesAt(schedule, delays) ?? []),
    ...state.firings.map(({ nextAt }) => nextAt),
    ...[...state.groups.values()].flatMap(({ goneAt }) => goneAt ?? []),
  ];
  return instants.length === 0 ? undefined : instants.reduce((least, one) => Math.min(least, one));
}

/** Carries out what the scheduler does in this region up to `now`, where nothing is due before `now`. */
export function fire(region: Region, now: number, state: FiringState): void {
  const { scheduler } = region;
  for (const schedule of schedulesOf(scheduler)) {
    const at = firesAt(schedule, state.delays);
    if (at !== undefined && at <= now) begin(region, schedule, now);
  }
  for (const firing of scheduler.firings.filter(({ nextAt }) => nextAt <= now))
    attempt(region, firing, now, state);
  for (const { name, goneAt } of [...scheduler.groups.values()]) {
    if (goneAt !== undefined && goneAt <= now) scheduler.groups.delete(name);
  }
}

/** A flexible window is used up: the sandbox fires in its last minute. */
function firesAt({ dueAt, settings }: Schedule, delays: Delays): number | undefined {
  if (dueAt === undefined) return undefined;
  const window = settings.FlexibleTimeWindow.MaximumWindowInMinutes ?? 0;
  return dueAt + window * MINUTE_MS + delays.scheduleFiring;
}

/** A disabled schedule lets its moment pass. */
function begin(region: Region, schedule: Schedule, now: number): void {
  schedule.dueAt = undefined;
  if (schedule.settings.State === 'DISABLED') return;
  region.scheduler.firings.push({
    group: schedule.group,
    schedule: schedule.name,
    target: schedule.settings.Target,
    firedAt: now,
    nextAt: now,
    failures: 0,
    met: undefined,
  });
}

function attempt(region: Region, firing: Firing, now: number, state: FiringState): void {
  const called = universalTarget(firing.target.Arn);
  if (called === undefined) throw new Error(`${firing.target.Arn} was let in and cannot be called`);
  const effects = firing.met ?? effectsOn(region, firing, called, state);
  const late = effects.reduce((sum, effect) => sum + (effect.kind === 'latency' ? effect.ms : 0), 0);
  const again = effects.flatMap((effect) => (effect.kind === 'doubled' ? effect.ms : []));
  for (const ms of again) {
    region.scheduler.firings.push({ ...firing, nextAt: now + late + ms, met: [] });
  }
  if (late > 0) {
    firing.nextAt = now + late;
    firing.met = effects.filter(({ kind }) => kind !== 'latency' && kind !== 'doubled');
    return;
  }
  firing.met = undefined;
  if (deliver(region, firing, called, { now, effects, state })) {
    finish(region, firing);
    return;
  }
  const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = firing.target.RetryPolicy;
  firing.nextAt = now + state.delays.scheduleRetry * 2 ** firing.failures;
  firing.failures += 1;
  const isTooOld = firing.nextAt > firing.firedAt + MaximumEventAgeInSeconds * 1000;
  if (firing.failures > MaximumRetryAttempts || isTooOld) finish(region, firing);
}

/** The rules on the try itself, and those on the call that it makes. */
function effectsOn(
  region: Region,
  firing: Firing,
  { service, operation, toWire }: UniversalTarget,
  { troubles }: FiringState,
): readonly Effect[] {
  const input = inputOf(firing.target);
  const { schedule: Name, group: GroupName } = firing;
  return [
    ...troubles.meet({
      service: 'scheduler',
      operation: 'Fire',
      region: region.name,
      parameters: { Name, GroupName, ...input },
    }),
    ...troubles.meet({
      service: service.signingName,
      operation,
      region: region.name,
      parameters: toWire(input),
    }),
  ];
}

/** Makes the call and writes it down. False: the scheduler has to try again, for all it knows. */
function deliver(
  region: Region,
  { target, schedule, group }: Firing,
  { service, operation, toWire, needs }: UniversalTarget,
  on: { readonly now: number; readonly effects: readonly Effect[]; readonly state: FiringState },
): boolean {
  const { now, effects, state } = on;
  const roleName = target.RoleArn.slice(target.RoleArn.lastIndexOf('/') + 1);
  const by = `arn:aws:sts::${region.account}:assumed-role/${roleName}/${schedule}`;
  const caller = { ...developerOf(region.account), arn: by };
  const input = inputOf(target);
  const record = (outcome: { readonly error?: string; readonly answered: boolean }): void =>
    state.journal.record({
      at: now,
      account: region.account,
      by,
      schedule: `${group}/${schedule}`,
      region: region.name,
      service: service.signingName,
      operation,
      parameters: toWire(input),
      ...outcome,
    });
  try {
    if (effects.some(({ kind }) => kind === 'lost-request')) return false;
    const refusal = effects.map((effect) => refusalOf(effect, service, caller, operation)).find(Boolean);
    if (refusal !== undefined) throw refusal;
    const permissions = assumed(region, target.RoleArn, group);
    const refused = needs(input, region).find((question) => decide(permissions, question) !== 'allowed');
    if (refused !== undefined) throw service.errors.denied(caller, refused.action.split(':')[1] ?? operation);
    settle(region, now, state.delays);
    const call: Call = { caller, region, now, delays: state.delays, isDenied: () => false };
    service.operations[operation]?.run(toWire(input), call);
    const answered = !effects.some(({ kind }) => kind === 'lost-answer');
    record({ answered });
    return answered;
  } catch (error) {
    record({ error: asAwsError(error, service).code, answered: true });
    return false;
  }
}

/** What the role may do, as it is now: it can have gone or changed since the schedule was made. */
function assumed(region: Region, roleArn: string, group: string): readonly Permissions[] {
  const role = roleOf(region.roles, roleArn);
  const context = { 'aws:SourceAccount': region.account, 'aws:SourceArn': groupArn(region, group) };
  if (role === undefined || !mayAssume(role.trust.parsed, SCHEDULER_PRINCIPAL, context)) {
    throw new AwsError('AccessDenied', `The scheduler is not authorized to assume ${roleArn}`, 403);
  }
  return permissionsOf(role);
}

function finish(region: Region, firing: Firing): void {
  const { scheduler } = region;
  scheduler.firings = scheduler.firings.filter((one) => one !== firing);
  const schedules = scheduler.groups.get(firing.group)?.schedules;
  const schedule = schedules?.get(firing.schedule);
  const isOver = schedule?.dueAt === undefined && schedule?.settings.Target === firing.target;
  if (isOver && schedule.settings.ActionAfterCompletion === 'DELETE') schedules?.delete(firing.schedule);
}

function inputOf({ Input }: ScheduleTarget): Readonly<Record<string, unknown>> {
  return JSON.parse(Input);
}
