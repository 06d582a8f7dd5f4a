/** Areas of the screen as rectangles that do not overlap. Pure. */

/** In pixels of the root window. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How many pixels `rects`, none of which overlap, cover. */
export function areaOf(rects: readonly Rect[]): number {
  return rects.reduce((sum, { width, height }) => sum + width * height, 0);
}

/** What is left of `rects` outside of every one of `holes`. */
export function without(rects: readonly Rect[], holes: readonly Rect[]): readonly Rect[] {
  return holes.reduce<readonly Rect[]>((left, hole) => left.flatMap((rect) => cut(rect, hole)), rects);
}

/** What is left of one rectangle outside of another: at most four pieces. */
function cut(rect: Rect, hole: Rect): readonly Rect[] {
  const right = rect.x + rect.width;
  const bottom = rect.y + rect.height;
  const from = { x: Math.max(rect.x, hole.x), y: Math.max(rect.y, hole.y) };
  const to = {
    x: Math.min(right, hole.x + hole.width),
    y: Math.min(bottom, hole.y + hole.height),
  };
  if (from.x >= to.x || from.y >= to.y) return [rect];
  return [
    { x: rect.x, y: rect.y, width: rect.width, height: from.y - rect.y },
    { x: rect.x, y: from.y, width: from.x - rect.x, height: to.y - from.y },
    { x: to.x, y: from.y, width: right - to.x, height: to.y - from.y },
    { x: rect.x, y: to.y, width: rect.width, height: bottom - to.y },
  ].filter(({ width, height }) => width > 0 && height > 0);
}
