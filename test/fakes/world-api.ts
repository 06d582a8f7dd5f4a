/**
 * The calls Cloudnap makes, answered by a `World` in the SDK's shapes: a stand-in for `createClients`, so that the
 * real drivers run over it. Every call goes through `gate`, which may fail, delay or cut it off.
 */
import type { Clients } from '../../src/aws/clients.js';
import { type Fault, OperationError } from '../../src/core/errors.js';
import { type TargetId, targetId } from '../../src/core/target.js';
import { type Instance, isInstance, isNodegroup, isService, type Scalable, type World } from './world.js';

/** One request as it is sent. */
export interface Request {
  readonly operation: string;
  readonly region: string;
  /** Targets that the request would change; empty for a reading one. */
  readonly changes: readonly TargetId[];
}

/** Carries one request: calls `apply` when AWS takes it, and answers or fails as it likes. */
export type Gate = (request: Request, apply: (account: string) => unknown) => Promise<unknown>;

type Input = Record<string, unknown>;
interface Asked {
  readonly operation: string;
  readonly input: Input;
}
interface Verb {
  /** The targets it would change. */
  readonly changes?: (region: string, input: Input) => readonly TargetId[];
  readonly run: (world: World, account: string, region: string, input: Input) => unknown;
}

/** The SDK's classes and clients as far as the drivers use them, over a world. */
export function worldClients(world: World, gate: Gate): Clients {
  const made = new Map<string, object>();
  const service = async (name: string, region: string) => {
    const place = `${name} ${region}`;
    const known = made.get(place);
    if (known) return known;
    const client = {
      send: ({ operation, input }: Asked) => {
        const verb = VERBS[operation];
        if (!verb) throw new TypeError(`the world has no ${operation}`);
        const changes = verb.changes?.(region, input) ?? [];
        return gate({ operation, region, changes }, (account) => verb.run(world, account, region, input));
      },
    };
    const fresh = { sdk: SDK[name], client };
    made.set(place, fresh);
    return fresh;
  };
  const clients = {
    ec2: (region: string) => service('ec2', region),
    ecs: (region: string) => service('ecs', region),
    scaling: (region: string) => service('application-autoscaling', region),
    eks: (region: string) => service('eks', region),
    ask: <T>(about: { signal?: AbortSignal }, call: (how: object) => Promise<T>): Promise<T> => {
      about.signal?.throwIfAborted();
      return call({});
    },
  };
  return clients as unknown as Clients;
}

