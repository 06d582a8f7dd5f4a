/**
 * Who may use the dashboard. Whoever can read the owner's files gets a one-time token, hands it in within 30 s, and
 * is given a bearer that the page keeps to itself. Nothing here outlives the daemon.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../core/instant.js';

/** A token is handed in by the browser that was opened for it, at once. */
export const TOKEN_MS = 30_000;
/** A page that nobody has used for so long has to be opened anew. */
export const SESSION_MS = 12 * 60 * 60_000;

/** A person opens a few pages; more are a loop, and push out the oldest. */
const MAX_TOKENS = 16;
const MAX_SESSIONS = 64;

export class Entrance {
  readonly #clock: Clock;
  /** By the digest of the secret, when it ends, in `boot` milliseconds: a copy of the memory lets nobody in. */
  readonly #tokens = new Map<string, number>();
  readonly #sessions = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A token that is good once, for 30 s. */
  issue(): string {
    return this.#add(this.#tokens, TOKEN_MS, MAX_TOKENS);
  }

  /** Trades a token for a bearer; undefined when it is unknown, used or too old. */
  admit(token: string): string | undefined {
    const key = digest(token);
    const isGood = this.#isLive(this.#tokens, key);
    this.#tokens.delete(key);
    return isGood ? this.#add(this.#sessions, SESSION_MS, MAX_SESSIONS) : undefined;
  }

  /** Whether a bearer is good; using it prolongs it. */
  knows(bearer: string): boolean {
    const key = digest(bearer);
    if (!this.#isLive(this.#sessions, key)) return false;
    // Put last: the one unused for longest is pushed out first.
    this.#sessions.delete(key);
    this.#sessions.set(key, this.#clock.now().boot + SESSION_MS);
    return true;
  }

  #add(to: Map<string, number>, lastsMs: number, most: number): string {
    const secret = randomBytes(32).toString('base64url');
    for (const oldest of to.keys()) {
      if (to.size < most) break;
      to.delete(oldest);
    }
    to.set(digest(secret), this.#clock.now().boot + lastsMs);
    return secret;
  }

  #isLive(among: ReadonlyMap<string, number>, key: string): boolean {
    const until = among.get(key);
    return until !== undefined && this.#clock.now().boot < until;
  }
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
