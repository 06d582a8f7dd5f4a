/**
 * A person in the AWS console: changes made behind the product's back. They set the same delays going as a call
 * would; starting, stopping and resizing meet EC2's and EKS's refusals. They meet no trouble and are never in
 * the journal.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { startInstances, stopInstances } from './services/ec2-power.js';
import { updateScaling } from './services/eks-scaling.js';
import { deploy, type EcsService, setDesired } from './state/ecs-services.js';
import { type Instance, terminate } from './state/instances.js';
import type { Nodegroup } from './state/nodegroups.js';
import { type Region, scalableId } from './state/world.js';
import type { Delays } from './timing.js';

/** When it happens, and how long AWS takes over it. */
interface Moment {
  readonly now: number;
  readonly delays: Delays;
}

const tags = z.record(z.string(), z.string());
const instanceKey = { region: z.string(), instanceId: z.string() };
const serviceKey = { region: z.string(), cluster: z.string(), service: z.string() };
const nodegroupKey = { region: z.string(), cluster: z.string(), nodegroup: z.string() };

const startInstance = act(z.strictObject(instanceKey), (region, input, { now, delays }) => {
  startInstances([instanceOf(region, input)], now, delays);
});

const stopInstance = act(z.strictObject(instanceKey), (region, input, { now }) => {
  stopInstances([instanceOf(region, input)], { hibernate: false }, now);
});

/** The instance stays visible as terminated. */
const terminateInstance = act(z.strictObject(instanceKey), (region, input, { now }) =>
  terminate(instanceOf(region, input), now),
);

/** The instance is gone without a trace: InvalidInstanceID.NotFound. */
const forgetInstance = act(z.strictObject(instanceKey), (region, input) => {
  region.instances.delete(instanceOf(region, input).id);
});

const changeInstance = act(
  z.strictObject({
    ...instanceKey,
    stopProtected: z.boolean().optional(),
    failsToStart: z.boolean().optional(),
    /** Replaces them all. */
    tags: tags.optional(),
  }),
  (region, input) => {
    const instance = instanceOf(region, input);
    instance.stopProtected = input.stopProtected ?? instance.stopProtected;
    instance.failsToStart = input.failsToStart ?? instance.failsToStart;
    instance.tags = input.tags ?? instance.tags;
  },
);

const setDesiredCount = act(
  z.strictObject({ ...serviceKey, desiredCount: z.int().min(0) }),
  (region, input, { now }) => setDesired(serviceOf(region, input), input.desiredCount, now),
);

/** A new task definition, `family:revision`. */
const deployService = act(
  z.strictObject({ ...serviceKey, taskDefinition: z.string() }),
  (region, input, { now }) => deploy(serviceOf(region, input), input.taskDefinition, now),
);

/** Stalled, new tasks never get healthy and a deployment never ends. */
const stallService = act(
  z.strictObject({ ...serviceKey, stalled: z.boolean() }),
  (region, input, { now }) => {
    const service = serviceOf(region, input);
    service.stalled = input.stalled;
    service.steppedAt = now;
  },
);

/** The service stays describable as INACTIVE, at zero; its scalable target goes with it. */
const deleteService = act(z.strictObject(serviceKey), (region, input, { now }) => {
  const service = serviceOf(region, input);
  setDesired(service, 0, now);
  for (const deployment of service.deployments) deployment.running = 0;
  service.status = 'INACTIVE';
  region.scalableTargets.delete(scalableId(service.cluster, service.name));
});

/** The service is gone without a trace: a MISSING failure. */
const forgetService = act(z.strictObject(serviceKey), (region, input) => {
  const service = serviceOf(region, input);
  region.ecsClusters.get(service.cluster)?.services.delete(service.name);
  region.scalableTargets.delete(scalableId(service.cluster, service.name));
});

/** Changes bounds and flags without the clamping that a RegisterScalableTarget brings. */
const changeScalableTarget = act(
  z.strictObject({
    ...serviceKey,
    min: z.int().min(0).optional(),
    max: z.int().min(0).optional(),
    suspended: z
      .strictObject({
        dynamicScalingIn: z.boolean(),
        dynamicScalingOut: z.boolean(),
        scheduledScaling: z.boolean(),
      })
      .optional(),
  }),
  (region, input, { now }) => {
    const target = region.scalableTargets.get(scalableId(input.cluster, input.service));
    if (target === undefined) throw new Error(`${input.service} has no scalable target`);
    target.min = input.min ?? target.min;
    target.max = input.max ?? target.max;
    target.suspended = input.suspended ?? target.suspended;
    target.changedAt = now;
  },
);

