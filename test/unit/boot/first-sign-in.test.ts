/** When the sign-in opens by itself, and what it is opened with. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { offerSignIn } from '../../../src/boot/first-sign-in.js';
import type { SignIn, SignInReason, SignInState } from '../../../src/core/sign-in.js';

const INVITATION = { address: 'http://127.0.0.1:20201/open', token: 'once' };
const IDENTITY = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/dev' };

let folder: string;
let opened: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloudnap-offer-'));
  opened = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Offers it while signing in stands so; `browser`: whether there is one. */
function offer(reason: SignInReason | undefined, { isOff = false, browser = true } = {}) {
  const state: SignInState = {
    source: { kind: 'chain' },
    identity: reason === undefined ? IDENTITY : undefined,
    expiresAt: undefined,
    problem: reason === undefined ? undefined : { reason, message: 'no credentials were found' },
    places: { keyring: { available: false }, file: { available: true } },
  };
  return offerSignIn({
    daemon: {
      signIn: { state: async () => state } as SignIn,
      invite: () => (isOff ? undefined : INVITATION),
    },
    paths: { pass: join(folder, 'open.html') },
    openInBrowser: async (path) => {
      opened.push(path);
      return browser;
    },
  });
}

describe('the sign-in opens by itself', () => {
  it.each(['profile', 'failed', 'expired', 'locked', 'unknown-key'] as const)(
    'when nobody is signed in: %s',
    async (reason) => {
      expect(await offer(reason)).toEqual({
        problem: 'no credentials were found',
        address: 'http://127.0.0.1:20201',
        opened: true,
      });
      expect(opened).toEqual([join(folder, 'open.html')]);
      expect(readFileSync(join(folder, 'open.html'), 'utf8')).toContain('value="once"');
      expect(statSync(join(folder, 'open.html')).mode & 0o777).toBe(0o600);
    },
  );

  it.each([undefined, 'unreachable', 'clock'] as const)(
    'not when it would be of no use: %s',
    async (reason) => {
      expect([await offer(reason), opened]).toEqual([undefined, []]);
    },
  );

  it('not where the keys are given, as in the demo', async () => {
    const daemon = { signIn: undefined, invite: () => INVITATION };
    const openInBrowser = async (path: string) => Boolean(opened.push(path));
    const offered = await offerSignIn({ daemon, paths: { pass: join(folder, 'open.html') }, openInBrowser });
    expect([offered, opened]).toEqual([undefined, []]);
  });

  it('says where it is when there is no browser, and that it is off when it is', async () => {
    expect(await offer('profile', { browser: false })).toMatchObject({
      address: 'http://127.0.0.1:20201',
      opened: false,
    });
    opened = [];
    const off = await offer('profile', { isOff: true });
    expect([off?.address, off?.opened, opened]).toEqual([undefined, false, []]);
  });
});
