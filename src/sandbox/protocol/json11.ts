/** AWS JSON 1.1: the operation in `X-Amz-Target`, JSON both ways, the error's name in `__type`. */
import { InvalidInput } from '../errors.js';
import type { Protocol } from '../service.js';

const CONTENT_TYPE = 'application/x-amz-json-1.1';

/** The protocol for one service. `target` is what stands before the dot in `X-Amz-Target`. */
export function json11(target: string): Protocol {
  return {
    read(request) {
      const header = request.headers['x-amz-target'];
      if (typeof header !== 'string' || !header.startsWith(`${target}.`)) return undefined;
      return { operation: header.slice(target.length + 1), parameters: readJson(request.body) };
    },
    reply: (_operation, output, requestId) => ({
      status: 200,
      headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
      body: JSON.stringify(output),
    }),
    fail: (error, requestId) => ({
      status: error.status,
      headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
      body: JSON.stringify({ __type: error.code, message: error.message }),
    }),
  };
}

/** A JSON body as an object; an empty one is `{}`. */
export function readJson(body: string): Record<string, unknown> {
  if (body.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new InvalidInput('The request body is not valid JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InvalidInput('The request body is not a JSON object');
  }
  return { ...parsed };
}
