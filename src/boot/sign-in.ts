/** The AWS session with all that signs in to it: entered keys, where they are saved, and the profile in the settings. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSession, createSignIn, HeldKeys } from '../aws/index.js';
import { setSetting } from '../config/settings-edit.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { SettingsSource } from '../core/registry.js';
import type { AwsSession } from '../core/session.js';
import type { SignIn } from '../core/sign-in.js';
import { KeyFile, passphraseStore } from '../desktop/key-file.js';
import { systemKeyring } from '../desktop/keyring.js';
import { entryOf, keyringStore } from '../desktop/keyring-store.js';
import type { Paths } from '../system/paths.js';

/** From a chunk of the bundle, as from this file: one folder up is where the entries are. */
const KEYRING_CHILD = new URL('../desktop/keyring-child.js', import.meta.url);

/** The session, and the port to signing in where somebody can. */
export interface SignInDesk {
  readonly session: AwsSession;
  /** Undefined where the keys are given, as in the demo. */
  readonly signIn: SignIn | undefined;
  close(): void;
}

/**
 * Opens the session; saved keys are read when AWS is first asked.
 * @param options.credentials the one pair there is, instead of anything anybody could enter
 */
export function openSignIn(options: {
  readonly paths: Pick<Paths, 'db' | 'settings'>;
  readonly settings: SettingsSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
}): SignInDesk {
  const { paths, settings, clock, log, env, credentials } = options;
  const plain = { settings: settings.current().aws, clock, log, env };
  if (credentials) {
    const session = createSession({ ...plain, credentials });
    return { session, signIn: undefined, close: () => session.close() };
  }
  const ending = new AbortController();
  const file = new KeyFile(join(dirname(paths.db), 'cloudnap.keys'));
  const keyring = systemKeyring({
    child: { command: process.execPath, args: [fileURLToPath(KEYRING_CHILD)] },
    account: entryOf(file),
    env,
    clock,
    ended: ending.signal,
  });
  const stores = [keyringStore(file, keyring), passphraseStore(file)];
  const held = new HeldKeys({ stores, clock });
  const session = createSession({ ...plain, entered: held });
  const signIn = createSignIn({
    session,
    held,
    stores,
    settings: () => settings.current().aws,
    chooseProfile: (name) => setSetting(paths.settings, 'aws.profile', name),
    env,
    clock,
    log,
  });
  return {
    session,
    signIn,
    close() {
      ending.abort();
      session.close();
    },
  };
}
