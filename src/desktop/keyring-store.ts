/**
 * Saved keys behind the system's keyring. The keyring holds a random key of 32 bytes, and the keys themselves lie
 * sealed with it in a file: Windows takes no more than 2,560 bytes, which a session token alone may exceed, and what is
 * the same everywhere is tested everywhere.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type EnteredKeys, type KeyStore, KeyStoreError } from '../core/sign-in.js';
import type { KeyFile } from './key-file.js';
import { KEY_BYTES, type SealedFile, sealKeys } from './key-file-format.js';
import type { Keyring } from './keyring.js';

/** The name of a file's entry in the keyring: what one home saves, another neither finds nor wipes. */
export function entryOf(file: KeyFile): string {
  return `AWS keys ${createHash('sha256').update(file.path).digest('hex').slice(0, 12)}`;
}

export function keyringStore(file: KeyFile, keyring: Keyring): KeyStore {
  const mine = async (): Promise<SealedFile | undefined> => {
    const found = await file.read();
    return found?.sealed.by === 'keyring' ? found : undefined;
  };
  const keyFrom = async (how: { mayAsk: boolean }): Promise<Uint8Array | undefined> => {
    const key = await keyring.read(how);
    return key?.length === KEY_BYTES ? key : undefined;
  };

  return {
    place: 'keyring',
    available: () => keyring.probe(),
    holds: () => mine().then(Boolean, () => false),
    async save(keys) {
      let key = await keyFrom({ mayAsk: true });
      // One that is there is kept: were it replaced, a crash before the file is written would lose what was saved.
      if (!key) {
        key = randomBytes(KEY_BYTES);
        await keyring.write(key);
      }
      await file.write(sealKeys(keys, key, { by: 'keyring' }));
    },
    async load({ mayAsk }): Promise<EnteredKeys | undefined> {
      const found = await mine();
      if (!found) return undefined;
      const key = await keyFrom({ mayAsk });
      if (key) return found.open(key);
      throw new KeyStoreError('damaged', `The keyring has no key to the file of saved keys, ${file.path}`, {
        hint: 'Was it made under another user or keyring? Enter the keys again to replace it.',
      });
    },
    async wipe() {
      // The file first: without it the key opens nothing, even where the keyring cannot be reached to remove it.
      if (await mine().catch(() => undefined)) await file.remove();
      await keyring.erase().catch((error: unknown) => {
        if (!(error instanceof KeyStoreError) || error.reason !== 'no-keyring') throw error;
      });
    },
  };
}
