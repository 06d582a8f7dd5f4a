/** Opens a connection to an X server; whatever the `x11` package does on failing ends up as a reason and a cure. */
import { readFile } from 'node:fs/promises';
import type { XClient, XDisplay } from 'x11';
import { Unavailable } from '../../core/errors.js';

import { ANSWER_WITHIN_MS, type ConnectOptions, XConnection } from './connection.js';

const CURE_CONNECT =
  'check that the X server of DISPLAY runs, and that XAUTHORITY (or ~/.Xauthority) lets this user in';
/**
 * Connects and authenticates as Xlib does, with the cookie in `XAUTHORITY` or `~/.Xauthority`.
 * @throws Unavailable when there is no server or it refuses.
 */
export async function connectX11(options: ConnectOptions): Promise<XConnection> {
  await checkXauthority();
  const { default: x11 } = await import('x11');
  const display = await new Promise<XDisplay>((resolve, reject) => {
    let settled = false;
    const fail = (error: unknown) => {
      if (settled) return;
      settled = true;
      cancel();
      const why = error instanceof Error ? error.message : String(error);
      reject(
        new Unavailable(`no connection to the X server at ${options.display}: ${why}`, CURE_CONNECT, error),
      );
    };
    const cancel = options.clock.after(ANSWER_WITHIN_MS, () => {
      fail(new Error('it does not answer'));
      client?.stream?.destroy();
    });
    let client: XClient | undefined;
    try {
      // Requests made in one go leave in one write, so that counters read together are of one moment.
      client = x11.createClient(
        {
          display: options.display,
          shm: false,
          disableBigRequests: true,
          bufferRequests: { flushOnReply: false },
        },
        (error, connected) => {
          // A connection that comes up after we gave up on it must not stay open.
          if (settled) return void connected?.client.stream?.destroy();
          if (error) return fail(error);
          settled = true;
          cancel();
          resolve(connected);
        },
      );
      client.on('error', fail);
    } catch (error) {
      fail(error);
    }
  });
  return new XConnection(display, x11.eventMask, options);
}

/** The package throws where nobody can catch when the file is there but cannot be read; so look first. */
async function checkXauthority(): Promise<void> {
  const file = process.env.XAUTHORITY;
  if (!file) return;
  try {
    await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new Unavailable(`XAUTHORITY names a file that cannot be read: ${file}`, CURE_CONNECT, error);
  }
}
