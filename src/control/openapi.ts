/**
 * The control API as an OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1): requests from the schemas that
 * check them, answers from the types of the wire. Made by scripts/schemas.mjs; a daemon serves the file it wrote.
 */
import { z } from 'zod';
import { BY_HAND } from '../core/desk.js';
import { CODES } from '../core/errors.js';
import { ALL_OPERATIONS, requestSchemaOf } from './desk.js';
import { STATUS_OF } from './failure.js';
import { API_PATH, EVENTS_PATH, INVITE_PATH, LIVE_PATH, type OperationName, pathOf } from './wire.js';
import type { DeskOperationName } from './wire-desk.js';

type Json = Readonly<Record<string, unknown>>;

/** The wire's types as JSON Schema, with their comments; a reference leads to where `schemas` stands in the document. */
interface WireTypes {
  readonly operations: Readonly<
    Record<string, { readonly description?: string; readonly request: Json; readonly response: Json }>
  >;
  readonly schemas: Readonly<Record<string, Json>>;
}

const ABOUT = `What the command line and the dashboard ask of a running Cloudnap. It is served at two doors.

On the control socket (a Unix socket or a named pipe of the daemon's owner alone) a request needs nothing more.

On loopback, for the dashboard's page, every request needs the bearer that the page was given, and is refused under any
Host but 127.0.0.1 or localhost with the port, and from any other Origin.

A request's field that is null counts as absent. Answers may gain fields. Instants are RFC 3339 in UTC.`;

const BEARER =
  'Given to the page that "cloudnap open" opens, for a token that is good once; it ends with the daemon, and when it ' +
  'was not used for 12 hours. On the control socket none is needed.';

/** Every status that an operation is refused with over HTTP; UDP alone limits rates. */
const MEANING_OF: Readonly<Record<number, string>> = {
  400: 'The request does not fit.',
  403: 'The bearer, the Host or the Origin is not that of the page. Never so on the control socket.',
  404: 'There is no such operation, target or registration.',
  409: 'It cannot be done as things are.',
  413: 'The request is larger than 64 KiB.',
  424: 'There are no AWS credentials, or they are wrong or expired.',
  502: 'AWS did not do it.',
};

/** Where the control socket alone serves something. */
const SOCKET_ONLY = {
  servers: [{ url: 'http://localhost', description: 'The control socket, and no other door.' }],
  security: [],
};

/** What a browser is refused, bearer or not: by field, its values, each with why. */
const REFUSED_TO_BROWSERS: Readonly<Record<string, Json>> = { changeSetting: { key: BY_HAND } };

/** @throws Error when the wire has no types for an operation */
export function openApi(types: WireTypes, version: string): Json {
  const requests = ALL_OPERATIONS.map((name) => ({ name, ...requestOf(name) }));
  const operations = requests.map(({ name, request }) => [pathOf(name), operationOf(name, request, types)]);
  const paths = { ...Object.fromEntries(operations), ...otherPaths() };
  const responses = refusals();
  const schemas = { ...types.schemas, ...Object.assign({}, ...requests.map(({ parts }) => parts)) };
  return {
    openapi: '3.1.1',
    info: {
      title: 'Cloudnap',
      version,
      description: ABOUT,
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      {
        url: 'http://127.0.0.1:{port}',
        description: 'The dashboard.',
        variables: {
          port: { default: '20201', description: '`dashboard.port`, or another where that was in use.' },
        },
      },
    ],
    security: [{ bearer: [] }],
    paths,
    components: {
      schemas: reachable([paths, responses, { $ref: `${SCHEMAS}WireEvent` }], schemas),
      responses,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: BEARER } },
    },
  };
}

function operationOf(name: OperationName | DeskOperationName, request: Json, types: WireTypes): Json {
  const of = types.operations[name];
  if (!of) throw new Error(`The wire has no types for the operation ${name}`);
  const refused = REFUSED_TO_BROWSERS[name];
  return {
    post: {
      operationId: name,
      summary: of.description,
      ...(refused ? { 'x-refused-to-browsers': refused } : {}),
      requestBody: { required: true, content: json(withComments(request, resolve(of.request, types))) },
      responses: { 200: { description: 'Done.', content: json(of.response) }, ...refusalsBut() },
    },
  };
}

