/** The driver for EKS managed node groups: to zero nodes and back. */
import type { Nodegroup } from '@aws-sdk/client-eks';
import type { Driver, EksFields, FieldName, Observed, Outcomes, Power, Why } from '../core/driver.js';
import { OperationError } from '../core/errors.js';
import { type EksTarget, type Target, type TargetId, targetId } from '../core/target.js';
import { eachItsOwn, fewAtOnce, groupBy } from './batches.js';
import { fitted } from './bounds.js';
import type { Clients } from './clients.js';
import { aboutTarget } from './errors.js';
import { expect, goneError, refusedError, targetsOf } from './targets.js';

/** Names on one page of a listing, the most that EKS gives. */
const PAGE = 100;
const FIELDS = ['min', 'desired', 'max'] as const;
const UPDATE = 'eks:UpdateNodegroupConfig';

type Result = Observed | OperationError;
type Outcome = 'accepted' | OperationError;

/** Makes the driver for EKS managed node groups. */
export function createEksDriver(options: { clients: Clients }): Driver {
  const { clients } = options;

  const describe = async (target: EksTarget, signal?: AbortSignal): Promise<Result> => {
    const { sdk, client } = await clients.eks(target.region);
    const input = { clusterName: target.cluster, nodegroupName: target.nodegroup };
    try {
      const answer = await clients.ask(
        { operation: 'eks:DescribeNodegroup', target: targetId(target), signal },
        (how) => client.send(new sdk.DescribeNodegroupCommand(input), how),
      );
      return observe(target, answer.nodegroup);
    } catch (thrown) {
      if (!(thrown instanceof OperationError)) throw thrown;
      return thrown.fault === 'missing' ? observe(target, undefined) : thrown;
    }
  };

  const inspect = async (
    targets: readonly Target[],
    signal?: AbortSignal,
  ): Promise<Map<TargetId, Result>> => {
    const into = new Map<TargetId, Result>();
    const regions = groupBy(targetsOf('eks', targets), (target) => target.region);
    await Promise.all(
      regions.map((group) =>
        eachItsOwn(group, into, async () => {
          await fewAtOnce(group, async (target) => {
            const result = await describe(target, signal);
            const id = targetId(target);
            into.set(id, result instanceof OperationError ? aboutTarget(result, id) : result);
          });
        }),
      ),
    );
    return into;
  };

  /** Sends what differs from now; nothing when nothing does. */
  const update = async (target: EksTarget, goal: EksFields, now: EksFields, signal?: AbortSignal) => {
    const scalingConfig = {
      ...(goal.min === now.min ? {} : { minSize: goal.min }),
      ...(goal.desired === now.desired ? {} : { desiredSize: goal.desired }),
      ...(goal.max === now.max ? {} : { maxSize: goal.max }),
    };
    if (Object.keys(scalingConfig).length === 0) return;
    const { sdk, client } = await clients.eks(target.region);
    const input = { clusterName: target.cluster, nodegroupName: target.nodegroup, scalingConfig };
    await clients.ask({ operation: UPDATE, target: targetId(target), signal }, (how) =>
      client.send(new sdk.UpdateNodegroupConfigCommand(input), how),
    );
  };

  /** Reads the targets afresh and brings each that is there to its goal. */
  const change = async (
    targets: readonly Target[],
    goalOf: (target: EksTarget, now: EksFields, observed: Observed) => EksFields | OperationError,
    signal?: AbortSignal,
  ): Promise<Map<TargetId, Outcome>> => {
    const outcomes = new Map<TargetId, Outcome>();
    const seen = await inspect(targets, signal);
    const one = async (target: EksTarget) => {
      const id = targetId(target);
      const observed = seen.get(id);
      if (observed instanceof OperationError) return void outcomes.set(id, observed);
      if (!observed?.fields) return void outcomes.set(id, goneError(target, UPDATE));
      const now = expect('eks', observed.fields);
      const goal = goalOf(target, now, observed);
      if (goal instanceof OperationError) return void outcomes.set(id, goal);
      await eachItsOwn([target], outcomes, async () => {
        await update(target, goal, now, signal);
        outcomes.set(id, 'accepted');
      });
    };
    const regions = groupBy(targetsOf('eks', targets), (target) => target.region);
    await Promise.all(regions.map((group) => fewAtOnce(group, one)));
    return outcomes;
  };

  /** What the registry may lift is the agent's to weigh; the rest is refused here too. */
  const refused = (observed: Observed): OperationError | undefined =>
    observed.refusal && observed.refusal.lifts === undefined
      ? refusedError(observed.target, UPDATE, observed.refusal)
      : undefined;

  return {
    kind: 'eks',

    async list(region, signal) {
      const { sdk, client } = await clients.eks(region);
      const clusters: string[] = [];
      let token: string | undefined;
      do {
        const page = { maxResults: PAGE, ...(token ? { nextToken: token } : {}) };
        const answer = await clients.ask({ operation: 'eks:ListClusters', signal }, (how) =>
          client.send(new sdk.ListClustersCommand(page), how),
        );
        clusters.push(...(answer.clusters ?? []));
        token = answer.nextToken || undefined;
      } while (token);

      const groups = await fewAtOnce(clusters, async (cluster) => {
        const targets: EksTarget[] = [];
        let next: string | undefined;
        do {
          const page = { clusterName: cluster, maxResults: PAGE, ...(next ? { nextToken: next } : {}) };
          const answer = await clients.ask({ operation: 'eks:ListNodegroups', signal }, (how) =>
            client.send(new sdk.ListNodegroupsCommand(page), how),
          );
          for (const nodegroup of answer.nodegroups ?? [])
            targets.push({ kind: 'eks', region, cluster, nodegroup });
          next = answer.nextToken || undefined;
        } while (next);
        return targets;
      });
      const services: Observed[] = [];
      for (const result of await fewAtOnce(groups.flat(), (target) => describe(target, signal))) {
        if (result instanceof OperationError) throw result;
        if (result.power !== 'gone') services.push(result);
      }
      return { services, clusters };
    },

    inspect,

    async nap(orders, signal): Promise<Outcomes> {
      const targets = orders.map((order) => order.target);
      return change(targets, (_target, now, observed) => refused(observed) ?? napOf(now), signal);
    },

    async restore(orders, signal): Promise<Outcomes> {
      const byId = new Map(orders.map((order) => [targetId(order.target), order]));
      const targets = orders.map((order) => order.target);
      return change(
        targets,
        (target, now) => {
          const order = byId.get(targetId(target));
          return order ? wanted(expect('eks', order.saved), order.keep, now) : now;
        },
        signal,
      );
    },

    async scale(target, size, signal) {
      const outcomes = await change(
        [target],
        (one, now, observed) => {
          if (size > now.max)
            return refusedError(one, UPDATE, {
              reason: `${size} is more than the maximum of the node group, ${now.max}`,
              hint: 'Raise the maximum first.',
            });
          const no = size === 0 ? refused(observed) : undefined;
          return no ?? { ...now, desired: size, min: Math.min(now.min, size) };
        },
        signal,
      );
      return outcomes.get(targetId(target)) ?? goneError(target, UPDATE);
    },

    stillOurs(saved, left, now) {
      const changed = differing(expect('eks', left ?? napOf(expect('eks', saved))), expect('eks', now));
      return { changed, taken: changed.includes('desired') };
    },

    missing(saved, keep, now) {
      if (!now.fields) return ['desired'];
      const current = expect('eks', now.fields);
      return differing(wanted(expect('eks', saved), keep, current), current);
    },

    napApplied(_saved, now) {
      const { min, desired } = expect('eks', now);
      return min === 0 && desired === 0;
    },
    untouched: (saved, now) => differing(expect('eks', saved), expect('eks', now)).length === 0,
    sizeOf: (fields) => expect('eks', fields).desired,
  };
}

