/**
 * The entered keys in force: in memory, and where saved ones are, read from their store when first needed. A keyring
 * that is locked holds nobody up: it is asked quietly, and again from time to time, until somebody unlocks it.
 */
import { OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { EnteredKeys, KeptIn, KeyStore, SavedIn } from '../core/sign-in.js';
import { KeyStoreError } from '../core/sign-in.js';
import type { EnteredSource } from './credentials.js';

/** A store that could not be read is left alone for this long, milliseconds on the boot axis, unless a person asks. */
const AGAIN_AFTER_MS = 60_000;

/** What there is of entered keys. */
type Held =
  /** Not looked yet, or looked and could not read. */
  | { readonly state: 'unread'; readonly failure?: { readonly error: KeyStoreError; readonly at: number } }
  | { readonly state: 'none' }
  | { readonly state: 'held'; readonly keys: EnteredKeys; readonly keptIn: KeptIn };

export class HeldKeys implements EnteredSource {
  readonly #stores: readonly KeyStore[];
  readonly #clock: Clock;
  #held: Held = { state: 'unread' };
  #reading: Promise<EnteredKeys | undefined> | undefined;

  constructor(options: { stores: readonly KeyStore[]; clock: Clock }) {
    this.#stores = options.stores;
    this.#clock = options.clock;
  }

  /** Undefined when none were entered or saved. @throws OperationError `credentials` when saved ones cannot be read. */
  async current(): Promise<EnteredKeys | undefined> {
    const held = this.#held;
    if (held.state === 'none') return undefined;
    if (held.state === 'held') return held.keys;
    const { failure } = held;
    if (failure && this.#clock.now().boot - failure.at < AGAIN_AFTER_MS) throw unreadable(failure.error);
    this.#reading ??= this.#read({ mayAsk: false }).finally(() => {
      this.#reading = undefined;
    });
    try {
      return await this.#reading;
    } catch (thrown) {
      throw thrown instanceof KeyStoreError ? unreadable(thrown) : thrown;
    }
  }

  /** Where the keys in force are kept; undefined when none are held. */
  keptIn(): KeptIn | undefined {
    return this.#held.state === 'held' ? this.#held.keptIn : undefined;
  }

  /** The store whose keys wait to be read, and why they do. */
  async waiting(): Promise<{ readonly place: SavedIn; readonly error: KeyStoreError } | undefined> {
    await this.current().catch(() => {});
    const error = this.#held.state === 'unread' ? this.#held.failure?.error : undefined;
    const store = error && (await this.#holding());
    // Whoever removed them by hand has answered the question.
    if (error && !store) this.forget();
    return store && error ? { place: store.place, error } : undefined;
  }

  /** Reads saved keys on a person's behalf; they are not in force yet. @throws KeyStoreError */
  async unlock(
    passphrase: string | undefined,
  ): Promise<{ readonly keys: EnteredKeys; readonly keptIn: SavedIn } | undefined> {
    const store = await this.#holding();
    const keys = await store?.load({ passphrase, mayAsk: true });
    return store && keys ? { keys, keptIn: store.place } : undefined;
  }

  /** These are in force from now on. */
  hold(keys: EnteredKeys, keptIn: KeptIn): void {
    this.#held = { state: 'held', keys, keptIn };
  }

  /** None are in force from now on, nor read from where they are saved. */
  forget(): void {
    this.#held = { state: 'none' };
  }

  async #read(how: { mayAsk: boolean }): Promise<EnteredKeys | undefined> {
    const before = this.#held;
    const settle = (after: Held) => {
      // A person who has signed in or out meanwhile has the last word.
      if (this.#held === before) this.#held = after;
    };
    try {
      const store = await this.#holding();
      const keys = await store?.load(how);
      settle(store && keys ? { state: 'held', keys, keptIn: store.place } : { state: 'none' });
    } catch (thrown) {
      if (!(thrown instanceof KeyStoreError)) throw thrown;
      settle({ state: 'unread', failure: { error: thrown, at: this.#clock.now().boot } });
      if (this.#held.state === 'unread') throw thrown;
    }
    return this.#held.state === 'held' ? this.#held.keys : undefined;
  }

  async #holding(): Promise<KeyStore | undefined> {
    for (const store of this.#stores) if (await store.holds()) return store;
    return undefined;
  }
}

function unreadable(error: KeyStoreError): OperationError {
  return new OperationError('credentials', `The saved AWS keys cannot be used: ${error.message}`, {
    operation: 'sts:GetCallerIdentity',
    hint: error.hint,
    cause: error,
  });
}
