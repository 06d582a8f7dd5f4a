/**
 * What is said of the lock, by whom, and what it adds up to: the session is locked if anybody says so. Pure but for
 * the one timer of a request that nothing confirms.
 */
import type { Clock, Instant } from '../../core/instant.js';

/**
 * How long a request to lock is taken for the deed where no desktop confirms it. Lockers like swaylock do what is
 * asked but tell nobody, then or when they are unlocked: the word must not stand against a person who is long back.
 */
const UNCONFIRMED_MS = 60_000;

export class LockWords {
  readonly #clock: Clock;
  readonly #tell: (locked: boolean, at: Instant) => void;
  /** Who says that it is locked. */
  readonly #sayers = new Set<string>();
  #requested = false;
  #cancelRequest: () => void = () => {};
  #told = false;

  /** `tell` is told of every change, the first being that it is locked. */
  constructor(clock: Clock, tell: (locked: boolean, at: Instant) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** What somebody who knows says; undefined withdraws it. */
  said(who: string, locked: boolean | undefined): void {
    if (locked) this.#sayers.add(who);
    // Who has seen it locked, and now sees it unlocked, knows better than who only asked for it.
    else if (this.#sayers.delete(who) && locked === false) this.#dropRequest();
    this.#sumUp();
  }

  /** Somebody asked for it to be locked, or unlocked: it counts at once, and is left to the desktop to confirm. */
  requested(locked: boolean): void {
    this.#dropRequest();
    if (locked) {
      this.#requested = true;
      this.#cancelRequest = this.#clock.after(UNCONFIRMED_MS, () => {
        this.#requested = false;
        this.#sumUp();
      });
    }
    this.#sumUp();
  }

  /** Nothing is said any more, and nothing told of it. */
  clear(): void {
    this.#dropRequest();
    this.#sayers.clear();
    this.#told = false;
  }

  #dropRequest(): void {
    this.#cancelRequest();
    this.#requested = false;
  }

  #sumUp(): void {
    const locked = this.#requested || this.#sayers.size > 0;
    if (locked === this.#told) return;
    this.#told = locked;
    this.#tell(locked, this.#clock.now());
  }
}
