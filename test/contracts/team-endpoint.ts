/**
 * DynamoDB for the contract of a team's table: dynalite within this process, or moto; and a way there on which the
 * answer to a write can be lost, or an answer be changed, while the request itself arrives.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import dynalite from 'dynalite';
import { createClients } from '../../src/aws/clients.js';
import { createTeamTable } from '../../src/aws/team-table.js';
import type { TeamTable } from '../../src/core/team.js';
import { systemClock } from '../../src/system/clock.js';
import type { TeamTableBackend } from './team-table.contract.js';

export const REGION = 'eu-central-1';
export const KEYS = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'any' };

/** An endpoint that speaks DynamoDB. */
export interface Endpoint {
  readonly url: string;
  close(): Promise<void>;
}

/** dynalite on loopback, within this process. A new table takes so long to make. */
export async function startDynalite(createTableMs = 0): Promise<Endpoint> {
  const server = dynalite({ createTableMs });
  const url = await listening(server);
  return { url, close: () => ended(server) };
}

/** A way to an endpoint. */
export interface Way extends Endpoint {
  /** Has the answer to the next write lost. */
  loseNext(): void;
  /** Changes the next answer to this operation. */
  alterNext(operation: string, change: (answer: Record<string, unknown>) => unknown): void;
  /** Operations asked for so far. */
  readonly asked: string[];
}

type Sender = (url: string, request: RequestInit) => Promise<Response>;

/** A proxy in front of an endpoint. */
export async function openWay(to: string, send: Sender = fetch): Promise<Way> {
  const asked: string[] = [];
  let isLost = false;
  let alter: { operation: string; change: (answer: Record<string, unknown>) => unknown } | undefined;
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    asked.push(operation);
    const { host: _, ...headers } = request.headers;
    const answer = await send(to, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: await bodyOf(request),
    });
    const text = await answer.text();
    if (isLost && /^(Update|Put|Delete)Item$/.test(operation)) {
      isLost = false;
      response.destroy();
      return;
    }
    const changes = alter?.operation === operation ? alter.change : undefined;
    if (changes) alter = undefined;
    response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(changes ? JSON.stringify(changes(JSON.parse(text))) : text);
  });
  const url = await listening(server);
  return {
    url,
    asked,
    close: () => ended(server),
    loseNext() {
      isLost = true;
    },
    alterNext(operation, change) {
      alter = { operation, change };
    },
  };
}

/** A team's table by a client of its own, as each process has one. */
export function tableAt(url: string, table: string): { table: TeamTable; close(): void; warned: string[] } {
  const clock = systemClock();
  const warned: string[] = [];
  const silent = () => {};
  const clients = createClients({
    clock,
    keys: async () => KEYS,
    settings: () => ({ endpointUrl: url, profile: undefined }),
    rejected: silent,
  });
  const log = { debug: silent, info: silent, warn: (message: string) => warned.push(message), error: silent };
  const made = createTeamTable({ clients, clock, log, place: { table, region: REGION } });
  return { table: made, close: () => clients.close(), warned };
}

/** The backend of the contract suite over an endpoint. */
export async function tablesAt(
  endpoint: Endpoint,
  { oneByOne = false }: { oneByOne?: boolean } = {},
): Promise<TeamTableBackend> {
  const send = oneByOne ? queued() : fetch;
  const open: { close(): unknown }[] = [];
  let names = 0;
  return {
    async open(count) {
      names += 1;
      const name = `team-${names}`;
      const ways = await Promise.all(Array.from({ length: count }, () => openWay(endpoint.url, send)));
      const tables = ways.map((way) => tableAt(way.url, name));
      open.push(...tables, ...ways);
      return { clients: tables.map(({ table }) => table), loseNext: (client) => ways[client]?.loseNext() };
    },
    async close() {
      for (const one of open) await one.close();
      await endpoint.close();
    },
  };
}

/** Sends each request when the one before has been answered. */
function queued(): Sender {
  let last: Promise<unknown> = Promise.resolve();
  return (url, request) => {
    const answer = last.then(() => fetch(url, request));
    last = answer.catch(() => {});
    return answer;
  };
}

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ended(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}
