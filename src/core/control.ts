/**
 * The port that every door speaks to: what a person or a program may ask of the running daemon. The agent
 * implements it; UDP, the control socket and later the dashboard only translate.
 *
 * Targets are named as in SPEC section 1: a canonical name or the unique name from the registry. Every method
 * rejects with CommandError, whose code and hint are shown as they are.
 */
import type { Counts, Fields, Power, Why } from './driver.js';
import type { Condition, Event } from './events.js';
import type { Lease } from './lease.js';
import type { Phase } from './ledger.js';
import type { RegistrationDraft } from './registry.js';
import type { SensorHealth, SensorName } from './sensor.js';
import type { Identity } from './session.js';
import type { SignalName } from './session-signals.js';
import type { Kind, Target, TargetId } from './target.js';

export type PresenceState = 'present' | 'away' | 'locked' | 'unknown';

export interface Status {
  readonly presence: PresenceState;
  /** Wall milliseconds the presence state began at. */
  readonly since: number;
  /** Since the last waking activity, or since the start of the daemon when there was none. */
  readonly idleSeconds: number;
  /** Wall milliseconds of the next nap if nothing else happens; undefined: none is coming. */
  readonly nextNapAt: number | undefined;
  /** Registered and enabled targets. */
  readonly targets: number;
  /** Targets that Cloudnap naps or is napping now. */
  readonly napping: number;
  readonly conditions: readonly Condition[];
  readonly version: string;
  readonly dryRun: boolean;
}

/** A service as the lists show it. */
export interface ServiceView {
  readonly id: TargetId;
  readonly target: Target;
  readonly registered: boolean;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly power?: Power | undefined;
  /** AWS's word, or `unknown` while it has not been read. */
  readonly state: string;
  readonly counts?: Counts | undefined;
  readonly instanceType?: string | undefined;
  readonly refusal?: Why | undefined;
}

export interface RegisteredView extends ServiceView {
  readonly enabled: boolean;
  /** Wall milliseconds until which a live lease keeps it; undefined: none does. */
  readonly leaseUntil: number | undefined;
  /** How far its open ledger entry has come; undefined: it has none. */
  readonly phase: Phase | undefined;
  /** The live leases that keep it, the one that ends last first. */
  readonly leases: readonly LeaseView[];
}

export interface ClusterView {
  readonly kind: 'ecs' | 'eks';
  readonly region: string;
  readonly name: string;
}

export interface ServiceList {
  readonly services: readonly ServiceView[];
  readonly clusters: readonly ClusterView[];
  /** Regions that could not be read; when none could, the call rejects instead. */
  readonly failures: readonly {
    readonly kind: Kind;
    readonly region: string;
    readonly message: string;
    readonly hint?: string | undefined;
  }[];
}

/** What was done, in one line. */
export interface Done {
  readonly message: string;
  readonly id?: TargetId | undefined;
}

export interface HoldDone extends Done {
  /** Names the hold that was added, to release it alone. */
  readonly hold: number;
}

export interface NapDone extends Done {
  readonly napping: readonly TargetId[];
  /** Targets that live holds kept awake. */
  readonly spared: readonly TargetId[];
}

export interface LeaseView extends Pick<Lease, 'kind' | 'hold' | 'dependent'> {
  /** Who holds it, in words: see {@link Lease}. */
  readonly holder: string;
  /** Wall milliseconds; undefined: as long as presence is unknown. */
  readonly until: number | undefined;
  readonly live: boolean;
}

export interface SensorView {
  readonly sensor: SensorName;
  readonly health: SensorHealth;
  readonly wakes: boolean;
  /** Wall milliseconds. */
  readonly lastActivity: number | undefined;
}

export interface SignalView {
  readonly signal: SignalName;
  readonly health: SensorHealth;
}

/** What is sensed of the person and told of the session, as it is now. */
export interface SensesView {
  readonly sensors: readonly SensorView[];
  readonly signals: readonly SignalView[];
  /** Whether the session is locked; undefined: nobody can tell. */
  readonly locked: boolean | undefined;
}