const VERBS: Readonly<Record<string, Verb>> = {
  'ec2:DescribeInstances': {
    run: (world, account, region, input) => {
      const ids = input.InstanceIds as string[] | undefined;
      const found = ids
        ? ids.map((id) => anInstance(world, account, region, id, 'ec2:DescribeInstances'))
        : world.in(account, 'ec2', region).filter(isInstance);
      return { Reservations: [{ Instances: found.map(describeInstance) }] };
    },
  },
  'ec2:DescribeInstanceAttribute': {
    run: (world, account, region, input) => {
      const one = anInstance(
        world,
        account,
        region,
        String(input.InstanceId),
        'ec2:DescribeInstanceAttribute',
      );
      return { DisableApiStop: { Value: one.isProtected } };
    },
  },
  'ec2:DescribeSpotInstanceRequests': {
    run: () => ({ SpotInstanceRequests: [] }),
  },
  'ec2:StopInstances': {
    changes: instanceTargets,
    run: (world, account, region, input) => {
      const op = 'ec2:StopInstances';
      const found = (input.InstanceIds as string[]).map((id) => anInstance(world, account, region, id, op));
      for (const one of found) {
        if (one.isProtected) fail('refused', op, 'OperationNotPermitted: disableApiStop');
        if (one.state === 'pending' || one.state === 'terminated') fail('busy', op, 'IncorrectInstanceState');
      }
      for (const one of found) world.stop(one);
      return {};
    },
  },
  'ec2:StartInstances': {
    changes: instanceTargets,
    run: (world, account, region, input) => {
      const op = 'ec2:StartInstances';
      const found = (input.InstanceIds as string[]).map((id) => anInstance(world, account, region, id, op));
      for (const one of found)
        if (one.state === 'stopping' || one.state === 'terminated')
          fail('busy', op, 'IncorrectInstanceState');
      for (const one of found) world.start(one);
      return {};
    },
  },
  'ecs:DescribeServices': {
    run: (world, account, region, input) => {
      const names = input.services as string[];
      if (names.length > 10) fail('refused', 'ecs:DescribeServices', 'at most 10 names');
      const cluster = String(input.cluster);
      const found = names.map((name) => ({
        name,
        one: world.service(account, ecsId(region, cluster, name)),
      }));
      return {
        services: found.flatMap(({ name, one }) => (one ? [describeService(world, name, one)] : [])),
        failures: found.flatMap(({ name, one }) =>
          one
            ? []
            : [{ arn: `arn:aws:ecs:${region}:${account}:service/${cluster}/${name}`, reason: 'MISSING' }],
        ),
      };
    },
  },
  'ecs:ListClusters': {
    run: (world, account, region) => ({
      clusterArns: unique(
        world.in(account, 'ecs', region).flatMap((one) => (isService(one) ? [one.target.cluster] : [])),
      ),
    }),
  },
  'ecs:ListServices': {
    run: (world, account, region, input) => ({
      serviceArns: world
        .in(account, 'ecs', region)
        .flatMap((one) =>
          isService(one) && one.target.cluster === input.cluster ? [one.target.service] : [],
        ),
    }),
  },
  'ecs:UpdateService': {
    changes: (region, input) => [ecsId(region, String(input.cluster), String(input.service))],
    run: (world, account, region, input) => {
      const op = 'ecs:UpdateService';
      const one = world.service(account, ecsId(region, String(input.cluster), String(input.service)));
      if (!one) return fail('missing', op, 'ServiceNotFoundException');
      if (!one.active) fail('missing', op, 'ServiceNotActiveException');
      if (one.daemon) fail('refused', op, 'a DAEMON service takes no desired count');
      world.setDesired(one, Number(input.desiredCount));
      return {};
    },
  },
  'application-autoscaling:DescribeScalableTargets': {
    run: (world, account, region, input) => ({
      ScalableTargets: (input.ResourceIds as string[]).flatMap((resource) => {
        const scalable = world.service(account, resourceTarget(region, resource))?.scalable;
        return scalable ? [describeScalable(resource, scalable)] : [];
      }),
    }),
  },
  'application-autoscaling:RegisterScalableTarget': {
    changes: (region, input) => [resourceTarget(region, String(input.ResourceId))],
    run: (world, account, region, input) => {
      const op = 'application-autoscaling:RegisterScalableTarget';
      const one = world.service(account, resourceTarget(region, String(input.ResourceId)));
      if (!one?.active) return fail('missing', op, 'the service does not exist');
      const flags = input.SuspendedState as Record<string, boolean> | undefined;
      const now = one.scalable ?? { min: 0, max: 0, suspended: NONE_SUSPENDED };
      const min = Number(input.MinCapacity ?? now.min);
      const max = Number(input.MaxCapacity ?? now.max);
      if (min > max) fail('refused', op, 'ValidationException: minimum above maximum');
      one.scalable = now;
      world.register(one, {
        min,
        max,
        suspended: flags
          ? {
              scaleIn: flags.DynamicScalingInSuspended ?? false,
              scaleOut: flags.DynamicScalingOutSuspended ?? false,
              scheduled: flags.ScheduledScalingSuspended ?? false,
            }
          : now.suspended,
      });
      return {};
    },
  },
  'eks:DescribeNodegroup': {
    run: (world, account, region, input) => {
      const one = aNodegroup(world, account, region, input, 'eks:DescribeNodegroup');
      return {
        nodegroup: {
          status: world.now < one.until ? 'UPDATING' : 'ACTIVE',
          scalingConfig: { minSize: one.min, desiredSize: one.desired, maxSize: one.max },
          tags: one.tags,
        },
      };
    },
  },
  'eks:ListClusters': {
    run: (world, account, region) => ({
      clusters: unique(
        world.in(account, 'eks', region).flatMap((one) => (isNodegroup(one) ? [one.target.cluster] : [])),
      ),
    }),
  },
  'eks:ListNodegroups': {
    run: (world, account, region, input) => ({
      nodegroups: world
        .in(account, 'eks', region)
        .flatMap((one) =>
          isNodegroup(one) && one.exists && one.target.cluster === input.clusterName
            ? [one.target.nodegroup]
            : [],
        ),
    }),
  },
  'eks:UpdateNodegroupConfig': {
    changes: (region, input) => [eksId(region, input)],
    run: (world, account, region, input) => {
      const op = 'eks:UpdateNodegroupConfig';
      const one = aNodegroup(world, account, region, input, op);
      if (world.now < one.until) fail('busy', op, 'ResourceInUseException: an update is in progress');
      const sizes = input.scalingConfig as Record<string, number>;
      const min = sizes.minSize ?? one.min;
      const desired = sizes.desiredSize ?? one.desired;
      const max = sizes.maxSize ?? one.max;
      if (max < 1 || min > max || desired < min || desired > max)
        fail('refused', op, `InvalidParameterException: ${min} ≤ ${desired} ≤ ${max} does not hold`);
      world.setSizes(one, { min, desired, max });
      return {};
    },
  },
};

