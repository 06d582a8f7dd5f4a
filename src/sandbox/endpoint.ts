/**
 * The path of one AWS request: who asks, for which service, what trouble it meets, what it does, and the reply in
 * the service's own protocol. Knows nothing of sockets.
 */
import { randomUUID } from 'node:crypto';
import { type Caller, type Scope, scopeOf } from './credentials.js';
import { AwsError } from './errors.js';
import { catchUp } from './happenings.js';
import type { Journal, JournalEntry } from './journal.js';
import { asAwsError, refusalOf } from './refusals.js';
import type { Call, Service, WireCall, WireReply, WireRequest } from './service.js';
import { applicationAutoScaling } from './services/application-autoscaling.js';
import { cloudFormation } from './services/cloudformation.js';
import { ec2 } from './services/ec2.js';
import { ecs } from './services/ecs.js';
import { eks } from './services/eks.js';
import { iam } from './services/iam.js';
import { scheduler } from './services/scheduler.js';
import { sts } from './services/sts.js';
import { settle, type World } from './state/world.js';
import type { Delays, SandboxClock } from './timing.js';
import type { Troubles } from './trouble.js';

const SERVICES: ReadonlyMap<string, Service> = new Map(
  [ec2, ecs, eks, iam, sts, applicationAutoScaling, scheduler, cloudFormation].map((service) => [
    service.signingName,
    service,
  ]),
);

/** What the endpoint works on. */
export interface EndpointState {
  readonly world: World;
  readonly clock: SandboxClock;
  readonly delays: Delays;
  readonly troubles: Troubles;
  /** By access key id. */
  readonly keys: ReadonlyMap<string, Caller>;
  readonly journal: Journal;
}

/** The reply to a request, or `lost` if the connection is to be cut instead. */
export async function answer(request: WireRequest, state: EndpointState): Promise<WireReply | 'lost'> {
  const requestId = randomUUID();
  const { authorization } = request.headers;
  const scope = scopeOf(typeof authorization === 'string' ? authorization : undefined);
  const service = SERVICES.get(scope?.service ?? '');
  if (scope === undefined || service === undefined) return unsigned(request, requestId);
  try {
    const call = service.protocol.read(request);
    if (call === undefined) throw service.errors.unknownOperation(`${request.method} ${request.path}`);
    const output = await carryOut(service, call, scope, state);
    return output === 'lost' ? 'lost' : service.protocol.reply(call.operation, output, requestId);
  } catch (error) {
    return service.protocol.fail(asAwsError(error, service), requestId);
  }
}

async function carryOut(
  service: Service,
  wire: WireCall,
  scope: Scope,
  state: EndpointState,
): Promise<object | 'lost'> {
  const caller = state.keys.get(scope.accessKeyId);
  if (caller === undefined) throw service.errors.unknownKey();
  const operation = Object.hasOwn(service.operations, wire.operation)
    ? service.operations[wire.operation]
    : undefined;
  if (operation === undefined) throw service.errors.unknownOperation(wire.operation);

  catchUp(state.world, state.clock.now(), state);
  const effects = state.troubles.meet({
    service: service.signingName,
    operation: wire.operation,
    region: scope.region,
    parameters: wire.parameters,
  });
  for (const effect of effects) {
    if (effect.kind === 'latency') await state.clock.sleep(effect.ms);
  }
  const now = state.clock.now();
  catchUp(state.world, now, state);
  const record = (outcome: Pick<JournalEntry, 'error' | 'answered'>): void => {
    if (!operation.mutates) return;
    state.journal.record({
      at: now,
      account: caller.account,
      by: caller.arn,
      region: scope.region,
      service: service.signingName,
      operation: wire.operation,
      parameters: wire.parameters,
      ...outcome,
    });
  };
  try {
    if (effects.some((effect) => effect.kind === 'lost-request')) return 'lost';
    const refusal = effects.map((effect) => refusalOf(effect, service, caller, wire.operation)).find(Boolean);
    if (refusal !== undefined) throw refusal;
    const region = state.world.region(caller.account, scope.region);
    settle(region, now, state.delays);
    const isDenied = (action: string) => state.troubles.denies(action);
    const call: Call = { caller, region, now, delays: state.delays, isDenied };
    const output = operation.run(wire.parameters, call);
    const answered = !effects.some((effect) => effect.kind === 'lost-answer');
    record({ answered });
    return answered ? output : 'lost';
  } catch (error) {
    record({ error: asAwsError(error, service).code, answered: true });
    throw error;
  }
}

/** Without a signature there is no telling which service was meant; the form body gives the query ones away. */
function unsigned(request: WireRequest, requestId: string): WireReply {
  const error = new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403);
  const isQuery = request.headers['content-type']?.includes('form') ?? false;
  return isQuery
    ? sts.protocol.fail(error, requestId)
    : eks.protocol.fail(new AwsError('MissingAuthenticationTokenException', error.message, 403), requestId);
}