/** What a nap leaves: no nodes wanted and none needed; the maximum is not touched (0 is rejected there). */
function napOf(fields: EksFields): EksFields {
  return { ...fields, min: 0, desired: 0 };
}

function differing(a: EksFields, b: EksFields): FieldName[] {
  return FIELDS.filter((field) => a[field] !== b[field]);
}

/** What a restore of `saved` that spares `keep` is to end at. EKS rejects a desired size outside its bounds. */
function wanted(saved: EksFields, keep: readonly FieldName[], now: EksFields): EksFields {
  const { min, desired, max } = fitted(saved, keep, now);
  return { kind: 'eks', min, desired: Math.min(Math.max(desired, min), max), max };
}

/**
 * One node group as AWS shows it; undefined when AWS does not know it. EKS tells sizes, not nodes: a group counts
 * as running what is desired once no update is under way.
 */
function observe(target: EksTarget, group: Nodegroup | undefined): Observed {
  const id = targetId(target);
  const state = group?.status ?? 'missing';
  // One that is being deleted takes no changes and does not come back.
  if (!group || state === 'DELETING') return { target, id, power: 'gone', state, fields: undefined };
  const { minSize: min = 0, desiredSize: desired = 0, maxSize: max = 0 } = group.scalingConfig ?? {};
  const changing = state === 'UPDATING' || state === 'CREATING';
  const waits = changing ? 'An update is in progress' : undefined;
  return {
    target,
    id,
    power: powerOf(desired, changing),
    state,
    fields: { kind: 'eks', min, desired, max },
    counts: { desired, running: changing ? 0 : desired, min, max },
    refusal: refusalOf(group),
    napWaits: waits,
    restoreWaits: waits,
  };
}

function powerOf(desired: number, changing: boolean): Power {
  if (desired === 0) return changing ? 'stopping' : 'off';
  return changing ? 'starting' : 'on';
}

/**
 * Only what is written on the node group itself counts: EKS tags the Auto Scaling group of every node group for
 * the Cluster Autoscaler, used or not. Karpenter's guides mark the group that hosts it with the label (tag, taint)
 * `karpenter.sh/controller`; `karpenter.sh/discovery` marks what Karpenter may use and says nothing about hosting.
 */
function refusalOf(group: Nodegroup): Why | undefined {
  const { tags = {}, labels = {}, taints = [] } = group;
  const marks = {
    ...Object.fromEntries(taints.map(({ key = '', value = '' }) => [key, value])),
    ...tags,
    ...labels,
  };
  if (isMarked(marks['karpenter.sh/controller']))
    return {
      reason: 'Karpenter runs on it: without it the nodes that Karpenter made would be stranded',
      hint: 'Let Karpenter’s own nodes scale down with their workloads.',
    };
  if (isMarked(tags['k8s.io/cluster-autoscaler/enabled']))
    return {
      reason: 'The Cluster Autoscaler decides its size (tag k8s.io/cluster-autoscaler/enabled)',
      hint: 'Write `autoscaler: ours` into its entry in services.yaml to let it nap all the same.',
      lifts: 'autoscaler',
    };
  return undefined;
}

function isMarked(value: string | undefined): boolean {
  return value !== undefined && value !== 'false';
}
