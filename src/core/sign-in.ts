/**
 * The ports to signing in to AWS: what doors call to show, change and end a sign-in, and where entered keys are kept.
 *
 * One order decides whose keys are used: keys that were entered (now, or earlier and saved), then the profile that
 * `aws.profile` names, then what the AWS SDK finds by itself. Saved keys that cannot be read yet (a locked keyring, a
 * file without its passphrase) are not passed over for the next in that order: who they belong to is not known.
 */
import type { Done } from './control.js';
import { type Code, CommandError } from './errors.js';
import type { Identity } from './session.js';

/** Where keys can outlive the daemon: the system's keyring, or a file that a passphrase opens. */
export type SavedIn = 'keyring' | 'file';
/** Where entered keys are kept. What is in memory is gone when the daemon ends. */
export type KeptIn = 'memory' | SavedIn;

/** Keys as a person enters them. */
export interface EnteredKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** Searched where `aws.regions` names none. */
  readonly region?: string | undefined;
}

/** What stands in the way of a sign-in; doors may point at the field to correct by it. */
export type SignInReason =
  /** What was entered cannot be keys, a profile or a passphrase at all. */
  | 'malformed'
  /** AWS does not know the access key id, or the session token is not its own. */
  | 'unknown-key'
  | 'wrong-secret'
  | 'expired'
  /** This machine's clock is too far off for AWS to accept its signatures. */
  | 'clock'
  | 'unreachable'
  /** No such profile, or it gave no credentials. */
  | 'profile'
  /** There is no keyring here, or it could not be used. */
  | 'no-keyring'
  /** Saved keys wait for a passphrase, or for the keyring to be unlocked. */
  | 'locked'
  | 'wrong-passphrase'
  /** The file of saved keys is not what was written, or not for this keyring. */
  | 'damaged'
  | 'failed';

/** A sign-in that was refused, with the reason by which a door chooses words and fields. */
export class SignInError extends CommandError {
  readonly reason: SignInReason;
  constructor(
    reason: SignInReason,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(CODE_OF[reason], message, options);
    this.name = 'SignInError';
    this.reason = reason;
  }
}

const CODE_OF: Readonly<Record<SignInReason, Code>> = {
  malformed: 'BAD_REQUEST',
  'unknown-key': 'NOT_SIGNED_IN',
  'wrong-secret': 'NOT_SIGNED_IN',
  expired: 'NOT_SIGNED_IN',
  clock: 'NOT_SIGNED_IN',
  unreachable: 'AWS_ERROR',
  profile: 'NOT_SIGNED_IN',
  'no-keyring': 'REFUSED',
  locked: 'NOT_SIGNED_IN',
  'wrong-passphrase': 'NOT_SIGNED_IN',
  damaged: 'REFUSED',
  failed: 'AWS_ERROR',
};

/** Whose keys are used. */
export type SignInSource =
  /** Entered keys. `key` is the end of the access key id, enough to tell one's own keys apart. */
  | { readonly kind: 'keys'; readonly keptIn: KeptIn; readonly key: string }
  /** Saved keys that are not read yet. */
  | { readonly kind: 'saved'; readonly keptIn: SavedIn }
  | { readonly kind: 'profile'; readonly name: string; readonly from: 'settings' | 'environment' }
  /** What the AWS SDK finds: keys in the environment, the profile `default`, the role of the machine. */
  | { readonly kind: 'chain' };

export interface Availability {
  readonly available: boolean;
  /** Why not, and what would help. */
  readonly why?: string | undefined;
  readonly hint?: string | undefined;
}

export interface SignInState {
  readonly source: SignInSource;
  /** Who that is by AWS's own word; undefined: see `problem`. */
  readonly identity: Identity | undefined;
  /** Wall milliseconds at which temporary keys end, where it is known. */
  readonly expiresAt: number | undefined;
  readonly problem:
    | { readonly reason: SignInReason; readonly message: string; readonly hint?: string | undefined }
    | undefined;
  /** Where entered keys can be saved on this computer. Memory is always there. */
  readonly places: Readonly<Record<SavedIn, Availability>>;
}

/** A profile of the AWS config. */
export interface Profile {
  readonly name: string;
  /** Where its credentials come from; `none`: it says nothing about that. */
  readonly kind: 'sso' | 'role' | 'process' | 'keys' | 'login' | 'none';
  readonly region: string | undefined;
  /** What to run in a terminal when its credentials have expired; undefined: there is no one command. */
  readonly renew: string | undefined;
}

