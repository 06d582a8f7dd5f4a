/** A keyring in memory: absent, locked or open as the test says, and failing once on demand. */
import { type Availability, KeyStoreError } from '../../src/core/sign-in.js';
import type { Keyring } from '../../src/desktop/keyring.js';

export class FakeKeyring implements Keyring {
  state: 'absent' | 'locked' | 'open' = 'open';
  /** What a person does when they are asked to unlock it. */
  whenAsked: 'unlocks' | 'dismisses' = 'dismisses';
  /** The next write fails, and nothing is written. */
  failsNextWrite = false;
  secret: Uint8Array | undefined;
  /** How often a person was asked. */
  prompts = 0;
  reads = 0;

  async probe(): Promise<Availability> {
    return this.state === 'absent'
      ? { available: false, why: 'There is no keyring here', hint: 'Start one.' }
      : { available: true };
  }

  async read({ mayAsk }: { mayAsk: boolean }): Promise<Uint8Array | undefined> {
    this.reads += 1;
    this.#enter(mayAsk);
    return this.secret;
  }

  async write(secret: Uint8Array): Promise<void> {
    this.#enter(true);
    if (this.failsNextWrite) {
      this.failsNextWrite = false;
      throw new KeyStoreError('failed', 'The keyring failed');
    }
    this.secret = Uint8Array.from(secret);
  }

  async erase(): Promise<void> {
    this.#enter(false);
    this.secret = undefined;
  }

  #enter(mayAsk: boolean): void {
    if (this.state === 'absent') throw new KeyStoreError('no-keyring', 'There is no keyring here');
    if (this.state === 'open') return;
    if (mayAsk) this.prompts += 1;
    if (mayAsk && this.whenAsked === 'unlocks') this.state = 'open';
    else throw new KeyStoreError('locked', 'The keyring is locked', { hint: 'Unlock it.' });
  }
}
