/**
 * The dead-man's switch: a lease kept where a closed laptop cannot forget it. While a target is wanted, AWS holds a
 * one-time schedule that stops it once its lease and a grace have passed; activity moves it on, seldom. The pure
 * decisions, and the port to AWS. `aws` instants are wall milliseconds by AWS's clock, which nobody here can set.
 */
import type { Fields, Outcomes } from './driver.js';
import type { Target, TargetId } from './target.js';

/** A schedule fires within the minute it names (EventBridge Scheduler, "Schedule types": precision of a minute). */
export const MINUTE_MS = 60_000;
/** AWS tries a schedule again for this long after it was due (`MaximumEventAgeInSeconds`), so late it may still act. */
export const LATEST_MS = 5 * MINUTE_MS + MINUTE_MS;
/** Activity moves a switch on at most this often. */
const FOLLOW_EVERY_MS = 5 * MINUTE_MS;

/**
 * How far a switch has come.
 * - `arming`: the snapshot is written; AWS may or may not hold the schedule
 * - `armed`: AWS holds it, as read back
 * - `disarming`: it is to be deleted; AWS may still hold it
 */
type SwitchPhase = 'arming' | 'armed' | 'disarming';

/** What is on record of one target's switch, durably, before AWS is asked to hold it. */
export interface Switch {
  readonly targetId: TargetId;
  readonly target: Target;
  readonly account: string;
  /** Tells the schedules of this installation from those of others; `team` for a shared target. */
  readonly owner: string;
  readonly phase: SwitchPhase;
  /** When it fires, by AWS's clock: a whole minute. */
  readonly firesAt: number;
  /**
   * An instant it was to fire at before. While it is being moved AWS may still hold that; afterwards a firing of then
   * may still come late.
   */
  readonly before: number | undefined;
  /** The target as last seen at work: the snapshot it is restored to if the switch stops it. */
  readonly saved: Fields;
}

/** One schedule to be held. */
export interface SwitchOrder {
  readonly target: Target;
  readonly owner: string;
  readonly firesAt: number;
  /** What the target is like: tells which calls stop it. */
  readonly saved: Fields;
  /** Whether AWS is known to hold one already. If it then does not, it may have fired: fault `missing`. */
  readonly isHeld: boolean;
}

/** What is installed in a region for switches to work: a schedule group, and the role that AWS acts by. */
export interface SwitchStack {
  readonly region: string;
  /** The targets the role may stop. A switch of any other would be armed and do nothing. */
  readonly covers: readonly TargetId[];
  /** Undefined: ready. Otherwise what keeps it from being used, in one sentence. */
  readonly trouble: string | undefined;
}

/** The port to the schedules that AWS holds, and to what has to be installed for them. */
export interface SwitchBoard {
  /** What AWS's clock shows more than this machine's wall clock, in milliseconds, as far as is known; 0 before. */
  aheadMs(): number;
  /**
   * Creates or moves schedules and reads each back. `accepted`: AWS holds it as ordered. One whose order says
   * `isHeld` and that is not there is fault `missing`, and is not created. A shared one (owner `team`) is never moved
   * to an earlier minute: whoever's lease is the latest wins.
   */
  arm(orders: readonly SwitchOrder[], signal?: AbortSignal): Promise<Outcomes>;
  /** Deletes schedules; one that is gone already is `accepted`. */
  disarm(switches: readonly Pick<SwitchOrder, 'target' | 'owner'>[], signal?: AbortSignal): Promise<Outcomes>;
  /**
   * When the schedules in a region fire, by target: those of one owner, or of all when none is named.
   * @throws OperationError when they cannot be read whole
   */
  held(region: string, owner?: string, signal?: AbortSignal): Promise<ReadonlyMap<TargetId, number>>;
  /** What is installed in a region; undefined: nothing is. @throws OperationError */
  stack(region: string, signal?: AbortSignal): Promise<SwitchStack | undefined>;
  /**
   * Installs what switches of these targets need, or brings it up to date, one region at a time; resolves when AWS
   * has it and it was read back. @throws OperationError
   */
  install(targets: readonly Target[], signal?: AbortSignal): Promise<readonly SwitchStack[]>;
  /** Removes the schedules of every owner and all that was installed in a region. @throws OperationError */
  uninstall(region: string, signal?: AbortSignal): Promise<void>;
  /** The CloudFormation template that {@link install} uses for these targets of one region, as JSON text. */
  template(targets: readonly Target[]): string;
}

