/**
 * The world that the driver contract is run in: one fleet, the same for every AWS it is built in, and a hand and
 * an eye in it that are not ours. What a backend cannot do is declared as data, never skipped silently.
 */
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS } from '@aws-sdk/client-ecs';
import { EKS } from '@aws-sdk/client-eks';
import { createSession } from '../../src/aws/index.js';
import type { Outcomes } from '../../src/core/driver.js';
import { OperationError } from '../../src/core/errors.js';
import type { AwsSession } from '../../src/core/session.js';
import {
  type Ec2Target,
  type EcsTarget,
  type EksTarget,
  type Target,
  targetId,
} from '../../src/core/target.js';
import type { Fleet, InstanceSeed, RegionFleet } from '../../src/sandbox/fleet.js';
import { systemClock } from '../../src/system/clock.js';

export const HERE = 'eu-central-1';
export const THERE = 'us-east-1';

/** The refusals that a backend can show at all. */
type Refusal = 'protected' | 'member' | 'managed' | 'store' | 'once' | 'daemon' | 'autoscaler' | 'karpenter';

export interface Backend {
  readonly name: string;
  /** How many of each the paging case lists: more than a page, where the backend has pages and is fast enough. */
  readonly crowd: { readonly instances: number; readonly services: number; readonly nodegroups: number };
  readonly refusals: ReadonlySet<Refusal>;
  /** A new AWS with this fleet in it. */
  open(fleet: Fleet): Promise<World>;
}

