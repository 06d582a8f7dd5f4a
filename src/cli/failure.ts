/**
 * How a command fails: the one place that maps whatever was thrown to an exit code and to what the user reads.
 *
 * Data goes to stdout and everything else to stderr. With `--json` an error is one line on stderr,
 * `{"error":{"code","message","hint"}}` as on the control socket, with the codes of SPEC section 8 and the three of
 * {@link OwnCode}; a hint that there is not is null.
 */
import { type Code, CommandError, messageOf } from '../core/errors.js';

/** Exit codes of SPEC section 9. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  alreadyRunning: 3,
  noDaemon: 4,
  refused: 5,
} as const;

/** Codes that only the CLI can meet. */
export type OwnCode = 'NO_DAEMON' | 'ALREADY_RUNNING' | 'FAILED';

/** A failure in the terms of the CLI itself. */
export class CliError extends Error {
  readonly code: OwnCode;
  readonly hint: string | undefined;
  constructor(code: OwnCode, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'CliError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The refusal to be a second instance, naming the first. */
export function alreadyRunning(pid: number | undefined): CliError {
  const who = pid === undefined ? 'Cloudnap is already running' : `Cloudnap is already running as pid ${pid}`;
  return new CliError('ALREADY_RUNNING', who, { hint: 'See "cloudnap status"; "cloudnap stop" ends it.' });
}

/** A user's mistake on the command line. */
export function usage(message: string, hint?: string): CommandError {
  return new CommandError('BAD_REQUEST', message, { hint });
}

/** What a failure comes to. */
export interface Failure {
  readonly exit: number;
  readonly code: Code | OwnCode;
  readonly message: string;
  readonly hint: string | undefined;
}

/** Reads anything thrown as a failure. What is not ours is a defect: its message is shown, never its stack. */
export async function failureOf(thrown: unknown): Promise<Failure> {
  // Loaded here because commands that never talk to a daemon should not wait for the client.
  const { NoDaemon } = await import('../control/client.js');
  if (thrown instanceof NoDaemon)
    return {
      exit: EXIT.noDaemon,
      code: 'NO_DAEMON',
      message: thrown.message,
      hint: '"cloudnap start" starts one; give the same --home if it has one of its own.',
    };
  if (thrown instanceof CommandError)
    return { exit: exitOf(thrown.code), code: thrown.code, message: thrown.message, hint: thrown.hint };
  if (thrown instanceof CliError)
    return { exit: exitOf(thrown.code), code: thrown.code, message: thrown.message, hint: thrown.hint };
  return { exit: EXIT.failed, code: 'FAILED', message: messageOf(thrown), hint: undefined };
}

function exitOf(code: Code | OwnCode): number {
  switch (code) {
    case 'BAD_REQUEST':
    case 'UNKNOWN_COMMAND':
    case 'REQUEST_TOO_LARGE':
      return EXIT.usage;
    case 'REFUSED':
      return EXIT.refused;
    case 'ALREADY_RUNNING':
      return EXIT.alreadyRunning;
    case 'NO_DAEMON':
      return EXIT.noDaemon;
    case 'NOT_REGISTERED':
    case 'ALREADY_REGISTERED':
    case 'NOT_FOUND':
    case 'AWS_ERROR':
    case 'NOT_SIGNED_IN':
    case 'UNAUTHORIZED':
    case 'RATE_LIMITED':
    case 'FAILED':
      return EXIT.failed;
  }
}
