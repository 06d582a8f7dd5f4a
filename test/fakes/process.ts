/**
 * One life of the daemon's process, for tests that kill it: every port is handed to the agent through it, and from
 * the instant of its death nothing the agent still does reaches the world, the ledger or the clock.
 */
import { LedgerError } from '../../src/core/errors.js';
import type { Clock } from '../../src/core/instant.js';
import type { Ledger } from '../../src/core/ledger.js';

/** Thrown into the agent at its death; nobody is left to catch it. */
export class Killed extends Error {
  constructor(where: string) {
    super(`killed ${where}`);
    this.name = 'Killed';
  }
}

/** Never settles: what a dead process gets from everything it waits for. */
const NEVER = new Promise<never>(() => {});

export class Life {
  isAlive = true;
  /** Boundaries passed so far: each is an instant before or after something durable or outward happens. */
  boundaries = 0;
  /** Where each boundary was, when asked to remember. */
  readonly places: string[] = [];
  diedAt: string | undefined;
  #killAt = Number.POSITIVE_INFINITY;
  readonly #cancels = new Set<() => void>();

  /** Dies at the `n`th boundary from now, 1 being the next. */
  killAtBoundary(n: number): void {
    this.#killAt = this.boundaries + n;
  }

  /** Passes a boundary, or dies at it. @throws Killed */
  boundary(where: string): void {
    if (!this.isAlive) throw new Killed(where);
    this.boundaries += 1;
    if (this.places.length < 1_000) this.places.push(where);
    if (this.boundaries < this.#killAt) return;
    this.kill(where);
    throw new Killed(where);
  }

  kill(where: string): void {
    this.isAlive = false;
    this.diedAt = where;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
  }

  /** Calls into the process from outside: a dead one does not answer, and dying in it is no fault of the caller's. */
  enter(work: () => void): void {
    if (!this.isAlive) return;
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof Killed)) throw thrown;
    }
  }

  /** What a promise is to this process: it never hears of it when it is dead by then. */
  async hears<T>(answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      return this.isAlive ? value : await NEVER;
    } catch (thrown) {
      if (this.isAlive) throw thrown;
      return NEVER;
    }
  }

  /** A clock whose timers end with the process. */
  clock(base: Clock): Clock {
    return {
      get bootId() {
        return base.bootId;
      },
      now: () => base.now(),
      after: (ms, fn) => {
        if (!this.isAlive) return () => {};
        const cancel = base.after(ms, () => {
          this.#cancels.delete(cancel);
          if (this.isAlive) fn();
        });
        this.#cancels.add(cancel);
        return () => {
          this.#cancels.delete(cancel);
          cancel();
        };
      },
    };
  }

  /**
   * A ledger with a boundary before and after every write; `wrote` hears of each write that was made, and while
   * `fails` says so no write succeeds.
   */
  ledger(
    base: Ledger,
    wrote: (method: string, args: readonly unknown[], result: unknown) => void = () => {},
    fails: () => boolean = () => false,
  ): Ledger {
    const life = this;
    return new Proxy(base, {
      get(ledger, method: keyof Ledger) {
        return (...args: unknown[]) => {
          if (!life.isAlive) throw new Killed(`in ledger.${method}`);
          const call = ledger[method] as (...given: unknown[]) => unknown;
          if (!WRITES.has(method)) return call.apply(ledger, args);
          life.boundary(`before ledger.${method}`);
          if (fails()) throw new LedgerError('the disk is full');
          const result = call.apply(ledger, args);
          wrote(method, args, result);
          life.boundary(`after ledger.${method}`);
          return result;
        };
      },
    });
  }
}

const WRITES: ReadonlySet<keyof Ledger> = new Set<keyof Ledger>([
  'open',
  'change',
  'close',
  'addHold',
  'anchorHold',
  'removeHolds',
  'see',
  'keepSwitch',
  'dropSwitch',
  'markIntervals',
  'markActivity',
  'record',
  'pinAccount',
]);
