/**
 * The client of the control socket: one method an operation, and the event stream. Imports nothing heavy, because
 * every command of the CLI waits for it to load.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { CODES, type Code, CommandError, messageOf } from '../core/errors.js';
import {
  EVENTS_PATH,
  INVITE_PATH,
  type Operations,
  pathOf,
  type WireEvent,
  type WireInvitation,
} from './wire.js';
import type { DeskOperations } from './wire-desk.js';

type All = Operations & DeskOperations;
type Request<Name extends keyof All> = All[Name]['request'];
type Response<Name extends keyof All> = All[Name]['response'];

/**
 * One method for each operation of the wire. Each rejects with CommandError when the daemon says no, with
 * {@link NoDaemon} when none runs, and with {@link DaemonFault} when one runs and does not answer properly.
 */
export type ControlClient = {
  readonly [Name in keyof All]: Nothing extends Request<Name>
    ? (request?: Request<Name>) => Promise<Response<Name>>
    : (request: Request<Name>) => Promise<Response<Name>>;
} & {
  /**
   * Everything that happens from the moment the promise resolves. The stream ends with the daemon; aborting the
   * signal ends it too, without an error, as does leaving the loop.
   */
  events(signal?: AbortSignal): Promise<AsyncIterable<WireEvent>>;
  /** Asks the dashboard to let a browser in. */
  invite(): Promise<WireInvitation>;
};
type Nothing = Readonly<Record<never, never>>;

/** Nobody listens on the control socket. */
export class NoDaemon extends Error {
  readonly socketPath: string;
  constructor(socketPath: string, cause?: unknown) {
    super('No Cloudnap daemon is running', { cause });
    this.name = 'NoDaemon';
    this.socketPath = socketPath;
  }
}

/** Somebody listens on the control socket, but no usable answer came. */
export class DaemonFault extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DaemonFault';
  }
}

/** How long the socket may stay silent, in milliseconds: what asks AWS may be throttled and retried there. */
const QUICK_MS = 10_000;
const AWS_MS = 180_000;
/** CloudFormation takes its time, region by region. */
const INSTALL_MS = 1_200_000;

/** Each operation with its patience; the one list that a client's methods are made of. */
const PATIENCE: Readonly<Record<keyof All, number>> = {
  status: QUICK_MS,
  registered: QUICK_MS,
  release: QUICK_MS,
  plan: QUICK_MS,
  senses: QUICK_MS,
  history: QUICK_MS,
  shutdown: QUICK_MS,
  hold: AWS_MS,
  list: AWS_MS,
  start: AWS_MS,
  stop: AWS_MS,
  scale: AWS_MS,
  register: AWS_MS,
  unregister: AWS_MS,
  nap: AWS_MS,
  why: AWS_MS,
  doctor: AWS_MS,
  account: AWS_MS,
  acceptAccount: AWS_MS,
  settings: QUICK_MS,
  changeSetting: QUICK_MS,
  savings: QUICK_MS,
  timeline: QUICK_MS,
  team: AWS_MS,
  teamCreate: INSTALL_MS,
  teamJoin: AWS_MS,
  teamLeave: AWS_MS,
  deadMan: AWS_MS,
  deadManTemplate: QUICK_MS,
  deadManEnable: INSTALL_MS,
  deadManDisable: INSTALL_MS,
  deadManFire: AWS_MS,
  signInState: AWS_MS,
  signInWithKeys: AWS_MS,
  signInWithProfile: AWS_MS,
  unlock: AWS_MS,
  signOut: AWS_MS,
  profiles: QUICK_MS,
  permissions: AWS_MS,
};

/**
 * A client of the daemon behind a Unix socket or a Windows named pipe. Nothing is opened before the first call,
 * and nothing stays open after one.
 */
export function connect(socketPath: string, options: { timeoutMs?: number | undefined } = {}): ControlClient {
  const post = async (path: string, patienceMs: number, request: object): Promise<unknown> => {
    const body = JSON.stringify(request);
    const timeout = options.timeoutMs ?? patienceMs;
    const answer = await open(socketPath, { method: 'POST', path, body, timeout });
    const text = await readAll(answer);
    if (answer.statusCode === 200) return parse(text);
    throw failureOf(parse(text));
  };
  const call = (operation: keyof All, request: object = {}) =>
    post(pathOf(operation), PATIENCE[operation], request);
  const names = Object.keys(PATIENCE) as (keyof All)[];
  const methods = Object.fromEntries(
    names.map((name) => [name, (request?: object) => call(name, request)]),
  ) as unknown as Omit<ControlClient, 'events' | 'invite'>;
  return {
    ...methods,
    events: async (signal) => {
      const answer = await open(socketPath, { method: 'GET', path: EVENTS_PATH, signal });
      if (answer.statusCode !== 200) throw failureOf(parse(await readAll(answer)));
      return linesOf(answer, signal);
    },
    invite: () => post(INVITE_PATH, QUICK_MS, {}),
  } as ControlClient;
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
  readonly timeout?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request and resolves with the answer's head. */
function open(socketPath: string, call: Call): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request: ClientRequest = httpRequest({
      socketPath,
      method: call.method,
      path: call.path,
      // Without an agent the connection ends with the answer, so nothing keeps the process alive.
      agent: false,
      headers: call.body === undefined ? {} : { 'content-type': 'application/json' },
      ...(call.timeout === undefined ? {} : { timeout: call.timeout }),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    request.on('timeout', () =>
      request.destroy(new DaemonFault(`The daemon did not answer within ${(call.timeout ?? 0) / 1000} s`)),
    );
    request.on('error', (error) => reject(connectionFault(socketPath, error)));
    request.on('response', resolve);
    request.end(call.body);
  });
}

function connectionFault(socketPath: string, error: Error): Error {
  if (error instanceof DaemonFault || error.name === 'AbortError') return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK')
    return new NoDaemon(socketPath, error);
  return new DaemonFault(`The daemon at ${socketPath} could not be reached: ${error.message}`, error);
}

async function readAll(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8');
  let text = '';
  try {
    for await (const chunk of answer) text += chunk;
  } catch (error) {
    if (error instanceof DaemonFault) throw error;
    throw new DaemonFault(`The daemon's answer broke off: ${messageOf(error)}`, error);
  }
  return text;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DaemonFault('The daemon answered something that is not JSON', error);
  }
}

function failureOf(body: unknown): Error {
  const { code, message, hint } =
    (body as { error?: { code?: string; message?: string; hint?: string | null } } | null)?.error ?? {};
  if (message === undefined || !CODES.some((known) => known === code))
    return new DaemonFault('The daemon answered with an error of an unknown form; is it another version?');
  return new CommandError(code as Code, message, { hint: hint ?? undefined });
}

/** The events of a stream of JSON lines. */
async function* linesOf(answer: IncomingMessage, signal: AbortSignal | undefined): AsyncGenerator<WireEvent> {
  answer.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of answer) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield parse(line) as WireEvent;
    }
  } catch (error) {
    // A daemon that ends, even by kill -9, and an aborted signal are both just the end of the story.
    if (signal?.aborted || (error as NodeJS.ErrnoException).code === 'ECONNRESET') return;
    throw error;
  } finally {
    answer.destroy();
  }
}
