/** What the daemon and the process that asks the keyring say to each other: one line of JSON each way. */

export interface KeyringRequest {
  /** `probe` asks whether there is a keyring, and touches no entry. */
  readonly op: 'probe' | 'read' | 'write' | 'erase';
  readonly service: string;
  readonly account: string;
  /** What to write, in base64. */
  readonly secret?: string | undefined;
  /** Whether the system may ask the person to unlock the keyring. */
  readonly mayAsk: boolean;
}

export type KeyringReply =
  /** `secret`: what was read, in base64; null when there is no such entry. */
  | { readonly done: true; readonly secret?: string | null }
  | { readonly done: false; readonly reason: 'absent' | 'locked' | 'failed'; readonly message: string };
