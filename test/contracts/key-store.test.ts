/** Every key store that needs no desktop, held to the port's promises; the real keyring is in test/desktop. */
import { join } from 'node:path';
import { describe } from 'vitest';
import { KeyFile, passphraseStore } from '../../src/desktop/key-file.js';
import { keyringStore } from '../../src/desktop/keyring-store.js';
import { FakeKeyring } from '../fakes/fake-keyring.js';
import { MemoryKeyStore } from '../fakes/memory-key-store.js';
import { keyStoreContract } from './key-store.contract.js';

/** One for each folder of a test: what the operating system would keep between two starts. */
function oneEach<T>(make: () => T): (folder: string) => T {
  const made = new Map<string, T>();
  return (folder) => {
    const one = made.get(folder) ?? make();
    made.set(folder, one);
    return one;
  };
}

describe('behind a passphrase', () => {
  keyStoreContract((folder) => passphraseStore(new KeyFile(join(folder, 'keys'))), 'four words and 3 more');
});

describe('behind a keyring', () => {
  const keyring = oneEach(() => new FakeKeyring());
  keyStoreContract((folder) => keyringStore(new KeyFile(join(folder, 'keys')), keyring(folder)));
});

describe('the fake', () => {
  keyStoreContract(oneEach(() => new MemoryKeyStore()));
});
