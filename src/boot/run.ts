/** The daemon in the foreground: until it is asked to end, or signalled. */
import type { DaemonEnd, SignInOffer } from '../cli/context.js';
import { openInBrowser } from '../desktop/browser.js';
import { preferSmallHeap } from '../system/heap.js';
import { AlreadyRunningError } from '../system/instance-lock.js';
import { resolvePaths } from '../system/paths.js';
import { type DaemonOptions, startDaemon } from './daemon.js';
import { offerSignIn } from './first-sign-in.js';

export interface RunOptions extends Omit<DaemonOptions, 'paths'> {
  readonly home: string | undefined;
  /** Given where a person sits at a terminal: when no credentials work, the sign-in is opened and this is told of it. */
  readonly onSignInOffered?: ((offer: SignInOffer) => void) | undefined;
}

/** Runs a daemon for the home given; resolves when it has ended. */
export async function runDaemon(options: RunOptions): Promise<DaemonEnd> {
  preferSmallHeap();
  const paths = resolvePaths({ home: options.home, env: options.env });
  const signalled = untilSignalled();
  try {
    const daemon = await startDaemon({ ...options, paths });
    const { clock, env, onSignInOffered: told } = options;
    if (told)
      // Beside the daemon, which is of use without it; and AWS may take its time.
      void offerSignIn({ daemon, paths, openInBrowser: (path) => openInBrowser(path, env, clock) }).then(
        (offer) => offer && told(offer),
        () => {},
      );
    await Promise.race([daemon.asked, signalled.received]);
    await daemon.stop();
    return { kind: 'ended', exitCode: 0 };
  } catch (thrown) {
    if (thrown instanceof AlreadyRunningError) return { kind: 'already-running', pid: thrown.pid };
    throw thrown;
  } finally {
    signalled.ignore();
  }
}

/** Ctrl-C, a polite kill, or a closed terminal. A second one while ending ends the process at once. */
export function untilSignalled(): { readonly received: Promise<void>; ignore(): void } {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let handler: () => void = () => {};
  const received = new Promise<void>((resolve) => {
    let count = 0;
    handler = () => {
      count += 1;
      if (count > 1) process.exit(1);
      resolve();
    };
  });
  for (const name of names) process.on(name, handler);
  return {
    received,
    ignore: () => {
      for (const name of names) process.off(name, handler);
    },
  };
}
