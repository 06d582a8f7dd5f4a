/** What an AWS service is to the sandbox: a wire protocol, and operations over a region's state. */
import { z } from 'zod';
import type { Caller } from './credentials.js';
import { type AwsError, type CommonErrors, InvalidInput } from './errors.js';
import type { Region } from './state/world.js';
import type { Delays } from './timing.js';

/** All that an operation may look at. `region` is settled up to `now` already. */
export interface Call {
  readonly caller: Caller;
  readonly region: Region;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly delays: Delays;
  /** Whether IAM would refuse this action, `ecs:UpdateService`, to the caller on any resource. */
  isDenied(action: string): boolean;
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

/** One AWS service. */
export interface Service {
  /** The service in the SigV4 credential scope: `ec2`, `application-autoscaling`. Requests are routed by it. */
  readonly signingName: string;
  readonly protocol: Protocol;
  readonly errors: CommonErrors;
  readonly operations: Readonly<Record<string, Operation>>;
}
