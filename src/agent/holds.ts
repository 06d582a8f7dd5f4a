/** The holds, as the ledger has them, and when each of them ends. */
import { LedgerError } from '../core/errors.js';
import { type Clock, momentOf, onBootAxis } from '../core/instant.js';
import type { Hold, Ledger } from '../core/ledger.js';
import type { TargetId } from '../core/target.js';

export interface HoldsPorts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'holds' | 'addHold' | 'anchorHold' | 'removeHolds'>;
}

export class Holds {
  readonly #ports: HoldsPorts;
  #all: readonly Hold[];

  /** @throws LedgerError when the holds cannot be read. */
  constructor(ports: HoldsPorts) {
    this.#ports = ports;
    this.#all = ports.ledger.holds().map((hold) => this.#anchored(hold));
  }

  all(): readonly Hold[] {
    return this.#all;
  }

  /** Adds a hold, durably. @throws LedgerError */
  add(hold: {
    targetId: TargetId | undefined;
    account: string | undefined;
    minutes: number;
    by: string;
  }): Hold {
    const { clock, ledger } = this.#ports;
    const added = ledger.addHold({
      targetId: hold.targetId,
      account: hold.account,
      createdAt: momentOf(clock.now(), clock.bootId),
      durationMs: hold.minutes * 60_000,
      askedBy: hold.by,
    });
    this.#all = [...this.#all, added];
    return added;
  }

  /** Ends the holds that `match`, durably, and returns them. @throws LedgerError */
  remove(match: (hold: Hold) => boolean): readonly Hold[] {
    const gone = this.#all.filter(match);
    if (gone.length === 0) return gone;
    this.#ports.ledger.removeHolds(gone.map((hold) => hold.id));
    this.#all = this.#all.filter((hold) => !gone.includes(hold));
    return gone;
  }

  /** Ends the holds whose time is over. @throws LedgerError */
  removeOver(): readonly Hold[] {
    const now = this.#ports.clock.now().boot;
    return this.remove((hold) => now >= this.endsAt(hold));
  }

  /** When a hold ends, in `boot` milliseconds. */
  endsAt(hold: Hold): number {
    return hold.createdAt.boot + hold.durationMs;
  }

  /**
   * A hold given in an earlier boot, on the clock of this one. Only the wall clock can tell how long ago that was, and
   * one that was set back must not prolong it: it never counts as given later than now. Written down, so that it is
   * reckoned once: the next start would else add what has passed since.
   */
  #anchored(hold: Hold): Hold {
    const { clock, ledger } = this.#ports;
    if (hold.createdAt.bootId === clock.bootId) return hold;
    const now = clock.now();
    const given = Math.min(onBootAxis(hold.createdAt, now, clock.bootId), now.boot);
    const createdAt = momentOf({ ...now, wall: now.wall + (given - now.boot), boot: given }, clock.bootId);
    try {
      ledger.anchorHold(hold.id, createdAt);
    } catch (thrown) {
      // In force for this life of the daemon all the same; the next start tries to write it again.
      if (!(thrown instanceof LedgerError)) throw thrown;
    }
    return { ...hold, createdAt };
  }
}
