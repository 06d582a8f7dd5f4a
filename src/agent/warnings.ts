/** Gives the warnings that have come due, takes back those whose reason is gone, and sends on what may nap. */
import type { Clock } from '../core/instant.js';
import { isRefused } from '../core/plan.js';
import type { Registered } from '../core/registry.js';
import type { TargetId } from '../core/target.js';
import type { Accounts } from './accounts.js';
import type { Attendant } from './attendant.js';
import type { Entries } from './entries.js';
import type { Journal } from './journal.js';
import { type LeaseBook, minutes, type Standing } from './lease-book.js';
import { isUp, type Sightings } from './sightings.js';

export interface WarningsPorts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly book: LeaseBook;
  readonly accounts: Accounts;
  readonly sightings: Sightings;
  readonly entries: Entries;
  readonly attendant: Attendant;
  readonly registered: () => readonly Registered[];
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
      if (approaching.has(id) && warnedAt === undefined && due === undefined) this.#give(standing);
      else if (!approaching.has(id) && warnedAt !== undefined) this.#withdraw(standing);
    }
    for (const { id, due } of standings().values())
      if (due !== undefined && this.#mayNeedNap(id)) attendant.lookSoon(id);
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
    const { book, clock } = this.#ports;
    if (book.state() === 'unknown') return new Set();
    const now = clock.now().boot;
    const near = [...standings.values()].filter(
      ({ id, expiresAt, warnMs }) => now >= expiresAt - warnMs && this.#mayNeedNap(id),
    );
    return new Set(near.map(({ id }) => id));
  }

  /** Whether a nap of this target could come to anything, as far as is known without asking AWS. */
  #mayNeedNap(id: TargetId): boolean {
    const { accounts, attendant, entries, registered, sightings } = this.#ports;
    const account = accounts.known();
    const entry = entries.of(id);
    if (entry && entry.account !== account) return false;
    if (entry) return entry.phase === 'restoring' || (entry.phase === 'napping' && entry.by === 'lease');
    const last = attendant.lastStep(id);
    if (!last) return false;
    if (account === undefined || account !== accounts.pinned()) return false;
    if (sightings.isGuarded(id, account)) return false;
    const known = registered().find((one) => one.id === id);
    return isUp(last.observed) && !isRefused(last.observed, known?.autoscalerOurs ?? false);
  }
}
