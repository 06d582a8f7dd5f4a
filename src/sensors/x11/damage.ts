/**
 * What has been drawn on a window since the last look, by the DAMAGE extension: the server sends one event for
 * the first change and keeps the changed area to itself, without what is in it, until it is asked for.
 */
import type { DamageExtension, FixesExtension } from 'x11';
import type { XConnection } from './connection.js';
import type { Rect } from './region.js';

/** The XID that stands for no region. */
const NONE = 0;

export class Damage {
  readonly #connection: XConnection;
  readonly #damage: DamageExtension;
  readonly #fixes: FixesExtension;
  readonly #id: number;
  readonly #region: number;

  private constructor(connection: XConnection, damage: DamageExtension, fixes: FixesExtension) {
    this.#connection = connection;
    this.#damage = damage;
    this.#fixes = fixes;
    this.#id = connection.client.AllocID();
    this.#region = connection.client.AllocID();
  }

  /**
   * Begins to collect what is drawn on `drawable` and its subwindows.
   * @throws Unavailable when the server has no DAMAGE or no XFIXES.
   */
  static async of(connection: XConnection, drawable: number): Promise<Damage> {
    const { client } = connection;
    const [extension, fixes] = await Promise.all([
      connection.extension<DamageExtension>('DAMAGE', (reply) => client.require('damage', reply)),
      connection.extension<FixesExtension>('XFIXES', (reply) => client.require('fixes', reply)),
    ]);
    const damage = new Damage(connection, extension, fixes);
    fixes.CreateRegion(damage.#region, []);
    extension.Create(damage.#id, drawable, extension.ReportLevel.NonEmpty);
    // The creation counts as a change of everything: until that is taken away there will be no other event.
    await connection.sync();
    extension.Subtract(damage.#id, NONE, NONE);
    await connection.settle();
    return damage;
  }

  /** Calls `fn` at the first change after each {@link take}, and at no other. */
  onChange(fn: () => void): void {
    this.#connection.onEvent(({ name, damage }) => {
      if (name === 'DamageNotify' && damage === this.#id) fn();
    });
  }

  /** The area drawn on since the last time, in pixels of the window; it is forgotten here and in the server. */
  async take(): Promise<readonly Rect[]> {
    this.#damage.Subtract(this.#id, NONE, this.#region);
    const { rectangles } = await this.#connection.ask<{ rectangles: readonly Rect[] }>((reply) =>
      this.#fixes.FetchRegion(this.#region, reply),
    );
    return rectangles;
  }

  /** Collects no more. What was collected on a window that is gone is gone with it. */
  end(): void {
    this.#damage.Destroy(this.#id);
    this.#fixes.DestroyRegion(this.#region);
  }
}
