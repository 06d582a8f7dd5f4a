/**
 * From what the SDK throws to an OperationError: the fault by the error's name (AWS's code), the action as IAM
 * spells it, one sentence, and what the user can do. Never by message text, which AWS changes at will.
 */
import { type Fault, messageOf, OperationError } from '../core/errors.js';
import type { TargetId } from '../core/target.js';

/** AWS's codes, fault by fault. A code that is not here is `failed`: tried again later. */
const NAMES: Readonly<Record<Exclude<Fault, 'failed'>, readonly string[]>> = {
  throttled: [
    'BandwidthLimitExceeded',
    'EC2ThrottledException',
    // DynamoDB: a partition, or a table billed by request that has grown too fast.
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'SlowDown',
    'ThrottledException',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
  ],
  busy: [
    // Application Auto Scaling and EKS: another change of the same resource is under way.
    'ConcurrentUpdateException',
    // Scheduler: it is there already, or another changes it.
    'ConflictException',
    'ResourceInUseException',
    'UpdateInProgressException',
    // EC2: for example a start while it is still stopping.
    'IncorrectInstanceState',
    // The request of a stopped spot instance takes a moment before it lets the instance start again.
    'IncorrectSpotRequestState',
    'IncorrectState',
    // EKS: "invalid given the state of the cluster", so it may be valid later.
    'InvalidRequestException',
  ],
  capacity: [
    'InsufficientCapacity',
    'InsufficientCapacityOnHost',
    'InsufficientHostCapacity',
    'InsufficientInstanceCapacity',
    'InsufficientReservedInstanceCapacity',
    'InstanceLimitExceeded',
    'MaxSpotInstanceCountExceeded',
    'SpotMaxPriceTooLow',
    'VcpuLimitExceeded',
  ],
  missing: [
    'ClusterNotFoundException',
    // A malformed id names nothing that could exist.
    'InvalidInstanceID.Malformed',
    'InvalidInstanceID.NotFound',
    'NotFoundException',
    'ObjectNotFoundException',
    'ResourceNotFoundException',
    'ServiceNotActiveException',
    'ServiceNotFoundException',
  ],
  refused: [
    'InvalidParameterCombination',
    'InvalidParameterException',
    'InvalidParameterValue',
    'OperationNotPermitted',
    'UnsupportedFeatureException',
    'UnsupportedHibernationConfiguration',
    'UnsupportedOperation',
    'ValidationError',
    'ValidationException',
  ],
  denied: [
    'AccessDenied',
    'AccessDeniedException',
    // Application Auto Scaling may not read or change the service on the caller's behalf.
    'FailedResourceAccessException',
    'NotAuthorized',
    'OptInRequired',
    'UnauthorizedOperation',
  ],
  credentials: [
    'CredentialsProviderError',
    'ExpiredToken',
    'ExpiredTokenException',
    'IncompleteSignature',
    'InvalidSignatureException',
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'RequestExpired',
    'RequestTimeTooSkewed',
    'SignatureDoesNotMatch',
    'TokenProviderError',
    'TokenRefreshRequired',
  ],
  unreachable: ['RequestTimeout', 'RequestTimeoutException', 'TimeoutError'],
};

const FAULT_OF: ReadonlyMap<string, Fault> = new Map(
  (Object.entries(NAMES) as [Fault, readonly string[]][]).flatMap(([fault, names]) =>
    names.map((name) => [name, fault] as const),
  ),
);

/**
 * What a service answers to keys it does not know. From STS it means the keys are wrong. Other services are only
 * ever called with keys that STS has confirmed, so from them it means a region that is not enabled for the account.
 */
const UNKNOWN_KEY = new Set(['AuthFailure', 'InvalidClientTokenId', 'UnrecognizedClientException']);

/** Whether AWS said that it does not know the key, so that it is time to ask STS about it again. */
export function isUnknownKey(thrown: unknown): boolean {
  return UNKNOWN_KEY.has(nameOf(thrown));
}