/** What a switch is decided by. */
export interface SwitchFacts {
  /** AWS's clock. */
  readonly now: number;
  /** Milliseconds until the target's last lease ends; negative once it has, `Infinity` while presence is unknown. */
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly graceMs: number;
}

/**
 * When the switch of a target that is to stay up should fire: its lease's end and the grace, on a whole minute. While
 * the agent lives a lease is as good as its word: one that has run out and is not followed by a nap yet (it waits for
 * a deployment, for a dependent) counts as running out now, one without an end as a fresh one.
 */
export function firesAtFor({ now, leaseMs, timeoutMs, graceMs }: SwitchFacts): number {
  const left = leaseMs === Number.POSITIVE_INFINITY ? timeoutMs : Math.max(0, leaseMs);
  return Math.ceil((now + left + graceMs) / MINUTE_MS) * MINUTE_MS;
}

/** How often a switch follows its lease, in milliseconds: so often that it can never fire while the lease is live. */
export function followEveryMs(graceMs: number): number {
  return Math.min(FOLLOW_EVERY_MS, graceMs / 2);
}

/** The instants not after `now` at which it may have fired. One that AWS has not confirmed to have moved still may. */
function dues(
  { phase, firesAt, before }: Pick<Switch, 'phase' | 'firesAt' | 'before'>,
  now: number,
): readonly number[] {
  const passed =
    before !== undefined && (phase !== 'armed' || now < before + LATEST_MS) ? [before, firesAt] : [firesAt];
  return passed.filter((due) => due <= now);
}

/** Who changed a target that has a switch, while no entry of ours explains it. */
export type StoppedBy = 'switch' | 'person' | 'nobody';

/**
 * Tells who stopped a target. `asLeft`: something of it is as the switch leaves it, and not as saved. A stop that AWS
 * dates before the switch was due is a person's, and so is one for which the switch cannot have fired yet. Where AWS
 * gives no date (node groups), it was the switch: at worst a person's stop in the minutes before it was due is undone
 * at the next return.
 */
export function whoStopped(
  held: Pick<Switch, 'phase' | 'firesAt' | 'before'>,
  seen: { readonly asLeft: boolean; readonly stoppedAt: number | undefined; readonly now: number },
): StoppedBy {
  if (!seen.asLeft) return 'nobody';
  const { stoppedAt } = seen;
  // Of two schedules the one for the bounds comes a minute before; and the clocks of two services of AWS may differ.
  const could = dues(held, seen.now + MINUTE_MS).filter(
    (due) => stoppedAt === undefined || stoppedAt >= due - MINUTE_MS,
  );
  return could.length > 0 ? 'switch' : 'person';
}

/** An earlier instant, if a firing of then may still come after a switch has been moved; else undefined. */
export function lateFiring(before: number | undefined, now: number): number | undefined {
  return before !== undefined && before <= now && now < before + LATEST_MS ? before : undefined;
}

/** Whether two snapshots are stopped by the same calls. */
export function stopsAlike(one: Fields, other: Fields): boolean {
  if (one.kind !== 'ecs' || other.kind !== 'ecs') return one.kind === other.kind;
  return (one.scalable === null) === (other.scalable === null);
}

/** Until when a firing that was due may still come, or its effect be found; undefined: it never came to be due. */
export function settledAt(
  { firesAt, before }: Pick<Switch, 'firesAt' | 'before'>,
  now: number,
): number | undefined {
  const due = firesAt <= now ? firesAt : before;
  return due === undefined || due > now ? undefined : due + LATEST_MS;
}
