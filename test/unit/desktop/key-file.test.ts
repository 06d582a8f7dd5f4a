/** The file of saved keys: wrong passphrases told from damage, what a crash leaves, who may read it. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EnteredKeys } from '../../../src/core/sign-in.js';
import { KeyFile, passphraseStore } from '../../../src/desktop/key-file.js';
import { keyOf, newPassphraseSeal, readSealed, sealKeys } from '../../../src/desktop/key-file-format.js';
import { keyringStore } from '../../../src/desktop/keyring-store.js';
import { FakeKeyring } from '../../fakes/fake-keyring.js';

const KEYS: EnteredKeys = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'a-secret-that-is-secret' };
const OTHER: EnteredKeys = { accessKeyId: 'AKIAOTHEROTHEROTHER1', secretAccessKey: 'another-secret' };
const PASSPHRASE = 'four words and 3 more';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloudnap-key-file-'));
  path = join(folder, 'cloudnap.keys');
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

const load = (passphrase?: string) => passphraseStore(new KeyFile(path)).load({ passphrase, mayAsk: false });
const edited = (change: (file: Record<string, unknown>) => object) => {
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')))));
};

describe('a file behind a passphrase', () => {
  /** Saved once: a passphrase is meant to take time. */
  let saved: string | undefined;
  beforeEach(async () => {
    if (saved === undefined) await passphraseStore(new KeyFile(path)).save(KEYS, PASSPHRASE);
    else writeFileSync(path, saved);
    saved = readFileSync(path, 'utf8');
  });

  it("is its owner's alone", async () => {
    writeFileSync(path, '', { mode: 0o644 });
    await passphraseStore(new KeyFile(path)).save(KEYS, PASSPHRASE);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('tells a missing, a wrong and the right passphrase apart', async () => {
    await expect(load()).rejects.toMatchObject({ reason: 'locked' });
    await expect(load(`${PASSPHRASE} `)).rejects.toMatchObject({ reason: 'wrong-passphrase' });
    expect(await load(PASSPHRASE)).toEqual(KEYS);
  });

  it('takes the same passphrase however a keyboard composes it', async () => {
    await passphraseStore(new KeyFile(path)).save(KEYS, 'Zürich im Frühling'.normalize('NFC'));
    expect(await load('Zürich im Frühling'.normalize('NFD'))).toEqual(KEYS);
  });

  it('refuses a passphrase that is too short, and leaves what was saved', async () => {
    const store = passphraseStore(new KeyFile(path));
    await expect(store.save(OTHER, '7 chars')).rejects.toMatchObject({ reason: 'malformed' });
    expect(await load(PASSPHRASE)).toEqual(KEYS);
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, -20)],
    ['empty', () => ''],
    ['something else', () => '{"hello": "world"}'],
  ])('says that it is damaged when it is %s', async (_, spoil) => {
    writeFileSync(path, spoil(readFileSync(path, 'utf8')));
    await expect(load(PASSPHRASE)).rejects.toMatchObject({ reason: 'damaged' });
    // Still there, so that signing out removes it and the next start does not pass it over.
    expect(await passphraseStore(new KeyFile(path)).holds()).toBe(true);
  });

  it.each(['nonce', 'data', 'tag', 'checksum'])('says that it is damaged when %s is', async (part) => {
    edited((file) => {
      const bytes = Buffer.from(String(file[part]), 'base64');
      bytes[3] = (bytes[3] ?? 0) ^ 1;
      return { ...file, [part]: bytes.toString('base64') };
    });
    await expect(load(PASSPHRASE)).rejects.toMatchObject({ reason: 'damaged' });
  });

  it.each([
    ['N', 2 ** 30],
    ['N', 1],
    ['r', 4_096],
    ['p', 1_000],
  ])('does not work for a file that asks for %s = %i', async (name, value) => {
    edited((file) => ({ ...file, sealed: { ...(file.sealed as object), [name]: value } }));
    await expect(load(PASSPHRASE)).rejects.toMatchObject({ reason: 'damaged' });
  });

  it('is not opened by a key from elsewhere, even when all sums are right', async () => {
    const seal = newPassphraseSeal();
    const key = await keyOf(PASSPHRASE, seal);
    expect(readSealed(sealKeys(KEYS, key, seal), path).open(key)).toEqual(KEYS);
    const forged = sealKeys(OTHER, Buffer.alloc(32, 7), seal);
    expect(() => readSealed(forged, path).open(key)).toThrow(expect.objectContaining({ reason: 'damaged' }));
  });

  it('differs with every save, even of the same keys', async () => {
    const first = readFileSync(path, 'utf8');
    await passphraseStore(new KeyFile(path)).save(KEYS, PASSPHRASE);
    const second = readFileSync(path, 'utf8');
    const parts = (text: string) => Object.values(JSON.parse(text) as object).filter((value) => value !== 1);
    expect(parts(second).filter((part) => parts(first).includes(part))).toEqual(['cloudnap-keys']);
  });

  it('shows nothing of the keys in its errors', async () => {
    const failures = [await load('not the passphrase').catch(String), await load().catch(String)];
    expect(failures.join()).not.toMatch(/AKIA|secret-that/);
  });
});