/** What is no operation. */
function otherPaths(): Json {
  const stream = (operationId: string, summary: string, type: string, description: string) => ({
    operationId,
    summary,
    responses: {
      200: { description, content: { [type]: { schema: { type: 'string' } } } },
      ...refusalsBut(400, 404, 409, 413, 424, 502),
    },
  });
  return {
    [EVENTS_PATH]: {
      get: stream(
        'events',
        'Everything that happens from now on.',
        'application/x-ndjson',
        'One WireEvent a line, until either side ends it. Whoever reads too slowly is cut off.',
      ),
    },
    [LIVE_PATH]: {
      get: {
        parameters: [
          {
            name: 'last-event-id',
            in: 'header',
            description: 'The last event seen: what was missed since comes first.',
            schema: { type: 'string' },
          },
        ],
        ...stream(
          'live',
          'Everything that happens, for a page that comes and goes. Not on the control socket.',
          'text/event-stream',
          'First `here`, whose `missed` says whether events were lost; then `happened`, with a WireEvent each.',
        ),
      },
    },
    [INVITE_PATH]: {
      post: {
        operationId: 'invite',
        summary: 'Lets a browser into the dashboard.',
        ...SOCKET_ONLY,
        requestBody: { required: true, content: json({ type: 'object' }) },
        responses: {
          200: { description: 'Done.', content: json({ $ref: `${SCHEMAS}WireInvitation` }) },
          ...refusalsBut(403, 404, 424, 502),
        },
      },
    },
    [API_PATH]: {
      get: {
        operationId: 'openapi',
        summary: 'This document.',
        responses: {
          200: { description: 'An OpenAPI 3.1 document.', content: json({ type: 'object' }) },
          ...refusalsBut(400, 404, 409, 413, 424, 502),
        },
      },
    },
  };
}

const SCHEMAS = '#/components/schemas/';

/** The schema of a request, and by their names the parts of it that hold themselves. */
function requestOf(name: OperationName | DeskOperationName): { request: Json; parts: Json } {
  const schema = z.toJSONSchema(requestSchemaOf(name), { io: 'input' });
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', `"${SCHEMAS}${name}`);
  const { $schema, $defs = {}, ...request } = JSON.parse(text);
  const parts = Object.entries($defs).map(([part, of]) => [`${name}${part}`, of]);
  return { request, parts: Object.fromEntries(parts) };
}

/** The checked form of a request, with the comments that its type has on the same fields. */
function withComments(schema: Json, type: Json): Json {
  const { properties, anyOf, oneOf } = schema as Readonly<Record<string, Json & Json[]>>;
  const comments = (type.properties ?? {}) as Readonly<Record<string, Json>>;
  return {
    ...schema,
    ...(anyOf ? { anyOf: anyOf.map((one) => withComments(one, type)) } : {}),
    ...(oneOf ? { oneOf: oneOf.map((one) => withComments(one, type)) } : {}),
    ...(properties
      ? {
          properties: Object.fromEntries(
            Object.entries(properties).map(([field, of]) => {
              const description = comments[field]?.description;
              return [field, description === undefined ? of : { ...(of as Json), description }];
            }),
          ),
        }
      : {}),
  };
}

/** The schemas that are referred to, directly or by one another, in alphabetical order. */
function reachable(from: readonly object[], schemas: Readonly<Record<string, Json>>): Json {
  const found = new Set<string>();
  const follow = (text: string) => {
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      follow(JSON.stringify(schemas[name] ?? {}));
    }
  };
  follow(JSON.stringify(from));
  return Object.fromEntries([...found].sort().map((name) => [name, schemas[name]]));
}

function resolve(type: Json, { schemas }: WireTypes): Json {
  const name = typeof type.$ref === 'string' ? type.$ref.slice(SCHEMAS.length) : '';
  return schemas[name] ?? type;
}

function json(schema: Json): Json {
  return { 'application/json': { schema } };
}

/** References to all refusals but some. */
function refusalsBut(...never: readonly number[]): Json {
  const statuses = Object.keys(MEANING_OF).filter((status) => !never.includes(Number(status)));
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]));
}

/** By its status, what every refusal says: a WireFailure whose code goes with that status. */
function refusals(): Json {
  return Object.fromEntries(
    Object.entries(MEANING_OF).map(([status, description]) => {
      const codes = CODES.filter((code) => STATUS_OF[code] === Number(status));
      const schema = {
        allOf: [
          { $ref: `${SCHEMAS}WireFailure` },
          { properties: { error: { properties: { code: { enum: codes } } } } },
        ],
      };
      return [status, { description, content: json(schema) }];
    }),
  );
}
