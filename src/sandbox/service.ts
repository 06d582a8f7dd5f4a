/**
 * What an AWS service is to the sandbox: operations over a region's state, a wire protocol, and its own names
 * for the errors that all services share.
 */
import { z } from 'zod';
import type { Region } from './state/world.js';
import type { Delays } from './timing.js';

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

/** Who is calling, as STS knows them. */
export interface Caller {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
}

/** All that an operation may look at. `region` is settled up to `now` already. */
export interface Call {
  readonly caller: Caller;
  readonly region: Region;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly delays: Delays;
}

/** One operation, its parameters still unchecked. */
export interface Operation {
  /** Mutating calls go into the journal. */
  readonly mutates: boolean;
  run(parameters: unknown, call: Call): object;
}

/** Makes an operation whose parameters are checked against `input` before `run` sees them. */
export function operation<Input extends z.ZodType>(spec: {
  readonly input: Input;
  readonly mutates?: boolean;
  readonly run: (input: z.output<Input>, call: Call) => object;
}): Operation {
  return {
    mutates: spec.mutates ?? false,
    run(parameters, call) {
      const parsed = spec.input.safeParse(parameters);
      if (!parsed.success) throw new InvalidInput(z.prettifyError(parsed.error));
      return spec.run(parsed.data, call);
    },
  };
}

/** A request as it came in, its body read to the end. */
export interface WireRequest {
  readonly method: string;
  /** Still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A reply, ready to be written. */
export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Which operation a request asks for, with its parameters under the names the API gives them. */
export interface WireCall {
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** How a service is spoken to. */
export interface Protocol {
  /** Undefined when the request names no operation; throws {@link InvalidInput} when its body is not readable. */
  read(request: WireRequest): WireCall | undefined;
  reply(operation: string, output: object, requestId: string): WireReply;
  fail(error: AwsError, requestId: string): WireReply;
}

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

/** One AWS service. */
export interface Service {
  /** The service in the SigV4 credential scope: `ec2`, `application-autoscaling`. Requests are routed by it. */
  readonly signingName: string;
  readonly protocol: Protocol;
  readonly errors: CommonErrors;
  readonly operations: Readonly<Record<string, Operation>>;
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
