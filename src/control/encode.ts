/** Core's views as the wire's JSON. Pure; every field is named in wire.ts. */
import type {
  AccountView,
  Done,
  Explanation,
  HoldDone,
  LeaseView,
  NapDone,
  PlanView,
  RegisteredView,
  SensesView,
  SensorView,
  ServiceList,
  ServiceView,
  Status,
} from '../core/control.js';
import type { Condition, Event } from '../core/events.js';
import type { SensorHealth } from '../core/sensor.js';
import type { Target } from '../core/target.js';
import {
  SERVICE_TYPE_OF,
  type WireAccount,
  type WireCondition,
  type WireDone,
  type WireEvent,
  type WireExplanation,
  type WireHealth,
  type WireHoldDone,
  type WireLease,
  type WireList,
  type WireNapDone,
  type WirePlan,
  type WireRegistered,
  type WireSenses,
  type WireSensor,
  type WireService,
  type WireStatus,
} from './wire.js';

/** Wall milliseconds as RFC 3339 in UTC; null for undefined and for what no calendar holds. */
export function rfc3339(wallMs: number | undefined): string | null {
  if (wallMs === undefined || !(Math.abs(wallMs) <= 8.64e15)) return null;
  return new Date(wallMs).toISOString();
}

export function encodeStatus(status: Status): WireStatus {
  return {
    presence: status.presence,
    since: rfc3339(status.since),
    idle_seconds: Math.floor(status.idleSeconds),
    next_nap_at: rfc3339(status.nextNapAt),
    targets: status.targets,
    napping: status.napping,
    conditions: status.conditions.map(encodeCondition),
    version: status.version,
    dry_run: status.dryRun,
  };
}

function encodeCondition(condition: Condition): WireCondition {
  return {
    id: condition.id,
    message: condition.message,
    hint: condition.hint,
    since: rfc3339(condition.since),
    target: condition.targetId,
  };
}

export function encodeList(list: ServiceList): WireList {
  return {
    services: list.services.map(encodeService),
    clusters: list.clusters.map(({ kind, region, name }) => ({
      service_type: SERVICE_TYPE_OF[kind],
      cluster_name: name,
      region,
    })),
    failures: list.failures.map(({ kind, region, message, hint }) => ({
      service_type: SERVICE_TYPE_OF[kind],
      region,
      message,
      hint,
    })),
  };
}

function encodeService(view: ServiceView): WireService {
  return {
    service_type: SERVICE_TYPE_OF[view.target.kind],
    target: view.id,
    ...encodeNames(view.target),
    name: view.name,
    description: view.description,
    state: view.state,
    power: view.power,
    registered: view.registered,
    instance_type: view.instanceType,
    desired: view.counts?.desired,
    running: view.counts?.running,
    min: view.counts?.min,
    max: view.counts?.max,
    refusal: view.refusal,
  };
}

/** A target's parts under the registry's field names. */
function encodeNames(target: Target): Omit<WireService, 'service_type' | 'target' | 'state' | 'registered'> {
  switch (target.kind) {
    case 'ec2':
      return { instance_id: target.instanceId, region: target.region };
    case 'ecs':
      return { cluster_name: target.cluster, service_name: target.service, region: target.region };
    case 'eks':
      return { cluster_name: target.cluster, nodegroup_name: target.nodegroup, region: target.region };
  }
}

export function encodeRegistered(view: RegisteredView): WireRegistered {
  return {
    ...encodeService(view),
    enabled: view.enabled,
    lease_until: rfc3339(view.leaseUntil),
    phase: view.phase ?? null,
    leases: view.leases.map(encodeLease),
  };
}

export function encodeDone(done: Done): WireDone {
  return { message: done.message, target: done.id };
}

export function encodeHoldDone(done: HoldDone): WireHoldDone {
  return { ...encodeDone(done), hold: done.hold };
}

export function encodeNapDone(done: NapDone): WireNapDone {
  return { ...encodeDone(done), napping: done.napping, spared: done.spared };
}

export function encodePlan(plan: PlanView): WirePlan {
  return {
    target: plan.id,
    name: plan.name,
    state: plan.state,
    action: plan.action,
    at: rfc3339(plan.at),
    reason: plan.reason,
    warned: plan.warned,
    waits: plan.waits ?? null,
    saves_per_hour: plan.savesUsdPerHour ?? null,
    aws_stops_at: rfc3339(plan.awsStopsAt),
  };
}

export function encodeEvent(event: Event): WireEvent {
  return {
    type: event.type,
    at: rfc3339(event.at),
    target: event.targetId,
    message: event.message,
    level: event.level,
  };
}

export function encodeExplanation(why: Explanation): WireExplanation {
  return {
    target: why.id,
    registered: why.registered,
    enabled: why.enabled,
    presence: why.presence,
    leases: why.leases.map(encodeLease),
    sensors: why.sensors.map(encodeSensor),
    observed: why.observed ? encodeService(why.observed) : null,
    snapshot: why.snapshot
      ? {
          phase: why.snapshot.phase,
          taken_at: rfc3339(why.snapshot.takenAt),
          reason: why.snapshot.reason,
          saved: why.snapshot.saved,
        }
      : null,
    last_action: why.lastAction ? encodeEvent(why.lastAction) : null,
    dead_man: why.deadMan
      ? { stops_at: rfc3339(why.deadMan.stopsAt), lacks: why.deadMan.lacks ?? null }
      : null,
    next: why.next,
  };
}

function encodeLease({ until, ...lease }: LeaseView): WireLease {
  return { ...lease, until: rfc3339(until) };
}

function encodeSensor({ sensor, health, wakes, lastActivity }: SensorView): WireSensor {
  return { sensor, health: encodeHealth(health), wakes, last_activity: rfc3339(lastActivity) };
}

function encodeHealth(health: SensorHealth): WireHealth {
  if (health.state === 'off') return health;
  const { passedOver = [], beside = [], ...own } = health;
  return { ...own, passed_over: passedOver, beside };
}

export function encodeSenses({ sensors, signals, locked }: SensesView): WireSenses {
  return {
    sensors: sensors.map(encodeSensor),
    signals: signals.map(({ signal, health }) => ({ signal, health: encodeHealth(health) })),
    locked: locked ?? null,
  };
}

export function encodeAccount(view: AccountView): WireAccount {
  return { identity: view.identity ?? null, pinned: view.pinned ?? null, owed: view.owed };
}
