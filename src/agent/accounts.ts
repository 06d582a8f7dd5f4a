/** Which account is signed in, and which one the ledger belongs to. Nothing of one account touches another's. */
import { LedgerError, messageOf, OperationError } from '../core/errors.js';
import type { Entry, Ledger } from '../core/ledger.js';
import type { AwsSession, Identity } from '../core/session.js';
import type { Journal } from './journal.js';

export interface AccountsPorts {
  readonly session: AwsSession;
  readonly ledger: Pick<Ledger, 'pinnedAccount' | 'pinAccount'>;
  readonly journal: Journal;
  /** Whether anything is registered: the first registration pins the account. */
  readonly anyRegistered: () => boolean;
  readonly entries: () => readonly Entry[];
  /** Called when another account is signed in than at the last look, whoever it was that asked. */
  readonly switched: () => void;
}

export class Accounts {
  readonly #ports: AccountsPorts;
  #identity: Identity | undefined;
  #pinned: string | undefined;

  /** @throws LedgerError when the pin cannot be read. */
  constructor(ports: AccountsPorts) {
    this.#ports = ports;
    this.#pinned = ports.ledger.pinnedAccount();
  }

  /** The account of the last successful look; undefined before one. */
  known(): string | undefined {
    return this.#identity?.account;
  }

  identity(): Identity | undefined {
    return this.#identity;
  }

  pinned(): string | undefined {
    return this.#pinned;
  }

  /** The account signed in now, or undefined with a condition that says why there is none. */
  async current(signal?: AbortSignal): Promise<string | undefined> {
    try {
      return await this.require(signal);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (!(thrown instanceof OperationError)) throw thrown;
      this.lost(thrown);
      return undefined;
    }
  }

  /** The account signed in now. @throws OperationError when there is none. */
  async require(signal?: AbortSignal): Promise<string> {
    const identity = await this.#ports.session.identity(signal);
    const before = this.known();
    this.#identity = identity;
    this.#ports.journal.clear('credentials');
    this.follow();
    if (before !== identity.account) this.#ports.switched();
    return identity.account;
  }

  /** Takes note that the credentials do not work. */
  lost(error: OperationError): void {
    if (error.fault === 'credentials') this.#identity = undefined;
    this.#ports.journal.raise('credentials', `AWS cannot be asked: ${messageOf(error)}`, error.hint);
  }

  /** Pins the account at the first registration, and shows when another one is signed in. */
  follow(): void {
    const { journal, ledger } = this.#ports;
    const account = this.known();
    if (account === undefined) return;
    if (this.#pinned === undefined && this.#ports.anyRegistered()) {
      try {
        ledger.pinAccount(account);
      } catch (thrown) {
        if (!(thrown instanceof LedgerError)) throw thrown;
        journal.ledgerFailed(thrown);
        return;
      }
      this.#pinned = account;
      journal.tell('account', `Account ${account} is pinned: nothing is changed in any other.`);
    }
    const other = this.#pinned !== undefined && this.#pinned !== account;
    journal.stand(
      'account',
      other
        ? `Signed in to account ${account}, but the registered services belong to ${this.#pinned}.`
        : undefined,
      `Sign in to ${this.#pinned}, or run "cloudnap account accept ${account}".`,
    );
    const owed = new Set(
      this.#ports
        .entries()
        .map((entry) => entry.account)
        .filter((owner) => owner !== account),
    );
    journal.stand(
      'owed-elsewhere',
      owed.size > 0
        ? `Services napping in account ${[...owed].join(', ')} wait to be restored; signed in is ${account}.`
        : undefined,
      'They are restored when their account is signed in again.',
    );
  }

  /** Pins another account. @throws LedgerError */
  accept(account: string): void {
    this.#ports.ledger.pinAccount(account);
    this.#pinned = account;
    this.#ports.journal.tell('account', `Account ${account} is pinned from now on.`);
    this.follow();
  }
}
