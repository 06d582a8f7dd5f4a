/**
 * The open ledger entries, as the ledger holds them: every change is written first and kept in mind after. Beside
 * them, what no ledger holds: which naps were asked for and not yet seen to take effect.
 */
import type { Driver, FieldName, Fields, Observed } from '../core/driver.js';
import { LedgerError } from '../core/errors.js';
import { type Clock, momentOf } from '../core/instant.js';
import type { Entry, EntryChange, EntryDraft, Ledger, Outcome } from '../core/ledger.js';
import type { Kind, Target, TargetId } from '../core/target.js';
import type { Journal } from './journal.js';

export interface EntriesPorts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'openEntries' | 'open' | 'change' | 'close'>;
  readonly journal: Journal;
  readonly driver: (kind: Kind) => Driver;
  /** Told of every entry that has ended. */
  readonly closed: (entry: Entry, outcome: Outcome) => void;
}

export class Entries {
  readonly #ports: EntriesPorts;
  #open: readonly Entry[];
  /** By entry: when a nap was last asked for, in `boot` milliseconds, until its effect is seen. */
  readonly #unseenNaps = new Map<number, number>();

  /** @throws LedgerError when the open entries cannot be read. */
  constructor(ports: EntriesPorts) {
    this.#ports = ports;
    this.#open = [...ports.ledger.openEntries()];
    // What the process before this one asked for it asked before now.
    for (const { targetId, phase, left } of this.#open)
      if (phase === 'napping' || (phase === 'restoring' && left === undefined)) this.napAsked(targetId);
  }

  /** All open entries, of every account. */
  all(): readonly Entry[] {
    return this.#open;
  }

  /** The open entry of a target, whatever its account. */
  of(id: TargetId): Entry | undefined {
    return this.#open.find((entry) => entry.targetId === id);
  }

  /** Opens an entry: intent and snapshot are durable when it returns. @throws LedgerError */
  open(observed: Observed, account: string, by: Entry['by'], reason: string): Entry {
    const { fields: saved, target } = observed;
    if (!saved) throw new LedgerError(`there is nothing to save of ${observed.id}`);
    return this.#begin({ target, account, by, reason, saved });
  }

  /** Opens an entry for a target that was stopped in our name, with what was saved before. @throws LedgerError */
  adopt(
    target: Target,
    nap: { readonly account: string; readonly saved: Fields; readonly reason: string },
  ): Entry {
    return this.#begin({ target, ...nap, by: 'lease' });
  }

  /** Changes an open entry. @throws LedgerError */
  change(entry: Entry, change: EntryChange): Entry {
    const changed = this.#ports.ledger.change(entry.id, change);
    this.#replace(changed);
    return changed;
  }

  /** Marks an entry to be restored: in mind at least, when the ledger cannot be written. */
  call(entry: Entry, reason: string): void {
    this.#evenUnwritten(entry, { calledBy: reason }, () => this.change(entry, { calledBy: reason }));
  }

  /**
   * Writes the intent to restore. A nap that was never confirmed but is seen to have taken effect is as it left
   * the target by now: without that on record, a late effect of it would still have to be reckoned with.
   * @throws LedgerError
   */
  beginRestore(entry: Entry, seen: Observed, change: Pick<EntryChange, 'keep' | 'calledBy'>): Entry {
    const { fields } = seen;
    const applied =
      entry.left === undefined &&
      fields !== undefined &&
      this.#ports.driver(entry.target.kind).napApplied(entry.saved, fields);
    return this.change(entry, { phase: 'restoring', ...change, ...(applied ? { left: fields } : {}) });
  }

  /** The same for what is owed: in mind at least, when the ledger cannot be written. */
  beginOwedRestore(entry: Entry, seen: Observed, keep: readonly FieldName[]): void {
    this.#evenUnwritten(entry, { phase: 'restoring', keep }, () => this.beginRestore(entry, seen, { keep }));
  }

  /** Closes an open entry and tells it. @throws LedgerError */
  close(entry: Entry, outcome: Outcome, why: string): void {
    const { clock, ledger, journal } = this.#ports;
    ledger.close(entry.id, outcome, why, momentOf(clock.now(), clock.bootId));
    this.#open = this.#open.filter((open) => open.id !== entry.id);
    this.#unseenNaps.delete(entry.id);
    this.#ports.closed(entry, outcome);
    const { targetId } = entry;
    const name = journal.nameOf(targetId);
    if (outcome === 'handed-over')
      journal.tell('closed', `${name} is the team's to restore: ${why}`, { targetId });
    else if (outcome === 'restored')
      journal.tell('restored', `${name} is back as it was: ${why}`, { targetId });
    else if (outcome === 'unneeded') journal.tell('closed', `${name} was not napped: ${why}`, { targetId });
    else journal.tell('closed', `${name} is no longer ours to restore: ${why}`, { targetId, level: 'warn' });
  }

  /** A nap of this target is being asked for, or was until now: its effect is to be reckoned with from here on. */
  napAsked(id: TargetId): void {
    const entry = this.of(id);
    if (entry) this.#unseenNaps.set(entry.id, this.#ports.clock.now().boot);
  }

  /** The nap of this entry has been seen to take effect. */
  napSeen(entry: Entry): void {
    this.#unseenNaps.delete(entry.id);
  }

  /** Milliseconds since a nap was asked for that has not been seen to take effect; `Infinity` when there is none. */
  unseenNapMs(entry: Entry | undefined): number {
    const asked = entry && this.#unseenNaps.get(entry.id);
    return asked === undefined ? Number.POSITIVE_INFINITY : this.#ports.clock.now().boot - asked;
  }

  /**
   * Giving back goes on even when the ledger cannot be written: it is idempotent, and owed. Until the next start
   * the change is then only in memory.
   */
  #evenUnwritten(
    entry: Entry,
    change: Pick<Entry, 'calledBy'> | Pick<Entry, 'phase' | 'keep'>,
    work: () => void,
  ): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#ports.journal.ledgerFailed(thrown);
      this.#replace({ ...entry, ...change });
    }
  }

  #begin(draft: Omit<EntryDraft, 'at'>): Entry {
    const { clock, ledger } = this.#ports;
    const entry = ledger.open({ ...draft, at: momentOf(clock.now(), clock.bootId) });
    this.#open = [...this.#open, entry];
    return entry;
  }

  #replace(changed: Entry): void {
    this.#open = this.#open.map((open) => (open.id === changed.id ? changed : open));
  }
}
