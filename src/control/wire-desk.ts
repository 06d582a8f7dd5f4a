/** The wire form of what stands beside `Control`: settings, savings and signing in, asked and answered alike. */
import type { PresenceState } from '../core/control.js';
import type { StillBilled, TargetSavings } from '../core/savings.js';
import type { SensorName } from '../core/sensor.js';
import type {
  Availability,
  KeptIn,
  Permission,
  Profile,
  SavedIn,
  SignInReason,
  SignInSource,
} from '../core/sign-in.js';
import type { TargetId } from '../core/target.js';
import type { Nothing, WireDone } from './wire.js';
import type { LeaseOperations } from './wire-leases.js';

/** One key of settings.json. */
export interface WireSetting {
  /** Dotted. */
  readonly key: string;
  /** In the file's own units; null: none. */
  readonly value: unknown;
  readonly default: unknown;
  readonly source: 'default' | 'file' | 'environment';
  readonly unit: string | null;
  readonly meaning: string;
  /** Why it cannot be set from a browser; null: it can. */
  readonly by_hand: string | null;
}

/** Hours of a target as a whole, whatever its size. */
interface WireHours {
  readonly napping_hours: number;
  readonly running_hours: number;
  /** Of the napping hours, those without a price. */
  readonly unpriced_hours: number;
}

export interface WireTargetSavings extends WireHours {
  readonly target: TargetId;
  readonly account: string;
  /** null: it has none, or it is not known. */
  readonly instance_type: string | null;
  readonly price: TargetSavings['price'];
  /** In `currency`, as are all amounts; null: none of its time has a price. */
  readonly saved: number | null;
  /** What it would have cost had it never napped; null with `saved`. */
  readonly always_on: number | null;
  /** What AWS goes on billing while it naps; how much is not known, so it is in no amount. */
  readonly still_billed: readonly StillBilled[];
}

/** What napping saved: an estimate. */
export interface WireSavings {
  readonly from: string | null;
  readonly to: string | null;
  readonly currency: 'USD';
  /** Where the prices are from, of which month, and what a task of ECS is taken for. */
  readonly prices: {
    readonly as_of: string;
    readonly pages: readonly string[];
    readonly task: { readonly vcpu: number; readonly gb: number };
  };
  /** Amounts of what has a price. */
  readonly total: WireHours & { readonly saved: number; readonly always_on: number };
  /** What saved most first. */
  readonly targets: readonly WireTargetSavings[];
  /** The targets as a file of comma-separated values. */
  readonly csv: string;
}

/** RFC 3339; `to` is `from` for something that happened once. */
export interface WireSpan {
  readonly from: string;
  readonly to: string;
}

/** When a target ran and napped, in the order of time; between the spans it did neither, or nobody looked. */
interface WireTargetTimeline {
  readonly target: TargetId;
  readonly account: string;
  /** The registry's; null: it has none. */
  readonly name: string | null;
  readonly spans: readonly (WireSpan & { readonly state: 'running' | 'napping' })[];
}

/** What went on in a period. The spans of one row never overlap and are in the order of time. */
export interface WireTimeline extends WireSpan {
  /** When each sensor told activity: that it did, and never what. */
  readonly sensors: readonly { readonly sensor: SensorName; readonly spans: readonly WireSpan[] }[];
  /** Between the spans the machine slept, or Cloudnap did not run. */
  readonly presence: readonly (WireSpan & { readonly state: PresenceState })[];
  /** Those of which anything is on record, by what they are called. */
  readonly targets: readonly WireTargetTimeline[];
}

export interface WireSignIn {
  /** false: the keys are given, as in the demo, and nothing can be changed. */
  readonly changeable: boolean;
  readonly source: SignInSource | null;
  /** null: nobody is signed in; see `problem`. */
  readonly identity: { readonly account: string; readonly arn: string } | null;
  /** null: not known, or never. */
  readonly expires_at: string | null;
  readonly problem: {
    readonly reason: SignInReason;
    readonly message: string;
    readonly hint: string | null;
  } | null;
  /** Where entered keys can be saved on this computer. */
  readonly places: Readonly<Record<SavedIn, Availability>>;
}

export interface WireSignedIn extends WireDone {
  readonly identity: { readonly account: string; readonly arn: string };
}

export interface SignInWithKeysRequest {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token?: string | undefined;
  readonly region?: string | undefined;
  /** Absent: the keyring if `aws.credentials.save` says so, else memory. */
  readonly save?: KeptIn | undefined;
  /** For `file`. */
  readonly passphrase?: string | undefined;
}

/** Operations beside those of `Control`, asked and answered alike. */
export interface DeskOperations extends LeaseOperations {
  /** Every key of settings.json, and what is wrong with the file. */
  settings: {
    request: Nothing;
    response: {
      /** In the file's order. */
      readonly settings: readonly WireSetting[];
      /** What is wrong with the file, for people. */
      readonly faults: readonly string[];
      readonly unknown_keys: readonly string[];
    };
  };
  /** Sets one key in the file, in place. Some are refused to a browser: see `by_hand`. */
  changeSetting: { request: { readonly key: string; readonly value: unknown }; response: WireSetting };
  /** What napping saved, as an estimate. RFC 3339; absent: from the first of this month, until now. */
  savings: {
    request: { readonly from?: string | undefined; readonly to?: string | undefined };
    response: WireSavings;
  };
  /** Who is signed in, by what, and where keys can be saved. */
  /** What went on in a period of a month at the most; RFC 3339. */
  timeline: { request: { readonly from: string; readonly to: string }; response: WireTimeline };
  signInState: { request: Nothing; response: WireSignIn };
  /** Signs in with keys that AWS has confirmed first; wrong ones leave everything as it was. */
  signInWithKeys: { request: SignInWithKeysRequest; response: WireSignedIn };
  /** Signs in with a profile of the AWS config. */
  signInWithProfile: { request: { readonly profile: string }; response: WireSignedIn };
  /** Reads saved keys that could not be read by themselves. */
  unlock: { request: { readonly passphrase?: string | undefined }; response: WireSignedIn };
  /** Wipes saved keys and forgets entered ones. */
  signOut: { request: Nothing; response: WireDone };
  /** The profiles found in the AWS config. */
  profiles: { request: Nothing; response: { readonly profiles: readonly Profile[] } };
  /** What the policy of whoever is signed in allows and lacks. */
  permissions: {
    request: Nothing;
    response: { readonly region: string; readonly permissions: readonly Permission[] };
  };
}
export type DeskOperationName = keyof DeskOperations;
