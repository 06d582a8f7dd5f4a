/** Signing out where no daemon runs: saved keys are wiped all the same. */
import { openSettings } from '../config/settings-file.js';
import { CommandError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import { resolvePaths } from '../system/paths.js';
import { openSignIn } from './sign-in.js';

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Wipes what is saved in a home. @throws CommandError when it could not be. */
export async function signOutAt(options: {
  readonly home: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
}): Promise<string> {
  const { env, clock } = options;
  const paths = resolvePaths(options);
  const settings = await openSettings({ path: paths.settings, clock, log: SILENT });
  const desk = openSignIn({ paths, settings, clock, log: SILENT, env });
  try {
    if (!desk.signIn) throw new CommandError('REFUSED', 'There is nothing to sign out of');
    return (await desk.signIn.signOut()).message;
  } finally {
    desk.close();
    await settings.close();
  }
}
