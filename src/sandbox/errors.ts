/** Errors as AWS answers them, and the ones that all services share though each calls them by its own names. */
import type { Caller } from './credentials.js';

/** An error as AWS answers it. `code` is the name that the SDK puts on the exception. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
  }
}

/** Thrown when parameters do not have the operation's shape; each service has its own code for that. */
export class InvalidInput extends Error {}

/** The errors that every service has, each under its own name. */
export interface CommonErrors {
  throttled(): AwsError;
  denied(caller: Caller, operation: string): AwsError;
  expiredToken(): AwsError;
  unknownKey(): AwsError;
  unavailable(): AwsError;
  invalid(message: string): AwsError;
  unknownOperation(operation: string): AwsError;
}

/** The error codes and HTTP statuses that tell one service's common errors from another's. */
interface ErrorNames {
  /** The prefix of IAM actions, `ecs` in `ecs:UpdateService`. */
  readonly action: string;
  readonly throttled: readonly [code: string, status: number];
  readonly denied: readonly [code: string, status: number];
  readonly expiredToken: readonly [code: string, status: number];
  readonly unknownKey: readonly [code: string, status: number];
  readonly unavailable: readonly [code: string, status: number];
  readonly invalid: readonly [code: string, status: number];
  readonly unknownOperation: readonly [code: string, status: number];
}

/** The common errors under the service's own codes. */
export function commonErrors(names: ErrorNames): CommonErrors {
  const error = ([code, status]: readonly [string, number], message: string): AwsError =>
    new AwsError(code, message, status);
  return {
    throttled: () => error(names.throttled, 'Rate exceeded'),
    denied: (caller, operation) =>
      error(
        names.denied,
        `User: ${caller.arn} is not authorized to perform: ${names.action}:${operation} because no identity-based policy allows the ${names.action}:${operation} action`,
      ),
    expiredToken: () => error(names.expiredToken, 'The security token included in the request is expired'),
    unknownKey: () => error(names.unknownKey, 'The security token included in the request is invalid.'),
    unavailable: () => error(names.unavailable, 'The server is overloaded and cannot handle the request.'),
    invalid: (message) => error(names.invalid, message),
    unknownOperation: (operation) =>
      error(names.unknownOperation, `The action ${operation} is not valid for this web service.`),
  };
}
