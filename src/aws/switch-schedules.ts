/**
 * The schedules themselves: made, moved, read back, deleted. One target is one schedule (and for an autoscaled service
 * one more), so that one that AWS does not accept costs no other. Which role they act by is told from outside.
 */
import type { GetScheduleCommandOutput } from '@aws-sdk/client-scheduler';
import type { SwitchOrder } from '../core/dead-man.js';
import { OperationError } from '../core/errors.js';
import { type Clock, sleep } from '../core/instant.js';
import { type Target, type TargetId, targetId } from '../core/target.js';
import { fewAtOnce } from './batches.js';
import type { Clients } from './clients.js';
import {
  boundsAt,
  boundsName,
  boundsSchedule,
  differences,
  firesAt,
  GROUP,
  isOfBounds,
  namePrefix,
  type ScheduleInput,
  scheduleName,
  stoppedBy,
  stopSchedule,
} from './switch-calls.js';
import { expect } from './targets.js';

/** The owner of a schedule that several installations move: theirs is the latest time that any of them wants. */
const SHARED = 'team';
/** Calls under way at once in a region, and the least time between two: 100 a second of the 250 that may be counted on. */
const AT_ONCE = 8;
const EVERY_MS = 10;
/** Names on one page, the most there are. */
const PAGE = 100;
/** By then whoever read a shared schedule before it was moved has moved it, too. Milliseconds. */
export const OTHERS_ARE_DONE_MS = 2_000;
const PERMISSIONS =
  'Allow the scheduler actions of docs/dead-man.md, and iam:PassRole of the roles of cloudnap-dead-man to scheduler.amazonaws.com.';

