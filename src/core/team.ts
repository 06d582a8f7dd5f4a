/**
 * A team: several agents hold leases on shared targets, kept in one table that all can reach. Whoever sees the last
 * live lease on a target gone may nap it, and exactly one does; it is back for the first to return. The words, and the
 * port to the table; the decisions are in team-leases.ts. No two machines' clocks are ever compared: a lease is told
 * as how much longer it lasts, and each reader counts that down on its own clock from when it first saw it.
 */
import type { Fields } from './driver.js';
import type { TargetId } from './target.js';

/** One agent: the same person on two machines is two members. */
export interface Member {
  /** Random, made once for each installation. */
  readonly id: string;
  /** The person, for teammates. */
  readonly name: string;
  /** Their machine, for teammates. */
  readonly machine: string;
  /** Counts the member's beats: while it moves, the member lives. Begins anywhere, so that no two lives are alike. */
  readonly seq: number;
  /** Milliseconds each lease lasts beyond the beat that told it, by shared target. */
  readonly leases: Readonly<Record<TargetId, number>>;
}

/**
 * How a shared target stands, as the table says.
 * - `up`: nobody in the team naps it
 * - `napping`: one agent is putting it to nap
 * - `napped`: it naps
 * - `restoring`: one agent is bringing it back
 */
export type SharedState = 'up' | 'napping' | 'napped' | 'restoring';

/** What was saved of a shared target, for whoever brings it back. */
export interface SharedSnapshot {
  readonly saved: Fields;
  readonly account: string;
  /** Why it was napped, for people. */
  readonly reason: string;
}

/** One shared target in the table. */
export interface SharedTarget {
  readonly targetId: TargetId;
  readonly state: SharedState;
  /**
   * Counts who may act: each claim begins a new one, and only its actor may end it. Its actor asks AWS for something
   * within a short while of the claim or not at all, so an epoch that has stood still for longer is anybody's to take.
   */
  readonly epoch: number;
  /** Counts every change of the row: a claim is granted only if nothing changed since it was read. */
  readonly version: number;
  /** The member that carries out the state, or did; undefined while it is up. */
  readonly actor: string | undefined;
  /** Members that have entered: they hold a lease on it, live or not. */
  readonly holders: readonly string[];
  /** Never replaced while the target is not up. */
  readonly snapshot: SharedSnapshot | undefined;
}

/**
 * Shared targets with the members that hold or act on them. Every target is read before its members are: who beats
 * and then enters is therefore never seen as a holder without that beat.
 */
export interface TeamReading {
  readonly targets: readonly SharedTarget[];
  readonly members: readonly Member[];
}

/** Where a team's table is: one table is one team. */
export interface TeamPlace {
  readonly table: string;
  readonly region: string;
}

/** Who enters or leaves, as of which of its beats. */
type Entrant = Pick<Member, 'id' | 'seq'>;

/** What a nap is claimed by. */
export interface NapClaim {
  readonly seen: SharedTarget;
  readonly actor: string;
  readonly snapshot: SharedSnapshot;
  /** Holders in `seen` whose leases are over: they are taken away, and enter again if they come back. */
  readonly over: readonly string[];
}

/** An answer to a conditional write: the row as it is now, or that another was first. */
export type Claim = SharedTarget | 'lost';

/**
 * The port to a team's table. Every write is conditional or idempotent, so a lost answer is made good by asking again.
 * Every method rejects with OperationError when the table cannot be reached or used.
 */
export interface TeamTable {
  /** Makes the table, billed by request, and waits until it can be used; one that is there already is `found`. */
  create(signal?: AbortSignal): Promise<'created' | 'found'>;
  /** These targets, those in the table at least, and every member that holds or acts on one. Strongly consistent. */
  read(targets: readonly TargetId[], signal?: AbortSignal): Promise<TeamReading>;
  /** Everything in the table, for people. */
  readAll(signal?: AbortSignal): Promise<TeamReading>;
  /**
   * Tells that the member lives and what it holds. `expected` is the seq last written; the member's own is one more.
   * Where there is no row (a first beat, or one tidied away meanwhile) it is made. Resolves false when another wrote in
   * its name (a copied home): then nothing was written. The very same beat once more, by the same process, is `true`.
   */
  beat(beat: { readonly member: Member; readonly expected: number }, signal?: AbortSignal): Promise<boolean>;
  /** The member's own row; undefined: there is none. */
  member(id: string, signal?: AbortSignal): Promise<Member | undefined>;
  /** Removes a member that leaves the team. It must hold nothing any more. */
  removeMember(id: string, signal?: AbortSignal): Promise<void>;
  /**
   * Adds a holder; the row is made if there is none (state `up`). Whoever arrives beats first, with the lease, and then
   * enters: from then on every claim by one who has not seen that lease is lost. So does one who comes back after its
   * lease has run out: by its own clock, from before the last beat that was taken was sent until the next one is
   * answered.
   */
  enter(targetId: TargetId, member: Entrant, signal?: AbortSignal): Promise<SharedTarget>;
  /**
   * Takes a holder away. One that is gone already is passed over, and so is one that has entered with a later beat: a
   * request that arrives late takes nobody away who has come back.
   */
  leave(targetId: TargetId, member: Entrant, signal?: AbortSignal): Promise<void>;
  /**
   * Begins a nap: granted only if the row is as in `seen`. State `napping`, a new epoch, the actor; the snapshot is
   * kept if there is one, and set if there is none. The same claim once more, by the same process, is granted again
   * unless another epoch has begun.
   */
  claimNap(claim: NapClaim, signal?: AbortSignal): Promise<Claim>;
  /** Begins a restore, likewise. State `restoring`. */
  claimRestore(
    claim: { readonly seen: SharedTarget; readonly actor: string },
    signal?: AbortSignal,
  ): Promise<Claim>;
  /**
   * Says how an epoch has ended: `napped` (nothing more is asked of AWS in its name), or `up`, which forgets the
   * snapshot and the actor. Lost when another epoch has begun. Saying it again changes nothing.
   */
  settle(
    end: { readonly targetId: TargetId; readonly epoch: number; readonly state: 'napped' | 'up' },
    signal?: AbortSignal,
  ): Promise<Claim>;
}
