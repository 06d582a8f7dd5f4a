/** The query protocols: parameters in a form body, replies in XML. EC2 has a dialect of its own. */
import { InvalidInput } from '../errors.js';
import type { Protocol, WireCall, WireReply, WireRequest } from '../service.js';
import { element } from './xml.js';

/** A tree of form parameters: `Filter.1.Value.2=x` is `{Filter: ['…', {Value: [, 'x']}]}`. */
type FormValue = string | FormTree;
interface FormTree {
  [key: string]: FormValue;
}

const MAX_DEPTH = 8;

/** EC2's protocol: `<Response><Errors>`, lists of `item`, lower-case `requestId`. */
export function ec2Query(namespace: string): Protocol {
  return {
    read: readForm,
    reply: (operation, output, requestId) =>
      xml(200, requestId, `${operation}Response`, namespace, { requestId, ...output }, 'item'),
    fail: (error, requestId) =>
      xml(error.status, requestId, 'Response', undefined, {
        Errors: { Error: { Code: error.code, Message: error.message } },
        RequestID: requestId,
      }),
  };
}

/** The query protocol of STS and its age: a `…Result` inside, errors in `<ErrorResponse>`. */
export function awsQuery(namespace: string): Protocol {
  return {
    read: readForm,
    reply: (operation, output, requestId) =>
      xml(200, requestId, `${operation}Response`, namespace, {
        [`${operation}Result`]: output,
        ResponseMetadata: { RequestId: requestId },
      }),
    fail: (error, requestId) =>
      xml(error.status, requestId, 'ErrorResponse', namespace, {
        Error: {
          Type: error.status >= 500 ? 'Receiver' : 'Sender',
          Code: error.code,
          Message: error.message,
        },
        RequestId: requestId,
      }),
  };
}

function readForm(request: WireRequest): WireCall | undefined {
  const form = new URLSearchParams(request.body);
  const operation = form.get('Action') ?? request.query.get('Action');
  if (operation === null) return undefined;
  const tree: FormTree = Object.create(null);
  for (const [key, value] of form) {
    if (key !== 'Action' && key !== 'Version') insert(tree, key.split('.'), value);
  }
  const parameters = Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, withLists(value)]));
  return { operation, parameters };
}

function insert(tree: FormTree, path: readonly string[], value: string): void {
  if (path.length > MAX_DEPTH) throw new InvalidInput(`Parameter ${path.join('.')} is nested too deeply`);
  let node = tree;
  for (const key of path.slice(0, -1)) {
    const next = node[key] ?? Object.create(null);
    if (typeof next === 'string') throw new InvalidInput(`Parameter ${path.join('.')} is given twice`);
    node[key] = next;
    node = next;
  }
  node[path.at(-1) ?? ''] = value;
}

/** Turns nodes whose keys are all numbers into lists, in the numbers' order. */
function withLists(value: FormValue): unknown {
  if (typeof value === 'string') return value;
  const entries = Object.entries(value);
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) {
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, one]) => withLists(one));
  }
  return Object.fromEntries(entries.map(([key, one]) => [key, withLists(one)]));
}

function xml(
  status: number,
  requestId: string,
  root: string,
  namespace: string | undefined,
  output: object,
  listItem: 'item' | 'member' = 'member',
): WireReply {
  const fields = Object.entries(output).map(([name, value]) => element(name, value, listItem));
  const open = namespace === undefined ? root : `${root} xmlns="${namespace}"`;
  return {
    status,
    headers: { 'content-type': 'text/xml;charset=UTF-8', 'x-amzn-requestid': requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<${open}>${fields.join('')}</${root}>`,
  };
}