/** Makes the schedules of every region. */
export function createSchedules({ clients, clock }: { readonly clients: Clients; readonly clock: Clock }) {
  /** On the `mono` axis, by region: when the next call may be made. */
  const nextAt = new Map<string, number>();

  const turn = async (region: string, signal?: AbortSignal): Promise<void> => {
    const now = clock.now().mono;
    const at = Math.max(now, nextAt.get(region) ?? 0);
    nextAt.set(region, at + EVERY_MS);
    if (at > now) await sleep(clock, at - now, signal);
  };

  const ask = async <T>(
    about: { readonly region: string; readonly operation: string; readonly target?: TargetId },
    signal: AbortSignal | undefined,
    call: (
      scheduler: Awaited<ReturnType<Clients['scheduler']>>,
      how: { abortSignal?: AbortSignal },
    ) => Promise<T>,
  ): Promise<T> => {
    const scheduler = await clients.scheduler(about.region);
    await turn(about.region, signal);
    return clients.ask({ ...about, signal }, (how) => call(scheduler, how));
  };

  /** One schedule; undefined when there is none. */
  const get = async (region: string, Name: string, signal?: AbortSignal) =>
    unlessMissing(
      ask({ region, operation: 'scheduler:GetSchedule' }, signal, ({ sdk, client }, how) =>
        client.send(new sdk.GetScheduleCommand({ GroupName: GROUP, Name }), how),
      ),
    );

  const remove = async (region: string, Name: string, signal?: AbortSignal) => {
    await unlessMissing(
      ask({ region, operation: 'scheduler:DeleteSchedule' }, signal, ({ sdk, client }, how) =>
        client.send(new sdk.DeleteScheduleCommand({ GroupName: GROUP, Name }), how),
      ),
    );
  };

  const update = (target: Target, input: ScheduleInput, signal?: AbortSignal) =>
    ask(
      { region: target.region, operation: 'scheduler:UpdateSchedule', target: targetId(target) },
      signal,
      ({ sdk, client }, how) => client.send(new sdk.UpdateScheduleCommand(input), how),
    );

  const create = (target: Target, input: ScheduleInput, signal?: AbortSignal) =>
    ask(
      { region: target.region, operation: 'scheduler:CreateSchedule', target: targetId(target) },
      signal,
      ({ sdk, client }, how) => client.send(new sdk.CreateScheduleCommand(input), how),
    );

  /** Sends one schedule: moves the one that is there, or makes it where there may be none. */
  const send = async (target: Target, input: ScheduleInput, isHeld: boolean, signal?: AbortSignal) => {
    if (isHeld) {
      if ((await unlessMissing(update(target, input, signal))) === undefined) throw mayHaveFired(target);
      return;
    }
    try {
      await create(target, input, signal);
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      if (thrown.fault === 'missing') throw noGroup(target);
      if (thrown.fault !== 'busy') throw thrown;
      // It is there, by an earlier order whose answer was lost.
      await update(target, input, signal);
    }
  };

  /** Sends one schedule and reads it back. @throws OperationError when AWS does not hold it as it was sent */
  const hold = async (target: Target, input: ScheduleInput, isHeld: boolean, signal?: AbortSignal) => {
    await send(target, input, isHeld, signal);
    const held = await get(target.region, input.Name, signal);
    const wrong = held ? differences(input, held) : ['Name'];
    if (wrong.length > 0) throw notAsSent(target, wrong);
  };

  /**
   * Sends one schedule that others move too: to no earlier minute, and not at all if there is nothing to send. Resolves
   * to whether it was sent; then another who had read it before may have sent theirs after it, so it is to be held again.
   */
  const holdShared = async (
    target: Target,
    inputAt: (at: number) => ScheduleInput,
    { firesAt: at, isHeld }: Pick<SwitchOrder, 'firesAt' | 'isHeld'>,
    signal?: AbortSignal,
  ): Promise<boolean> => {
    const wanted = inputAt(at);
    const before = await get(target.region, wanted.Name, signal);
    const laterMs = Math.max(0, ((before && firesAt(before)) ?? 0) - (firesAt(wanted) ?? 0));
    const input = laterMs > 0 ? inputAt(at + laterMs) : wanted;
    if (before && differences(input, before).length === 0) return false;
    await send(target, input, isHeld || before !== undefined, signal);
    return true;
  };

  const armOne = async (order: SwitchOrder, role: string, signal?: AbortSignal): Promise<boolean> => {
    const { target, owner, firesAt: at, isHeld } = order;
    const holdIt = async (inputAt: (at: number) => ScheduleInput) => {
      if (owner === SHARED) return holdShared(target, inputAt, order, signal);
      await hold(target, inputAt(at), isHeld, signal);
      return false;
    };
    // The stop first: of what is moved out of its way it is the one that must not come too soon.
    const isMoved = await holdIt((at) => stopSchedule(order, at, role));
    if (target.kind !== 'ecs') return isMoved;
    const { scalable } = expect('ecs', order.saved);
    const now = clock.now().wall + clients.aheadMs();
    const lowerBounds = (at: number) => boundsSchedule({ target, owner }, boundsAt(at, now), role);
    if (scalable !== null) return (await holdIt(lowerBounds)) || isMoved;
    // One of a scalable target that is no more would fail by itself, but only once it is due.
    await remove(target.region, boundsName(owner, target), signal);
    return isMoved;
  };

  const list = async (
    region: string,
    prefix: string | undefined,
    signal?: AbortSignal,
  ): Promise<string[]> => {
    const names: string[] = [];
    let token: string | undefined;
    do {
      const page = {
        GroupName: GROUP,
        MaxResults: PAGE,
        ...(prefix === undefined ? {} : { NamePrefix: prefix }),
        ...(token ? { NextToken: token } : {}),
      };
      const answer = await unlessMissing(
        ask({ region, operation: 'scheduler:ListSchedules' }, signal, ({ sdk, client }, how) =>
          client.send(new sdk.ListSchedulesCommand(page), how),
        ),
      );
      for (const { Name } of answer?.Schedules ?? []) if (Name !== undefined) names.push(Name);
      token = answer?.NextToken || undefined;
    } while (token);
    return names;
  };

  return {
    /**
     * Has one order held as `SwitchBoard.arm` promises. Resolves to whether it is to be held again after
     * {@link OTHERS_ARE_DONE_MS}: a shared one has no conditional update.
     *
     * @param role the ARN of the role that AWS acts by
     * @throws OperationError
     */
    async arm(order: SwitchOrder, role: string, signal?: AbortSignal): Promise<boolean> {
      try {
        return await armOne(order, role, signal);
      } catch (thrown) {
        throw thrown instanceof OperationError && thrown.fault === 'denied'
          ? withPermissions(thrown)
          : thrown;
      }
    },

    /** Deletes a target's schedules. @throws OperationError */
    async disarm(
      { target, owner }: Pick<SwitchOrder, 'target' | 'owner'>,
      signal?: AbortSignal,
    ): Promise<void> {
      await remove(target.region, scheduleName(owner, target), signal);
      if (target.kind === 'ecs') await remove(target.region, boundsName(owner, target), signal);
    },

    /** When schedules fire, by target: one owner's, or the first of anybody's. @throws OperationError */
    async held(region: string, owner?: string, signal?: AbortSignal): Promise<ReadonlyMap<TargetId, number>> {
      const held = new Map<TargetId, number>();
      const names = await list(region, owner === undefined ? undefined : namePrefix(owner), signal);
      const stops = names.filter((name) => !isOfBounds(name));
      for (const schedule of await fewAtOnce(stops, (name) => get(region, name, signal), AT_ONCE)) {
        const target = schedule && stoppedBy(region, schedule);
        // A longer owner's name may begin with this one's.
        const isTheirs = owner === undefined || (target && schedule.Name === scheduleName(owner, target));
        const at = target && isTheirs && isArmed(schedule) ? firesAt(schedule) : undefined;
        if (!target || at === undefined) continue;
        const id = targetId(target);
        held.set(id, Math.min(at, held.get(id) ?? at));
      }
      return held;
    },

    /** Deletes the schedules of every owner. @throws OperationError */
    async clear(region: string, signal?: AbortSignal): Promise<void> {
      const names = await list(region, undefined, signal);
      await fewAtOnce(names, (name) => remove(region, name, signal), AT_ONCE);
    },

    /** Runs `work` for each, as many at once as a region's pace can use. */
    each: <T>(items: readonly T[], work: (item: T) => Promise<void>) => fewAtOnce(items, work, AT_ONCE),
  };
}

/** Somebody may have disabled it in the console: then it fires no more than one that is not there. */
function isArmed({ State }: GetScheduleCommandOutput): boolean {
  return State === 'ENABLED';
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof OperationError && thrown.fault === 'missing') return undefined;
    throw thrown;
  }
}

function mayHaveFired(target: Target): OperationError {
  return new OperationError('missing', 'AWS does not hold its schedule any more: it may have fired', {
    operation: 'scheduler:UpdateSchedule',
    target: targetId(target),
  });
}

function noGroup(target: Target): OperationError {
  return new OperationError('refused', `The schedule group ${GROUP} is not in ${target.region}`, {
    operation: 'scheduler:CreateSchedule',
    target: targetId(target),
    hint: 'Install it: `cloudnap dead-man enable`.',
  });
}

function notAsSent(target: Target, fields: readonly string[]): OperationError {
  return new OperationError(
    'failed',
    `AWS holds its schedule otherwise than it was sent (${fields.join(', ')})`,
    {
      operation: 'scheduler:GetSchedule',
      target: targetId(target),
    },
  );
}

function withPermissions({ fault, message, operation, target, cause }: OperationError): OperationError {
  return new OperationError(fault, message, { operation, target, cause, hint: PERMISSIONS });
}
