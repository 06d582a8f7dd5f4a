/**
 * The dashboard on loopback: the page's files, the same operations as on the control socket for whoever has been let
 * in, and a live stream of what happens.
 */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { LIVE_PATH } from '../../control/wire.js';
import type { Desk } from '../../core/desk.js';
import { CommandError } from '../../core/errors.js';
import type { Clock } from '../../core/instant.js';
import type { Logger } from '../../core/logger.js';
import { addControlRoutes, answerErrors } from '../http/routes.js';
import { Entrance } from './entrance.js';
import { contentSecurityPolicy, guard, UNREADABLE } from './guard.js';
import { Live } from './live.js';

export interface DashboardServer {
  /** The port it took: the one asked for, or one after it where that was in use. */
  readonly port: number;
  /** The address to post a one-time token to, and such a token. */
  invite(): { readonly address: string; readonly token: string };
  close(): Promise<void>;
}

export interface DashboardOptions {
  readonly desk: Desk;
  readonly clock: Clock;
  readonly log: Logger;
  /** The folder of the built page. */
  readonly files: string;
  /** The file that describes the operations. */
  readonly description: string;
  /** 0: any free one. */
  readonly port: number;
}

const ADDRESS = '127.0.0.1';
/** Where the file that `cloudnap open` writes posts its token. */
const ENTRY = '/open';
/** How many ports after the wanted one are tried before the system chooses. */
const NEIGHBOURS = 10;
/** The largest request body, bytes: far above any registration. */
const BODY_LIMIT = 64 * 1024;

/** A whole request comes within this; loopback needs no more. */
const REQUEST_TIMEOUT_MS = 30_000;

/** @throws Error when the page's files are not there or no port on loopback can be listened on. */
export async function serveDashboard(options: DashboardOptions): Promise<DashboardServer> {
  const { desk, clock, log, files, description } = options;
  const page = await readFile(path.join(files, 'index.html'), 'utf8');
  const entrance = new Entrance(clock);
  const live = new Live(desk.control, clock);
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // The guard refuses a request without a Host, with the headers that every answer has.
    http: { requireHostHeader: false },
    return503OnClosing: false,
    ...UNREADABLE,
  });
  let port = 0;
  guard(app, { port: () => port, entry: ENTRY });
  answerErrors(app, log);
  // Within a scope of its own: nowhere else is a form understood.
  await app.register((door, _options, done) => {
    addEntry(door, entrance, page);
    done();
  });
  app.get('/', (_request, reply) => sendPage(reply, page));
  const { default: serveFiles } = await import('@fastify/static');
  await app.register(serveFiles, {
    root: path.join(files, 'assets'),
    prefix: '/assets/',
    // Only what was built is served, by its exact name; the names carry a digest of what is in them.
    wildcard: false,
    immutable: true,
    maxAge: '365d',
    decorateReply: false,
  });
  await app.register((inside, _options, done) => {
    inside.addHook('onRequest', (request, _reply, go) => {
      const [scheme, bearer] = request.headers.authorization?.split(' ') ?? [];
      if (scheme === 'Bearer' && bearer && entrance.knows(bearer)) return go();
      go(new CommandError('UNAUTHORIZED', 'This page is not signed in', { hint: 'Run "cloudnap open".' }));
    });
    addControlRoutes(inside, { desk, by: 'dashboard', description, log });
    inside.get(LIVE_PATH, (request, reply) => {
      live.stream(reply, headerOf(request.headers['last-event-id']));
    });
    done();
  });
  app.addHook('preClose', (done) => {
    live.close();
    done();
  });
  try {
    port = await listen(app, options.port);
  } catch (thrown) {
    await app.close();
    throw thrown;
  }
  return {
    port,
    invite: () => ({ address: `http://${ADDRESS}:${port}${ENTRY}`, token: entrance.issue() }),
    close: () => {
      const closed = app.close();
      app.server.closeAllConnections();
      return closed;
    },
  };
}

/** Takes a form with a one-time token and answers with the page, which finds its bearer in itself. */
function addEntry(app: FastifyInstance, entrance: Entrance, page: string): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: 1_024 },
    (_request, body, done) => done(null, new URLSearchParams(String(body))),
  );
  app.post(ENTRY, ({ body }, reply) => {
    const token = body instanceof URLSearchParams ? body.get('token') : null;
    const bearer = token === null ? undefined : entrance.admit(token);
    return sendPage(reply.status(bearer === undefined ? 403 : 200), page, bearer ?? '');
  });
}

/** `bearer`: empty when a token was not good, left out when none was shown. It is base64url, so it needs no quoting. */
function sendPage(reply: FastifyReply, page: string, bearer?: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  const metas = [
    `<meta name="cloudnap-nonce" content="${nonce}">`,
    ...(bearer === undefined ? [] : [`<meta name="cloudnap-session" content="${bearer}">`]),
  ];
  return reply
    .header('content-security-policy', contentSecurityPolicy(nonce))
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page.replace('<head>', () => `<head>${metas.join('')}`));
}

/** Listens on the wanted port, else on one of those after it, else on any. Resolves to the port. */
async function listen(app: FastifyInstance, wanted: number): Promise<number> {
  const neighbours = Array.from({ length: NEIGHBOURS }, (_, i) => wanted + i + 1);
  const ports = wanted === 0 ? [0] : [wanted, ...neighbours.filter((port) => port < 65_536), 0];
  for (const port of ports) {
    try {
      await app.listen({ host: ADDRESS, port });
      const at = app.server.address();
      if (typeof at === 'object' && at !== null) return at.port;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw thrown;
    }
  }
  throw new Error(`No port on ${ADDRESS} is free`);
}

function headerOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}
