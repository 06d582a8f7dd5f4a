/**
 * The sandbox's time: the clock it is handed, and how long AWS takes over things. States are worked out from
 * `now()` when somebody looks, never by timers, so a fake clock moves the whole fleet.
 */

/** Wall time as the sandbox needs it. Tests hand in a fake one. */
export interface SandboxClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves once `ms` have gone by on this clock. Used for injected latency alone. */
  sleep(ms: number): Promise<void>;
}

/** How long things take, milliseconds. */
export interface Delays {
  /** EC2: pending until running. */
  readonly instanceStart: number;
  /** EC2: stopping until stopped. */
  readonly instanceStop: number;
  /** EC2: how long a stopped instance's persistent Spot request stays active, refusing a start. */
  readonly spotRequest: number;
  /** EC2: how long an Auto Scaling group tolerates a stopped member before it replaces it. */
  readonly memberReplacement: number;
  /** ECS: between one task and the next, and from the last task to a completed deployment. */
  readonly taskStep: number;
  /** Application Auto Scaling: until a count outside the bounds is pulled back in. */
  readonly scalingPolicy: number;
  /** EKS: an update from InProgress to Successful. */
  readonly nodegroupUpdate: number;
  /** EKS: between one node and the next. */
  readonly nodeStep: number;
  /** Scheduler: from the instant an expression names to its firing; AWS promises the minute. */
  readonly scheduleFiring: number;
  /** Scheduler: from a failed delivery to the next try; doubles with each. */
  readonly scheduleRetry: number;
  /** Scheduler: a group from DELETING until it is gone. */
  readonly scheduleGroupDeletion: number;
  /** CloudFormation: each resource's creation, update or deletion. */
  readonly stackResource: number;
}

/** What AWS takes on an ordinary day. */
const ORDINARY_DELAYS: Delays = {
  instanceStart: 10_000,
  instanceStop: 30_000,
  spotRequest: 15_000,
  memberReplacement: 120_000,
  taskStep: 5_000,
  scalingPolicy: 60_000,
  nodegroupUpdate: 20_000,
  nodeStep: 30_000,
  scheduleFiring: 7_000,
  scheduleRetry: 20_000,
  scheduleGroupDeletion: 10_000,
  stackResource: 15_000,
};

/** The ordinary delays with `changes` laid over them, all multiplied by `scale` (0.1: ten times as fast). */
export function delaysOf(changes: Partial<Delays> = {}, scale = 1): Delays {
  const merged = { ...ORDINARY_DELAYS, ...changes };
  return {
    instanceStart: merged.instanceStart * scale,
    instanceStop: merged.instanceStop * scale,
    spotRequest: merged.spotRequest * scale,
    memberReplacement: merged.memberReplacement * scale,
    taskStep: merged.taskStep * scale,
    scalingPolicy: merged.scalingPolicy * scale,
    nodegroupUpdate: merged.nodegroupUpdate * scale,
    nodeStep: merged.nodeStep * scale,
    scheduleFiring: merged.scheduleFiring * scale,
    scheduleRetry: merged.scheduleRetry * scale,
    scheduleGroupDeletion: merged.scheduleGroupDeletion * scale,
    stackResource: merged.stackResource * scale,
  };
}
