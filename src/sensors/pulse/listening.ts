/**
 * Only what is loud enough counts. What plays is listened to when it begins, then seldom, and when somebody wants to
 * know: each time for a moment, because a desktop may show a microphone in use.
 */
import type { AudibleStream } from './playback.js';
import type { Verdict, VerdictContext } from './watch.js';

/** How often what plays on is listened to: of its end, that much may go untold. */
const LISTEN_EVERY_MS = 30_000;

/** The wait after the first silence, for what begins with it; doubled with each, up to the one above. */
const LISTEN_AGAIN_MS = 1_000;

/** Who wants to know is told what was heard so lately: a page that is looked at asks each second. */
const HEARD_HOLDS_MS = 10_000;

/** Between two listenings at least, however many streams begin. */
const APART_MS = 2_000;

export interface ListeningContext extends VerdictContext {
  /** Whether one of the streams is loud; resolves within a second, at once when it is. */
  readonly isLoud: (streams: readonly AudibleStream[]) => Promise<boolean>;
}

/** What is heard counts, and is taken to go on until it is listened to again; whether it was loud to its end is not known. */
export function whatIsLoud({ clock, runs, report, isLoud }: ListeningContext): Verdict {
  let known: ReadonlySet<number> = new Set();
  let wasLoud = false;
  /** Monotonic milliseconds. */
  let heardAt = Number.NEGATIVE_INFINITY;
  let dueAt = Number.NEGATIVE_INFINITY;
  let waitMs = LISTEN_AGAIN_MS;

  return {
    seen: async ({ streams, asked, wanted }) => {
      const hasNew = streams.some(({ index }) => !known.has(index));
      known = new Set(streams.map(({ index }) => index));
      if (streams.length === 0) {
        wasLoud = false;
        waitMs = LISTEN_AGAIN_MS;
        dueAt = heardAt + APART_MS;
        runs.broken();
        return undefined;
      }

      // While it is loud anyway, another stream makes no difference.
      if (hasNew && !wasLoud) dueAt = Math.min(dueAt, heardAt + APART_MS);
      const isDue = asked.mono >= dueAt || (wanted && asked.mono >= heardAt + HEARD_HOLDS_MS);
      if (!isDue) return dueAt - asked.mono;

      wasLoud = await isLoud(streams);
      heardAt = clock.now().mono;
      if (wasLoud) report(asked, true);
      else runs.broken();
      const wait = wasLoud ? LISTEN_EVERY_MS : waitMs;
      waitMs = wasLoud ? LISTEN_AGAIN_MS : Math.min(2 * waitMs, LISTEN_EVERY_MS);
      dueAt = heardAt + wait;
      return wait;
    },
  };
}
