/** The person's browser. */
import { once } from 'node:events';
import { type Clock, sleep } from '../core/instant.js';

/** What finds no browser says so within this time; one that does may stay as long as the browser. */
const REFUSED_WITHIN_MS = 1_500;

/**
 * Opens a file in it. Resolves to whether there is a screen and something to open it with was started that did not
 * give up at once; whether that something shows it is not known.
 */
export async function openInBrowser(path: string, env: NodeJS.ProcessEnv, clock: Clock): Promise<boolean> {
  const hasScreen = process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  if (!hasScreen) return false;
  const { default: open } = await import('open');
  const waiting = new AbortController();
  try {
    const child = await open(path);
    child.on('error', () => {});
    // It outlives this command, and what becomes of it is between it and the person.
    child.unref();
    const ended =
      child.exitCode === null
        ? once(child, 'exit', { signal: waiting.signal }).then(([code]) => code === 0)
        : child.exitCode === 0;
    const stays = sleep(clock, REFUSED_WITHIN_MS, waiting.signal).then(() => true);
    // The one that is given up rejects: nobody waits for it any more.
    for (const wait of [ended, stays]) Promise.resolve(wait).catch(() => {});
    return await Promise.race([ended, stays]);
  } catch {
    return false;
  } finally {
    waiting.abort();
  }
}
