/**
 * The HTTP form of `Control`: `POST /v1/<operation>` and the event stream, as routes that any Fastify instance
 * can take in. Who may call is the business of the instance they are registered on.
 */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { ALL_OPERATIONS, performAtDesk } from '../../control/desk.js';
import { encodeEvent } from '../../control/encode.js';
import { failureOf, STATUS_OF } from '../../control/failure.js';
import { API_PATH, EVENTS_PATH, pathOf, type WireFailure } from '../../control/wire.js';
import type { Control } from '../../core/control.js';
import type { Desk } from '../../core/desk.js';
import { type Code, CommandError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';

interface RoutesOptions {
  readonly desk: Desk;
  /** Who asks over these routes, for the history. */
  readonly by: string;
  /** The file that describes these routes: what control/openapi.ts made at the build. */
  readonly description: string;
  readonly log: Logger;
}

/** Bytes that may wait for one reader of the event stream; whoever reads slower is cut off. */
const MAX_BACKLOG = 256 * 1024;

/**
 * Adds the routes. A request must carry a JSON object, even an empty one: a form posted by some web page can never be
 * taken for a command. Errors are for {@link answerErrors}.
 */
export function addControlRoutes(app: FastifyInstance, { desk, by, description, log }: RoutesOptions): void {
  app.removeContentTypeParser('text/plain');
  for (const operation of ALL_OPERATIONS)
    app.post(pathOf(operation), async ({ body }) => {
      if (typeof body !== 'object' || body === null || Array.isArray(body))
        throw new CommandError('BAD_REQUEST', 'The request must be a JSON object', {
          hint: 'Send "{}" where an operation needs nothing.',
        });
      return performAtDesk(desk, operation, body, by);
    });

  app.get(API_PATH, async (_request, reply) =>
    // Read anew each time: hardly anybody asks, and it need not stay in memory.
    reply.type('application/json; charset=utf-8').send(await readFile(description)),
  );

  const readers = new Set<() => void>();
  app.get(EVENTS_PATH, (_request, reply) => {
    readers.add(streamEvents(reply, desk.control, log, (end) => readers.delete(end)));
  });
  app.addHook('preClose', (done) => {
    for (const end of readers) end();
    done();
  });
}

/** Answers every error, unknown paths too, as {@link WireFailure}. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error: FastifyError | CommandError, request, reply) => {
    const failure = failureOf(asCommandError(error));
    if (failure.unforeseen) log.error(`${request.url} failed`, { error });
    return reply
      .status(STATUS_OF[failure.code])
      .send(wireFailure(failure.code, failure.message, failure.hint));
  });
  app.setNotFoundHandler((request, reply) =>
    reply
      .status(404)
      .send(wireFailure('UNKNOWN_COMMAND', `There is no ${request.method} ${request.url.slice(0, 200)}`)),
  );
}

/** @param message one sentence for a person */
export function wireFailure(code: Code, message: string, hint?: string): WireFailure {
  return { error: { code, message, hint: hint ?? null } };
}

/** Fastify's own complaints about a request, in our codes. Anything else is passed on. */
function asCommandError(error: FastifyError | CommandError): Error {
  if (error instanceof CommandError || !error.code?.startsWith('FST_')) return error;
  if (error.statusCode === 413) return new CommandError('REQUEST_TOO_LARGE', error.message);
  return (error.statusCode ?? 500) < 500 ? new CommandError('BAD_REQUEST', error.message) : error;
}

/** Streams events until the reader leaves, lags too far behind, or the returned function is called. */
function streamEvents(
  reply: FastifyReply,
  control: Pick<Control, 'subscribe'>,
  log: Logger,
  onEnd: (end: () => void) => void,
): () => void {
  const stream = openStream(reply, 'application/x-ndjson');
  const unsubscribe = control.subscribe((event) => {
    stream.write(`${JSON.stringify(encodeEvent(event))}\n`);
    if (stream.writableLength > MAX_BACKLOG) {
      log.warn('A reader of the event stream was too slow and has been cut off');
      stream.destroy();
    }
  });
  const end = () => {
    unsubscribe();
    stream.end();
  };
  stream.once('close', () => {
    unsubscribe();
    onEnd(end);
  });
  stream.flushHeaders();
  return end;
}

/** Takes an answer out of Fastify's hands, with the headers it has so far, to be written to bit by bit. */
export function openStream(reply: FastifyReply, type: string): ServerResponse {
  reply.hijack();
  const stream = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) stream.setHeader(name, value);
  // Without a listener an error of the connection would end the daemon; 'close' follows.
  stream.on('error', () => {});
  return stream.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' });
}
