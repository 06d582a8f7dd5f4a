/** The life of an EC2 instance: what starting and stopping set in motion, and where it has got to by now. */
import type { InstanceSeed } from '../fleet.js';
import type { Delays } from '../timing.js';

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'terminated';

/** EC2's numbers for the states, as the API answers them. */
export const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

export interface Instance {
  readonly id: string;
  readonly type: string;
  readonly availabilityZone: string;
  readonly autoScalingGroup: string | undefined;
  readonly spot: 'one-time' | 'persistent' | undefined;
  readonly rootDevice: 'ebs' | 'instance-store';
  readonly managedBy: string | undefined;
  readonly privateIp: string;
  tags: Record<string, string>;
  stopProtected: boolean;
  failsToStart: boolean;
  state: InstanceState;
  /** When `state` began, or for pending and stopping when it was asked for. */
  stateSince: number;
  launchedAt: number;
  /** Who stopped it and when, `User initiated (…)`; empty while it runs. */
  transitionReason: string;
  /** Code and message of why it is stopped. */
  stateReason: { readonly code: string; readonly message: string } | undefined;
}

export interface StartsAt {
  readonly region: string;
  readonly now: number;
  /** How many instances came before: gives distinct addresses and zones. */
  readonly index: number;
}

/** A new instance, as its seed says. */
export function createInstance(seed: InstanceSeed, { region, now, index }: StartsAt): Instance {
  const tags: Record<string, string> = { ...seed.tags };
  if (seed.name !== undefined) tags.Name = seed.name;
  if (seed.autoScalingGroup !== undefined) tags['aws:autoscaling:groupName'] = seed.autoScalingGroup;
  const instance: Instance = {
    id: seed.id,
    type: seed.type ?? 't3.medium',
    availabilityZone: `${region}${index % 2 === 0 ? 'a' : 'b'}`,
    autoScalingGroup: seed.autoScalingGroup,
    spot: seed.spot,
    rootDevice: seed.rootDevice ?? 'ebs',
    managedBy: seed.managedBy,
    privateIp: `10.0.${Math.floor(index / 250)}.${10 + (index % 240)}`,
    tags,
    stopProtected: seed.stopProtected ?? false,
    failsToStart: seed.failsToStart ?? false,
    state: 'running',
    stateSince: now,
    launchedAt: now,
    transitionReason: '',
    stateReason: undefined,
  };
  if (seed.state === 'stopped') markStopped(instance, now, userInitiated(now));
  if (seed.state === 'terminated') terminate(instance, now);
  return instance;
}

/** Sets a stopped instance going. The caller has checked that it may start. */
export function beginStart(instance: Instance, now: number): void {
  instance.state = 'pending';
  instance.stateSince = now;
  instance.launchedAt = now;
  instance.transitionReason = '';
  instance.stateReason = undefined;
}

/** Sets a running instance stopping. The caller has checked that it may stop. */
export function beginStop(instance: Instance, now: number): void {
  markStopped(instance, now, userInitiated(now));
  instance.state = 'stopping';
}

/** Terminates at once; the real, short shutting-down is left out. */
export function terminate(instance: Instance, now: number): void {
  instance.state = 'terminated';
  instance.stateSince = now;
  instance.transitionReason = userInitiated(now);
  instance.stateReason = undefined;
}

/** Carries an instance to where it stands at `now`. */
export function settleInstance(instance: Instance, now: number, delays: Delays): void {
  if (instance.state === 'pending' && now >= instance.stateSince + delays.instanceStart) {
    const at = instance.stateSince + delays.instanceStart;
    if (instance.failsToStart) {
      markStopped(instance, at, '');
      instance.stateReason = {
        code: 'Client.InternalError',
        message: 'Client.InternalError: Client error on launch',
      };
    } else {
      instance.state = 'running';
      instance.stateSince = at;
    }
  }
  if (instance.state === 'stopping' && now >= instance.stateSince + delays.instanceStop) {
    instance.state = 'stopped';
    instance.stateSince += delays.instanceStop;
  }
}

/** Whether an Auto Scaling group has given up on this member by `now` and wants it replaced. */
export function isDueForReplacement(instance: Instance, now: number, delays: Delays): boolean {
  return (
    instance.autoScalingGroup !== undefined &&
    instance.state === 'stopped' &&
    now >= instance.stateSince + delays.memberReplacement
  );
}

/** Whether its persistent Spot request has noticed the stop: until then a start is refused. */
export function isSpotRequestDisabled(instance: Instance, now: number, delays: Delays): boolean {
  return instance.state === 'stopped' && now >= instance.stateSince + delays.spotRequest;
}

function markStopped(instance: Instance, now: number, transitionReason: string): void {
  instance.state = 'stopped';
  instance.stateSince = now;
  instance.transitionReason = transitionReason;
  instance.stateReason = {
    code: 'Client.UserInitiatedShutdown',
    message: 'Client.UserInitiatedShutdown: User initiated shutdown',
  };
}

/** EC2's form of who and when: `User initiated (2026-01-31 12:00:00 GMT)`. */
function userInitiated(now: number): string {
  return `User initiated (${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} GMT)`;
}
