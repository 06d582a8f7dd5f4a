/**
 * What every request to the dashboard must pass before anything looks at it. Any page on the internet can make this
 * computer's browser speak to 127.0.0.1, and by DNS rebinding under a name of its own; the Host and Origin headers
 * are the browser's word for where a request comes from.
 */
import type { FastifyInstance } from 'fastify';
import { CommandError } from '../../core/errors.js';

/** The page loads its own files alone, is shown in no frame, and sends forms nowhere. */
const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

/** The content security policy of the page; `nonce` lets in the one style element that the page makes itself. */
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
  app.addHook('onRequest', (request, reply, done) => {
    for (const [name, value] of Object.entries(HEADERS)) reply.header(name, value);
    const hosts = [`127.0.0.1:${options.port()}`, `localhost:${options.port()}`];
    const { host, origin } = request.headers;
    if (host === undefined || !hosts.includes(host)) return done(foreign(`the name ${quoted(host)}`));
    const isEntry = request.method === 'POST' && request.url === options.entry;
    // A page from a file has the origin "null".
    const isOwn = origin === undefined || origin === `http://${host}` || (isEntry && origin === 'null');
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
