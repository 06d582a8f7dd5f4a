/** A clock that only the test moves: runs timers in the order they are due, sleeps, jumps and reboots on command. */
import type { Clock, Instant } from '../../src/core/instant.js';

/**
 * How `advance` lets promise chains run between timers.
 * - `turn`: one turn of the event loop, so that pending callbacks of I/O run too
 * - `promises`: promise chains (and `process.nextTick`) to their end, no I/O: somewhat faster
 */
export type Flush = 'turn' | 'promises';

interface Timer {
  readonly due: number;
  /** Timers due at the same time run in the order they were set. */
  readonly order: number;
  fn: (() => void) | undefined;
}

/** The port to time in the hands of a test. The three axes start apart, so that mixing them up is noticed. */
export class FakeClock implements Clock {
  bootId = 'boot-1';
  #wall: number;
  #mono = 5_000;
  #boot = 3_600_000;
  #boots = 1;
  #timers: Timer[] = [];
  #pending = 0;
  #order = 0;
  readonly #flush: Flush;

  constructor(options: { wall?: number; boot?: number; flush?: Flush } = {}) {
    this.#wall = options.wall ?? Date.UTC(2026, 0, 5, 9);
    this.#boot = options.boot ?? this.#boot;
    this.#flush = options.flush ?? 'turn';
  }

  now(): Instant {
    return { wall: this.#wall, mono: this.#mono, boot: this.#boot };
  }

  after(ms: number, fn: () => void): () => void {
    const timer: Timer = { due: this.#mono + Math.max(0, ms), order: this.#order++, fn };
    push(this.#timers, timer);
    this.#pending += 1;
    return () => {
      if (timer.fn === undefined) return;
      timer.fn = undefined;
      this.#pending -= 1;
      this.#sweep();
    };
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** Milliseconds until the next timer is due; undefined when there is none. */
  get nextDueIn(): number | undefined {
    const next = this.#next();
    return next && Math.max(0, next.due - this.#mono);
  }

  /**
   * Waking time goes by: runs what is due in the order of time, each at its own time, and lets promise chains
   * run before the first, after each and at the end. What a timer throws comes out here.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#mono + ms;
    await this.flush();
    for (let timer = this.#next(); timer !== undefined && timer.due <= end; timer = this.#next()) {
      pop(this.#timers);
      this.#pending -= 1;
      // A timer that became due while the machine slept or time was skipped runs late, not in the past.
      if (timer.due > this.#mono) this.#go(timer.due - this.#mono);
      const { fn } = timer;
      timer.fn = undefined;
      fn?.();
      await this.flush();
    }
    if (end > this.#mono) {
      this.#go(end - this.#mono);
      await this.flush();
    }
  }

  /** Lets everything that waits only for promises go on, without time going by. */
  async flush(): Promise<void> {
    if (this.#flush === 'turn') {
      await new Promise<void>((resolve) => setImmediate(resolve));
      return;
    }
    // From within a microtask, nextTick runs when the microtask queue is empty: all chains have then ended.
    await undefined;
    await new Promise<void>((resolve) => process.nextTick(resolve));
  }

  /** The machine sleeps: wall and boot go on, mono stands still and no timer runs. */
  sleepMachine(ms: number): void {
    this.#wall += ms;
    this.#boot += ms;
  }

  /** Somebody sets the wall clock, to milliseconds since 1970. Nothing else changes. */
  setWall(wall: number): void {
    this.#wall = wall;
  }

  /** The machine is down for `ms` and boots anew: another boot id, boot and mono from the start, timers gone. */
  reboot(ms: number): void {
    this.dropTimers();
    this.#boots += 1;
    this.bootId = `boot-${this.#boots}`;
    this.#wall += ms;
    this.#mono = 1_000;
    this.#boot = 20_000;
  }

  /** The process dies: its timers go with it. */
  dropTimers(): void {
    for (const timer of this.#timers) timer.fn = undefined;
    this.#timers = [];
    this.#pending = 0;
  }

  #go(ms: number): void {
    this.#wall += ms;
    this.#mono += ms;
    this.#boot += ms;
  }

  /** The next timer that was not cancelled. */
  #next(): Timer | undefined {
    while (this.#timers[0] !== undefined && this.#timers[0].fn === undefined) pop(this.#timers);
    return this.#timers[0];
  }

  /** Cancelled timers stay in the heap until they come up; too many of them are thrown out at once. */
  #sweep(): void {
    if (this.#timers.length < 64 || this.#timers.length < this.#pending * 2) return;
    const live = this.#timers.filter((timer) => timer.fn !== undefined);
    // A sorted array is a heap.
    this.#timers = live.sort((a, b) => (before(a, b) ? -1 : 1));
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

/** Adds to a binary heap whose first element is the next timer due. */
function push(heap: Timer[], timer: Timer): void {
  let at = heap.length;
  heap.push(timer);
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up]!;
    if (!before(timer, parent)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = timer;
}

/** Takes the first element off the heap. */
function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let down = at * 2 + 1;
    if (down >= heap.length) break;
    if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down += 1;
    if (!before(heap[down]!, last)) break;
    heap[at] = heap[down]!;
    at = down;
  }
  heap[at] = last;
}
