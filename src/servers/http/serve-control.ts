/** The control socket: the HTTP routes on a Unix socket (or a Windows named pipe) of the daemon's owner alone. */
import { lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import fastify, { type FastifyReply } from 'fastify';
import { INVITE_PATH, type WireInvitation } from '../../control/wire.js';
import type { Desk } from '../../core/desk.js';
import { CommandError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import { addControlRoutes, answerErrors } from './routes.js';

interface ControlServer {
  /** Stops listening, ends the event streams, lets running requests finish, and removes the socket file. */
  close(): Promise<void>;
}

/** The largest request body, bytes: far above any registration. */
const BODY_LIMIT = 64 * 1024;
/** Longest path a Unix socket can have, bytes, on Linux and on macOS. */
const MAX_SOCKET_PATH = process.platform === 'darwin' ? 103 : 107;
const IS_WINDOWS = process.platform === 'win32';

/**
 * Serves `Control` on a socket path. The caller holds the instance lock, so a socket file that is there already
 * is a dead daemon's and is replaced. Nobody else can connect, not even for a moment: the file is made with mode
 * 0600, besides lying in a folder of mode 0700.
 * @throws Error when the path is too long, holds something that is no socket, or cannot be listened on.
 */
export async function serveControl(options: {
  readonly desk: Desk;
  readonly socketPath: string;
  /** The file that describes the routes. */
  readonly description: string;
  readonly log: Logger;
  /** Lets a browser into the dashboard; undefined while there is none. Left out: there never is. */
  readonly invite?: () => WireInvitation | undefined;
}): Promise<ControlServer> {
  const { desk, socketPath, description, log, invite } = options;
  const app = fastify({ bodyLimit: BODY_LIMIT, return503OnClosing: false });
  const running = new Set<FastifyReply['raw']>();
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'POST') {
      running.add(reply.raw);
      reply.raw.once('close', () => running.delete(reply.raw));
    }
    done();
  });
  addControlRoutes(app, { desk, by: 'cli', description, log });
  app.post(INVITE_PATH, async () => {
    const invitation = invite?.();
    if (invitation) return invitation;
    throw new CommandError('REFUSED', 'The dashboard is switched off', {
      hint: 'Set dashboard.enabled to true in settings.json, or see "cloudnap status" for why it could not start.',
    });
  });
  answerErrors(app, log);
  await app.ready();
  if (!IS_WINDOWS) await clearPath(socketPath);
  await listen(app.server, socketPath);

  return {
    close: async () => {
      const closed = app.close();
      await Promise.all([...running].map((answer) => new Promise((done) => answer.once('close', done))));
      // What is left are connections that never asked anything, and readers that do not read.
      app.server.closeAllConnections();
      await closed;
    },
  };
}

/** Makes room for the socket. Refuses to remove anything that is not one. */
async function clearPath(socketPath: string): Promise<void> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH)
    throw new Error(
      `The path of the control socket is longer than ${MAX_SOCKET_PATH} bytes: ${socketPath}. ` +
        'Choose a shorter folder with --home or CLOUDNAP_HOME.',
    );
  const found = await lstat(socketPath).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return;
  if (!found.isSocket())
    throw new Error(`${socketPath} is in the way of the control socket and is not a socket; move it away.`);
  await unlink(socketPath);
}

/** Listens with the owner's rights alone: the file is made within this very call, so the umask covers it. */
function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const umask = IS_WINDOWS ? undefined : process.umask(0o177);
    try {
      server.listen(socketPath, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      if (umask !== undefined) process.umask(umask);
    }
  });
}
