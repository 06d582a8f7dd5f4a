/**
 * The mouse on X11: movement over a distance, and every click, turn of the wheel and touch. A nudged desk is
 * nothing. A program that moves the pointer cannot be told from a hand: the server puts it down to the mouse.
 */

import type { Watch, WatchContext } from '../over-connection.js';
import type { Point, XConnection } from './connection.js';
import { InputDevices } from './input-devices.js';
import { InputWatch } from './input-watch.js';

/** The first event of a movement is a pixel or two: look again at once, then ever more seldom. */
const FIRST_WAIT_MS = 15;

/** After this long at rest a movement is a new one: what nudges added up to before is forgotten. */
const FORGET_AFTER_MS = 10_000;

/** Watches the pointer over `connection`; movement under `minDistancePx` does not count. */
export async function watchMouse(
  connection: XConnection,
  context: WatchContext,
  minDistancePx: number,
): Promise<Watch> {
  await connection.onPress(() => context.report(context.clock.now(), false));
  const movement = new Movement(await connection.pointer(), minDistancePx);
  return InputWatch.start({
    ...context,
    connection,
    devices: await InputDevices.of(connection, 'pointer'),
    firstWaitMs: FIRST_WAIT_MS,
    look: async () => {
      const point = await connection.pointer();
      return ({ restedMs }) => movement.reaches(point, restedMs);
    },
  });
}

/** Tells a movement from a nudge by the distance from where the pointer was when it last counted. Pure. */
export class Movement {
  readonly #minDistancePx: number;
  #from: Point;
  #last: Point;

  constructor(at: Point, minDistancePx: number) {
    this.#from = this.#last = at;
    this.#minDistancePx = minDistancePx;
  }

  /**
   * Whether the pointer, now at `point`, has come over the distance. Slow movement adds up; `restedMs` is how
   * long the pointer lay still before it.
   */
  reaches(point: Point, restedMs: number): boolean {
    if (restedMs >= FORGET_AFTER_MS) this.#from = this.#last;
    this.#last = point;
    const distance = Math.hypot(point.x - this.#from.x, point.y - this.#from.y);
    if (distance === 0 || distance < this.#minDistancePx) return false;
    this.#from = point;
    return true;
  }
}
