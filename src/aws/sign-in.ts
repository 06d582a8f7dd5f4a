/**
 * Signing in: keys or a profile are tried on STS first, then saved, and only then in force. A failure at any step
 * leaves whoever was signed in as they were.
 */
import type { Done } from '../core/control.js';
import { type CommandError, messageOf } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { AwsSession } from '../core/session.js';
import type { AwsSettings } from '../core/settings.js';
import {
  type EnteredKeys,
  type KeptIn,
  type KeyStore,
  type Profile,
  SHORTEST_PASSPHRASE,
  type SignedIn,
  type SignIn,
  SignInError,
  type SignInSource,
  type SignInState,
} from '../core/sign-in.js';
import { chainCredentials, signingKeys } from './credentials.js';
import { preflight } from './preflight.js';
import { findProfiles } from './profiles.js';
import type { SessionAccess } from './session.js';
import { signInError } from './sign-in-errors.js';
import type { HeldKeys } from './sign-in-keys.js';

export interface SignInPorts {
  readonly session: Pick<AwsSession, 'configure' | 'regions'> & { readonly access: SessionAccess };
  readonly held: HeldKeys;
  /** One for each place there is; the first that holds keys is read at the start. */
  readonly stores: readonly KeyStore[];
  readonly settings: () => AwsSettings;
  /** Writes `aws.profile`. @throws CommandError when settings.json cannot be edited */
  readonly chooseProfile: (name: string) => Promise<unknown>;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Signs in to the session given. */
export function createSignIn(ports: SignInPorts): SignIn {
  const { session, held, stores, settings, env, clock, log } = ports;
  const { access } = session;
  const listeners = new Set<() => void>();
  /** One sign-in or sign-out at a time: two that save together would leave one's keys under the other's name. */
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => {});
    return mine;
  };

  const changed = () => {
    access.renew();
    for (const listener of listeners) listener();
  };

  /** Whatever goes wrong, as a CommandError. */
  const orSignInError = async <T>(
    work: () => Promise<T>,
    about?: Parameters<typeof signInError>[1],
  ): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      throw signInError(thrown, about);
    }
  };

  const source = async (): Promise<SignInSource> => {
    const waiting = await held.waiting();
    if (waiting) return { kind: 'saved', keptIn: waiting.place };
    const keptIn = held.keptIn();
    const keys = await held.current();
    if (keys && keptIn) return { kind: 'keys', keptIn, key: keys.accessKeyId.slice(-4) };
    const { profile } = settings();
    if (profile !== undefined) return { kind: 'profile', name: profile, from: 'settings' };
    if (env.AWS_PROFILE) return { kind: 'profile', name: env.AWS_PROFILE, from: 'environment' };
    return { kind: 'chain' };
  };

  const renewalOf = async (name: string): Promise<string | undefined> =>
    (await findProfiles(env)).find((profile) => profile.name === name)?.renew;

  const places = async (): Promise<SignInState['places']> => {
    const none = { available: false, why: 'This version cannot save keys there.' };
    const [keyring = none, file = none] = await Promise.all(
      (['keyring', 'file'] as const).map((place) => storeOf(place)?.available()),
    );
    return { keyring, file };
  };

  const storeOf = (place: KeptIn): KeyStore | undefined => stores.find((store) => store.place === place);

  /** Removes what is saved, but for one store. Resolves with what could not be removed and does no harm. */
  const wipe = async (but?: KeyStore): Promise<readonly string[]> => {
    const left: string[] = [];
    for (const store of stores) {
      if (store === but) continue;
      try {
        await store.wipe();
      } catch (thrown) {
        if (await store.holds()) throw thrown;
        left.push(messageOf(thrown));
      }
    }
    return left;
  };

  const withKeys: SignIn['withKeys'] = async ({ keys: entered, save, passphrase }) => {
    const keys = tidy(entered);
    const keptIn = save ?? (settings().saveCredentials ? 'keyring' : 'memory');
    const store = keptIn === 'memory' ? undefined : await usable(keptIn, passphrase);
    const hasToken = keys.sessionToken !== undefined;
    const identity = await orSignInError(() => access.check(signingKeys(keys), keys.region), { hasToken });
    await orSignInError(async () => {
      await store?.save(keys, passphrase);
      await wipe(store);
    });
    held.hold(keys, keptIn);
    log.info(`Signed in to account ${identity.account} with entered keys, kept in ${KEPT[keptIn]}.`);
    changed();
    return { identity, message: `Signed in to ${identity.account} as ${identity.arn}; ${SAID[keptIn]}.` };
  };

  const usable = async (place: KeptIn, passphrase: string | undefined): Promise<KeyStore> => {
    if (place === 'file') {
      const problem = passphraseProblem(passphrase);
      if (problem) throw new SignInError('malformed', problem, { hint: 'Several words are a good one.' });
    }
    const store = storeOf(place);
    const { available, why, hint } = (await store?.available()) ?? { available: false };
    if (store && available) return store;
    throw new SignInError('no-keyring', why ?? `Keys cannot be saved in ${place} here`, { hint });
  };

  const withProfile = async (name: string): Promise<SignedIn> => {
    const profiles = await findProfiles(env);
    const profile = profiles.find((one) => one.name === name);
    if (!profile) throw noSuchProfile(name, profiles);
    const identity = await orSignInError(
      async () => {
        const keys = await chainCredentials({ profile: name, env, clock, log }).current();
        return access.check(keys, profile.region);
      },
      { profile: name, renew: profile.renew },
    );
    await ports.chooseProfile(name);
    await orSignInError(() => wipe());
    held.forget();
    // At once: settings.json is heard of only after it has been still for a moment.
    session.configure({ ...settings(), profile: name });
    log.info(`Signed in to account ${identity.account} with the profile ${name}.`);
    changed();
    return { identity, message: `Signed in to ${identity.account} as ${identity.arn}, by profile ${name}.` };
  };

  const unlock = async (passphrase: string | undefined): Promise<SignedIn> => {
    const found = await orSignInError(() => held.unlock(passphrase));
    if (!found)
      throw new SignInError('malformed', 'No keys are saved here', {
        hint: 'Sign in with keys or a profile.',
      });
    const { keys, keptIn } = found;
    const hasToken = keys.sessionToken !== undefined;
    const identity = await orSignInError(() => access.check(signingKeys(keys), keys.region), { hasToken });
    held.hold(keys, keptIn);
    log.info(`The saved keys were unlocked: signed in to account ${identity.account}.`);
    changed();
    return { identity, message: `Signed in to ${identity.account} as ${identity.arn}.` };
  };

  const signOut = async (): Promise<Done> => {
    const had = held.keptIn() !== undefined || (await holdsAny(stores));
    // Forgotten first: whatever becomes of the wiping, nothing more is signed with them.
    held.forget();
    changed();
    const left = await orSignInError(() => wipe());
    const next = NEXT[(await source()).kind](settings().profile ?? env.AWS_PROFILE);
    if (!had) return { message: `No entered keys were there to forget. ${next}` };
    log.info('Signed out: the entered keys are forgotten.');
    const rest = left.map((why) => ` What is left opens nothing any more: ${why}.`).join('');
    return { message: `The entered keys are forgotten, saved ones too.${rest} ${next}` };
  };

  const problemOf = (thrown: unknown, about: Parameters<typeof signInError>[1]): SignInState['problem'] => {
    const error = signInError(thrown, about);
    if (!(error instanceof SignInError)) throw error;
    const { reason, message, hint } = error;
    return { reason, message, hint };
  };

  return {
    async state() {
      const by = await source();
      const inForce = access.inForce();
      const [answer, where] = await Promise.all([inForce.catch((thrown: unknown) => ({ thrown })), places()]);
      const shown = { source: by, places: where };
      if ('identity' in answer) {
        const expiresAt = answer.keys.expiration?.getTime();
        return { ...shown, identity: answer.identity, expiresAt, problem: undefined };
      }
      const about =
        by.kind === 'profile' ? { profile: by.name, renew: await renewalOf(by.name) } : { hasToken: false };
      const problem = problemOf(answer.thrown, about);
      return { ...shown, identity: undefined, expiresAt: undefined, problem };
    },
    withKeys: (command) => inTurn(() => withKeys(command)),
    withProfile: ({ profile }) => inTurn(() => withProfile(profile)),
    unlock: ({ passphrase }) => inTurn(() => unlock(passphrase)),
    signOut: () => inTurn(signOut),
    profiles: () => findProfiles(env),
    async permissions() {
      return orSignInError(async () => {
        const { identity } = await access.inForce();
        const [region = 'us-east-1'] = await session.regions();
        return preflight({ clients: access.clients, identity, region });
      });
    },
    onChange(fn) {
      listeners.add(fn);
      return () => listeners.delete(fn);
    },
  };
}

