/** Whatever was thrown while a command was carried out, as the code, message and hint that doors answer with. */
import { type Code, CommandError, type Fault, LedgerError, OperationError } from '../core/errors.js';

export interface Failure {
  readonly code: Code;
  readonly message: string;
  readonly hint: string | undefined;
  /** Nobody foresaw it: the log should hold the whole error. */
  readonly unforeseen: boolean;
}

/** The HTTP status that goes with each code. */
export const STATUS_OF: Readonly<Record<Code, number>> = {
  BAD_REQUEST: 400,
  UNKNOWN_COMMAND: 404,
  REQUEST_TOO_LARGE: 413,
  NOT_REGISTERED: 404,
  ALREADY_REGISTERED: 409,
  NOT_FOUND: 404,
  REFUSED: 409,
  AWS_ERROR: 502,
  NOT_SIGNED_IN: 424,
  UNAUTHORIZED: 403,
  RATE_LIMITED: 429,
};

const CODE_OF: Readonly<Record<Fault, Code>> = {
  throttled: 'AWS_ERROR',
  busy: 'AWS_ERROR',
  capacity: 'AWS_ERROR',
  missing: 'NOT_FOUND',
  refused: 'REFUSED',
  denied: 'AWS_ERROR',
  credentials: 'NOT_SIGNED_IN',
  unreachable: 'AWS_ERROR',
  failed: 'AWS_ERROR',
};

/** Never throws. A CommandError is told as it is; the rest is `Control` not keeping its promise, or a bug. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof CommandError)
    return { code: thrown.code, message: thrown.message, hint: thrown.hint, unforeseen: false };
  if (thrown instanceof OperationError)
    return { code: CODE_OF[thrown.fault], message: thrown.message, hint: thrown.hint, unforeseen: false };
  if (thrown instanceof LedgerError)
    return {
      code: 'REFUSED',
      message: thrown.message,
      hint: 'Cloudnap changes nothing while its record cannot be read or written; see the log.',
      unforeseen: false,
    };
  return {
    code: 'REFUSED',
    // Not String(thrown): of some objects that throws in turn.
    message: `An unexpected error: ${thrown instanceof Error ? thrown.message : typeof thrown}`,
    hint: 'This is a fault in Cloudnap; the log has the details.',
    unforeseen: true,
  };
}
