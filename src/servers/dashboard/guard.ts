/**
 * What every request to the dashboard must pass before anything looks at it. Any page on the internet can make this
 * computer's browser speak to 127.0.0.1, and by DNS rebinding under a name of its own; the Host and Origin headers
 * are the browser's word for where a request comes from.
 */
import { STATUS_CODES } from 'node:http';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import { CommandError } from '../../core/errors.js';
import { wireFailure } from '../http/routes.js';

/** On every answer, errors too. What is no page may load nothing, and nothing but files whose name changes is kept. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

/** The most connections at a time: a page needs a few, and nobody else's may cost the daemon its file descriptors. */
const MAX_CONNECTIONS = 256;

const JSON_TYPE = 'application/json; charset=utf-8';

/** How a request is answered that reaches no route, and so no hook: its head or its address cannot be read. */
export const UNREADABLE: Pick<FastifyServerOptions, 'frameworkErrors' | 'clientErrorHandler'> = {
  frameworkErrors: ({ message }, _request, { raw }) => {
    raw.writeHead(400, { ...HEADERS, 'content-type': JSON_TYPE });
    raw.end(JSON.stringify(wireFailure('BAD_REQUEST', message)));
  },
  clientErrorHandler: ({ code }, socket) => {
    if (!socket.writable) return void socket.destroy();
    const [status, message] =
      code === 'HPE_HEADER_OVERFLOW'
        ? [431, 'The head of the request is too large']
        : code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? [408, 'The request took too long']
          : [400, 'This is not a request'];
    const body = JSON.stringify(wireFailure('BAD_REQUEST', message));
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      ...Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`),
      `content-type: ${JSON_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  },
};

/** The content security policy of the page, which loads its own files alone and is shown in no frame; `nonce` lets in the one style element that the page makes itself. */
export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Refuses whatever does not come from our own page. `entry` is the one path that a file on this computer may post a
 * form to; it is let in by the token it carries.
 */
export function guard(app: FastifyInstance, options: { port: () => number; entry: string }): void {
  app.server.maxConnections = MAX_CONNECTIONS;
  app.addHook('onRequest', (request, reply, done) => {
    for (const [name, value] of Object.entries(HEADERS)) reply.header(name, value);
    const hosts = [`127.0.0.1:${options.port()}`, `localhost:${options.port()}`];
    const { host, origin } = request.headers;
    if (host === undefined || !hosts.includes(host)) return done(foreign(`the name ${quoted(host)}`));
    const isEntry = request.method === 'POST' && request.url === options.entry;
    // A browser says where a request comes from, but where it only reads from its own; a page from a file is "null".
    const isReading = request.method === 'GET' || request.method === 'HEAD';
    const isOwn =
      origin === undefined ? isReading : origin === `http://${host}` || (isEntry && origin === 'null');
    if (!isOwn) return done(foreign(`the page ${quoted(origin)}`));
    const site = request.headers['sec-fetch-site'];
    // A link that leads here is followed: the page holds nothing, and asks only after it has come to be itself.
    const isCross = site !== undefined && site !== 'same-origin' && site !== 'none';
    if (isCross && !isEntry && request.url !== '/') return done(foreign('another page'));
    done();
  });
}

function foreign(from: string): CommandError {
  return new CommandError('UNAUTHORIZED', `This was asked under ${from}, which is not the dashboard's`, {
    hint: 'Run "cloudnap open".',
  });
}

function quoted(text: string | undefined): string {
  return JSON.stringify(text?.slice(0, 100) ?? '');
}
