/**
 * The port to one AWS service: six idempotent verbs over targets of one kind. A driver holds no state of its
 * own and decides nothing; it reads, changes as told, and says truthfully what came of it.
 */
import type { OperationError } from './errors.js';
import type { Kind, Target, TargetId } from './target.js';

/** The three suspension flags of Application Auto Scaling; true means suspended. */
export interface Suspended {
  readonly scaleIn: boolean;
  readonly scaleOut: boolean;
  readonly scheduled: boolean;
}

/** The fields of an EC2 instance that a nap changes or that tell who changed it. */
export interface Ec2Fields {
  readonly kind: 'ec2';
  readonly running: boolean;
  /** `StateTransitionReason` as read: names who stopped it and when, so a later stop can be told from ours. */
  readonly transition: string;
}
export interface EcsFields {
  readonly kind: 'ecs';
  readonly desired: number;
  /** null: the service has no scalable target. */
  readonly scalable: { readonly min: number; readonly max: number; readonly suspended: Suspended } | null;
}
export interface EksFields {
  readonly kind: 'eks';
  readonly min: number;
  readonly desired: number;
  readonly max: number;
}
/** What a snapshot saves and what a nap leaves, as plain data that survives JSON. */
export type Fields = Ec2Fields | EcsFields | EksFields;

/**
 * Names of the fields a person may change meanwhile.
 * EC2: `state`. ECS: `desired`, `min`, `max`, `suspended.scaleIn`, `suspended.scaleOut`, `suspended.scheduled`.
 * EKS: `desired`, `min`, `max`.
 */
export type FieldName =
  | 'state'
  | 'desired'
  | 'min'
  | 'max'
  | 'suspended.scaleIn'
  | 'suspended.scaleOut'
  | 'suspended.scheduled';

/**
 * How a target stands, over all kinds.
 * - `on`: it runs as wanted (EC2 running; ECS and EKS desired > 0 and as many running)
 * - `starting`: it was told to run and is not there yet
 * - `stopping`: it was told to stop (EC2 stopping; desired 0 with tasks or nodes left)
 * - `off`: nothing of it runs and nothing is asked to
 * - `gone`: it does not exist (terminated, INACTIVE, deleted)
 */
export type Power = 'on' | 'starting' | 'stopping' | 'off' | 'gone';

export interface Counts {
  readonly desired: number;
  readonly running: number;
  readonly min?: number;
  readonly max?: number;
}

export interface Why {
  /** One sentence for a person. */
  readonly reason: string;
  /** What they can do about it, where there is something. */
  readonly hint?: string | undefined;
  /** What in the target's registry entry lifts this refusal: `autoscaler: ours`. Undefined: nothing does. */
  readonly lifts?: 'autoscaler' | undefined;
}

/** One target as AWS shows it now. */
export interface Observed {
  readonly target: Target;
  readonly id: TargetId;
  readonly power: Power;
  /** AWS's own word: `running`, `stopping`, `ACTIVE`, `UPDATING`; `missing` when it does not exist. */
  readonly state: string;
  /** Undefined exactly when power is `gone`. */
  readonly fields: Fields | undefined;
  readonly counts?: Counts | undefined;
  /** The Name tag of an instance. */
  readonly name?: string | undefined;
  readonly instanceType?: string | undefined;
  /** When AWS says it was stopped, in wall milliseconds by AWS's clock; undefined while it is up, or where AWS does not say. */
  readonly stoppedAt?: number | undefined;
  /** Set when this target must never be napped automatically, with the reason shown. */
  readonly refusal?: Why | undefined;
  /** Set while a nap has to wait (a deployment or an update in progress): why. */
  readonly napWaits?: string | undefined;
  /** Set while a restore has to wait (still stopping, an update in progress): why. */
  readonly restoreWaits?: string | undefined;
}

/** Everything of one kind in one region. */
interface Listing {
  readonly services: readonly Observed[];
  /** Names of all clusters, empty ones too. None for EC2. */
  readonly clusters: readonly string[];
}

/** A target to nap: `saved` is what its snapshot holds, so that a repeated nap changes nothing twice. */
export interface NapOrder {
  readonly target: Target;
  readonly saved: Fields;
}

/** A target to put back: all saved fields but those in `keep`, which a person has changed meanwhile. */
export interface RestoreOrder {
  readonly target: Target;
  readonly saved: Fields;
  readonly keep: readonly FieldName[];
}

/** What came of a verb, target by target: `accepted` means AWS took the request, not that it is done. */
export type Outcomes = ReadonlyMap<TargetId, 'accepted' | OperationError>;

/** Whether what we left is still as we left it. */
export interface Ours {
  /** Fields that differ from what the nap left. */
  readonly changed: readonly FieldName[];
  /** Whether the target's size or power is among them: then somebody runs (or stopped) it and it is theirs. */
  readonly taken: boolean;
}

/**
 * A driver for one kind. All verbs take targets of any regions of that kind and split them up themselves; a
 * failure of one target never hides or fails another. Every promise resolves with one result for each target
 * asked about; a verb rejects only when it was aborted.
 */
export interface Driver {
  readonly kind: Kind;

  /**
   * Everything of this kind in a region, pages followed to the end.
   * @throws OperationError when the region cannot be read whole; a part is never passed off as all.
   */
  list(region: string, signal?: AbortSignal): Promise<Listing>;

  /** Reads targets afresh. One that does not exist is observed with power `gone`, not an error. */
  inspect(
    targets: readonly Target[],
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<TargetId, Observed | OperationError>>;

  /**
   * Stops targets. Idempotent: on one that naps already, or half, it does what is left to do. EC2 batches by
   * region; one bad instance in a batch does not lose the others.
   */
  nap(orders: readonly NapOrder[], signal?: AbortSignal): Promise<Outcomes>;

  /** Puts targets back. Idempotent likewise; never touches a field in `keep`. */
  restore(orders: readonly RestoreOrder[], signal?: AbortSignal): Promise<Outcomes>;

  /**
   * A person's explicit size: tasks, nodes, or for EC2 1 (start) and 0 (stop). Bounds are changed only as far as
   * AWS would otherwise reject the size downwards (min is lowered); a size above max is fault `refused`.
   */
  scale(target: Target, size: number, signal?: AbortSignal): Promise<'accepted' | OperationError>;

  /**
   * Pure: compares what AWS shows now with how the nap left the target. `left` is what was read when the nap
   * was confirmed; undefined when it never was (a crash between), then what the nap of `saved` would have left.
   */
  stillOurs(saved: Fields, left: Fields | undefined, now: Fields): Ours;

  /** Pure: the fields not in `keep` that are not yet back as saved. Empty: the restore is complete. */
  missing(saved: Fields, keep: readonly FieldName[], now: Observed): readonly FieldName[];

  /** Pure: whether every field that a nap of `saved` changes is as the nap wants it; nothing left to ask of AWS. */
  napApplied(saved: Fields, now: Fields): boolean;

  /** Pure: whether the nap has not touched anything yet: every field is still as saved. */
  untouched(saved: Fields, now: Fields): boolean;

  /** Pure: the size to remember of these fields: tasks or nodes wanted; for EC2 1 or 0. */
  sizeOf(fields: Fields): number;
}
