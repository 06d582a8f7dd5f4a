/** A key store that keeps nothing beyond the test; what goes wrong with it is the test's to say. */
import { type EnteredKeys, type KeyStore, KeyStoreError, type SavedIn } from '../../src/core/sign-in.js';

export class MemoryKeyStore implements KeyStore {
  readonly place: SavedIn;
  kept: { readonly keys: EnteredKeys; readonly passphrase: string | undefined } | undefined;
  /** Thrown by the next `save`, which then keeps nothing. */
  nextSave: KeyStoreError | undefined;
  /** Thrown by every `load` that may not ask a person. */
  locked: KeyStoreError | undefined;
  /** How often it was read. */
  loads = 0;

  constructor(place: SavedIn = 'keyring') {
    this.place = place;
  }

  async available() {
    return { available: true };
  }

  async holds() {
    return this.kept !== undefined;
  }

  async save(keys: EnteredKeys, passphrase?: string): Promise<void> {
    const failure = this.nextSave;
    this.nextSave = undefined;
    if (failure) throw failure;
    this.kept = { keys: structuredClone(keys), passphrase: this.place === 'file' ? passphrase : undefined };
  }

  async load(how: { readonly passphrase?: string | undefined; readonly mayAsk: boolean }) {
    this.loads += 1;
    const { kept } = this;
    if (!kept) return undefined;
    if (this.locked && !how.mayAsk) throw this.locked;
    if (kept.passphrase !== undefined && how.passphrase === undefined)
      throw new KeyStoreError('locked', 'The saved keys wait for their passphrase');
    if (kept.passphrase !== undefined && how.passphrase !== kept.passphrase)
      throw new KeyStoreError('wrong-passphrase', 'The passphrase is not the one');
    return kept.keys;
  }

  async wipe(): Promise<void> {
    this.kept = undefined;
  }
}
