/** Saved keys in a real keyring: used at the next start, wiped, locked, absent; and never to be read in any file. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OTHER_ACCOUNT, OTHER_ACCOUNT_KEY, type Sandbox } from '../../src/sandbox/index.js';
import { keyStoreContract, plainIn } from '../contracts/key-store.contract.js';
import { startFleet } from '../e2e/fleet.js';
import { Program, until } from '../e2e/program.js';
import { conditions } from '../e2e/scene.js';
import { type KeyringDesktop, startKeyringDesktop } from './keyring-desktop.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const run = promisify(execFile);
const KEYS = { ...OTHER_ACCOUNT_KEY, secretAccessKey: 'a-secret-that-nobody-may-ever-read-here' };

describe.skipIf(desktopSkipped)('GNOME Keyring', () => {
  let desktop: KeyringDesktop;
  let folder: string;
  beforeEach(async () => {
    desktop = await startKeyringDesktop();
    folder = mkdtempSync(join(tmpdir(), 'cloudnap-keyring-'));
  });
  afterEach(async () => {
    await desktop.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const store = (ended?: AbortSignal) => desktop.store(join(folder, 'cloudnap.keys'), ended);
  /** What the keyring itself has of ours, by its own tool. */
  const inKeyring = async () => {
    const { stdout } = await run('secret-tool', ['search', '--all', 'service', 'cloudnap'], {
      env: desktop.env,
    }).catch(() => ({ stdout: '' }));
    return stdout;
  };

  describe('that is unlocked', () => {
    beforeEach(() => desktop.startKeyring('unlocked'));
    keyStoreContract((home) => desktop.store(join(home, 'cloudnap.keys')));

    it('gives them back after the next login', async () => {
      await store().save(KEYS);
      await desktop.stopKeyring();
      await desktop.startKeyring('unlocked');
      expect(await store().load({ mayAsk: false })).toEqual(KEYS);
    });

    it('has a key that opens the file, and neither has what AWS gave', async () => {
      await store().save(KEYS);
      expect(await inKeyring()).toContain('cloudnap');
      expect(plainIn(folder, KEYS)).toEqual([]);
      expect(plainIn(desktop.folder, KEYS)).toEqual([]);
      expect(await inKeyring()).not.toContain(KEYS.secretAccessKey);
    });

    it('keeps the keys of two homes apart', async () => {
      const other = desktop.store(join(folder, 'other.keys'));
      await store().save(KEYS);
      await other.save({ ...KEYS, accessKeyId: 'AKIAOTHERHOMEOTHERH1' });
      await other.wipe();
      expect(await store().load({ mayAsk: false })).toEqual(KEYS);
    });

    it('has nothing of ours any more when they are wiped', async () => {
      await store().save(KEYS);
      await store().wipe();
      expect(await inKeyring()).toBe('');
      expect(existsSync(join(folder, 'cloudnap.keys'))).toBe(false);
    });
  });

  describe('that is locked', () => {
    beforeEach(async () => {
      await desktop.startKeyring('unlocked');
      await store().save(KEYS);
      await desktop.stopKeyring();
      await desktop.startKeyring('locked');
    });

    it('says so without a prompt, and gives the keys once it is unlocked', async () => {
      const hasPrompted = await desktop.startPrompter();
      await expect(store().load({ mayAsk: false })).rejects.toMatchObject({ reason: 'locked' });
      expect(await hasPrompted()).toBe(false);
      expect(await store().available()).toEqual({ available: true });
      expect(await store().holds()).toBe(true);
      await desktop.unlock();
      expect(await store().load({ mayAsk: false })).toEqual(KEYS);
    });

    it('is locked still when the prompt is dismissed', async () => {
      // Without a prompter every prompt is dismissed at once.
      await expect(store().load({ mayAsk: true })).rejects.toMatchObject({ reason: 'locked' });
    });

    it('holds nobody up with a prompt that nobody answers', async () => {
      const hasPrompted = await desktop.startPrompter();
      const ending = new AbortController();
      const asked = store(ending.signal).load({ mayAsk: true });
      let over = false;
      asked.catch(() => {
        over = true;
      });
      await waitUntil('a prompt stands', hasPrompted);
      expect(over).toBe(false);
      ending.abort();
      await expect(asked).rejects.toMatchObject({ name: 'KeyStoreError' });
    });

    it('does not keep the keys from being given up', async () => {
      await expect(store().wipe()).rejects.toMatchObject({ reason: 'locked' });
      expect(await store().holds()).toBe(false);
    });
  });

  describe('that is not there', () => {
    it('is told from one that is', async () => {
      expect(await store().available()).toMatchObject({
        available: false,
        why: expect.stringContaining('no keyring'),
        hint: expect.stringContaining('passphrase'),
      });
      await expect(store().save(KEYS)).rejects.toMatchObject({ reason: 'no-keyring' });
      expect(await store().holds()).toBe(false);
      await store().wipe();
    });

    it('nor is any message bus', async () => {
      await desktop.bus.kill();
      expect(await store().available()).toMatchObject({ available: false });
    });
  });

  describe('and the built program', () => {
    let sandbox: Sandbox;
    let program: Program;
    beforeEach(async () => {
      sandbox = await startFleet();
      // Keys in its environment, too, of another account: saved ones come before them.
      program = await Program.prepare({ endpoint: sandbox.endpoint, env: desktop.env });
      await desktop.startKeyring('unlocked');
      await desktop.store(program.path('cloudnap.keys')).save(KEYS);
    });
    afterEach(async () => {
      await program.dispose();
      await sandbox.close();
    });
    const account = async () =>
      (await program.json<{ identity: { account: string } | null }>('account')).identity?.account;

    it('is signed in by itself at the next start, and writes no secret anywhere', async () => {
      await program.start();
      expect(await account()).toBe(OTHER_ACCOUNT);
      await program.stop();
      expect(plainIn(program.home, KEYS)).toEqual([]);
      expect(plainIn(desktop.folder, KEYS)).toEqual([]);
      expect(program.shown).not.toContain(KEYS.secretAccessKey);
    });

    it('starts and ends without waiting for a keyring that is locked, and signs nobody else in', async () => {
      await desktop.stopKeyring();
      await desktop.startKeyring('locked');
      const hasPrompted = await desktop.startPrompter();
      await program.start();
      expect(await account()).toBeUndefined();
      expect(await hasPrompted()).toBe(false);
      await until('it says so', async () => 'credentials' in (await conditions(program)));
      expect((await conditions(program)).credentials).toContain('locked');
      const before = performance.now();
      expect(await program.stop()).toBe(0);
      expect(performance.now() - before).toBeLessThan(5_000);
    });

    it('says so when there is no keyring any more', async () => {
      await desktop.stopKeyring();
      await program.start();
      expect(await account()).toBeUndefined();
      expect((await conditions(program)).credentials).toContain('no keyring');
    });
  });
});
