/**
 * moto, an AWS emulator that is not ours, as a process of its own on a free port. Installed by
 * scripts/setup-moto.mjs into `.cache/moto/`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling';
import { EC2 } from '@aws-sdk/client-ec2';
import { ECS } from '@aws-sdk/client-ecs';
import { EKS } from '@aws-sdk/client-eks';
import type { Fleet, InstanceSeed, RegionFleet } from '../../src/sandbox/fleet.js';
import type { Backend, World } from './driver-world.js';

type EcsClusterSeed = NonNullable<RegionFleet['ecsClusters']>[number];
type EksClusterSeed = NonNullable<RegionFleet['eksClusters']>[number];

const python = fileURLToPath(
  new URL(
    process.platform === 'win32' ? '../../.cache/moto/Scripts/python.exe' : '../../.cache/moto/bin/python',
    import.meta.url,
  ),
);

/** Whether setup-moto.mjs has been run here. */
export const motoIsThere = existsSync(python);

/** moto calls an ECS deployment complete when this many tasks run, so it is what every seeded service desires. */
const TASKS_RUNNING = 2;
const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'any' };

/** One moto process; each world in it is a reset. */
export async function startMoto(): Promise<{ backend: Backend; stop(): Promise<void> }> {
  const port = await freePort();
  const server = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: {
      ...process.env,
      MOTO_ECS_SERVICE_RUNNING: String(TASKS_RUNNING),
      MOTO_EC2_LOAD_DEFAULT_AMIS: 'false',
    },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await untilUp(endpoint, server);
  const backend: Backend = {
    name: 'moto',
    // It gives ECS lists whole and takes long to make the rest, so no EC2 or EKS page is filled here.
    crowd: { instances: 20, services: 120, nodegroups: 12 },
    // It has no instance stores, operators or persistent spot requests.
    refusals: new Set(['protected', 'member', 'once', 'daemon', 'autoscaler', 'karpenter']),
    open: (fleet) => openWorld(endpoint, fleet),
  };
  return {
    backend,
    async stop() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
    },
  };
}

async function openWorld(endpoint: string, fleet: Fleet): Promise<World> {
  await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
  const ids = new Map<string, string>();
  for (const [region, seeds] of Object.entries(fleet.regions)) {
    const config = { region, endpoint, credentials: KEYS };
    const [ec2, ecs, scaling, eks] = [
      new EC2(config),
      new ECS(config),
      new ApplicationAutoScaling(config),
      new EKS(config),
    ];
    for (const seed of seeds.instances ?? []) ids.set(seed.name ?? seed.id, await runInstance(ec2, seed));
    for (const seed of seeds.ecsClusters ?? []) await createEcsCluster(ecs, scaling, seed);
    for (const seed of seeds.eksClusters ?? []) await createEksCluster(eks, seed);
    for (const client of [ec2, ecs, scaling, eks]) client.destroy();
  }
  return {
    endpoint,
    keys: KEYS,
    account: '123456789012',
    instance(name) {
      const id = ids.get(name);
      if (id === undefined) throw new Error(`The fleet has no instance ${name}`);
      return id;
    },
    async protect(region, instanceId) {
      const ec2 = new EC2({ region, endpoint, credentials: KEYS });
      await ec2.modifyInstanceAttribute({ InstanceId: instanceId, DisableApiStop: { Value: true } });
      ec2.destroy();
    },
    // Every change is done when its answer is there.
    settle: async () => {},
    close: async () => {},
  };
}

async function runInstance(ec2: EC2, seed: InstanceSeed): Promise<string> {
  const tags = {
    ...seed.tags,
    ...(seed.name === undefined ? {} : { Name: seed.name }),
    ...(seed.autoScalingGroup === undefined ? {} : { 'aws:autoscaling:groupName': seed.autoScalingGroup }),
  };
  const answer = await ec2.runInstances({
    ImageId: 'ami-12345678',
    InstanceType: (seed.type ?? 't3.micro') as 't3.micro',
    MinCount: 1,
    MaxCount: 1,
    DisableApiStop: seed.stopProtected ?? false,
    ...(seed.spot === undefined
      ? {}
      : { InstanceMarketOptions: { MarketType: 'spot', SpotOptions: { SpotInstanceType: seed.spot } } }),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) },
    ],
  });
  const id = answer.Instances?.[0]?.InstanceId ?? '';
  if (seed.state === 'stopped') await ec2.stopInstances({ InstanceIds: [id] });
  if (seed.state === 'terminated') await ec2.terminateInstances({ InstanceIds: [id] });
  return id;
}

async function createEcsCluster(
  ecs: ECS,
  scaling: ApplicationAutoScaling,
  seed: EcsClusterSeed,
): Promise<void> {
  await ecs.createCluster({ clusterName: seed.name });
  for (const service of seed.services ?? []) {
    if (service.desired !== TASKS_RUNNING)
      throw new Error(
        `moto would never finish deploying ${service.name}: seed it with ${TASKS_RUNNING} tasks`,
      );
    await ecs.registerTaskDefinition({
      family: service.name,
      containerDefinitions: [{ name: 'main', image: 'nginx', memory: 64 }],
    });
    await ecs.createService({
      cluster: seed.name,
      serviceName: service.name,
      taskDefinition: service.name,
      desiredCount: service.desired,
      schedulingStrategy: service.scheduling ?? 'REPLICA',
    });
    if (!service.scalable) continue;
    const { min, max, suspended = {} } = service.scalable;
    await scaling.registerScalableTarget({
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: `service/${seed.name}/${service.name}`,
      MinCapacity: min,
      MaxCapacity: max,
      SuspendedState: {
        DynamicScalingInSuspended: suspended.dynamicScalingIn ?? false,
        DynamicScalingOutSuspended: suspended.dynamicScalingOut ?? false,
        ScheduledScalingSuspended: suspended.scheduledScaling ?? false,
      },
    });
  }
}

async function createEksCluster(eks: EKS, seed: EksClusterSeed): Promise<void> {
  const roleArn = 'arn:aws:iam::123456789012:role/eks';
  const subnets = ['subnet-12345678'];
  await eks.createCluster({ name: seed.name, roleArn, resourcesVpcConfig: { subnetIds: subnets } });
  for (const group of seed.nodegroups ?? [])
    await eks.createNodegroup({
      clusterName: seed.name,
      nodegroupName: group.name,
      nodeRole: roleArn,
      subnets,
      scalingConfig: { minSize: group.min, desiredSize: group.desired, maxSize: group.max },
      tags: { ...group.tags },
      labels: { ...group.labels },
    });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

/** moto says nothing when it is ready, so it is asked until it answers. */
async function untilUp(endpoint: string, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`moto ended with ${server.exitCode} while it started`);
    const up = await fetch(`${endpoint}/moto-api/`).then(
      () => true,
      () => false,
    );
    if (up) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
