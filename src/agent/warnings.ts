/** Gives the warnings that have come due, takes back those whose reason is gone, and sends on what may nap. */
import type { Clock } from '../core/instant.js';
import type { TargetId } from '../core/target.js';
import type { Attendant } from './attendant.js';
import type { Entries } from './entries.js';
import type { Journal } from './journal.js';
import type { LeaseBook } from './lease-book.js';
import { minutes, type Standing } from './standings.js';

export interface WarningsPorts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly book: LeaseBook;
  readonly entries: Entries;
  readonly attendant: Attendant;
  readonly standings: () => ReadonlyMap<TargetId, Standing>;
}

export class Warnings {
  readonly #ports: WarningsPorts;

  constructor(ports: WarningsPorts) {
    this.#ports = ports;
  }

  /** Whether a warning is near or stands: what the person does now decides. */
  isNear(): boolean {
    return this.#approaching(this.#ports.standings()).size > 0;
  }

  /** Brings every warning up to date, and asks for looks at those that may nap now. */
  update(): void {
    const { attendant, standings } = this.#ports;
    const before = standings();
    const approaching = this.#approaching(before);
    for (const standing of before.values()) {
      const { id, warnedAt, due } = standing;
      const isNew = warnedAt === undefined && due === undefined;
      // One that is on its way to a nap already is past being warned of.
      if (approaching.has(id) && isNew && !attendant.isGoingDown(id)) this.#give(standing);
      else if (!approaching.has(id) && warnedAt !== undefined) this.#withdraw(standing);
    }
    for (const { id, due } of standings().values())
      if (due !== undefined && attendant.mayNap(id)) attendant.lookSoon(id);
  }

  #give({ id, expiresAt, warnMs }: Standing): void {
    const { attendant, book, clock, journal } = this.#ports;
    book.warn(id);
    attendant.freshen(id);
    const now = clock.now().boot;
    const at = Math.max(expiresAt, now + warnMs);
    journal.tell('warning', `${journal.nameOf(id)} naps in ${minutes(at - now)} unless somebody is there.`, {
      targetId: id,
    });
  }

  #withdraw({ id, wantedBy }: Standing): void {
    const { book, entries, journal } = this.#ports;
    book.withdraw(id);
    if (wantedBy === undefined || entries.of(id)) return;
    journal.tell('warning-withdrawn', `${journal.nameOf(id)} does not nap now: ${wantedBy}.`, {
      targetId: id,
    });
  }

  /** Targets whose lease has come within its warning and that have something to nap. */
  #approaching(standings: ReadonlyMap<TargetId, Standing>): ReadonlySet<TargetId> {
    const { attendant, book, clock } = this.#ports;
    if (book.state() === 'unknown') return new Set();
    const now = clock.now().boot;
    const near = [...standings.values()].filter(
      ({ id, expiresAt, warnMs }) => now >= expiresAt - warnMs && attendant.mayNap(id),
    );
    return new Set(near.map(({ id }) => id));
  }
}
