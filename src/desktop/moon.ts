/** The moon that Cloudnap shows on a desktop, drawn by arithmetic: one shape, with a colour for each state. */
import type { TrayState } from '../core/desktop.js';

/** A square picture, four bytes a pixel from the upper left: red, green, blue, and how opaque it is. */
export interface Picture {
  readonly size: number;
  readonly rgba: Buffer;
}

type Colour = readonly [red: number, green: number, blue: number];

/** Light moons are seen on dark panels by their face, and on light ones by their rim. */
const RIM: Colour = [38, 44, 62];
const FACES: Readonly<Record<TrayState, Colour>> = {
  present: [243, 245, 250],
  soon: [255, 176, 46],
  napping: [98, 142, 255],
  trouble: [243, 245, 250],
};
const MARK: Colour = [229, 52, 61];

/** Looks at each pixel in so many places, in each direction, for smooth edges. */
const SAMPLES = 4;

/** Draws the moon of a state. `size` in pixels. */
export function drawMoon(state: TrayState, size: number): Picture {
  const rgba = Buffer.alloc(size * size * 4);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) rgba.set(pixel(state, x, y, size), (y * size + x) * 4);
  }
  return { size, rgba };
}

function pixel(state: TrayState, x: number, y: number, size: number): readonly number[] {
  let [red, green, blue, seen] = [0, 0, 0, 0];
  for (let i = 0; i < SAMPLES * SAMPLES; i++) {
    const at = (pixels: number, step: number) => ((pixels + (step + 0.5) / SAMPLES) / size) * 2 - 1;
    const colour = colourAt(state, at(x, i % SAMPLES), at(y, Math.floor(i / SAMPLES)), 2 / size);
    if (!colour) continue;
    red += colour[0];
    green += colour[1];
    blue += colour[2];
    seen += 1;
  }
  if (seen === 0) return [0, 0, 0, 0];
  const opaque = Math.round((seen / (SAMPLES * SAMPLES)) * 255);
  return [Math.round(red / seen), Math.round(green / seen), Math.round(blue / seen), opaque];
}

/** The colour at a place of the square from -1 to 1 in both directions. `rim` is as wide as a pixel. */
function colourAt(state: TrayState, x: number, y: number, rim: number): Colour | undefined {
  if (state === 'trouble') {
    const fromMark = Math.hypot(x - 0.58, y - 0.58);
    if (fromMark < 0.36) return MARK;
    // A gap, so that the mark is told from the moon where there is no colour.
    if (fromMark < 0.36 + rim) return undefined;
  }
  const wide = Math.max(rim, 0.08);
  // What two discs leave: the second one takes a bite out of the upper right of the first.
  const inside = Math.min(0.92 - Math.hypot(x, y), Math.hypot(x - 0.42, y + 0.3) - 0.66);
  if (inside < 0) return undefined;
  return inside < wide ? RIM : FACES[state];
}
