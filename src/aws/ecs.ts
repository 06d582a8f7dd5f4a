/** The driver for ECS services: to zero tasks and back, scalable targets included. */
import type { Service } from '@aws-sdk/client-ecs';
import type { Driver, EcsFields, Observed, Outcomes } from '../core/driver.js';
import { OperationError } from '../core/errors.js';
import { type EcsTarget, type Target, type TargetId, targetId } from '../core/target.js';
import { chunks, eachItsOwn, fewAtOnce, groupBy } from './batches.js';
import type { Clients } from './clients.js';
import { differing, napOf, wanted } from './ecs-fields.js';
import { isAlive, lastPart, observeService, resourceId } from './ecs-observe.js';
import { aboutTarget } from './errors.js';
import { ALL_SUSPENDED, readScalable, registerScalable, type Scalable } from './scalable.js';
import { expect, goneError, refusedError, targetsOf } from './targets.js';

/** Services in one DescribeServices, the most it takes, and names on one page of a listing. */
const BATCH = 10;
const PAGE = 100;

type Result = Observed | OperationError;
type Outcome = 'accepted' | OperationError;

/** Makes the driver for ECS services. */
export function createEcsDriver(options: { clients: Clients }): Driver {
  const { clients } = options;

  /** Reads services of one cluster, all of them named, and their scalable targets. */
  const read = async (
    region: string,
    cluster: string,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<Map<string, Result>> => {
    const { sdk, client } = await clients.ecs(region);
    const found = new Map<string, Service>();
    const failed = new Map<string, OperationError>();
    await fewAtOnce(chunks(names, BATCH), async (services) => {
      const answer = await clients.ask({ operation: 'ecs:DescribeServices', signal }, (how) =>
        client.send(new sdk.DescribeServicesCommand({ cluster, services }), how),
      );
      for (const service of answer.services ?? [])
        if (service.serviceName) found.set(service.serviceName, service);
      for (const { arn, reason, detail } of answer.failures ?? []) {
        // MISSING is an observation, not a failure.
        if (reason === 'MISSING') continue;
        const why = new OperationError(
          'failed',
          `ecs:DescribeServices: ${detail ?? reason ?? 'no reason given'}`,
          {
            operation: 'ecs:DescribeServices',
          },
        );
        failed.set(lastPart(arn), why);
      }
    });
    const living = [...found.values()]
      .filter(isAlive)
      .map((service) => resourceId(cluster, service.serviceName));
    const scalable = await readScalable(clients, region, living, signal);
    return new Map(
      names.map((name): [string, Result] => {
        const target: EcsTarget = { kind: 'ecs', region, cluster, service: name };
        const failure = failed.get(name);
        if (failure) return [name, aboutTarget(failure, targetId(target))];
        return [
          name,
          observeService(target, found.get(name), scalable.get(resourceId(cluster, name)) ?? null),
        ];
      }),
    );
  };

  const inspectCluster = async (
    targets: readonly EcsTarget[],
    into: Map<TargetId, Result>,
    signal?: AbortSignal,
  ): Promise<void> => {
    const [{ region, cluster }] = targets as [EcsTarget];
    const names = targets.map((target) => target.service);
    try {
      const results = await read(region, cluster, names, signal);
      for (const target of targets) {
        const result = results.get(target.service);
        if (result) into.set(targetId(target), result);
      }
    } catch (thrown) {
      // Without its cluster a service does not exist either.
      if (!(thrown instanceof OperationError) || thrown.fault !== 'missing') throw thrown;
      for (const target of targets) into.set(targetId(target), observeService(target, undefined, null));
    }
  };

  const inspect = async (
    targets: readonly Target[],
    signal?: AbortSignal,
  ): Promise<Map<TargetId, Result>> => {
    const into = new Map<TargetId, Result>();
    const clusters = groupBy(targetsOf('ecs', targets), ({ region, cluster }) => `${region} ${cluster}`);
    const regions = groupBy(clusters, (group) => group[0]?.region ?? '');
    await Promise.all(
      regions.map((groups) =>
        fewAtOnce(groups, (group) => eachItsOwn(group, into, () => inspectCluster(group, into, signal))),
      ),
    );
    return into;
  };

  const updateService = async (target: EcsTarget, desiredCount: number, signal?: AbortSignal) => {
    const { sdk, client } = await clients.ecs(target.region);
    const { cluster, service } = target;
    await clients.ask({ operation: 'ecs:UpdateService', target: targetId(target), signal }, (how) =>
      client.send(new sdk.UpdateServiceCommand({ cluster, service, desiredCount }), how),
    );
  };

  const register = (
    target: EcsTarget,
    change: { min?: number; max?: number; suspended: Scalable['suspended'] },
    signal?: AbortSignal,
  ) => registerScalable(clients, target.region, resourceId(target.cluster, target.service), change, signal);

  const napOne = async (target: EcsTarget, saved: EcsFields, now: EcsFields, signal?: AbortSignal) => {
    const goal = napOf(saved);
    // A scalable target that was added after the snapshot could not be put back: it is left alone.
    if (
      saved.scalable &&
      differing(goal, now).some((field) => field === 'min' || field.startsWith('suspended'))
    )
      await register(target, { min: 0, suspended: ALL_SUSPENDED }, signal);
    if (now.desired !== 0) await updateService(target, 0, signal);
  };

  const restoreOne = async (target: EcsTarget, goal: EcsFields, now: EcsFields, signal?: AbortSignal) => {
    if (goal.desired !== now.desired) await updateService(target, goal.desired, signal);
    const changed = differing(goal, now).filter((field) => field !== 'desired');
    if (goal.scalable === null || changed.length === 0) return;
    const { min, max, suspended } = goal.scalable;
    const bounds = {
      ...(changed.includes('min') ? { min } : {}),
      ...(changed.includes('max') ? { max } : {}),
    };
    await register(target, { ...bounds, suspended }, signal);
  };

  const scaleOne = async (
    target: EcsTarget,
    size: number,
    now: EcsFields,
    signal?: AbortSignal,
  ): Promise<Outcome> => {
    const { scalable } = now;
    if (scalable && size > scalable.max)
      return refusedError(target, 'ecs:UpdateService', {
        reason: `${size} is more than the maximum of its scalable target, ${scalable.max}`,
        hint: 'Raise the maximum first.',
      });
    if (scalable && size < scalable.min)
      await register(target, { min: size, suspended: scalable.suspended }, signal);
    if (size !== now.desired) await updateService(target, size, signal);
    return 'accepted';
  };

  /** Reads the targets afresh, and does `work` for each that is there and takes a desired count. */
  const change = async (
    targets: readonly Target[],
    work: (target: EcsTarget, now: EcsFields) => Promise<Outcome | undefined>,
    signal?: AbortSignal,
  ): Promise<Map<TargetId, Outcome>> => {
    const outcomes = new Map<TargetId, Outcome>();
    const seen = await inspect(targets, signal);
    const one = async (target: EcsTarget) => {
      const id = targetId(target);
      const observed = seen.get(id);
      if (observed instanceof OperationError) return void outcomes.set(id, observed);
      if (!observed?.fields) return void outcomes.set(id, goneError(target, 'ecs:UpdateService'));
      if (observed.refusal)
        return void outcomes.set(id, refusedError(target, 'ecs:UpdateService', observed.refusal));
      const now = expect('ecs', observed.fields);
      await eachItsOwn([target], outcomes, async () => {
        outcomes.set(id, (await work(target, now)) ?? 'accepted');
      });
    };
    const regions = groupBy(targetsOf('ecs', targets), (target) => target.region);
    await Promise.all(regions.map((group) => fewAtOnce(group, one)));
    return outcomes;
  };

  const names = async (
    pages: (token: {
      nextToken?: string;
    }) => Promise<{ arns: string[] | undefined; next: string | undefined }>,
  ): Promise<string[]> => {
    const all: string[] = [];
    let token: string | undefined;
    do {
      const { arns, next } = await pages(token ? { nextToken: token } : {});
      all.push(...(arns ?? []).map(lastPart));
      token = next || undefined;
    } while (token);
    return all;
  };

  return {
    kind: 'ecs',

    async list(region, signal) {
      const { sdk, client } = await clients.ecs(region);
      const clusters = await names(async (token) => {
        const answer = await clients.ask({ operation: 'ecs:ListClusters', signal }, (how) =>
          client.send(new sdk.ListClustersCommand({ maxResults: PAGE, ...token }), how),
        );
        return { arns: answer.clusterArns, next: answer.nextToken };
      });
      const services = await fewAtOnce(clusters, async (cluster) => {
        const all = await names(async (token) => {
          const answer = await clients.ask({ operation: 'ecs:ListServices', signal }, (how) =>
            client.send(new sdk.ListServicesCommand({ cluster, maxResults: PAGE, ...token }), how),
          );
          return { arns: answer.serviceArns, next: answer.nextToken };
        });
        return [...(await read(region, cluster, all, signal)).values()];
      });
      const found: Observed[] = [];
      for (const result of services.flat()) {
        if (result instanceof OperationError) throw result;
        if (result.power !== 'gone') found.push(result);
      }
      return { services: found, clusters };
    },

    inspect,

    async nap(orders, signal): Promise<Outcomes> {
      const saved = new Map(orders.map((order) => [targetId(order.target), expect('ecs', order.saved)]));
      const targets = orders.map((order) => order.target);
      return change(
        targets,
        async (target, now) => {
          await napOne(target, saved.get(targetId(target)) ?? now, now, signal);
          return undefined;
        },
        signal,
      );
    },

    async restore(orders, signal): Promise<Outcomes> {
      const byId = new Map(orders.map((order) => [targetId(order.target), order]));
      const targets = orders.map((order) => order.target);
      return change(
        targets,
        async (target, now) => {
          const order = byId.get(targetId(target));
          if (order)
            await restoreOne(target, wanted(expect('ecs', order.saved), order.keep, now), now, signal);
          return undefined;
        },
        signal,
      );
    },

    async scale(target, size, signal) {
      const outcomes = await change([target], (one, now) => scaleOne(one, size, now, signal), signal);
      return outcomes.get(targetId(target)) ?? goneError(target, 'ecs:UpdateService');
    },

    stillOurs(saved, left, now) {
      const changed = differing(expect('ecs', left ?? napOf(expect('ecs', saved))), expect('ecs', now));
      return { changed, taken: changed.includes('desired') };
    },

    /** By fields, not by running tasks: placing them is ECS's work, and may never end for reasons of its own. */
    missing(saved, keep, now) {
      if (!now.fields) return ['desired'];
      const current = expect('ecs', now.fields);
      return differing(wanted(expect('ecs', saved), keep, current), current);
    },

    napApplied(saved, now) {
      // A maximum that somebody changed is not the nap's.
      return differing(napOf(expect('ecs', saved)), expect('ecs', now)).every((field) => field === 'max');
    },
    untouched: (saved, now) => differing(expect('ecs', saved), expect('ecs', now)).length === 0,
    sizeOf: (fields) => expect('ecs', fields).desired,
  };
}