/** By service, the SDK's command classes that the drivers make: each only carries its input. */
const SDK: Record<string, Record<string, unknown>> = {};
for (const operation of Object.keys(VERBS)) {
  const [service = '', name = ''] = operation.split(':');
  SDK[service] = { ...SDK[service], [`${name}Command`]: commandClass(operation) };
}

function commandClass(operation: string): new (input: Input) => Asked {
  return class implements Asked {
    readonly operation = operation;
    readonly input: Input;
    constructor(input: Input) {
      this.input = input;
    }
  };
}

const NONE_SUSPENDED = { scaleIn: false, scaleOut: false, scheduled: false };

function fail(fault: Fault, operation: string, message: string): never {
  throw new OperationError(fault, `${operation}: ${message}`, { operation });
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function ec2Id(region: string, instanceId: string): TargetId {
  return targetId({ kind: 'ec2', region, instanceId });
}

function ecsId(region: string, cluster: string, service: string): TargetId {
  return targetId({ kind: 'ecs', region, cluster, service });
}

function eksId(region: string, input: Input): TargetId {
  return targetId({
    kind: 'eks',
    region,
    cluster: String(input.clusterName),
    nodegroup: String(input.nodegroupName),
  });
}

/** From Application Auto Scaling's `service/CLUSTER/NAME`. */
function resourceTarget(region: string, resource: string): TargetId {
  const [, cluster = '', name = ''] = resource.split('/');
  return ecsId(region, cluster, name);
}

function instanceTargets(region: string, input: Input): readonly TargetId[] {
  return (input.InstanceIds as string[]).map((id) => ec2Id(region, id));
}

function anInstance(world: World, account: string, region: string, id: string, operation: string): Instance {
  return (
    world.instance(account, ec2Id(region, id)) ??
    fail('missing', operation, `InvalidInstanceID.NotFound: ${id}`)
  );
}

function aNodegroup(world: World, account: string, region: string, input: Input, operation: string) {
  const found = world.nodegroup(account, eksId(region, input));
  return found?.exists ? found : fail('missing', operation, 'ResourceNotFoundException');
}

function describeInstance(one: Instance) {
  return {
    InstanceId: one.target.instanceId,
    InstanceType: 't3.micro',
    State: { Name: one.state },
    StateTransitionReason: one.transition,
    Tags: one.group === undefined ? [] : [{ Key: 'aws:autoscaling:groupName', Value: one.group }],
  };
}

function describeService(world: World, name: string, one: NonNullable<ReturnType<World['service']>>) {
  return {
    serviceName: name,
    status: one.active ? 'ACTIVE' : 'INACTIVE',
    desiredCount: one.desired,
    runningCount: one.running,
    pendingCount: Math.max(0, one.desired - one.running),
    schedulingStrategy: one.daemon ? 'DAEMON' : 'REPLICA',
    deployments: [
      { status: 'PRIMARY', rolloutState: world.now < one.deployingUntil ? 'IN_PROGRESS' : 'COMPLETED' },
    ],
    events:
      one.stoppedAt === undefined
        ? []
        : [
            {
              createdAt: new Date(one.stoppedAt),
              message: `(service ${name}) has stopped 1 running tasks: (task 1).`,
            },
          ],
  };
}

function describeScalable(resource: string, scalable: Scalable) {
  return {
    ResourceId: resource,
    MinCapacity: scalable.min,
    MaxCapacity: scalable.max,
    SuspendedState: {
      DynamicScalingInSuspended: scalable.suspended.scaleIn,
      DynamicScalingOutSuspended: scalable.suspended.scaleOut,
      ScheduledScalingSuspended: scalable.suspended.scheduled,
    },
  };
}
