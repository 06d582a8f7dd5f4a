/** The life of an EKS managed node group: one update at a time, and nodes that follow the desired size. */
import { randomUUID } from 'node:crypto';
import type { NodegroupSeed } from '../fleet.js';
import type { Delays } from '../timing.js';

export interface Scaling {
  readonly minSize: number;
  readonly maxSize: number;
  readonly desiredSize: number;
}

export interface NodegroupUpdate {
  readonly id: string;
  /** The caller's idempotency token. */
  readonly token: string;
  readonly createdAt: number;
  /** What was asked for, as DescribeUpdate lists it. */
  readonly params: readonly { readonly type: string; readonly value: string }[];
  status: 'InProgress' | 'Successful';
}

export interface Nodegroup {
  readonly cluster: string;
  readonly name: string;
  /** The end of its ARN. */
  readonly uuid: string;
  readonly capacityType: 'ON_DEMAND' | 'SPOT';
  readonly instanceType: string;
  readonly autoScalingGroup: string;
  readonly createdAt: number;
  status: 'ACTIVE' | 'UPDATING' | 'DEGRADED';
  scaling: Scaling;
  tags: Record<string, string>;
  labels: Record<string, string>;
  /** The nodes that run, which lag behind the desired size. */
  nodes: number;
  /** When the last node came or went, or may first do so. */
  steppedAt: number;
  modifiedAt: number;
  /** Oldest first. Only the last can be in progress. */
  updates: NodegroupUpdate[];
}

/** A node group with as many nodes as it desires. */
export function createNodegroup(cluster: string, seed: NodegroupSeed, now: number): Nodegroup {
  return {
    cluster,
    name: seed.name,
    uuid: randomUUID(),
    capacityType: seed.capacityType ?? 'ON_DEMAND',
    instanceType: seed.instanceType ?? 't3.large',
    autoScalingGroup: `eks-${seed.name}-${randomUUID()}`,
    createdAt: now,
    status: 'ACTIVE',
    scaling: { minSize: seed.min, maxSize: seed.max, desiredSize: seed.desired },
    tags: { ...seed.tags },
    labels: { ...seed.labels },
    nodes: seed.desired,
    steppedAt: now,
    modifiedAt: now,
    updates: [],
  };
}

/** Whether an update is under way, which refuses the next. */
export function isUpdating(nodegroup: Nodegroup): boolean {
  return nodegroup.status === 'UPDATING' || nodegroup.updates.at(-1)?.status === 'InProgress';
}

/** Sets new sizes at once, checked by the caller; nodes follow when the update that this opens has gone through. */
export function beginScaling(
  nodegroup: Nodegroup,
  scaling: Scaling,
  { now, token }: { readonly now: number; readonly token: string },
): NodegroupUpdate {
  const update: NodegroupUpdate = {
    id: randomUUID(),
    token,
    createdAt: now,
    params: [
      { type: 'MinSize', value: String(scaling.minSize) },
      { type: 'MaxSize', value: String(scaling.maxSize) },
      { type: 'DesiredSize', value: String(scaling.desiredSize) },
    ],
    status: 'InProgress',
  };
  nodegroup.scaling = scaling;
  nodegroup.modifiedAt = now;
  nodegroup.updates.push(update);
  return update;
}

/** Carries a node group to where it stands at `now`. */
export function settleNodegroup(nodegroup: Nodegroup, now: number, delays: Delays): void {
  const update = nodegroup.updates.at(-1);
  if (update?.status === 'InProgress') {
    const doneAt = update.createdAt + delays.nodegroupUpdate;
    if (doneAt > now) return;
    update.status = 'Successful';
    nodegroup.steppedAt = doneAt;
  }
  while (nodegroup.nodes !== nodegroup.scaling.desiredSize && nodegroup.steppedAt + delays.nodeStep <= now) {
    nodegroup.steppedAt += delays.nodeStep;
    nodegroup.nodes += nodegroup.nodes < nodegroup.scaling.desiredSize ? 1 : -1;
  }
}
