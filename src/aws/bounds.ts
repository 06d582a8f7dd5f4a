/**
 * Sizes between bounds, as ECS's scalable targets and EKS's node groups have them. Both reject or bend a size
 * outside its bounds, so what is saved and what a person has kept must be fitted together before it is sent.
 */

export interface Bounded {
  readonly min: number;
  readonly desired: number;
  readonly max: number;
}

/**
 * What to put back: saved values, but for the kept fields, which stay as they are now. A bound that is ours to put
 * back gives way where it would bend a size or a bound that a person keeps: a kept size of 1 under a saved minimum
 * of 2 gets the minimum 1.
 */
export function fitted(saved: Bounded, keep: readonly string[], now: Bounded): Bounded {
  const pick = (field: keyof Bounded) => (keep.includes(field) ? now[field] : saved[field]);
  const desired = pick('desired');
  const inside = keep.includes('desired') ? desired : undefined;
  const max = keep.includes('max')
    ? now.max
    : Math.max(saved.max, inside ?? 0, keep.includes('min') ? now.min : 0);
  const min = keep.includes('min') ? now.min : Math.min(saved.min, inside ?? Infinity, max);
  return { min, desired, max };
}