const KEPT: Readonly<Record<KeptIn, string>> = {
  memory: 'memory',
  keyring: "this computer's keyring",
  file: 'a file with a passphrase',
};

const SAID: Readonly<Record<KeptIn, string>> = {
  memory: 'the keys are forgotten when the daemon ends',
  keyring: "the keys are saved in this computer's keyring",
  file: 'the keys are saved behind the passphrase, which is asked for after a restart',
};

/** What is in force once the entered keys are gone. */
const NEXT: Readonly<Record<SignInSource['kind'], (profile: string | undefined) => string>> = {
  profile: (name) => `The profile ${name} is used from now on.`,
  chain: () => 'What the AWS SDK finds by itself is used from now on.',
  keys: () => 'Other keys were entered meanwhile.',
  saved: () => 'Saved keys are still there.',
};

/** Copied keys bring spaces and line ends along. @throws SignInError `malformed` */
function tidy(entered: EnteredKeys): EnteredKeys {
  const trimmed = (text: string | undefined) => text?.trim() || undefined;
  const accessKeyId = trimmed(entered.accessKeyId);
  const secretAccessKey = trimmed(entered.secretAccessKey);
  // So long that terminals and mails break it into lines.
  const sessionToken = entered.sessionToken?.replace(/\s+/g, '') || undefined;
  const region = trimmed(entered.region);
  if (!accessKeyId || !/^\w{1,128}$/.test(accessKeyId))
    throw new SignInError('malformed', 'This is no access key ID', {
      hint: 'It has letters and digits only, such as AKIAIOSFODNN7EXAMPLE.',
    });
  if (!secretAccessKey || /\s/.test(secretAccessKey))
    throw new SignInError('malformed', 'This is no secret access key', {
      hint: 'It is one word, usually of 40 characters.',
    });
  if (region && !/^[a-z]{2,}(-[a-z0-9]+)+$/.test(region))
    throw new SignInError('malformed', `"${region}" is no region`, { hint: 'Such as eu-central-1.' });
  return { accessKeyId, secretAccessKey, sessionToken, region };
}

function passphraseProblem(passphrase: string | undefined): string | undefined {
  if (passphrase === undefined || passphrase === '') return 'A file of saved keys needs a passphrase';
  const isShort = [...passphrase].length < SHORTEST_PASSPHRASE;
  return isShort ? `The passphrase needs at least ${SHORTEST_PASSPHRASE} characters` : undefined;
}

function noSuchProfile(name: string, profiles: readonly Profile[]): CommandError {
  const names = profiles.map((profile) => profile.name).join(', ');
  return new SignInError('profile', `The AWS config has no profile "${name}"`, {
    hint: names ? `There are: ${names}.` : 'It has none; `aws configure` makes one.',
  });
}

async function holdsAny(stores: readonly KeyStore[]): Promise<boolean> {
  for (const store of stores) if (await store.holds()) return true;
  return false;
}
