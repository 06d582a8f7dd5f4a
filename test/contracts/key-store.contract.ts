/** The promises of the `KeyStore` port, to be kept by every place that keys are saved in, and by the fake of one. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EnteredKeys, KeyStore } from '../../src/core/sign-in.js';

const KEYS: EnteredKeys = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  // Longer than Windows' keyring would take.
  sessionToken: `FwoGZXIvYXdzE${'Qk8'.repeat(1_500)}/+=`,
  region: 'eu-central-1',
};
const OTHER: EnteredKeys = { accessKeyId: 'AKIAOTHEROTHEROTHER1', secretAccessKey: 'another secret value 1' };

/** Opens the store anew, as the next start of the daemon would, over what earlier ones left in `folder`. */
export type OpenKeyStore = (folder: string) => KeyStore | Promise<KeyStore>;

/** @param passphrase for a store that needs one */
export function keyStoreContract(open: OpenKeyStore, passphrase?: string): void {
  describe('keeps the promises of a key store', () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'cloudnap-keys-'));
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    const load = (store: KeyStore) => store.load({ passphrase, mayAsk: false });

    it('has nothing at first, and nothing to wipe', async () => {
      const store = await open(folder);
      expect(await store.available()).toEqual({ available: true });
      expect(await store.holds()).toBe(false);
      expect(await load(store)).toBeUndefined();
      await store.wipe();
    });

    it('gives back at the next start what was saved, to the last character', async () => {
      await (await open(folder)).save(KEYS, passphrase);
      const next = await open(folder);
      expect(await next.holds()).toBe(true);
      expect(await load(next)).toEqual(KEYS);
    });

    it('keeps the last keys alone', async () => {
      const store = await open(folder);
      await store.save(KEYS, passphrase);
      await store.save(OTHER, passphrase);
      expect(await load(await open(folder))).toEqual(OTHER);
    });

    it('wipes them for good', async () => {
      const store = await open(folder);
      await store.save(KEYS, passphrase);
      await store.wipe();
      expect(await store.holds()).toBe(false);
      const next = await open(folder);
      expect(await next.holds()).toBe(false);
      expect(await load(next)).toBeUndefined();
      await next.save(OTHER, passphrase);
      expect(await load(next)).toEqual(OTHER);
    });

    it('writes no secret in plain text, and nothing that others can read', async () => {
      await (await open(folder)).save(KEYS, passphrase);
      expect(plainIn(folder, KEYS, passphrase)).toEqual([]);
    });
  });
}

/** Files below a folder in which a secret can be read, as it is or in base64 or hex. */
export function plainIn(folder: string, keys: EnteredKeys, passphrase?: string): readonly string[] {
  const secrets = [keys.secretAccessKey, keys.sessionToken, passphrase].filter((one) => one !== undefined);
  const forms = secrets.flatMap((secret) => {
    const bytes = Buffer.from(secret);
    return [
      secret,
      bytes.toString('hex'),
      // Without its ends, which depend on what stands before and after.
      bytes.toString('base64').slice(4, -4),
    ];
  });
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => {
      const text = readFileSync(path, 'latin1');
      return forms.some((form) => text.includes(form));
    });
}
