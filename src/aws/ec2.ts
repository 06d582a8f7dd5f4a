/** The driver for EC2 instances: stop and start, in batches by region. */
import type { Instance } from '@aws-sdk/client-ec2';
import type { Driver, Ec2Fields, Fields, Observed, Outcomes, Power, Why } from '../core/driver.js';
import { OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import { type Ec2Target, type Target, type TargetId, targetId } from '../core/target.js';
import { bisect, chunks, eachItsOwn, groupBy } from './batches.js';
import type { Clients } from './clients.js';
import { createRefusals, tagOf } from './ec2-refusals.js';
import { aboutTarget } from './errors.js';
import { expect, goneError, refusedError, targetsOf } from './targets.js';

/** Ids in one call: large enough to spare the region's request budget, small enough to bisect. */
const BATCH = 50;
/** Instances on one page of a listing, the most that EC2 gives. */
const PAGE = 1000;

/** Power by instance state; an instance that is shutting down is as good as terminated. */
const POWER: Readonly<Record<string, Power>> = {
  pending: 'starting',
  running: 'on',
  stopping: 'stopping',
  stopped: 'off',
  'shutting-down': 'gone',
  terminated: 'gone',
};

type Results = Map<TargetId, Observed | OperationError>;
type Verb = 'ec2:StopInstances' | 'ec2:StartInstances';

/** Makes the driver for EC2 instances. */
export function createEc2Driver(options: { clients: Clients; clock: Clock }): Driver {
  const { clients } = options;
  const refusals = createRefusals(options);

  const describe = async (region: string, ids: readonly string[], signal?: AbortSignal) => {
    const { sdk, client } = await clients.ec2(region);
    // MaxResults may not be given with ids; AWS answers all of them on one page.
    const answer = await clients.ask({ operation: 'ec2:DescribeInstances', signal }, (how) =>
      client.send(new sdk.DescribeInstancesCommand({ InstanceIds: [...ids] }), how),
    );
    return (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
  };

  const inspectRegion = async (targets: readonly Ec2Target[], into: Results, signal?: AbortSignal) => {
    const [{ region }] = targets as [Ec2Target];
    const found: Instance[] = [];
    for (const batch of chunks(targets, BATCH))
      await bisect(
        batch,
        async (part) => {
          const ids = part.map((target) => target.instanceId);
          found.push(...(await describe(region, ids, signal)));
        },
        (part, error) => {
          // One that does not exist is an observation; anything else is a failure to observe.
          if (error.fault === 'missing') return;
          for (const target of part) into.set(targetId(target), aboutTarget(error, targetId(target)));
        },
      );
    const why = await refusals.of(region, found, { protection: true, signal });
    const byId = new Map(found.map((instance) => [instance.InstanceId, instance]));
    for (const target of targets) {
      const id = targetId(target);
      if (!into.has(id))
        into.set(id, observe(target, byId.get(target.instanceId), why.get(target.instanceId)));
    }
  };

  const inspect = async (targets: readonly Target[], signal?: AbortSignal): Promise<Results> => {
    const into: Results = new Map();
    const regions = groupBy(targetsOf('ec2', targets), (target) => target.region);
    await Promise.all(
      regions.map((group) => eachItsOwn(group, into, () => inspectRegion(group, into, signal))),
    );
    return into;
  };

  const send = async (verb: Verb, region: string, ids: string[], signal?: AbortSignal): Promise<void> => {
    const { sdk, client } = await clients.ec2(region);
    await clients.ask({ operation: verb, signal }, async (how) => {
      const input = { InstanceIds: ids };
      if (verb === 'ec2:StopInstances') await client.send(new sdk.StopInstancesCommand(input), how);
      else await client.send(new sdk.StartInstancesCommand(input), how);
    });
  };

  /**
   * Reads the targets, settles those for which there is nothing to ask of AWS, and asks for the rest. Filtering
   * by state first matters: one instance in the wrong state fails the whole call.
   */
  const change = async (
    verb: Verb,
    targets: readonly Target[],
    signal?: AbortSignal,
  ): Promise<Map<TargetId, 'accepted' | OperationError>> => {
    const outcomes = new Map<TargetId, 'accepted' | OperationError>();
    const due: Ec2Target[] = [];
    for (const [id, observed] of await inspect(targets, signal)) {
      const verdict = observed instanceof OperationError ? observed : judge(verb, observed);
      if (verdict === 'ask') due.push(observed.target as Ec2Target);
      else outcomes.set(id, verdict);
    }
    const region = async (group: readonly Ec2Target[]) => {
      for (const batch of chunks(group, BATCH))
        await bisect(
          batch,
          async (part) => {
            const [{ region }] = part as [Ec2Target];
            const ids = part.map((target) => target.instanceId);
            await send(verb, region, ids, signal);
            for (const target of part) outcomes.set(targetId(target), 'accepted');
          },
          (part, error) => {
            for (const target of part) outcomes.set(targetId(target), aboutTarget(error, targetId(target)));
          },
        );
    };
    await Promise.all(groupBy(due, (target) => target.region).map(region));
    return outcomes;
  };

  return {
    kind: 'ec2',

    /** Terminated instances are left out: AWS shows them for an hour, but they are no services any more. */
    async list(region, signal) {
      const { sdk, client } = await clients.ec2(region);
      const found: Instance[] = [];
      let token: string | undefined;
      do {
        const page = { MaxResults: PAGE, ...(token ? { NextToken: token } : {}) };
        const answer = await clients.ask({ operation: 'ec2:DescribeInstances', signal }, (how) =>
          client.send(new sdk.DescribeInstancesCommand(page), how),
        );
        for (const { Instances = [] } of answer.Reservations ?? []) found.push(...Instances);
        token = answer.NextToken || undefined;
      } while (token);
      const why = await refusals.of(region, found, { protection: false, signal });
      const services = found.flatMap((instance) => {
        const instanceId = instance.InstanceId ?? '';
        const observed = observe({ kind: 'ec2', region, instanceId }, instance, why.get(instanceId));
        return observed.power === 'gone' ? [] : [observed];
      });
      return { services, clusters: [] };
    },

    inspect,

    async nap(orders, signal): Promise<Outcomes> {
      const [due, done] = split(orders, ({ saved }) => expect('ec2', saved).running);
      const outcomes = await change('ec2:StopInstances', due, signal);
      for (const target of done) outcomes.set(targetId(target), 'accepted');
      return outcomes;
    },

    async restore(orders, signal): Promise<Outcomes> {
      const [due, done] = split(
        orders,
        ({ saved, keep }) => expect('ec2', saved).running && !keep.includes('state'),
      );
      const outcomes = await change('ec2:StartInstances', due, signal);
      for (const target of done) outcomes.set(targetId(target), 'accepted');
      return outcomes;
    },

    async scale(target, size, signal) {
      if (size !== 0 && size !== 1)
        return refusedError(target, 'ec2:StartInstances', {
          reason: 'An instance is started (1) or stopped (0)',
        });
      const verb = size === 0 ? 'ec2:StopInstances' : 'ec2:StartInstances';
      const outcomes = await change(verb, [target], signal);
      return outcomes.get(targetId(target)) ?? goneError(target, verb);
    },

    stillOurs(_saved, left, now) {
      const current = expect('ec2', now);
      const stoppedAnew = left !== undefined && isNewStop(expect('ec2', left).transition, current.transition);
      const taken = current.running || stoppedAnew;
      return { changed: taken ? ['state'] : [], taken };
    },

    /** Running, not merely accepted: a start may fall back to stopped (a key that may not be used, for one). */
    missing(saved, keep, now) {
      if (keep.includes('state') || !expect('ec2', saved).running) return [];
      return now.power === 'on' ? [] : ['state'];
    },

    napApplied: (saved, now) => !expect('ec2', saved).running || !expect('ec2', now).running,
    untouched: (saved, now) => expect('ec2', saved).running === expect('ec2', now).running,
    sizeOf: (fields: Fields) => (expect('ec2', fields).running ? 1 : 0),
  };
}

/**
 * Whether somebody stopped the instance again after we had: AWS dates every stop in this text. A start that AWS
 * itself could not carry through leaves its own code, or nothing, and says nothing about a person.
 */
function isNewStop(left: string, now: string): boolean {
  return now !== '' && now !== left && !AWS_STOPPED_IT.test(now);
}

const AWS_STOPPED_IT = /^(Server\.|Client\.(InternalError|InvalidSnapshot|VolumeLimitExceeded))/;

/** The date in `User initiated (2026-01-31 12:00:00 GMT)`, in milliseconds; undefined for a text without one. */
function dateIn(transition: string): number | undefined {
  const [, day, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) GMT\)/.exec(transition) ?? [];
  return day === undefined ? undefined : Date.parse(`${day}T${time}Z`);
}

/** One instance as AWS shows it; undefined when AWS does not know it. */
function observe(target: Ec2Target, instance: Instance | undefined, refusal: Why | undefined): Observed {
  const id = targetId(target);
  if (!instance) return { target, id, power: 'gone', state: 'missing', fields: undefined };
  const state = instance.State?.Name ?? 'unknown';
  const power = POWER[state] ?? 'starting';
  const fields: Ec2Fields = {
    kind: 'ec2',
    running: power === 'on' || power === 'starting',
    // A shutdown from within the instance, or a start that failed, has no text but a code.
    transition: instance.StateTransitionReason || instance.StateReason?.Code || '',
  };
  return {
    target,
    id,
    power,
    state,
    fields: power === 'gone' ? undefined : fields,
    name: tagOf(instance, 'Name'),
    instanceType: instance.InstanceType,
    stoppedAt: power === 'stopping' || power === 'off' ? dateIn(fields.transition) : undefined,
    refusal: power === 'gone' ? undefined : refusal,
    napWaits: power === 'starting' ? 'It is still starting' : undefined,
    restoreWaits:
      power === 'stopping'
        ? 'It is still stopping'
        : power === 'starting'
          ? 'It is still starting'
          : undefined,
  };
}

/** What a verb has to do with an instance in its present state. */
function judge(verb: Verb, observed: Observed): 'ask' | 'accepted' | OperationError {
  const { target, power, refusal } = observed;
  if (power === 'gone') return goneError(target, verb);
  if (verb === 'ec2:StopInstances') {
    if (power === 'off' || power === 'stopping') return 'accepted';
    if (refusal) return refusedError(target, verb, refusal);
    return observed.napWaits === undefined ? 'ask' : busy(observed, verb, observed.napWaits);
  }
  if (power === 'on' || power === 'starting') return 'accepted';
  return observed.restoreWaits === undefined ? 'ask' : busy(observed, verb, observed.restoreWaits);
}

function busy(observed: Observed, operation: Verb, message: string): OperationError {
  return new OperationError('busy', message, { operation, target: observed.id });
}

function split<T extends { readonly target: Target }>(
  orders: readonly T[],
  due: (order: T) => boolean,
): [due: Target[], done: Target[]] {
  const targets: [Target[], Target[]] = [[], []];
  for (const order of orders) targets[due(order) ? 0 : 1].push(order.target);
  return targets;
}