export interface World {
  readonly endpoint: string;
  readonly keys: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly account: string;
  /** The id of the instance that the fleet calls so. */
  instance(name: string): string;
  /** Turns stop protection of an instance on. */
  protect(region: string, instanceId: string): Promise<void>;
  /** Lets everything under way come to its end. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

const instance = (name: string, id: string, more: Partial<InstanceSeed> = {}): InstanceSeed => ({
  id: `i-0${id}00000000${id}`,
  name,
  ...more,
});

/** One of everything that naps, and of everything that must be left alone, in two regions. */
export const fleet: Fleet = {
  account: '123456789012',
  regions: {
    [HERE]: {
      instances: [
        instance('api', 'a001'),
        instance('db', 'a002', { type: 't3.large' }),
        instance('worker', 'a003'),
        instance('old', 'a004', { state: 'stopped' }),
        instance('dead', 'a005', { state: 'terminated' }),
        instance('guarded', 'a006', { stopProtected: true }),
        instance('member', 'a007', { autoScalingGroup: 'web-asg' }),
        instance('managed', 'a008', { managedBy: 'eks.amazonaws.com' }),
        instance('store', 'a009', { rootDevice: 'instance-store' }),
        instance('once', 'a00a', { spot: 'one-time' }),
        instance('lasting', 'a00b', { spot: 'persistent' }),
      ],
      ecsClusters: [
        {
          name: 'dev',
          services: [
            { name: 'web', desired: 2, scalable: { min: 1, max: 4, suspended: { scheduledScaling: true } } },
            { name: 'plain', desired: 2 },
            { name: 'agent', desired: 2, scheduling: 'DAEMON' },
          ],
        },
        { name: 'empty' },
      ],
      eksClusters: [
        {
          name: 'kube',
          nodegroups: [
            { name: 'workers', min: 1, desired: 2, max: 4 },
            {
              name: 'autoscaled',
              min: 1,
              desired: 1,
              max: 5,
              tags: { 'k8s.io/cluster-autoscaler/enabled': 'true' },
            },
            { name: 'system', min: 2, desired: 2, max: 2, labels: { 'karpenter.sh/controller': 'true' } },
          ],
        },
        { name: 'bare' },
      ],
    },
    [THERE]: {
      instances: [instance('far', 'b001')],
      ecsClusters: [{ name: 'test', services: [{ name: 'far', desired: 2 }] }],
      eksClusters: [{ name: 'far', nodegroups: [{ name: 'nodes', min: 0, desired: 1, max: 3 }] }],
    },
  },
};

/** The fleet with nothing but one kind in it: less to build for each case. */
export function only(kind: keyof RegionFleet): Fleet {
  const regions = Object.entries(fleet.regions).map(([name, seeds]) => [name, { [kind]: seeds[kind] ?? [] }]);
  return { ...fleet, regions: Object.fromEntries(regions) };
}

/** A world with a session of ours in it, and plain SDK clients beside it. */
export interface Scene {
  readonly world: World;
  readonly session: AwsSession;
  readonly plain: Plain;
  close(): Promise<void>;
}

export async function openScene(backend: Backend, seed: Fleet): Promise<Scene> {
  const world = await backend.open(seed);
  const session = sessionFor(world);
  const plain = plainClients(world);
  return {
    world,
    session,
    plain,
    async close() {
      session.close();
      plain.close();
      await world.close();
    },
  };
}

/** A session signed in to a world. */
export function sessionFor(
  world: Pick<World, 'endpoint' | 'keys'>,
  more: Partial<Parameters<typeof createSession>[0]> = {},
): AwsSession {
  const silent = () => {};
  return createSession({
    settings: {
      regions: [HERE, THERE],
      profile: undefined,
      endpointUrl: world.endpoint,
      saveCredentials: false,
      checkIntervalMs: 300_000,
      dryRun: false,
    },
    clock: systemClock(),
    log: { debug: silent, info: silent, warn: silent, error: silent },
    env: {},
    credentials: world.keys,
    ...more,
  });
}

/** The hand and the eye that are not ours: the SDK's clients as they come. */
type Plain = ReturnType<typeof plainClients>;

function plainClients({ endpoint, keys }: World) {
  const made: { destroy(): void }[] = [];
  const keep = <T extends { destroy(): void }>(client: T): T => {
    made.push(client);
    return client;
  };
  const config = (region: string) => ({ region, endpoint, credentials: keys });
  const ec2 = (region: string) => keep(new EC2(config(region)));
  const ecs = (region: string) => keep(new ECS(config(region)));
  const eks = (region: string) => keep(new EKS(config(region)));
  const scaling = (region: string) => keep(new ApplicationAutoScaling(config(region)));
  return {
    ec2,
    ecs,
    eks,
    scaling,

    async instanceState({ region, instanceId }: Ec2Target): Promise<string | undefined> {
      const answer = await ec2(region).describeInstances({ InstanceIds: [instanceId] });
      return answer.Reservations?.[0]?.Instances?.[0]?.State?.Name;
    },

    async service({ region, cluster, service }: EcsTarget) {
      const described = await ecs(region).describeServices({ cluster, services: [service] });
      const scalable = await scaling(region).describeScalableTargets({
        ServiceNamespace: 'ecs',
        ResourceIds: [`service/${cluster}/${service}`],
      });
      const [target] = scalable.ScalableTargets ?? [];
      return {
        desired: described.services?.[0]?.desiredCount,
        scalable: target && { min: target.MinCapacity, max: target.MaxCapacity, ...target.SuspendedState },
      };
    },

    async nodegroup({ region, cluster, nodegroup }: EksTarget) {
      const answer = await eks(region).describeNodegroup({ clusterName: cluster, nodegroupName: nodegroup });
      const { minSize, desiredSize, maxSize } = answer.nodegroup?.scalingConfig ?? {};
      return { min: minSize, desired: desiredSize, max: maxSize };
    },

    /** Registers a scalable target's bounds and flags, as a person's script would. */
    async register(
      { region, cluster, service }: EcsTarget,
      change: {
        min?: number;
        max?: number;
        suspended?: [scaleIn: boolean, scaleOut: boolean, scheduled: boolean];
      },
    ): Promise<void> {
      const [scaleIn, scaleOut, scheduled] = change.suspended ?? [];
      await scaling(region).registerScalableTarget({
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: `service/${cluster}/${service}`,
        ...(change.min === undefined ? {} : { MinCapacity: change.min }),
        ...(change.max === undefined ? {} : { MaxCapacity: change.max }),
        ...(change.suspended === undefined
          ? {}
          : {
              SuspendedState: {
                DynamicScalingInSuspended: scaleIn,
                DynamicScalingOutSuspended: scaleOut,
                ScheduledScalingSuspended: scheduled,
              },
            }),
      });
    },

    close() {
      for (const client of made) client.destroy();
    },
  };
}

/** What came of each target, as words: `accepted`, or the fault. */
export function words(outcomes: Outcomes, targets: readonly Target[]): string[] {
  return targets.map((target) => {
    const outcome = outcomes.get(targetId(target));
    return outcome instanceof OperationError ? outcome.fault : (outcome ?? 'nothing');
  });
}
