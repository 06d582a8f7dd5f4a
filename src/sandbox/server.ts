/** The sandbox's HTTP server: one loopback port for every service, and the control path beside them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WireReply, WireRequest } from './service.js';

/** No AWS call that the sandbox answers comes near this, bytes. */
const MAX_BODY = 1024 * 1024;

/** A listening server. */
export interface Listening {
  readonly port: number;
  /** Cuts every connection and stops listening. */
  close(): Promise<void>;
}

/** Listens on loopback. `handle` answers each request, or cuts its connection with `lost`. */
export async function listen(
  port: number,
  handle: (request: WireRequest) => Promise<WireReply | 'lost'>,
): Promise<Listening> {
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing, handle).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: (request: WireRequest) => Promise<WireReply | 'lost'>,
): Promise<void> {
  const body = await readBody(incoming);
  if (body === undefined) {
    outgoing.writeHead(413).end();
    return;
  }
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  const reply = await handle({
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: incoming.headers,
    body,
  });
  if (reply === 'lost') {
    incoming.socket.destroy();
    return;
  }
  outgoing.writeHead(reply.status, reply.headers).end(reply.body);
}

async function readBody(incoming: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