/** Whether the policy of whoever is signed in allows one call that Cloudnap makes. */
export interface Permission {
  /** As IAM spells it: `ecs:UpdateService`. */
  readonly action: string;
  readonly purpose: string;
  readonly allowed: 'yes' | 'no' | 'unknown';
  /** For `no` AWS's own words, for `unknown` why it could not be found out. */
  readonly why?: string | undefined;
}

export interface Permissions {
  readonly identity: Identity;
  /** The region that was asked: a policy may allow more in one than in another. */
  readonly region: string;
  readonly permissions: readonly Permission[];
}

export interface SignedIn extends Done {
  readonly identity: Identity;
}

/** What doors call. Every method rejects with CommandError; those that sign in, with SignInError. */
export interface SignIn {
  /** Asks AWS who is signed in, and this computer where keys can be saved. Never asks a person for anything. */
  state(): Promise<SignInState>;
  /**
   * Signs in with keys that AWS has first confirmed, and saves them if asked to. They replace what was signed in, and
   * what was saved, before; when anything fails, all of that stays as it was.
   * @param command.save undefined: the keyring if `aws.credentials.save` says so, else memory
   * @param command.passphrase for `file`, at least {@link SHORTEST_PASSPHRASE} characters
   */
  withKeys(command: {
    readonly keys: EnteredKeys;
    readonly save?: KeptIn | undefined;
    readonly passphrase?: string | undefined;
  }): Promise<SignedIn>;
  /**
   * Signs in with a profile of the AWS config once AWS has confirmed what it gives; writes `aws.profile`, and removes
   * entered and saved keys, which would come before it.
   */
  withProfile(command: { readonly profile: string }): Promise<SignedIn>;
  /**
   * Reads saved keys that could not be read by themselves: from the file with its passphrase, from the keyring by
   * having the system ask the person, which may take as long as they do.
   */
  unlock(command: { readonly passphrase?: string | undefined }): Promise<SignedIn>;
  /** Wipes saved keys and forgets entered ones; then the profile or the SDK's own chain is in force. */
  signOut(): Promise<Done>;
  /** The profiles found in the AWS config, those of the environment's files included. Reads no secret. */
  profiles(): Promise<readonly Profile[]>;
  /** What the policy of whoever is signed in allows and lacks, found out without changing anything. */
  permissions(): Promise<Permissions>;
  /** Calls back when other keys are in force than before. Returns what ends it. */
  onChange(fn: () => void): () => void;
}

export const SHORTEST_PASSPHRASE = 8;

/** Why a key store did not do what it was asked. */
export class KeyStoreError extends Error {
  readonly reason: Extract<
    SignInReason,
    'malformed' | 'no-keyring' | 'locked' | 'wrong-passphrase' | 'damaged' | 'failed'
  >;
  readonly hint: string | undefined;
  constructor(
    reason: KeyStoreError['reason'],
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'KeyStoreError';
    this.reason = reason;
    this.hint = options.hint;
  }
}

/**
 * One place that keeps one set of keys, never in plain text. Every method but the two that tell rejects with
 * KeyStoreError, and none waits for ever.
 */
export interface KeyStore {
  readonly place: SavedIn;
  /** Whether keys can be saved here now. Asks no person; never rejects. */
  available(): Promise<Availability>;
  /** Whether keys are kept here. Touches no secret; never rejects. */
  holds(): Promise<boolean>;
  /** Keeps these instead of what was kept. Rejected: what was kept before still is. May ask the person. */
  save(keys: EnteredKeys, passphrase?: string): Promise<void>;
  /**
   * The keys kept here; undefined when there are none.
   * @param how.mayAsk whether the system may ask the person to unlock it; without, it answers within seconds
   * @throws KeyStoreError `locked`, `wrong-passphrase`, `damaged`, `no-keyring`, `failed`
   */
  load(how: {
    readonly passphrase?: string | undefined;
    readonly mayAsk: boolean;
  }): Promise<EnteredKeys | undefined>;
  /**
   * Removes what is kept here; harmless when there is nothing. Asks no person. Rejected: what remains is named by the
   * message, and `holds` tells whether the keys can still be had.
   */
  wipe(): Promise<void>;
}
