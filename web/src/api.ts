/** The daemon's operations, as on its control socket, for a page that was let in. */
import type { Operations, WireEvent, WireFailure } from '../../src/control/wire.js';
import type { DeskOperations } from '../../src/control/wire-desk.js';

type All = Operations & DeskOperations;
/** The name of an operation. */
export type Name = keyof All;
export type Request<Asked extends Name> = All[Asked]['request'];
export type Response<Asked extends Name> = All[Asked]['response'];

/** The daemon said no, with its reason and what can be done. */
export class Refusal extends Error {
  readonly code: string;
  readonly hint: string | null;
  constructor({ error }: WireFailure) {
    super(error.message);
    this.name = 'Refusal';
    this.code = error.code;
    this.hint = error.hint;
  }
}

/** Nobody answers: the daemon has ended, or is starting anew. */
class Unreachable extends Error {}

export type Api = ReturnType<typeof createApi>;

/** @param onOut Called when the bearer is good no more: the daemon was started anew, or the page lay idle too long. */
export function createApi(bearer: string, onOut: () => void) {
  const ask = async (path: string, init: RequestInit): Promise<globalThis.Response> => {
    const headers = { ...init.headers, authorization: `Bearer ${bearer}` };
    const answer = await fetch(path, { ...init, headers, cache: 'no-store' }).catch((error: unknown) => {
      throw init.signal?.aborted ? error : new Unreachable(String(error));
    });
    if (answer.status === 403) onOut();
    return answer;
  };
  return {
    /** One operation. Rejects with {@link Refusal} or {@link Unreachable}. */
    async call<Asked extends Name>(name: Asked, request: Request<Asked>): Promise<Response<Asked>> {
      const answer = await ask(`/v1/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(request),
      });
      const body: unknown = await answer.json();
      if (!answer.ok) throw new Refusal(body as WireFailure);
      return body as Response<Asked>;
    },
    /** The live stream; see {@link follow}. */
    stream: (lastSeen: string | undefined, signal: AbortSignal) =>
      ask('/v1/live', { headers: lastSeen === undefined ? {} : { 'last-event-id': lastSeen }, signal }),
  };
}

export type { WireEvent };
