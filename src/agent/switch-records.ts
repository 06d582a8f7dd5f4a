/** The dead-man's switches on record: written first and kept in mind after, with what no ledger needs to hold. */
import type { Switch } from '../core/dead-man.js';
import type { Ledger } from '../core/ledger.js';
import type { TargetId } from '../core/target.js';

export class SwitchRecords {
  readonly #ledger: Pick<Ledger, 'keepSwitch' | 'dropSwitch'>;
  readonly #switches = new Map<string, Switch>();
  /** Those that AWS has confirmed to hold. */
  readonly #confirmed = new Set<string>();
  /** Those that AWS has confirmed not to hold any more. */
  readonly #deleted = new Set<string>();
  /** When each target was last looked at, in `boot` milliseconds. */
  readonly #lookedAt = new Map<TargetId, number>();

  /** @throws LedgerError when they cannot be read. */
  constructor(ledger: Pick<Ledger, 'switches' | 'keepSwitch' | 'dropSwitch'>) {
    this.#ledger = ledger;
    for (const held of ledger.switches()) {
      this.#switches.set(keyOf(held), held);
      if (held.phase === 'armed') this.#confirmed.add(keyOf(held));
    }
  }

  any(): boolean {
    return this.#switches.size > 0;
  }

  /** All of one account. */
  all(account: string | undefined): readonly Switch[] {
    return [...this.#switches.values()].filter((held) => held.account === account);
  }

  /** Those of one target in one account: more than one only while it changes owner. */
  of(id: TargetId, account: string | undefined): readonly Switch[] {
    return this.all(account).filter((held) => held.targetId === id);
  }

  /** Writes a switch durably. @throws LedgerError */
  keep(held: Switch): void {
    this.#ledger.keepSwitch(held);
    this.#switches.set(keyOf(held), held);
    if (held.phase === 'armed') this.#confirmed.add(keyOf(held));
    if (held.phase !== 'disarming') this.#deleted.delete(keyOf(held));
  }

  /** Forgets a switch. @throws LedgerError */
  drop(held: Switch): void {
    this.#ledger.dropSwitch(held);
    this.#switches.delete(keyOf(held));
    this.#confirmed.delete(keyOf(held));
    this.#deleted.delete(keyOf(held));
  }

  /** Whether AWS held it when it was last asked, so that it has fired, or was deleted, if it does not now. */
  isHeld(held: Switch): boolean {
    return this.#confirmed.has(keyOf(held));
  }

  /** AWS was found not to hold it. */
  unheld(held: Switch): void {
    this.#confirmed.delete(keyOf(held));
  }

  /** AWS has deleted it for us. */
  deleted(held: Switch): void {
    this.#confirmed.delete(keyOf(held));
    this.#deleted.add(keyOf(held));
  }

  isDeleted(held: Switch): boolean {
    return this.#deleted.has(keyOf(held));
  }

  /** A target has been looked at, `at` in `boot` milliseconds. */
  looked(id: TargetId, at: number): void {
    this.#lookedAt.set(id, at);
  }

  wasLookedAtSince(id: TargetId, since: number): boolean {
    return (this.#lookedAt.get(id) ?? Number.NEGATIVE_INFINITY) >= since;
  }
}

function keyOf({ targetId, account, owner }: Pick<Switch, 'targetId' | 'account' | 'owner'>): string {
  return `${account} ${owner} ${targetId}`;
}
