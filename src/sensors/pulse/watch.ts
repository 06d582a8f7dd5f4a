/**
 * Looks at what plays. The server tells that something has changed, a look finds out what; while nothing changes
 * nothing wakes. What a look means for activity is said by a verdict: all that plays counts, or only what is loud.
 */
import type { Clock, Instant } from '../../core/instant.js';
import type { ActivityRuns } from '../runs.js';
import type { AudibleStream } from './playback.js';

/**
 * A sound that begins and ends is told in up to ten changes, a fade is one each hundredth of a second: so many
 * looks may follow each other at once, then one in each such time.
 */
const LOOKS_AT_ONCE = 20;
const LOOK_EVERY_MS = 250;

/** What a look has found. */
interface Look {
  /** The streams that can be heard. */
  readonly streams: readonly AudibleStream[];
  /** When the server was asked: it answered for an instant after that. */
  readonly asked: Instant;
  /** When it told of the first change since the look before; `asked` if it told of none. */
  readonly changed: Instant;
  /** Somebody wants to know now whether it goes on. */
  readonly wanted: boolean;
}

export interface Verdict {
  /**
   * Called with one look after the other. Resolves to the milliseconds after which it wants another though nothing
   * has changed, if it does. Rejects when the server cannot be read.
   */
  seen(look: Look): Promise<number | undefined>;
}

export interface PlaybackWatchOptions {
  readonly clock: Clock;
  /** Asks the server for the streams that can be heard. */
  readonly audible: () => Promise<readonly AudibleStream[]>;
  readonly verdict: Verdict;
  /** A look that nobody waits for has failed. */
  readonly onFailed: (error: unknown) => void;
}

export class PlaybackWatch {
  readonly #options: PlaybackWatchOptions;
  #stopped = false;
  #changed: Instant | undefined;
  /** A look that will see every change up to now has not asked yet. */
  #isDue = false;
  /** When the looks that may follow each other at once will all have been regained, monotonic milliseconds. */
  #regainedAt = Number.NEGATIVE_INFINITY;
  #cancelLook: () => void = () => {};
  /** The look that the verdict wants. */
  #cancelAnother: () => void = () => {};
  #looks: Promise<void> = Promise.resolve();

  constructor(options: PlaybackWatchOptions) {
    this.#options = options;
  }

  /** Something about streams or sinks has changed. */
  changed(): void {
    if (this.#stopped) return;
    const { clock } = this.#options;
    const now = clock.now();
    this.#changed ??= now;
    if (this.#isDue) return;
    this.#isDue = true;
    const regainedAt = Math.max(this.#regainedAt, now.mono);
    const wait = regainedAt - (LOOKS_AT_ONCE - 1) * LOOK_EVERY_MS - now.mono;
    this.#regainedAt = regainedAt + LOOK_EVERY_MS;
    if (wait <= 0) this.#lookUnasked();
    else this.#cancelLook = clock.after(wait, () => this.#lookUnasked());
  }

  /** Finds out what plays, and reports it. Rejects when the server cannot be read. */
  read(): Promise<void> {
    return this.#look(true);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelLook();
    this.#cancelAnother();
  }

  #lookUnasked(): void {
    this.#look(false).catch(this.#options.onFailed);
  }

  /** One look after the other, so that each compares with the one before. */
  #look(wanted: boolean): Promise<void> {
    const look = this.#looks.then(() => this.#lookOnce(wanted));
    this.#looks = look.catch(() => {});
    return look;
  }

  async #lookOnce(wanted: boolean): Promise<void> {
    if (this.#stopped) return;
    const { clock, audible, verdict } = this.#options;
    this.#cancelLook();
    this.#cancelAnother();
    const asked = clock.now();
    const changed = this.#changed ?? asked;
    this.#isDue = false;
    this.#changed = undefined;
    const streams = await audible();
    if (this.#stopped) return;
    const another = await verdict.seen({ streams, asked, changed, wanted });
    if (this.#stopped || another === undefined) return;
    this.#cancelAnother = clock.after(another, () => this.#lookUnasked());
  }
}

export interface VerdictContext {
  readonly clock: Clock;
  readonly runs: ActivityRuns;
  /** Something happened at `at`; `ongoing` as for {@link ActivityRuns.happened}. */
  readonly report: (at: Instant, ongoing: boolean) => void;
}

/** All that plays counts, from its begin to its end; in between it is known to go on. */
export function allThatPlays({ runs, report }: VerdictContext): Verdict {
  let isPlaying = false;
  return {
    seen: async ({ streams, asked, changed }) => {
      const played = isPlaying;
      isPlaying = streams.length > 0;
      if (isPlaying) report(asked, true);
      else if (played) {
        report(changed, false);
        runs.broken();
      }
      return undefined;
    },
  };
}
