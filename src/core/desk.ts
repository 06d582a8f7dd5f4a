/**
 * Everything that can be asked of a running daemon: `Control`, which is about presence, leases and services, and
 * beside it what the agent knows nothing of. The composition root puts it together.
 */
import type { Control, Done } from './control.js';
import type { FileFault } from './registry.js';
import type { Period, SavingsView } from './savings.js';
import type { SignIn } from './sign-in.js';
import type { TargetId } from './target.js';
import type { SharedState } from './team.js';
import type { TeamCost } from './team-cost.js';
import type { TimelineView } from './timeline.js';

export interface Desk {
  readonly control: Control;
  readonly settings: SettingsDesk;
  readonly records: RecordsDesk;
  readonly deadMan: DeadManDesk;
  readonly team: TeamDesk;
  /** Undefined where the keys are given, as in the demo. */
  readonly signIn: SignIn | undefined;
}

/** What the ledger has to say, beyond its history. */
export interface RecordsDesk {
  /**
   * What napping saved in a period; without a beginning from the first of this month, without an end until now.
   * @throws CommandError BAD_REQUEST (it ends before it begins), LedgerError
   */
  savings(query: Partial<Period>): Promise<SavingsView>;
  /**
   * What went on in a period, up to this moment.
   * @throws CommandError BAD_REQUEST (it ends before it begins, or is longer than a month), LedgerError
   */
  timeline(period: Period): Promise<TimelineView>;
}

/** How the dead-man's switch stands. */
export interface DeadManState {
  readonly enabled: boolean;
  readonly graceMs: number;
  readonly regions: readonly {
    readonly region: string;
    readonly installed: boolean;
    /** The targets that what is installed may stop. */
    readonly covers: readonly TargetId[];
    /** Undefined: it can be used, or is not there. */
    readonly trouble: string | undefined;
  }[];
  readonly targets: readonly {
    readonly id: TargetId;
    readonly name: string | undefined;
    /** Wall milliseconds at which AWS stops it unless it is told otherwise; undefined: it has no switch now. */
    readonly stopsAt: number | undefined;
    /** AWS was seen to hold it so. */
    readonly isArmed: boolean;
    /** Why it should have one and has none to be relied on. */
    readonly lacks: { readonly why: string; readonly hint: string } | undefined;
  }[];
}

/** What can be asked about the dead-man's switch. Every method rejects with CommandError. */
export interface DeadManDesk {
  state(): Promise<DeadManState>;
  /** The CloudFormation template for what is registered, one for each region, as JSON text. */
  template(): Promise<readonly { readonly region: string; readonly template: string }[]>;
  /** Installs what is needed in AWS, or brings it up to date, reads it back, and turns the switch on. */
  enable(by: string): Promise<DeadManState>;
  /** Turns it off, takes every switch back, and removes what was installed unless others use it. */
  disable(by: string): Promise<Done>;
  /** Has the switch of one target go off within two minutes; it is restored as after any other nap. */
  fire(target: string, by: string): Promise<{ readonly id: TargetId; readonly firesAt: number }>;
}

/** Who is in the team, and what is held by whom: names and shared targets, nothing of what anybody does. */
export interface TeamState {
  readonly enabled: boolean;
  readonly table: string;
  readonly region: string;
  /** Empty while the team is off. */
  readonly members: readonly {
    readonly name: string;
    readonly machine: string;
    /** Whether it is this installation. */
    readonly isSelf: boolean;
    /** The shared targets it holds, as of its last beat. */
    readonly holds: readonly TargetId[];
  }[];
  readonly targets: readonly {
    readonly id: TargetId;
    readonly state: SharedState;
    /** Who naps or restores it, for people; undefined while it is up. */
    readonly actor: string | undefined;
  }[];
  /** Shared in this registry, and whether the table knows them or not. */
  readonly shared: readonly TargetId[];
  readonly cost: TeamCost;
}

/** What can be asked about the team. Every method rejects with CommandError. */
export interface TeamDesk {
  state(): Promise<TeamState>;
  /** Makes the table, or finds it, and joins. */
  create(place: {
    readonly table?: string | undefined;
    readonly region?: string | undefined;
  }): Promise<TeamState>;
  /** Joins the team of a table that is there. */
  join(place: {
    readonly table?: string | undefined;
    readonly region?: string | undefined;
  }): Promise<TeamState>;
  /** Leaves: nothing of this installation is in the table any more. The table stays. */
  leave(by: string): Promise<Done>;
}

/** One key of settings.json (SPEC section 3). */
export interface SettingView {
  /** Dotted: `activity_monitor.inactivity_timeout_minutes`. */
  readonly key: string;
  /** In the file's own units; null: none. */
  readonly value: unknown;
  readonly default: unknown;
  readonly source: 'default' | 'file' | 'environment';
  readonly unit: string | undefined;
  readonly meaning: string;
}

/** settings.json as a page shows it. */
export interface SettingsDesk {
  read(): Promise<{
    readonly settings: readonly SettingView[];
    /** What is wrong with the file; then the last good version is in force and nothing can be changed here. */
    readonly faults: readonly FileFault[];
    /** Keys in the file that mean nothing to us; kept. */
    readonly unknownKeys: readonly string[];
  }>;
  /**
   * Sets one key in the file, in place; the daemon takes it up as it does an edit by hand.
   * @throws CommandError BAD_REQUEST (no such key, not a value for it), REFUSED (the file is broken).
   */
  change(key: string, value: unknown): Promise<SettingView>;
}

/**
 * Keys that a browser may not set, each with why. A page that was broken into must not be able to run a program, to
 * send signed requests elsewhere, or to open a port to others.
 */
export const BY_HAND: Readonly<Record<string, string>> = {
  'aws.profile':
    'a profile may run a program of its own; those of your AWS config can be chosen at the sign-in',
  'aws.endpoint_url': 'requests signed with your keys go there',
  'udp_server.ip': 'it may let other computers in',
};
