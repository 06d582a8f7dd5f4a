/** The sign-in that opens by itself: at a start from a terminal when no credentials work. */
import type { SignInOffer } from '../cli/context.js';
import { passPage } from '../control/pass-page.js';
import { writeFileAtomic } from '../system/atomic-file.js';
import type { Paths } from '../system/paths.js';
import type { Daemon } from './daemon.js';

/**
 * Opens the dashboard in the browser when nobody is signed in and a sign-in could help. Resolves to what came of it;
 * undefined when there was nothing to do: somebody is signed in, the keys are given, or AWS cannot be reached.
 */
export async function offerSignIn(options: {
  readonly daemon: Pick<Daemon, 'signIn' | 'invite'>;
  readonly paths: Pick<Paths, 'pass'>;
  readonly openInBrowser: (path: string) => Promise<boolean>;
}): Promise<SignInOffer | undefined> {
  const { daemon, paths, openInBrowser } = options;
  const state = await daemon.signIn?.state();
  // Without a network, or with a clock that is wrong, other keys would fare no better.
  if (!state?.problem || state.problem.reason === 'unreachable' || state.problem.reason === 'clock')
    return undefined;
  const { message } = state.problem;
  const invitation = daemon.invite();
  if (!invitation) return { problem: message, address: undefined, opened: false };
  await writeFileAtomic(paths.pass, passPage(invitation));
  const opened = await openInBrowser(paths.pass);
  return { problem: message, address: new URL(invitation.address).origin, opened };
}
