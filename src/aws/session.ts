/**
 * The AWS account: who is signed in, where to look, and a driver for each kind. Drivers only ever use keys that
 * STS has confirmed, so that no change can reach an account that the caller of `identity` was not told of.
 */
import type { Driver } from '../core/driver.js';
import { OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { AwsSession, Identity } from '../core/session.js';
import type { AwsSettings } from '../core/settings.js';
import type { Kind } from '../core/target.js';
import { createClients } from './clients.js';
import { type Credentials, chainCredentials, fixedCredentials, type Keys } from './credentials.js';
import { createEc2Driver } from './ec2.js';
import { createEcsDriver } from './ecs.js';
import { createEksDriver } from './eks.js';

/**
 * For how long the last answer of GetCallerIdentity stands in where STS cannot be reached, milliseconds. While it
 * can be, each caller of `identity` is answered anew: what another account lacks must not be taken for deleted.
 */
const STANDS_IN_MS = 60_000;
const DEFAULT_REGION = 'us-east-1';

/**
 * Opens a session; nothing is loaded or asked before the first call.
 *
 * @param options.env where regions and places of files are looked up; the SDK's own chain reads the process's
 * @param options.credentials a pair entered at sign-in or the sandbox's; without it the SDK's default chain
 */
export function createSession(options: {
  settings: AwsSettings;
  clock: Clock;
  log: Logger;
  env?: NodeJS.ProcessEnv;
  credentials?: Keys | undefined;
}): AwsSession {
  const { clock, log, env = process.env } = options;
  let settings = options.settings;
  let credentials = makeCredentials();
  /** The last confirmation; `at` on the boot axis, so that it ages while the machine sleeps. */
  let confirmed: { readonly key: string; readonly at: number; readonly identity: Identity } | undefined;
  let asking: { readonly key: string; readonly answer: Promise<Identity> } | undefined;
  /** The account that callers know of. */
  let told: string | undefined;

  function makeCredentials(): Credentials {
    if (options.credentials) return fixedCredentials(options.credentials);
    return chainCredentials({ profile: settings.profile, env, clock, log });
  }

  const forget = () => {
    credentials.forget();
    confirmed = undefined;
  };

  const clients = createClients({
    clock,
    settings: () => settings,
    rejected: forget,
    async keys() {
      const keys = await credentials.current();
      if (confirmed?.key === keys.accessKeyId) return keys;
      const { account } = await confirm(keys);
      told ??= account;
      if (told === account) return keys;
      throw new OperationError(
        'credentials',
        `The AWS credentials now belong to account ${account}, not ${told}`,
        {
          operation: 'sts:GetCallerIdentity',
          hint: 'Sign in to the account again, or accept the new one with `cloudnap account accept`.',
        },
      );
    },
  });

  /** Asks once for all who wait for it, so no single caller's signal ends it; it ends by the client's limits. */
  const confirm = async (keys: Keys): Promise<Identity> => {
    const key = keys.accessKeyId;
    if (asking?.key !== key) {
      const answer = getCallerIdentity(keys).finally(() => {
        asking = undefined;
      });
      asking = { key, answer };
    }
    const identity = await asking.answer;
    confirmed = { key, at: clock.now().boot, identity };
    return identity;
  };

  const getCallerIdentity = async (keys: Keys): Promise<Identity> => {
    const [region = DEFAULT_REGION] = await regions();
    const { sdk, client } = await clients.sts(region, keys);
    try {
      const answer = await clients.ask({ operation: 'sts:GetCallerIdentity' }, (how) =>
        client.send(new sdk.GetCallerIdentityCommand({}), how),
      );
      return { account: answer.Account ?? '', arn: answer.Arn ?? '' };
    } catch (thrown) {
      if (!(thrown instanceof OperationError) || thrown.fault === 'credentials') throw thrown;
      // The call needs no permission and changes nothing: whatever else went wrong, STS could not be asked.
      const { message, operation, hint } = thrown;
      throw new OperationError('unreachable', message, { operation, hint, cause: thrown });
    }
  };

  const regions = async (): Promise<readonly string[]> => {
    if (settings.regions && settings.regions.length > 0) return [...new Set(settings.regions)];
    return [env.AWS_REGION || env.AWS_DEFAULT_REGION || (await profileRegion()) || DEFAULT_REGION];
  };

  /** The SDK knows how to read a profile, and says so only through a client's configuration. */
  const profileRegion = async (): Promise<string | undefined> => {
    const { STSClient } = await import('./sdk/sts.js');
    const { profile } = settings;
    const client = new STSClient(profile === undefined ? {} : { profile });
    return client.config.region().catch(() => undefined);
  };

  const drivers: Readonly<Record<Kind, Driver>> = {
    ec2: createEc2Driver({ clients, clock }),
    ecs: createEcsDriver({ clients }),
    eks: createEksDriver({ clients }),
  };

  return {
    async identity(signal) {
      signal?.throwIfAborted();
      const keys = await credentials.current();
      const fresh = await confirm(keys).catch((thrown: unknown) => {
        const isYoung = confirmed !== undefined && clock.now().boot - confirmed.at < STANDS_IN_MS;
        const isUnreached = thrown instanceof OperationError && thrown.fault === 'unreachable';
        if (confirmed?.key === keys.accessKeyId && isYoung && isUnreached) return confirmed.identity;
        throw thrown;
      });
      signal?.throwIfAborted();
      told = fresh.account;
      return fresh;
    },
    regions,
    driver: (kind) => drivers[kind],
    configure(changed) {
      settings = changed;
      credentials = makeCredentials();
      confirmed = undefined;
      clients.reset();
    },
    close: () => clients.close(),
  };
}
