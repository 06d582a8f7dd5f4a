/** The wire form of leases that are kept elsewhere: the dead-man's switch and the team's table. */
import type { TargetId } from '../core/target.js';
import type { SharedState } from '../core/team.js';
import type { Nothing, WireDone } from './wire.js';

/** What is installed for the dead-man's switch in a region. */
export interface WireSwitchRegion {
  readonly region: string;
  readonly installed: boolean;
  /** The targets that what is installed may stop. */
  readonly covers: readonly TargetId[];
  /** null: it can be used, or is not there. */
  readonly trouble: string | null;
}

/** The dead-man's switch of one registered target. */
export interface WireSwitch {
  readonly target: TargetId;
  readonly name: string | null;
  /** RFC 3339: when AWS stops it unless it is told otherwise; null: it has no switch now. */
  readonly stops_at: string | null;
  /** Whether AWS was seen to hold it so. */
  readonly armed: boolean;
  /** Why it should have one and has none to be relied on; null: nothing is wrong. */
  readonly lacks: { readonly why: string; readonly hint: string } | null;
}

export interface WireDeadMan {
  readonly enabled: boolean;
  readonly grace_minutes: number;
  readonly regions: readonly WireSwitchRegion[];
  readonly targets: readonly WireSwitch[];
}

/** Who is in the team, and what is held by whom. */
export interface WireTeam {
  readonly enabled: boolean;
  readonly table: string;
  readonly region: string;
  readonly members: readonly {
    readonly name: string;
    readonly machine: string;
    /** Whether it is this installation. */
    readonly self: boolean;
    /** The shared targets it holds, as of its last beat. */
    readonly holds: readonly TargetId[];
  }[];
  readonly targets: readonly {
    readonly target: TargetId;
    readonly state: SharedState;
    /** Who naps or restores it; null: nobody now. */
    readonly actor: string | null;
  }[];
  /** Shared in this registry. */
  readonly shared: readonly TargetId[];
  /** An estimate for this many members: eight hours a working day, and day and night. */
  readonly cost: {
    readonly writes_at_work: number;
    readonly writes_always: number;
    readonly usd_at_work: number;
    readonly usd_always: number;
  };
}

/** Where a team's table is; absent: as in settings.json. */
interface AskedTeam {
  readonly table?: string | undefined;
  readonly region?: string | undefined;
}

export interface LeaseOperations {
  /** Who is in the team, and what is held by whom. Reads the table. */
  team: { request: Nothing; response: WireTeam };
  /** Makes the table of a team, or finds it, and joins. */
  teamCreate: { request: AskedTeam; response: WireTeam };
  /** Joins the team of a table that is there. */
  teamJoin: { request: AskedTeam; response: WireTeam };
  /** Leaves the team; the table stays. */
  teamLeave: { request: Nothing; response: WireDone };
  /** How the dead-man's switch stands: what is installed, and which targets AWS would stop when. Reads AWS. */
  deadMan: { request: Nothing; response: WireDeadMan };
  /** The CloudFormation templates for what is registered, one for each region. */
  deadManTemplate: {
    request: Nothing;
    response: { readonly templates: readonly { readonly region: string; readonly template: string }[] };
  };
  /** Installs what the switch needs in AWS, or brings it up to date, and turns it on. */
  deadManEnable: { request: Nothing; response: WireDeadMan };
  /** Turns it off, and removes what was installed unless others use it. */
  deadManDisable: { request: Nothing; response: WireDone };
  /** Has the switch of one target go off within two minutes. */
  deadManFire: {
    request: { readonly target: string };
    response: { readonly target: TargetId; readonly fires_at: string | null };
  };
}