/** Node's own codes for a connection that failed: AWS has answered nothing, so there is no name of AWS's. */
const NETWORK =
  /^(E(CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_|ADDR|PROTO)|ERR_(SSL|TLS)|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/;

/**
 * One failed call as an OperationError. One that is an OperationError already is passed on as it is.
 *
 * @param operation the IAM action, for example `ec2:StopInstances`
 */
export function operationError(
  thrown: unknown,
  about: { operation: string; target?: TargetId | undefined; profile?: string | undefined },
): OperationError {
  if (thrown instanceof OperationError) return thrown;
  const fault = faultOf(thrown, about.operation);
  return new OperationError(fault, sentence(fault, thrown, about.operation), {
    operation: about.operation,
    target: about.target,
    hint: hintFor(fault, thrown, about),
    cause: thrown,
  });
}

/** The same failure told of one of the targets it was asked for. */
export function aboutTarget(error: OperationError, target: TargetId): OperationError {
  return new OperationError(error.fault, error.message, {
    operation: error.operation,
    target,
    hint: error.hint,
    cause: error.cause,
  });
}

/**
 * Whether one member of a batch may have caused the failure, so that asking for fewer may succeed. Throttling, a
 * lost connection, bad credentials and AWS's own faults (5xx) hit whatever is asked. A lack of capacity is a 5xx
 * too, but has a name, and is one instance's.
 */
export function mayBeOneOfMany(error: OperationError): boolean {
  switch (error.fault) {
    case 'throttled':
    case 'unreachable':
    case 'credentials':
      return false;
    case 'failed':
      return statusOf(error.cause) < 500;
    case 'busy':
    case 'capacity':
    case 'missing':
    case 'refused':
    case 'denied':
      return true;
  }
}

/** Whether the name of an error says that asking again at once is in vain, whatever its HTTP status says. */
export function isFinal(thrown: unknown): boolean {
  const fault = FAULT_OF.get(nameOf(thrown));
  return fault !== undefined && fault !== 'throttled' && fault !== 'unreachable';
}

function faultOf(thrown: unknown, operation: string): Fault {
  if (isUnknownKey(thrown)) return operation.startsWith('sts:') ? 'credentials' : 'denied';
  const known = FAULT_OF.get(nameOf(thrown));
  if (known) return known;
  // A proxy or load balancer may throttle without any code of AWS's.
  if (statusOf(thrown) === 429) return 'throttled';
  return isNetworkError(thrown) ? 'unreachable' : 'failed';
}

function nameOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}

function statusOf(thrown: unknown): number {
  const metadata = thrown instanceof Error ? (thrown as { $metadata?: unknown }).$metadata : undefined;
  const status = (metadata as { httpStatusCode?: unknown } | undefined)?.httpStatusCode;
  return typeof status === 'number' ? status : 0;
}

function isNetworkError(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  const code: unknown = (thrown as { code?: unknown }).code;
  if (typeof code === 'string' && NETWORK.test(code)) return true;
  return thrown.cause !== undefined && isNetworkError(thrown.cause);
}

/** Longer texts of AWS's (encoded authorization messages) are for machines. */
const LONGEST_TEXT = 240;

function sentence(fault: Fault, thrown: unknown, operation: string): string {
  const text = messageOf(thrown).replace(/\s+/g, ' ').trim() || nameOf(thrown) || 'no reason given';
  const short = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  switch (fault) {
    case 'throttled':
      return `AWS asked for fewer requests (${operation})`;
    case 'unreachable':
      return `AWS could not be reached for ${operation}: ${short}`;
    case 'credentials':
      return `No working AWS credentials: ${short}`;
    case 'denied':
      return `${operation} is not allowed: ${short}`;
    case 'busy':
    case 'capacity':
    case 'missing':
    case 'refused':
    case 'failed':
      return `${operation}: ${short}`;
  }
}

function hintFor(
  fault: Fault,
  thrown: unknown,
  about: { operation: string; profile?: string | undefined },
): string | undefined {
  switch (fault) {
    case 'denied':
      return isUnknownKey(thrown)
        ? 'Enable the region for this account, or take it out of aws.regions in settings.json.'
        : `Allow ${about.operation} in the IAM policy of these credentials.`;
    case 'credentials': {
      const sso = about.profile ? `aws sso login --profile ${about.profile}` : 'aws sso login';
      return `Sign in again: \`${sso}\` for a profile with SSO, else renew the access keys where you keep them (see \`cloudnap login\`); and check this machine's clock.`;
    }
    case 'unreachable':
      return 'Check the network, aws.endpoint_url (or AWS_ENDPOINT_URL) and, where a proxy signs for itself, NODE_EXTRA_CA_CERTS.';
    case 'capacity':
      return 'It is tried again by itself; another instance type or zone, or a higher quota, would help.';
    case 'throttled':
    case 'busy':
    case 'missing':
    case 'refused':
    case 'failed':
      return undefined;
  }
}
