/**
 * The wire form of `Control`: what each operation is asked and answers as JSON, over the control socket and, for
 * the services and the status, over UDP too. Types and a few words only, so that a client starts quickly.
 *
 * Names are snake_case, times are RFC 3339 in UTC, what is not known is null or absent as each field says.
 */

import type { PresenceState } from '../core/control.js';
import type { Fields, Power } from '../core/driver.js';
import type { Code } from '../core/errors.js';
import type { EventType } from '../core/events.js';
import type { Lease } from '../core/lease.js';
import type { Phase } from '../core/ledger.js';
import type { PassedOver, SensorName } from '../core/sensor.js';
import type { SignalName } from '../core/session-signals.js';
import type { Kind, TargetId } from '../core/target.js';

export type ServiceType = 'EC2' | 'ECS' | 'EKS';
export const SERVICE_TYPES = ['EC2', 'ECS', 'EKS'] as const satisfies readonly ServiceType[];

/** The wire's word for a kind. */
export const SERVICE_TYPE_OF: Readonly<Record<Kind, ServiceType>> = { ec2: 'EC2', ecs: 'ECS', eks: 'EKS' };

/** What names a service in the registry: its type, its region, and the fields of that type. */
interface WireNames {
  readonly service_type: ServiceType;
  readonly region: string;
  /** EC2. */
  readonly instance_id?: string | undefined;
  /** ECS and EKS. */
  readonly cluster_name?: string | undefined;
  /** ECS. */
  readonly service_name?: string | undefined;
  /** EKS. */
  readonly nodegroup_name?: string | undefined;
}

export interface WireService extends WireNames {
  /** The canonical name. */
  readonly target: TargetId;
  /** The registry's `name`, or an instance's Name tag. */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** AWS's word, or `unknown`. */
  readonly state: string;
  readonly power?: Power | undefined;
  readonly registered: boolean;
  /** EC2. */
  readonly instance_type?: string | undefined;
  /** The counts of ECS and EKS; absent while they have not been read. */
  readonly desired?: number | undefined;
  readonly running?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Why it is never napped automatically. */
  readonly refusal?: { readonly reason: string; readonly hint?: string | undefined } | undefined;
}

export interface WireRegistered extends WireService {
  readonly enabled: boolean;
  /** null: no live lease keeps it. */
  readonly lease_until: string | null;
  /** null: nothing of it is open in the ledger. */
  readonly phase: Phase | null;
  /** The live leases that keep it, the one that ends last first. */
  readonly leases: readonly WireLease[];
}

export interface WireCluster {
  readonly service_type: ServiceType;
  readonly cluster_name: string;
  readonly region: string;
}

