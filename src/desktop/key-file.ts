/** Saved keys in a file that a passphrase opens: for computers without a keyring, and for people who trust none. */
import { readFile, unlink } from 'node:fs/promises';
import { messageOf } from '../core/errors.js';
import { type EnteredKeys, type KeyStore, KeyStoreError, SHORTEST_PASSPHRASE } from '../core/sign-in.js';
import { writeFileAtomic } from '../system/atomic-file.js';
import { keyOf, newPassphraseSeal, readSealed, type SealedFile, sealKeys } from './key-file-format.js';

/**
 * The one file of a home that keeps keys, however sealed: each store takes only what it sealed itself for its own, and
 * a save by either replaces it in one move, so there are never two sets of saved keys.
 */
export class KeyFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** What is there, still sealed; undefined: no file. @throws KeyStoreError `damaged`, `failed` */
  async read(): Promise<SealedFile | undefined> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new KeyStoreError('failed', `The file of saved keys cannot be read: ${messageOf(cause)}`, {
        hint: `See to it that ${this.path} is a file of your own.`,
        cause,
      });
    }
    return readSealed(text, this.path);
  }

  /** @throws KeyStoreError `failed`; the file is then as it was. */
  async write(text: string): Promise<void> {
    try {
      await writeFileAtomic(this.path, text);
    } catch (cause) {
      throw new KeyStoreError('failed', `The keys cannot be saved in ${this.path}: ${messageOf(cause)}`, {
        hint: 'See to the folder, or keep them in memory only.',
        cause,
      });
    }
  }

  /** Removes it; harmless when it is not there. @throws KeyStoreError `failed` */
  async remove(): Promise<void> {
    try {
      await unlink(this.path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw new KeyStoreError('failed', `The saved keys cannot be removed: ${messageOf(cause)}`, {
        hint: `Delete ${this.path} by hand.`,
        cause,
      });
    }
  }
}

/**
 * The store behind a passphrase. A file that is damaged beyond telling who sealed it counts as this store's: nobody
 * else could do more with it than replace or remove it.
 */
export function passphraseStore(file: KeyFile): KeyStore {
  const mine = async (): Promise<SealedFile | 'damaged' | undefined> => {
    try {
      const found = await file.read();
      return found?.sealed.by === 'passphrase' ? found : undefined;
    } catch {
      return 'damaged';
    }
  };

  return {
    place: 'file',
    available: async () => ({ available: true }),
    holds: async () => (await mine()) !== undefined,
    async save(keys, passphrase) {
      if (passphrase === undefined || [...passphrase].length < SHORTEST_PASSPHRASE)
        throw new KeyStoreError(
          'malformed',
          `A passphrase needs at least ${SHORTEST_PASSPHRASE} characters`,
          {
            hint: 'Several words are easier to remember than one, and harder to guess.',
          },
        );
      const seal = newPassphraseSeal();
      await file.write(sealKeys(keys, await keyOf(passphrase, seal), seal));
    },
    async load({ passphrase }): Promise<EnteredKeys | undefined> {
      const found = await file.read();
      if (found?.sealed.by !== 'passphrase') return undefined;
      if (passphrase === undefined)
        throw new KeyStoreError('locked', 'The saved keys wait for their passphrase', {
          hint: 'Run `cloudnap login` and give the passphrase.',
        });
      const key = await keyOf(passphrase, found.sealed);
      try {
        return found.open(key);
      } catch (cause) {
        // The file is what was written, so it is the key that differs.
        throw new KeyStoreError(
          'wrong-passphrase',
          'The passphrase is not the one the keys were saved with',
          {
            hint: 'Try again; `cloudnap logout` gives up the saved keys, to enter them anew.',
            cause,
          },
        );
      }
    },
    async wipe() {
      if ((await mine()) !== undefined) await file.remove();
    },
  };
}
