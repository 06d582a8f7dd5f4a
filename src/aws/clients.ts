/**
 * The SDK's clients: loaded when a service is first used, one for each service and region, all sharing a few
 * sockets. This is the one way to AWS for the drivers, and the one place where failures become OperationErrors.
 */
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { Clock } from '../core/instant.js';
import type { TargetId } from '../core/target.js';
import { createAwsClock, type Listened, listen } from './aws-clock.js';
import type { Keys } from './credentials.js';
import { isUnknownKey, operationError } from './errors.js';
import { createPace, MAX_ATTEMPTS, type Pace } from './pace.js';

/** What a call is about; `signal` ends it. */
interface CallInfo {
  /** The IAM action, for example `ec2:StopInstances`. */
  readonly operation: string;
  readonly target?: TargetId | undefined;
  readonly signal?: AbortSignal | undefined;
}

const load = {
  ec2: () => import('./sdk/ec2.js'),
  ecs: () => import('./sdk/ecs.js'),
  scaling: () => import('./sdk/scaling.js'),
  eks: () => import('./sdk/eks.js'),
  sts: () => import('./sdk/sts.js'),
  iam: () => import('./sdk/iam.js'),
  dynamodb: () => import('./sdk/dynamodb.js'),
  scheduler: () => import('./sdk/scheduler.js'),
  cloudformation: () => import('./sdk/cloudformation.js'),
};

/** Nothing may hang for ever: this long to connect, and this long for an answer. Milliseconds. */
const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;
/** Sockets to one host at once, and kept open afterwards: polls come minutes apart, so hardly any is worth it. */
const MOST_SOCKETS = 8;
const IDLE_SOCKETS = 1;

export interface ClientSettings {
  readonly endpointUrl: string | undefined;
  readonly profile: string | undefined;
}

export type Clients = ReturnType<typeof createClients>;

/**
 * @param keys asked before every use of a client; a changed key makes new clients
 * @param settings asked whenever a client is made
 * @param rejected told when AWS did not accept the keys
 */
export function createClients(options: {
  clock: Clock;
  keys: () => Promise<Keys>;
  settings: () => ClientSettings;
  rejected: () => void;
}) {
  const { clock, keys, settings, rejected } = options;
  const closing = new AbortController();
  const agents = {
    httpAgent: new Agent({ keepAlive: true, maxSockets: MOST_SOCKETS, maxFreeSockets: IDLE_SOCKETS }),
    httpsAgent: new SecureAgent({ keepAlive: true, maxSockets: MOST_SOCKETS, maxFreeSockets: IDLE_SOCKETS }),
  };
  /** Outlives the clients: AWS does not forget its throttling because our keys were renewed. */
  const paces = new Map<string, Pace>();
  const awsClock = createAwsClock(clock);
  let made = new Map<string, unknown>();
  let madeWith: string | undefined;

  const configOf = (service: string, region: string, credentials: Keys) => {
    const { endpointUrl, profile } = settings();
    const place = `${service} ${region}`;
    const pace = paces.get(place) ?? createPace({ clock, closed: closing.signal });
    paces.set(place, pace);
    return {
      region,
      credentials,
      retryStrategy: pace,
      maxAttempts: MAX_ATTEMPTS,
      requestHandler: {
        ...agents,
        connectionTimeout: CONNECT_MS,
        requestTimeout: ANSWER_MS,
        throwOnRequestTimeout: true,
      },
      ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
      ...(profile === undefined ? {} : { profile }),
    };
  };

  const heard = <C extends Listened>(made: C): C => {
    listen(made, clock, awsClock);
    return made;
  };

  const client = async <C extends Listened>(
    service: string,
    region: string,
    make: (config: ReturnType<typeof configOf>) => C,
  ): Promise<C> => {
    const current = await keys();
    if (madeWith !== current.accessKeyId) {
      made = new Map();
      madeWith = current.accessKeyId;
    }
    const place = `${service} ${region}`;
    const known = made.get(place) as C | undefined;
    if (known) return known;
    const fresh = heard(make(configOf(service, region, current)));
    made.set(place, fresh);
    return fresh;
  };

  return {
    /** EC2 in a region: the client, and the SDK's module that its commands are made from. */
    async ec2(region: string) {
      const sdk = await load.ec2();
      return { sdk, client: await client('ec2', region, (use) => new sdk.EC2Client(use)) };
    },
    async ecs(region: string) {
      const sdk = await load.ecs();
      return { sdk, client: await client('ecs', region, (use) => new sdk.ECSClient(use)) };
    },
    async scaling(region: string) {
      const sdk = await load.scaling();
      return {
        sdk,
        client: await client('scaling', region, (use) => new sdk.ApplicationAutoScalingClient(use)),
      };
    },
    async eks(region: string) {
      const sdk = await load.eks();
      return { sdk, client: await client('eks', region, (use) => new sdk.EKSClient(use)) };
    },
    /** IAM is one for all regions of a partition; the region says which partition. */
    async iam(region: string) {
      const sdk = await load.iam();
      return { sdk, client: await client('iam', region, (use) => new sdk.IAMClient(use)) };
    },
    async scheduler(region: string) {
      const sdk = await load.scheduler();
      return { sdk, client: await client('scheduler', region, (use) => new sdk.SchedulerClient(use)) };
    },
    async cloudformation(region: string) {
      const sdk = await load.cloudformation();
      return {
        sdk,
        client: await client('cloudformation', region, (use) => new sdk.CloudFormationClient(use)),
      };
    },
    async dynamodb(region: string) {
      const sdk = await load.dynamodb();
      return { sdk, client: await client('dynamodb', region, (use) => new sdk.DynamoDBClient(use)) };
    },
    /** STS with keys that are yet to be confirmed; never kept. */
    async sts(region: string, unconfirmed: Keys) {
      const sdk = await load.sts();
      return { sdk, client: heard(new sdk.STSClient(configOf('sts', region, unconfirmed))) };
    },

    /** What AWS's clock shows more than the wall clock here, in milliseconds; 0 before AWS has answered anything. */
    aheadMs: () => awsClock.aheadMs(),

    /**
     * One call to AWS.
     * @throws OperationError what came of it; the signal's reason when it was aborted.
     */
    async ask<T>(about: CallInfo, call: (options: { abortSignal?: AbortSignal }) => Promise<T>): Promise<T> {
      const { signal } = about;
      try {
        signal?.throwIfAborted();
        return await call(signal ? { abortSignal: signal } : {});
      } catch (thrown) {
        if (signal?.aborted) throw signal.reason;
        const error = operationError(thrown, { ...about, profile: settings().profile });
        if (error.fault === 'credentials' || isUnknownKey(thrown)) rejected();
        throw error;
      }
    },

    /** Makes new clients from now on; calls under way end as they will. */
    reset(): void {
      made = new Map();
    },

    /** Ends all connections and all waits. */
    close(): void {
      closing.abort(new Error('The AWS session was closed'));
      agents.httpAgent.destroy();
      agents.httpsAgent.destroy();
    },
  };
}
