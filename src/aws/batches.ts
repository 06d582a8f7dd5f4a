/** How a verb's targets are split up and put together again: by region, in batches, a few at a time. */
import { OperationError } from '../core/errors.js';
import { type Target, type TargetId, targetId } from '../core/target.js';
import { aboutTarget, mayBeOneOfMany } from './errors.js';

/** Calls under way at once in one region; AWS's buckets refill with a few requests a second. */
const AT_ONCE = 4;

/** Groups of equal key, in the order of their first members. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}

/** Cut into pieces of at most `size`. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const pieces: T[][] = [];
  for (let at = 0; at < items.length; at += size) pieces.push(items.slice(at, at + size));
  return pieces;
}

/**
 * Runs `work` over all items, a few at a time; rejects with the first failure, after which none is begun.
 *
 * @param atOnce more only for a service whose buckets are large
 */
export async function fewAtOnce<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce = AT_ONCE,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next < items.length && !failed) {
      const at = next++;
      try {
        results[at] = await work(items[at] as T);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, lane));
  return results;
}

/**
 * Runs `call` for a whole batch, and when a member may have spoilt it, for each half: so each failure ends at the
 * members it belongs to, at about 2·log2(n) calls for each of them. `lost` hears of every failure.
 */
export async function bisect<T>(
  batch: readonly T[],
  call: (part: readonly T[]) => Promise<void>,
  lost: (part: readonly T[], error: OperationError) => void,
): Promise<void> {
  try {
    await call(batch);
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    if (batch.length < 2 || !mayBeOneOfMany(thrown)) return lost(batch, thrown);
    const middle = Math.ceil(batch.length / 2);
    await bisect(batch.slice(0, middle), call, lost);
    await bisect(batch.slice(middle), call, lost);
  }
}

/** Runs `work` for a part of the targets; a failure of the part becomes each one's own result. */
export async function eachItsOwn<R>(
  targets: readonly Target[],
  into: Map<TargetId, R | OperationError>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof OperationError)) throw thrown;
    for (const target of targets) {
      const id = targetId(target);
      if (!into.has(id)) into.set(id, aboutTarget(thrown, id));
    }
  }
}