const deleteScalableTarget = act(z.strictObject(serviceKey), (region, input) => {
  const id = scalableId(input.cluster, input.service);
  if (!region.scalableTargets.delete(id)) throw new Error(`${input.service} has no scalable target`);
});

/** Sizes open an update as a call would; `status` and `tags` change at once, and a status stays until changed. */
const changeNodegroup = act(
  z.strictObject({
    ...nodegroupKey,
    minSize: z.int().min(0).optional(),
    maxSize: z.int().min(1).optional(),
    desiredSize: z.int().min(0).optional(),
    status: z.enum(['ACTIVE', 'UPDATING', 'DEGRADED']).optional(),
    /** Replaces them all. */
    tags: tags.optional(),
  }),
  (region, input, { now }) => {
    const nodegroup = nodegroupOf(region, input);
    nodegroup.status = input.status ?? nodegroup.status;
    nodegroup.tags = input.tags ?? nodegroup.tags;
    const { minSize, maxSize, desiredSize } = input;
    if (minSize === undefined && maxSize === undefined && desiredSize === undefined) return;
    updateScaling(nodegroup, { minSize, maxSize, desiredSize }, { now, token: randomUUID() });
  },
);

const deleteNodegroup = act(z.strictObject(nodegroupKey), (region, input) => {
  const { cluster, name } = nodegroupOf(region, input);
  region.eksClusters.get(cluster)?.nodegroups.delete(name);
});

const ACTS = {
  startInstance,
  stopInstance,
  terminateInstance,
  forgetInstance,
  changeInstance,
  setDesiredCount,
  deployService,
  stallService,
  deleteService,
  forgetService,
  changeScalableTarget,
  deleteScalableTarget,
  changeNodegroup,
  deleteNodegroup,
};

/** The name of something a person does. */
export type PersonAct = keyof typeof ACTS;

/** What it needs to know. */
export type PersonInput<Name extends PersonAct> = z.input<(typeof ACTS)[Name]['input']>;

/** Whether a person can do this: names come over HTTP, too. */
export function isPersonAct(name: string): name is PersonAct {
  return Object.hasOwn(ACTS, name);
}

/**
 * Does it. `regionOf` gives the region by name, settled up to `now`.
 * Throws if the input is malformed, what it names does not exist, or AWS would refuse it.
 */
export function actAsPerson(
  name: PersonAct,
  input: unknown,
  regionOf: (name: string) => Region,
  moment: Moment,
): void {
  ACTS[name].run(input, regionOf, moment);
}

function act<Input extends z.ZodType<{ region: string }>>(
  input: Input,
  effect: (region: Region, input: z.output<Input>, moment: Moment) => void,
) {
  return {
    input,
    run(raw: unknown, regionOf: (name: string) => Region, moment: Moment): void {
      const parsed = input.parse(raw);
      effect(regionOf(parsed.region), parsed, moment);
    },
  };
}

function instanceOf(region: Region, { instanceId }: { instanceId: string }): Instance {
  const instance = region.instances.get(instanceId);
  if (instance === undefined) throw new Error(`No instance ${instanceId} in ${region.name}`);
  return instance;
}

function serviceOf(region: Region, key: { cluster: string; service: string }): EcsService {
  const service = region.ecsClusters.get(key.cluster)?.services.get(key.service);
  if (service === undefined) throw new Error(`No service ${key.cluster}/${key.service} in ${region.name}`);
  return service;
}

function nodegroupOf(region: Region, key: { cluster: string; nodegroup: string }): Nodegroup {
  const nodegroup = region.eksClusters.get(key.cluster)?.nodegroups.get(key.nodegroup);
  if (nodegroup === undefined) {
    throw new Error(`No node group ${key.cluster}/${key.nodegroup} in ${region.name}`);
  }
  return nodegroup;
}
