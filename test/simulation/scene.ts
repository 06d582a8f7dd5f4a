/** The scene of one simulation: who and what is on it, and what is so at this moment. */
import type { Target, TargetId } from '../../src/core/target.js';
import type { Rig } from '../fakes/rig.js';
import type { Checker } from './checker.js';
import type { Random } from './random.js';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface Scene {
  readonly rng: Random;
  readonly rig: Rig;
  readonly checker: Checker;
  /** Everything that there is in AWS, registered or not. */
  readonly targets: readonly Target[];
  /** How bad the weather on the way to AWS is, from 0 to 1. */
  storm: number;
  isSlow: boolean;
  /** Whether the person is at the desk. */
  isThere: boolean;
  /** When the daemon is started again, true milliseconds; undefined: it runs, or nobody has thought of it yet. */
  restartAt: number | undefined;
  /** Lets time go by, and has everything judged after it. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Something that happens every now and then. */
export interface Actor {
  readonly name: string;
  /** Milliseconds between two times, on average. */
  readonly every: number;
  readonly act: () => void | Promise<void>;
}

/** One of the registered targets, with some probability. */
export function someTarget({ rig, rng }: Scene, probability: number): TargetId | undefined {
  const entries = rig.registry.current();
  return entries.length > 0 && rng.chance(probability) ? rng.pick(entries).id : undefined;
}
