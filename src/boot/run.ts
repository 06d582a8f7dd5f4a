/** The daemon in the foreground: until it is asked to end, or signalled. */
import type { DaemonEnd } from '../cli/context.js';
import { preferSmallHeap } from '../system/heap.js';
import { AlreadyRunningError } from '../system/instance-lock.js';
import { resolvePaths } from '../system/paths.js';
import { type DaemonOptions, startDaemon } from './daemon.js';

/** Runs a daemon for the home given; resolves when it has ended. */
export async function runDaemon(
  options: Omit<DaemonOptions, 'paths'> & { readonly home: string | undefined },
): Promise<DaemonEnd> {
  preferSmallHeap();
  const paths = resolvePaths({ home: options.home, env: options.env });
  const signalled = untilSignalled();
  try {
    const daemon = await startDaemon({ ...options, paths });
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