describe('keys behind the keyring', () => {
  let keyring: FakeKeyring;
  const store = () => keyringStore(new KeyFile(path), keyring);
  const read = () => store().load({ mayAsk: false });
  beforeEach(() => {
    keyring = new FakeKeyring();
  });

  it('cost the keyring nothing where nothing is saved', async () => {
    expect(await store().holds()).toBe(false);
    expect(await read()).toBeUndefined();
    expect(keyring.reads).toBe(0);
  });

  it('put no more than 32 bytes into it, whatever the keys are', async () => {
    await store().save({ ...KEYS, sessionToken: 'T'.repeat(10_000) });
    expect(keyring.secret?.length).toBe(32);
  });

  it('wait while it is locked, without a prompt, and are read with one on demand', async () => {
    await store().save(KEYS);
    keyring.state = 'locked';
    await expect(read()).rejects.toMatchObject({ reason: 'locked' });
    expect(keyring.prompts).toBe(0);
    await expect(store().load({ mayAsk: true })).rejects.toMatchObject({ reason: 'locked' });
    keyring.whenAsked = 'unlocks';
    expect(await store().load({ mayAsk: true })).toEqual(KEYS);
    expect(keyring.prompts).toBe(2);
  });

  it('are as before when the keyring fails while others are saved', async () => {
    await store().save(KEYS);
    keyring.state = 'locked';
    await expect(store().save(OTHER)).rejects.toMatchObject({ reason: 'locked' });
    keyring.state = 'open';
    expect(await read()).toEqual(KEYS);
  });

  it('are not half saved when the keyring fails at the first save', async () => {
    keyring.failsNextWrite = true;
    await expect(store().save(KEYS)).rejects.toMatchObject({ reason: 'failed' });
    expect(await store().holds()).toBe(false);
  });

  it('survive a crash between the keyring and the file', async () => {
    await store().save(KEYS);
    const before = readFileSync(path);
    await store().save(OTHER);
    // The file was never replaced, but the keyring was asked.
    writeFileSync(path, before);
    expect(await read()).toEqual(KEYS);
  });

  it('are made anew when what the keyring has is no key of ours', async () => {
    keyring.secret = Buffer.from('short');
    await store().save(KEYS);
    expect(await read()).toEqual(KEYS);
  });

  it('are damaged when the keyring has lost the key, or has another', async () => {
    await store().save(KEYS);
    keyring.secret = undefined;
    await expect(read()).rejects.toMatchObject({ reason: 'damaged' });
    keyring.secret = Buffer.alloc(32, 1);
    await expect(read()).rejects.toMatchObject({ reason: 'damaged' });
  });

  it('cannot be had any more once they are wiped, even where the keyring cannot be reached', async () => {
    await store().save(KEYS);
    keyring.state = 'locked';
    await expect(store().wipe()).rejects.toMatchObject({ reason: 'locked' });
    expect(await store().holds()).toBe(false);
    keyring.state = 'open';
    expect(await read()).toBeUndefined();
  });

  it('are wiped where there is no keyring any more', async () => {
    await store().save(KEYS);
    keyring.state = 'absent';
    await store().wipe();
    expect(await store().holds()).toBe(false);
  });

  it('give way to a passphrase, and it to them: there is one file', async () => {
    await store().save(KEYS);
    await passphraseStore(new KeyFile(path)).save(OTHER, PASSPHRASE);
    expect(await store().holds()).toBe(false);
    expect(await read()).toBeUndefined();
    await store().wipe();
    expect(await load(PASSPHRASE)).toEqual(OTHER);
    await store().save(KEYS);
    expect(await passphraseStore(new KeyFile(path)).holds()).toBe(false);
    expect(await read()).toEqual(KEYS);
  });
});