/** The whole story of one target. */
export interface Explanation {
  readonly id: TargetId;
  readonly registered: boolean;
  readonly enabled: boolean;
  readonly presence: PresenceState;
  readonly leases: readonly LeaseView[];
  readonly sensors: readonly SensorView[];
  readonly observed: ServiceView | undefined;
  readonly snapshot:
    | { readonly phase: Phase; readonly takenAt: number; readonly reason: string; readonly saved: Fields }
    | undefined;
  readonly lastAction: Event | undefined;
  /** Its dead-man's switch; undefined: it has none now, and should have none. */
  readonly deadMan:
    | {
        /** Wall milliseconds; undefined: AWS does not stop it. */
        readonly stopsAt: number | undefined;
        /** Why it cannot be relied on; undefined: it can. */
        readonly lacks: { readonly why: string; readonly hint: string } | undefined;
      }
    | undefined;
  /** What happens next and why, in one sentence. */
  readonly next: string;
}

/** What would happen to a target if nothing else happens, and when. */
export interface PlanView {
  readonly id: TargetId;
  readonly name?: string | undefined;
  readonly state: string;
  readonly action: 'nap' | 'restore' | 'keep' | 'none';
  /** Wall milliseconds; undefined: not by the passing of time. */
  readonly at: number | undefined;
  readonly reason: string;
  /** A warning stands: the nap at `at` is near. */
  readonly warned: boolean;
  /** What it waits for before it can go on, as of the last look; undefined: for nothing. */
  readonly waits: string | undefined;
  /** What AWS bills less in each hour it naps, in US dollars, by the bundled table; undefined: not known, or it does not run. */
  readonly savesUsdPerHour: number | undefined;
  /** Wall milliseconds at which AWS stops it by its dead-man's switch, should this machine be gone; undefined: never. */
  readonly awsStopsAt: number | undefined;
}

export interface AccountView {
  /** Who is signed in; undefined when nobody is. */
  readonly identity: Identity | undefined;
  readonly pinned: string | undefined;
  /** Accounts that are still owed restores, with how many. */
  readonly owed: readonly { readonly account: string; readonly targets: number }[];
}

/** One line of `doctor`. */
export interface Check {
  /** `sensors`, `aws`, `files`, `targets`, `machine`. */
  readonly area: string;
  readonly name: string;
  readonly result: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  readonly cure?: string | undefined;
}

export interface Control {
  status(): Promise<Status>;
  /** Reads AWS: everything of these kinds in one region or in all configured ones. */
  list(query: { kinds: readonly Kind[]; region?: string | undefined }): Promise<ServiceList>;
  /** What is registered, with the state last read; asks nothing of AWS. */
  registered(): Promise<readonly RegisteredView[]>;

  /**
   * Starts a target; a napping one is restored. Resolves when AWS has accepted. Without a size: the snapshot's,
   * else the remembered one, else the registry's, else 1.
   */
  start(command: { target: string; size?: number | undefined; by: string }): Promise<Done>;
  /** Stops a target until a person starts it; its size is remembered. */
  stop(command: { target: string; by: string }): Promise<Done>;
  /** Gives a scalable target a size; 0 is a stop. */
  scale(command: { target: string; size: number; by: string }): Promise<Done>;

  register(draft: RegistrationDraft, by: string): Promise<Done>;
  unregister(command: { target: string; by: string }): Promise<Done>;

  /** Keeps one target or all awake for so many minutes, at most 7 days; restores those that nap. */
  hold(command: { minutes: number; target?: string | undefined; by: string }): Promise<HoldDone>;
  /** Ends the holds on one target, or all holds; with `hold` that one alone. */
  release(command: { target?: string | undefined; hold?: number | undefined; by: string }): Promise<Done>;
  /** Drops the presence lease of one target or all. */
  nap(command: { target?: string | undefined; by: string }): Promise<NapDone>;

  plan(): Promise<readonly PlanView[]>;
  why(target: string): Promise<Explanation>;
  /** Reads the sensors first, so that what goes on is in it. */
  senses(): Promise<SensesView>;
  doctor(): Promise<readonly Check[]>;
  account(): Promise<AccountView>;
  /** Pins another account: it must be the one signed in. */
  acceptAccount(account: string): Promise<Done>;
  /** The newest events first. */
  history(query: { target?: string | undefined; limit: number }): Promise<readonly Event[]>;
  /** Calls back for every event from now on. Returns what ends it. */
  subscribe(listener: (event: Event) => void): () => void;
  /** Asks the daemon to end cleanly; resolves once it has begun to. */
  shutdown(): Promise<Done>;
}

/** The longest hold: 7 days, in minutes. */
export const MAX_HOLD_MINUTES = 7 * 24 * 60;