/** A region that could not be read. */
interface WireListFailure {
  readonly service_type: ServiceType;
  readonly region: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface WireList {
  readonly services: readonly WireService[];
  readonly clusters: readonly WireCluster[];
  readonly failures: readonly WireListFailure[];
}

export interface WireCondition {
  readonly id: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly since: string | null;
  readonly target?: TargetId | undefined;
}

export interface WireStatus {
  readonly presence: PresenceState;
  readonly since: string | null;
  /** Whole seconds. */
  readonly idle_seconds: number;
  /** null: no nap is coming. */
  readonly next_nap_at: string | null;
  readonly targets: number;
  readonly napping: number;
  readonly conditions: readonly WireCondition[];
  readonly version: string;
  readonly dry_run: boolean;
}

export interface WireDone {
  readonly message: string;
  readonly target?: TargetId | undefined;
}

export interface WireHoldDone extends WireDone {
  /** Names the hold that was added, to release it alone. */
  readonly hold: number;
}

export interface WireNapDone extends WireDone {
  readonly napping: readonly TargetId[];
  readonly spared: readonly TargetId[];
}

export interface WirePlan {
  readonly target: TargetId;
  readonly name?: string | undefined;
  readonly state: string;
  readonly action: 'nap' | 'restore' | 'keep' | 'none';
  /** null: not by the passing of time. */
  readonly at: string | null;
  readonly reason: string;
  /** A warning stands: the nap at `at` is near. */
  readonly warned: boolean;
  /** What it waits for before it can go on; null: for nothing. */
  readonly waits: string | null;
  /** What AWS bills less in each hour it naps, in US dollars: an estimate. null: not known, or it does not run. */
  readonly saves_per_hour: number | null;
  /** RFC 3339: when AWS stops it by its dead-man's switch, should this machine be gone; null: never. */
  readonly aws_stops_at: string | null;
}

export interface WireLease {
  /** In words. */
  readonly holder: string;
  readonly kind: Lease['kind'];
  /** Of kind `hold`: names it, and who asked for it. */
  readonly hold?: { readonly id: number; readonly by: string } | undefined;
  /** Of kind `dependent`: the target whose lease it is. */
  readonly dependent?: TargetId | undefined;
  /** null: as long as presence is unknown. */
  readonly until: string | null;
  readonly live: boolean;
}

/** What was tried for a sensor or a signal, and what watches beside it; empty where there is none. */
interface WireTried {
  /** In the order tried. */
  readonly passed_over: readonly PassedOver[];
  readonly beside: readonly (
    | { readonly state: 'watching'; readonly mechanism: string }
    | ({ readonly state: 'unavailable' } & PassedOver)
  )[];
}

export type WireHealth =
  | ({ readonly state: 'watching'; readonly mechanism: string } & WireTried)
  | { readonly state: 'off' }
  | ({ readonly state: 'unavailable'; readonly reason: string; readonly cure: string } & WireTried);

export interface WireSensor {
  readonly sensor: SensorName;
  readonly health: WireHealth;
  readonly wakes: boolean;
  /** null: none since the start of the daemon. */
  readonly last_activity: string | null;
}

/** What the system tells of the session. */
export interface WireSignal {
  readonly signal: SignalName;
  readonly health: WireHealth;
}

export interface WireSenses {
  readonly sensors: readonly WireSensor[];
  readonly signals: readonly WireSignal[];
  /** Whether the session is locked; null: nobody can tell. */
  readonly locked: boolean | null;
}

export interface WireSnapshot {
  readonly phase: Phase;
  readonly taken_at: string | null;
  readonly reason: string;
  /** The saved fields of its kind, as the ledger holds them. */
  readonly saved: Fields;
}

export interface WireEvent {
  readonly type: EventType;
  readonly at: string | null;
  readonly target?: TargetId | undefined;
  readonly message: string;
  readonly level: 'info' | 'warn' | 'error';
}

export interface WireExplanation {
  readonly target: TargetId;
  readonly registered: boolean;
  readonly enabled: boolean;
  readonly presence: PresenceState;
  readonly leases: readonly WireLease[];
  readonly sensors: readonly WireSensor[];
  readonly observed: WireService | null;
  readonly snapshot: WireSnapshot | null;
  readonly last_action: WireEvent | null;
  /** Its dead-man's switch; null: it has none now, and should have none. */
  readonly dead_man: {
    /** RFC 3339; null: AWS does not stop it. */
    readonly stops_at: string | null;
    /** Why it cannot be relied on; null: it can. */
    readonly lacks: { readonly why: string; readonly hint: string } | null;
  } | null;
  readonly next: string;
}

export interface WireCheck {
  readonly area: string;
  readonly name: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly cure?: string | undefined;
}

export interface WireAccount {
  /** null: nobody is signed in. */
  readonly identity: { readonly account: string; readonly arn: string } | null;
  /** null: none is pinned yet. */
  readonly pinned: string | null;
  readonly owed: readonly { readonly account: string; readonly targets: number }[];
}

/** What `register` is given: the fields of services.yaml and the type that says which of them apply. */
export interface RegisterRequest extends WireNames {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly inactivity_timeout_minutes?: number | undefined;
  readonly depends_on?: readonly string[] | undefined;
  /** ECS. */
  readonly desired_count?: number | undefined;
  /** EKS. */
  readonly desired_size?: number | undefined;
  /** EKS. */
  readonly autoscaler?: 'ours' | undefined;
  /** Teammates need it too. */
  readonly shared?: boolean | undefined;
}

interface Asked {
  readonly target: string;
}
interface AskedOrAll {
  /** Absent: all targets. */
  readonly target?: string | undefined;
}
export type Nothing = Readonly<Record<string, never>>;

/** Every operation: `POST /v1/<operation>` with the request as body is answered with the response. */
export interface Operations {
  /** Presence, what comes next, and what is wrong. */
  status: { request: Nothing; response: WireStatus };
  /** Reads AWS: everything of these kinds. */
  list: {
    request: {
      /** Absent: all. */
      readonly service_types?: readonly ServiceType[] | undefined;
      /** Absent: all configured regions. */
      readonly region?: string | undefined;
    };
    response: WireList;
  };
  /** What is registered, with the state last read; asks nothing of AWS. */
  registered: { request: Nothing; response: { readonly services: readonly WireRegistered[] } };
  /** Starts a target; one that naps is restored. Answered when AWS has accepted it. */
  start: { request: Asked & { readonly size?: number | undefined }; response: WireDone };
  /** Stops a target until a person starts it; its size is remembered. */
  stop: { request: Asked; response: WireDone };
  /** Gives a scalable target a size; 0 is a stop. */
  scale: { request: Asked & { readonly size: number }; response: WireDone };
  /** Registers a target, with one full timeout to begin with. */
  register: { request: RegisterRequest; response: WireDone };
  /** Takes a target out of the registry; if it naps it is restored once more. */
  unregister: { request: Asked; response: WireDone };
  /** Keeps one target or all awake for so many minutes; restores those that nap. */
  hold: { request: AskedOrAll & { readonly minutes: number }; response: WireHoldDone };
  /** Ends the holds on one target, or all holds. */
  release: {
    /** `hold`: that one alone. */
    request: AskedOrAll & { readonly hold?: number | undefined };
    response: WireDone;
  };
  /** Lets one target or all nap now, until somebody is back; held ones are spared. */
  nap: { request: AskedOrAll; response: WireNapDone };
  /** What happens to each target if nothing else does, and when. */
  plan: { request: Nothing; response: { readonly plan: readonly WirePlan[] } };
  /** The whole story of one target. */
  why: { request: Asked; response: WireExplanation };
  /** The sensors, what the system tells of the session, and how each is doing. */
  senses: { request: Nothing; response: WireSenses };
  /** Looks whether everything is in order, asking AWS too. */
  doctor: { request: Nothing; response: { readonly checks: readonly WireCheck[] } };
  /** Who is signed in, which account is pinned, and what is owed to others. */
  account: { request: Nothing; response: WireAccount };
  /** Pins another account: the one that is signed in. */
  acceptAccount: { request: { readonly account: string }; response: WireDone };
  /** What happened, the newest first. */
  history: {
    request: AskedOrAll & { readonly limit?: number | undefined };
    response: { readonly events: readonly WireEvent[] };
  };
  /** Ends the daemon. */
  shutdown: { request: Nothing; response: WireDone };
}
export type OperationName = keyof Operations;

/** Answered instead of a response, with a fitting HTTP status. */
export interface WireFailure {
  readonly error: { readonly code: Code; readonly message: string; readonly hint: string | null };
}

/** The path of the event stream: one {@link WireEvent} a line from now on. */
export const EVENTS_PATH = '/v1/events';

/** The path of the dashboard's event stream: server-sent events, one {@link WireEvent} each, that can be resumed. */
export const LIVE_PATH = '/v1/live';

/** The path of the description of all this, an OpenAPI document. */
export const API_PATH = '/api/openapi.json';

/** How to let a browser in: a form with `token` is posted to `address`, once, within half a minute. */
export interface WireInvitation {
  readonly address: string;
  readonly token: string;
}

/** The path that asks for a {@link WireInvitation}, on the control socket alone: it opens the dashboard. */
export const INVITE_PATH = '/v1/invite';

/** The path an operation is posted to. */
export function pathOf(operation: string): string {
  return `/v1/${operation}`;
}
