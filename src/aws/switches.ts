/**
 * The dead-man's switch in AWS: schedules of EventBridge Scheduler, and the CloudFormation stack they need. A switch
 * is only armed by a role that covers its target: one armed in vain would be worse than none.
 */
import type { SwitchBoard, SwitchOrder, SwitchStack } from '../core/dead-man.js';
import { OperationError } from '../core/errors.js';
import { type Clock, sleep } from '../core/instant.js';
import { type TargetId, targetId } from '../core/target.js';
import { eachItsOwn, groupBy } from './batches.js';
import type { Clients } from './clients.js';
import { aboutTarget } from './errors.js';
import { createSchedules, OTHERS_ARE_DONE_MS } from './switch-schedules.js';
import { createSwitchStacks, type ReadStack } from './switch-stack.js';
import { templateFor } from './switch-template.js';

/** For how long a region's roles are believed, milliseconds: another installation, or a person, may change them. */
const ROLES_MS = 10 * 60_000;

/** A role that CloudFormation has just made is not known everywhere in AWS for about this long, milliseconds. */
const SPREADS_MS = 2 * 60_000;
/** Times a shared schedule is moved because others move it back in between. */
const MOST_PASSES = 4;

type Outcome = 'accepted' | OperationError;

/** Makes the port to the schedules of the account signed in. Nothing is asked before the first call. */
export function createSwitchBoard(options: {
  readonly clients: Clients;
  readonly clock: Clock;
}): SwitchBoard {
  const { clients, clock } = options;
  const schedules = createSchedules(options);
  const stacks = createSwitchStacks(options);
  /** By region, with the `boot` time it was read at. */
  const known = new Map<string, { readonly at: number; readonly stack: ReadStack }>();

  const readStack = async (region: string, signal?: AbortSignal): Promise<ReadStack | undefined> => {
    known.delete(region);
    const stack = await stacks.read(region, signal);
    if (stack && stack.trouble === undefined) known.set(region, { at: clock.now().boot, stack });
    return stack;
  };

  const stackFor = async (region: string, orders: readonly SwitchOrder[], signal?: AbortSignal) => {
    const last = known.get(region);
    const isRecent = last !== undefined && clock.now().boot - last.at < ROLES_MS;
    if (isRecent && orders.every(({ target }) => last.stack.roles.has(targetId(target)))) return last.stack;
    return readStack(region, signal);
  };

  /** The scheduler refuses a role that it does not know yet; that passes. */
  const untilKnown = (error: OperationError, stack: ReadStack | undefined): OperationError => {
    const { fault, message, operation, target, cause } = error;
    const isFresh = stack && clock.now().wall + clients.aheadMs() - stack.changedAt < SPREADS_MS;
    if (fault !== 'refused' || cause === undefined || !isFresh) return error;
    const hint =
      'What was installed takes AWS a minute or two to know everywhere. It is tried again by itself.';
    return new OperationError('busy', message, { operation, target, cause, hint });
  };

  const armOne = async (order: SwitchOrder, stack: ReadStack | undefined, signal?: AbortSignal) => {
    try {
      return (await schedules.arm(order, roleFor(order, stack), signal)) ? 'again' : 'accepted';
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      return aboutTarget(untilKnown(thrown, stack), targetId(order.target));
    }
  };

  const armRegion = async (
    orders: readonly SwitchOrder[],
    outcomes: Map<TargetId, Outcome>,
    signal?: AbortSignal,
  ) => {
    const [{ target }] = orders as [SwitchOrder];
    const stack = await stackFor(target.region, orders, signal);
    let due = orders;
    for (let pass = 1; due.length > 0; pass += 1) {
      const again: SwitchOrder[] = [];
      await schedules.each(due, async (order) => {
        const outcome = await armOne(order, stack, signal);
        outcomes.set(targetId(order.target), outcome === 'again' ? 'accepted' : outcome);
        if (outcome === 'again') again.push(order);
        // Its role or group may have been made anew.
        if (outcome instanceof OperationError && outcome.fault === 'refused') known.delete(target.region);
      });
      if (pass === MOST_PASSES)
        for (const order of again) outcomes.set(targetId(order.target), moving(order));
      due = pass === MOST_PASSES ? [] : again;
      if (due.length > 0) await sleep(clock, OTHERS_ARE_DONE_MS, signal);
    }
  };

  const perRegion = async <T extends Pick<SwitchOrder, 'target'>>(
    items: readonly T[],
    work: (group: readonly T[], into: Map<TargetId, Outcome>) => Promise<void>,
  ): Promise<Map<TargetId, Outcome>> => {
    const outcomes = new Map<TargetId, Outcome>();
    const regions = groupBy(items, ({ target }) => target.region);
    const each = (group: readonly T[]) => {
      const targets = group.map(({ target }) => target);
      return eachItsOwn(targets, outcomes, () => work(group, outcomes));
    };
    await Promise.all(regions.map(each));
    return outcomes;
  };

  return {
    aheadMs: () => clients.aheadMs(),

    arm: (orders, signal) => perRegion(orders, (group, into) => armRegion(group, into, signal)),

    disarm: (switches, signal) =>
      perRegion(switches, async (group, into) => {
        await schedules.each(group, (one) =>
          eachItsOwn([one.target], into, async () => {
            await schedules.disarm(one, signal);
            into.set(targetId(one.target), 'accepted');
          }),
        );
      }),

    held: (region, owner, signal) => schedules.held(region, owner, signal),

    async stack(region, signal) {
      const stack = await readStack(region, signal);
      return stack && plain(stack);
    },

    async install(targets, signal) {
      const installed: SwitchStack[] = [];
      for (const group of groupBy(targets, ({ region }) => region)) {
        const region = group[0]?.region ?? '';
        known.delete(region);
        installed.push(plain(await stacks.install(region, group, signal)));
      }
      return installed;
    },

    async uninstall(region, signal) {
      known.delete(region);
      await schedules.clear(region, signal);
      await stacks.remove(region, signal);
    },

    template: templateFor,
  };
}

function roleFor({ target }: SwitchOrder, stack: ReadStack | undefined): string {
  const role = stack?.trouble === undefined ? stack?.roles.get(targetId(target)) : undefined;
  if (role !== undefined) return role;
  const why =
    stack === undefined
      ? `Nothing is installed in ${target.region} for switches to work`
      : (stack.trouble ?? 'AWS has not been allowed to stop it: it was registered after that');
  throw new OperationError(stack?.isChanging ? 'busy' : 'refused', why, {
    operation: 'scheduler:CreateSchedule',
    target: targetId(target),
    hint: stack?.isChanging ? undefined : 'Install it, or bring it up to date: `cloudnap dead-man enable`.',
  });
}

function moving({ target }: SwitchOrder): OperationError {
  return new OperationError('busy', 'Others kept moving its schedule', {
    operation: 'scheduler:UpdateSchedule',
    target: targetId(target),
  });
}

function plain({ region, covers, trouble }: ReadStack): SwitchStack {
  return { region, covers, trouble };
}
