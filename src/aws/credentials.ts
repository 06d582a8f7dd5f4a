/**
 * The keys that requests are signed with: a fixed pair, entered ones, or whatever the SDK's default chain finds
 * (environment, SSO, profiles, processes, web identity, `aws login`). Nothing that failed is ever kept, and the files are read
 * past the SDK's own cache, so that a sign-in on disk is picked up without a restart.
 */
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OperationError } from '../core/errors.js';
import { type Clock, sleep } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { EnteredKeys } from '../core/sign-in.js';
import { operationError } from './errors.js';

/** A key pair, with a token and an end where it is a temporary one. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface Credentials {
  /** @throws OperationError `credentials` when none can be had. */
  current(): Promise<Keys>;
  /** Call when AWS has rejected the keys: the next `current` looks anew. */
  forget(): void;
}

/** Temporary keys are renewed this long before their end, as the SDK does. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A chain that asks a person (a password manager behind `credential_process`) must not hold the daemon. */
const LONGEST_LOOKUP_MS = 30_000;
/** The instance metadata service, last in the chain, answers within this or is not there: most workstations. */
const METADATA_TIMEOUT_MS = 1_000;

/** A pair that never changes: the sandbox's. */
export function fixedCredentials(keys: Keys): Credentials {
  return { current: async () => keys, forget() {} };
}

/** Where entered keys come from, those saved earlier included. */
export interface EnteredSource {
  /** Undefined when none were entered. @throws OperationError `credentials` when saved ones cannot be read yet. */
  current(): Promise<EnteredKeys | undefined>;
}

/** Entered keys, and only where there are none, what `others` finds. */
export function enteredCredentials(entered: EnteredSource, others: Credentials): Credentials {
  return {
    async current() {
      const keys = await entered.current();
      return keys ? signingKeys(keys) : others.current();
    },
    forget: () => others.forget(),
  };
}

/** Entered keys as requests are signed with. */
export function signingKeys({ accessKeyId, secretAccessKey, sessionToken }: EnteredKeys): Keys {
  return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** The SDK's default chain, for the profile given, else `AWS_PROFILE`, else the default one. */
export function chainCredentials(options: {
  profile: string | undefined;
  env: NodeJS.ProcessEnv;
  clock: Clock;
  log: Logger;
}): Credentials {
  const { profile, env, clock, log } = options;
  let held: { readonly keys: Keys; readonly files: string } | undefined;
  let lookup: Promise<Keys> | undefined;

  const lookUp = async (): Promise<Keys> => {
    const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
    const files = await filesMark(env);
    // A new chain each time: one that failed, or whose files have changed, would answer from memory.
    const chain = fromNodeProviderChain({
      ...(profile === undefined ? {} : { profile }),
      ignoreCache: true,
      timeout: METADATA_TIMEOUT_MS,
      maxRetries: 0,
      clientConfig: { requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000 }, maxAttempts: 2 },
      logger: { debug() {}, info() {}, error() {}, warn: (text: unknown) => log.warn(String(text).trim()) },
    });
    const keys = await chain();
    held = { keys, files };
    return keys;
  };

  /** One lookup at a time; it goes on past the patience of whoever waits for it. */
  const patiently = async (): Promise<Keys> => {
    lookup ??= lookUp().finally(() => {
      lookup = undefined;
    });
    const enough = new AbortController();
    const tooLong = sleep(clock, LONGEST_LOOKUP_MS, enough.signal).then(() => {
      throw new OperationError('credentials', 'The AWS credentials were not found in time', {
        operation: 'sts:GetCallerIdentity',
        hint: 'Does the profile ask for a password or a code? Sign in in a terminal first, so that it need not ask.',
      });
    });
    try {
      return await Promise.race([lookup, tooLong]);
    } finally {
      tooLong.catch(() => {});
      enough.abort();
    }
  };

  return {
    async current() {
      const left = held?.keys.expiration ? held.keys.expiration.getTime() - clock.now().wall : Infinity;
      if (held && left > RENEW_BEFORE_MS && held.files === (await filesMark(env))) return held.keys;
      try {
        return await patiently();
      } catch (thrown) {
        // Keys that cannot be renewed yet are still good to their end.
        if (held && left > 0 && left < Infinity) return held.keys;
        held = undefined;
        throw operationError(thrown, {
          operation: 'sts:GetCallerIdentity',
          profile: profile ?? env.AWS_PROFILE,
        });
      }
    },
    forget() {
      held = undefined;
    },
  };
}

/** Changes when somebody signs in or edits a profile: when the two shared files were written, and their sizes. */
async function filesMark(env: NodeJS.ProcessEnv): Promise<string> {
  const folder = join(env.HOME ?? homedir(), '.aws');
  const files = [
    env.AWS_CONFIG_FILE ?? join(folder, 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials'),
  ];
  const marks = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs, size }) => `${mtimeMs}:${size}`,
        () => 'none',
      ),
    ),
  );
  return marks.join(' ');
}
