/**
 * What other programs' windows draw where a compositor puts the screen together. One that does so with OpenGL
 * covers the whole screen anew for every change, so that the screen no longer tells whose change it was; but each
 * window's own record still does.
 */
import type { XConnection } from './connection.js';
import { Damage } from './damage.js';
import { areaOf } from './region.js';

export class CompositedWindows {
  readonly #connection: XConnection;
  /** The selection that a compositor owns. */
  readonly #manager: number;
  readonly #damages = new Map<number, Damage>();

  private constructor(connection: XConnection, manager: number) {
    this.#connection = connection;
    this.#manager = manager;
  }

  static async of(connection: XConnection): Promise<CompositedWindows> {
    const manager = await connection.atom(`_NET_WM_CM_S${Number(connection.client.screenNum)}`);
    return new CompositedWindows(connection, manager);
  }

  /** Whether a compositor puts the screen together now. */
  async isComposited(): Promise<boolean> {
    const { client } = this.#connection;
    const owner = await this.#connection.ask<number>((reply) =>
      client.GetSelectionOwner(this.#manager, reply),
    );
    return owner !== 0;
  }

  /** How many pixels `windows` have drawn on since the last time. Of one that is new here nothing is known yet. */
  async drawn(windows: readonly number[]): Promise<number> {
    this.#keepOnly(new Set(windows));
    const areas = await Promise.all(
      [...this.#damages.values()].map(async (damage) => areaOf(await damage.take())),
    );
    // The end of a record is refused when its window took it along, and must not be taken for a refused beginning.
    await this.#connection.settle().catch(() => {});
    for (const window of windows) {
      if (this.#damages.has(window)) continue;
      // A window may be gone by now.
      const damage = await Damage.of(this.#connection, window).catch(() => undefined);
      if (damage) this.#damages.set(window, damage);
    }
    return areas.reduce((sum, area) => sum + area, 0);
  }

  /** Records nothing until it is asked again: each window's first change is an event. */
  rest(): void {
    this.#keepOnly(new Set());
  }

  #keepOnly(windows: ReadonlySet<number>): void {
    for (const [window, damage] of this.#damages) {
      if (windows.has(window)) continue;
      damage.end();
      this.#damages.delete(window);
    }
  }
}
