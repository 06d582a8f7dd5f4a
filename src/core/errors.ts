/** The kinds of failure: what a person's command is answered with, what a call to AWS came to, what is not there. */
import type { TargetId } from './target.js';

/** The codes of SPEC section 8, answered at every door. */
export const CODES = [
  'BAD_REQUEST',
  'UNKNOWN_COMMAND',
  'REQUEST_TOO_LARGE',
  'NOT_REGISTERED',
  'ALREADY_REGISTERED',
  'NOT_FOUND',
  'REFUSED',
  'AWS_ERROR',
  'NOT_SIGNED_IN',
  'UNAUTHORIZED',
  'RATE_LIMITED',
] as const;
export type Code = (typeof CODES)[number];

/** A command that could not be done, told to whoever gave it: what, and the cure. */
export class CommandError extends Error {
  readonly code: Code;
  readonly hint: string | undefined;
  constructor(code: Code, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CommandError';
    this.code = code;
    this.hint = options.hint;
  }
}

/**
 * What kind of failure a call to AWS was; the agent decides by it, never by message text.
 *
 * - `throttled`, `unreachable`, `failed`: try again later, with backoff
 * - `busy`: the resource is changing; try again when it has settled
 * - `capacity`: AWS has no room for this one now; try it again alone
 * - `missing`: it does not exist (any more)
 * - `refused`: AWS will never do this to this resource as it is (protected, DAEMON, one-time spot)
 * - `denied`: the credentials' policy does not allow it
 * - `credentials`: there are none, or they are wrong or expired
 */
export const FAULTS = [
  'throttled',
  'busy',
  'capacity',
  'missing',
  'refused',
  'denied',
  'credentials',
  'unreachable',
  'failed',
] as const;
export type Fault = (typeof FAULTS)[number];

/** A call to AWS that did not succeed. `message` is one sentence a person can read. */
export class OperationError extends Error {
  readonly fault: Fault;
  /** The AWS operation, for example `ec2:StopInstances`. */
  readonly operation: string;
  readonly target: TargetId | undefined;
  /** What the user can do about it. */
  readonly hint: string | undefined;
  constructor(
    fault: Fault,
    message: string,
    about: {
      operation: string;
      target?: TargetId | undefined;
      hint?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(message, { cause: about.cause });
    this.name = 'OperationError';
    this.fault = fault;
    this.operation = about.operation;
    this.target = about.target;
    this.hint = about.hint;
  }
}

/** The ledger could not be read or written. Napping stops until it can; the daemon goes on. */
export class LedgerError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'LedgerError';
  }
}

/** Any thrown value as one line of text. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Something of this machine cannot be used: a way to sense, the message bus. Where there is another way, it is tried. */
export class Unavailable extends Error {
  /** What the user can do about it. */
  readonly cure: string;
  constructor(reason: string, cure: string, cause?: unknown) {
    super(reason, { cause });
    this.name = 'Unavailable';
    this.cure = cure;
  }
}
