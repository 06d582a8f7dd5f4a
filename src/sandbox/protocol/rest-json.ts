/** REST JSON: the operation is a method and a path, parameters come from path, query and body together. */
import { InvalidInput } from '../errors.js';
import type { Protocol } from '../service.js';
import { readJson } from './json11.js';

/** One operation's place. `path` has its parameters in braces: `/clusters/{name}`. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly operation: string;
}

/** The protocol for one service's routes. */
export function restJson(routes: readonly Route[]): Protocol {
  return {
    read(request) {
      for (const route of routes) {
        if (route.method !== request.method) continue;
        const fromPath = match(route.path, request.path);
        if (fromPath === undefined) continue;
        const parameters = {
          ...readJson(request.body),
          ...fromQuery(request.query),
          ...fromPath,
        };
        return { operation: route.operation, parameters };
      }
      return undefined;
    },
    reply: (_operation, output, requestId) => ({
      status: 200,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId },
      body: JSON.stringify(output),
    }),
    fail: (error, requestId) => ({
      status: error.status,
      headers: {
        'content-type': 'application/json',
        'x-amzn-requestid': requestId,
        'x-amzn-errortype': error.code,
      },
      body: JSON.stringify({ message: error.message }),
    }),
  };
}

/** A name that stands there more than once is a list. */
function fromQuery(query: URLSearchParams): Record<string, string | string[]> {
  return Object.fromEntries(
    [...new Set(query.keys())].map((name) => {
      const values = query.getAll(name);
      return [name, values.length === 1 ? (values[0] ?? '') : values];
    }),
  );
}

/** The path's parameters, or undefined if it is another path. */
function match(pattern: string, path: string): Record<string, string> | undefined {
  const expected = pattern.split('/');
  const found = path.split('/');
  if (expected.length !== found.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of expected.entries()) {
    const value = found[index] ?? '';
    if (part.startsWith('{')) parameters[part.slice(1, -1)] = decode(value);
    else if (part !== value) return undefined;
  }
  return parameters;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new InvalidInput('The request path is not valid percent-encoding');
  }
}
