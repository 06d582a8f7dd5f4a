/** The heap of a process that sleeps nearly always. */
import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect garbage early instead of letting the heap grow: with a daemon's few objects it would else take
 * some 30 MB more before it first cleans up thoroughly, and keep them. Costs a few percent of CPU while AWS is asked,
 * nothing while nothing happens. docs/decisions/0006-a-bundle-of-lazy-chunks.md has the numbers.
 */
export function preferSmallHeap(): void {
  setFlagsFromString('--optimize-for-size');
}
