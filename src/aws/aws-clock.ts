/**
 * AWS's clock against this machine's, from the `Date` header of every answer. Schedules fire by AWS's clock, and a
 * wall clock here may be hours off, or be set at any time. Good to about a second: the header has whole ones.
 */
import type { Clock, Instant } from '../core/instant.js';

/** A reading this old gives way to any newer one, milliseconds: clocks drift, and the machine may have slept. */
const RECENT_MS = 15 * 60_000;
/** On average the header's second has gone on by this much, milliseconds. */
const HALF_A_SECOND = 500;

type AwsClock = ReturnType<typeof createAwsClock>;

/** Nothing is known before its first `read`. */
export function createAwsClock(clock: Clock) {
  /** What AWS's clock showed at `boot`, and how long the answer took that told it: half of that is the doubt. */
  let best: { readonly aws: number; readonly boot: number; readonly tookMs: number } | undefined;

  return {
    /**
     * Notes what one answer tells. Of recent readings the one with the shortest round trip stands.
     *
     * @param date the answer's `Date` header
     * @param sent when its request was sent
     */
    read(date: string | undefined, sent: Instant): void {
      const shown = date === undefined ? Number.NaN : Date.parse(date);
      if (Number.isNaN(shown)) return;
      const { boot } = clock.now();
      const tookMs = boot - sent.boot;
      if (best && tookMs > best.tookMs && boot - best.boot < RECENT_MS) return;
      best = { aws: shown + HALF_A_SECOND + tookMs / 2, boot, tookMs };
    },

    /** What AWS's clock shows more than the wall clock here, in milliseconds; 0 before anything was answered. */
    aheadMs(): number {
      if (!best) return 0;
      const { wall, boot } = clock.now();
      return best.aws + (boot - best.boot) - wall;
    },
  };
}

/** What the SDK calls around a request: `next` sends it and gives the answer as it came in. */
type Around = (
  next: (args: never) => Promise<{ response: unknown }>,
) => (args: never) => Promise<{ response: unknown }>;

/** Any of the SDK's clients, as far as it is listened to. */
export interface Listened {
  readonly middlewareStack: {
    add(around: Around, where: { step: 'deserialize'; name: string; priority: 'low' }): void;
  };
}

/** Has every answer to a client read, errors too. The step nearest to the wire: retries are answers of their own. */
export function listen(client: Listened, clock: Clock, aws: AwsClock): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const sent = clock.now();
      const answer = await next(args);
      aws.read(dateOf(answer.response), sent);
      return answer;
    },
    { step: 'deserialize', name: 'cloudnapReadsTheDate', priority: 'low' },
  );
}

function dateOf(response: unknown): string | undefined {
  const headers = (response as { headers?: Readonly<Record<string, string>> } | undefined)?.headers;
  return headers?.date;
}
