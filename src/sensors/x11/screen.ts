/**
 * The screen on X11: how much of it changes, by the server's own record of what was drawn. No pixel is ever
 * asked for. It is looked at once an interval at most while it changes, and not at all while it does not.
 *
 * A compositor that draws with OpenGL puts a new picture over the whole screen for every change, however small:
 * then every change counts, unless one of our own windows is seen, which may have been it.
 */
import { type Instant, sleptBetween } from '../../core/instant.js';
import type { Watch, WatchContext } from '../over-connection.js';
import { PAUSE_MS } from '../runs.js';
import { CompositedWindows } from './composited.js';
import type { Size, XConnection } from './connection.js';
import { Damage } from './damage.js';
import { OwnWindows } from './own-windows.js';
import { areaOf, type Rect, without } from './region.js';

export interface ScreenOptions {
  /** A change of less than this share of the screen is none. */
  readonly minChangedPercent: number;
  /** Milliseconds between two looks. */
  readonly intervalMs: number;
  /** The window of the terminal this process writes to, where it writes to one. */
  readonly panel: number | undefined;
}

/** Watches the screen over `connection`. */
export async function watchScreen(
  connection: XConnection,
  context: WatchContext,
  options: ScreenOptions,
): Promise<Watch> {
  const size = connection.followSize();
  const own = await OwnWindows.of(connection, options.panel);
  const composited = await CompositedWindows.of(connection);
  const damage = await Damage.of(connection, connection.root);
  const watch = new ScreenWatch({ ...context, ...options, connection, damage, own, composited, size });
  damage.onChange(() => watch.changed());
  return watch;
}

interface ScreenWatchOptions extends WatchContext, Omit<ScreenOptions, 'panel'> {
  readonly connection: Pick<XConnection, 'sync'>;
  readonly damage: Pick<Damage, 'take'>;
  readonly own: Pick<OwnWindows, 'look'>;
  readonly composited: Pick<CompositedWindows, 'isComposited' | 'drawn' | 'rest'>;
  readonly size: () => Size;
}

export class ScreenWatch implements Watch {
  readonly #options: ScreenWatchOptions;
  /** The first change since the last look. */
  #changedAt: Instant | undefined;
  /** Monotonic milliseconds of the last look. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;
  #stopped = false;
  #looks: Promise<void> = Promise.resolve();

  constructor(options: ScreenWatchOptions) {
    this.#options = options;
  }

  /** The first change since the last look; the server is silent about those after it. */
  changed(): void {
    const { clock, intervalMs } = this.#options;
    const now = clock.now();
    this.#changedAt ??= now;
    if (this.#stopped || this.#cancelTimer) return;
    const wait = this.#lookedAt + intervalMs - now.mono;
    if (wait > 0) this.#cancelTimer = clock.after(wait, () => this.#lookUnasked());
    else this.#lookUnasked();
  }

  async read(): Promise<void> {
    // A change on its way arrives before the answer; without one there is nothing new.
    await this.#options.connection.sync();
    await this.#look();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
  }

  #lookUnasked(): void {
    // What can fail here is the connection, and it reports that itself.
    this.#look().catch(() => {});
  }

  #look(): Promise<void> {
    const look = this.#looks.then(() => this.#lookOnce());
    this.#looks = look.catch(() => {});
    return look;
  }

  async #lookOnce(): Promise<void> {
    const from = this.#changedAt;
    if (this.#stopped || !from) return;
    const { clock, damage } = this.#options;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#changedAt = undefined;
    const now = clock.now();
    this.#lookedAt = now.mono;
    if ((await this.#counts(await damage.take())) && !this.#stopped) this.#report(from, now);
  }

  async #counts(changed: readonly Rect[]): Promise<boolean> {
    const { minChangedPercent, own: windows, composited, size } = this.#options;
    const { width, height } = size();
    const enough = (width * height * minChangedPercent) / 100;
    const reaches = (area: number) => area > 0 && area >= enough;
    // Which windows are ours costs some questions: they are asked only where it matters.
    if (!reaches(areaOf(changed))) return false;
    const { own, others } = await windows.look();
    const isWhole = areaOf(changed) >= width * height;
    if (own.length > 0 && isWhole && (await composited.isComposited())) {
      return reaches(await composited.drawn(others));
    }
    composited.rest();
    return reaches(areaOf(without(changed, own)));
  }

  /**
   * There were changes at `from` and perhaps until `to`: finer is not known, and a screen that changes in every
   * interval is one run. Told at their end, lest they seem older than they are, and nothing naps too early.
   */
  #report(from: Instant, to: Instant): void {
    const { report } = this.#options;
    const isLong = to.mono - from.mono > PAUSE_MS;
    report(from, isLong);
    // After a sleep in between the end is not known to lie on this side of it.
    if (sleptBetween(from, to) <= PAUSE_MS) report(to, false);
  }
}
