/**
 * The control path, for people and tests in another process. JSON in and out, no signature:
 *
 * | request | does |
 * |---|---|
 * | `GET /_sandbox/resources` | every region's resources, a list of {@link RegionView} |
 * | `GET /_sandbox/journal` | the mutating calls so far, a list of {@link JournalEntry} |
 * | `DELETE /_sandbox/journal` | forgets them |
 * | `GET /_sandbox/trouble` | the rules in force |
 * | `POST /_sandbox/trouble` | adds a rule, a {@link Trouble}: `{"effect": {"kind": "throttle"}, "operation": "StopInstances", "times": 3}` |
 * | `DELETE /_sandbox/trouble` | ends all trouble |
 * | `POST /_sandbox/person/ACT` | does a {@link PersonAct}: `/person/stopInstance` with `{"region": …, "instanceId": …}` |
 * | `POST /_sandbox/account` | signs a key in to another account: `{"accessKeyId": …, "account": …}` |
 *
 * Answers 200 with `{}` where there is nothing to say, 400 with `{"message"}` on a mistake, 404 elsewhere.
 */
import { z } from 'zod';
import type { JournalEntry } from './journal.js';
import { isPersonAct, type PersonAct } from './person.js';
import { readJson } from './protocol/json11.js';
import type { WireReply, WireRequest } from './service.js';
import { TROUBLE, type Trouble } from './trouble.js';
import type { RegionView } from './view.js';

/** Where the control path begins. */
export const CONTROL_PREFIX = '/_sandbox/';

/** What the control path can reach. */
export interface Controlled {
  readonly trouble: {
    add(trouble: Trouble): void;
    clear(): void;
    list(): readonly object[];
  };
  readonly journal: {
    entries(): readonly JournalEntry[];
    clear(): void;
  };
  resources(): readonly RegionView[];
  /** Checks its input. */
  person(act: PersonAct, input: unknown): void;
  setAccount(accessKeyId: string, account: string): void;
}

/** Answers a request whose path begins with {@link CONTROL_PREFIX}. */
export function control(request: WireRequest, sandbox: Controlled): WireReply {
  const [verb = '', detail = ''] = request.path.slice(CONTROL_PREFIX.length).split('/');
  try {
    const result = route(`${request.method} ${verb}`, detail, request.body, sandbox);
    return result === undefined ? reply(404, { message: 'There is no such control' }) : reply(200, result);
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    return reply(400, { message });
  }
}

function route(verb: string, detail: string, body: string, sandbox: Controlled): object | undefined {
  switch (verb) {
    case 'GET resources':
      return sandbox.resources();
    case 'GET journal':
      return sandbox.journal.entries();
    case 'DELETE journal':
      sandbox.journal.clear();
      return {};
    case 'GET trouble':
      return sandbox.trouble.list();
    case 'POST trouble':
      sandbox.trouble.add(TROUBLE.parse(readJson(body)));
      return {};
    case 'DELETE trouble':
      sandbox.trouble.clear();
      return {};
    case 'POST person':
      if (!isPersonAct(detail)) return undefined;
      sandbox.person(detail, readJson(body));
      return {};
    case 'POST account': {
      const input = z.strictObject({ accessKeyId: z.string(), account: z.string() }).parse(readJson(body));
      sandbox.setAccount(input.accessKeyId, input.account);
      return {};
    }
    default:
      return undefined;
  }
}

function reply(status: number, body: object): WireReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
