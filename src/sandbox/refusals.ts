/** The errors that trouble makes of a call, in the words of the service that is called. */
import type { Caller } from './credentials.js';
import { AwsError, InvalidInput } from './errors.js';
import type { Service } from './service.js';
import type { Effect } from './trouble.js';

/** The error that this trouble makes of the call, if it makes one. */
export function refusalOf(
  effect: Effect,
  service: Service,
  caller: Caller,
  operation: string,
): AwsError | undefined {
  switch (effect.kind) {
    case 'throttle':
      return service.errors.throttled();
    case 'deny':
      return service.errors.denied(caller, operation);
    case 'expired-token':
      return service.errors.expiredToken();
    case 'unavailable':
      return service.errors.unavailable();
    case 'no-capacity':
      return new AwsError('InsufficientInstanceCapacity', 'Insufficient capacity.', 500);
    case 'error':
      return new AwsError(effect.code, effect.message, effect.status);
    case 'latency':
    case 'doubled':
    case 'lost-answer':
    case 'lost-request':
      return undefined;
  }
}

/** A fault of the sandbox itself must not look like a refusal: it is passed on as what it is. */
export function asAwsError(error: unknown, service: Service): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof InvalidInput) return service.errors.invalid(error.message);
  return new AwsError('InternalFailure', `The sandbox failed: ${String(error)}`, 500);
}
