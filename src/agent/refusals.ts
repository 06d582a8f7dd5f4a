/** Failures as a command is answered with them. */
import { CommandError, LedgerError, OperationError } from '../core/errors.js';
import type { Accounts } from './accounts.js';

/** The account signed in. @throws CommandError NOT_SIGNED_IN, AWS_ERROR */
export async function signedIn(accounts: Accounts): Promise<string> {
  try {
    return await accounts.require();
  } catch (thrown) {
    if (thrown instanceof OperationError) accounts.lost(thrown);
    throw commandErrorOf(thrown);
  }
}

/** Runs what needs the ledger; a ledger that fails is a command refused. */
export function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw commandErrorOf(thrown);
  }
}

/** Any failure as what a command is answered with. */
export function commandErrorOf(thrown: unknown): unknown {
  if (thrown instanceof LedgerError)
    return new CommandError('REFUSED', `the ledger cannot be used: ${thrown.message}`, {
      hint: 'Run "cloudnap doctor".',
      cause: thrown,
    });
  if (!(thrown instanceof OperationError)) return thrown;
  const code =
    thrown.fault === 'credentials'
      ? 'NOT_SIGNED_IN'
      : thrown.fault === 'missing'
        ? 'NOT_FOUND'
        : thrown.fault === 'refused'
          ? 'REFUSED'
          : 'AWS_ERROR';
  return new CommandError(code, thrown.message, { hint: thrown.hint, cause: thrown });
}
