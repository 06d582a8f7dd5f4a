/** Signing in over the wire: what is checked before it is used, what is kept, and what stays when it goes wrong. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandError } from '../../src/core/errors.js';
import { type EnteredKeys, KeyStoreError, type SignInReason } from '../../src/core/sign-in.js';
import { DEMO_KEY, OTHER_ACCOUNT, OTHER_ACCOUNT_KEY } from '../../src/sandbox/index.js';
import { HERE } from './driver-world.js';
import { openSignInDesk, type SignInDesk } from './sign-in-desk.js';

const ACCOUNT = '123456789012';
const DEVELOPER = { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/developer` };
const UNKNOWN: EnteredKeys = { accessKeyId: 'AKIAUNKNOWNUNKNOWN01', secretAccessKey: 'a secret'.repeat(5) };
const WRONG: EnteredKeys = { ...UNKNOWN, secretAccessKey: UNKNOWN.secretAccessKey.replaceAll(' ', '-') };
const PASSPHRASE = 'correct horse battery';

let desk: SignInDesk;
beforeEach(async () => {
  desk = await openSignInDesk();
});
afterEach(() => desk.close());

/** Makes STS answer the next call with an error of AWS's. */
const stsSays = (code: string, status = 403) =>
  desk.world.sandbox.trouble.add({
    effect: { kind: 'error', code, message: 'Injected.', status },
    service: 'sts',
    times: 1,
  });

const refusal = (reason: SignInReason) => expect.objectContaining({ name: 'SignInError', reason });

describe('signing in with keys', () => {
  it('puts them in force at once, and tells who that is', async () => {
    const { session, signIn } = desk.start();
    await expect(session.identity()).rejects.toMatchObject({ fault: 'credentials' });
    let changes = 0;
    signIn.onChange(() => {
      changes += 1;
    });
    const { identity } = await signIn.withKeys({ keys: DEMO_KEY });
    expect(identity).toEqual(DEVELOPER);
    expect(changes).toBe(1);
    expect(await session.identity()).toEqual(DEVELOPER);
    expect((await session.driver('ec2').list(HERE)).services.length).toBeGreaterThan(0);
    expect(await signIn.state()).toMatchObject({
      source: { kind: 'keys', keptIn: 'memory', key: DEMO_KEY.accessKeyId.slice(-4) },
      identity: DEVELOPER,
      problem: undefined,
    });
  });

  it('takes them as they were copied, with spaces and line ends around', async () => {
    const { signIn } = desk.start();
    const keys = {
      accessKeyId: `  ${DEMO_KEY.accessKeyId}\n`,
      secretAccessKey: `\t${DEMO_KEY.secretAccessKey} `,
      sessionToken: ' ',
    };
    expect((await signIn.withKeys({ keys, save: 'keyring' })).identity).toEqual(DEVELOPER);
    expect(desk.keyring.kept?.keys).toEqual({ ...DEMO_KEY, sessionToken: undefined, region: undefined });
  });

  it('forgets keys in memory at the end of the daemon', async () => {
    await desk.start().signIn.withKeys({ keys: DEMO_KEY, save: 'memory' });
    await expect(desk.start().session.identity()).rejects.toMatchObject({ fault: 'credentials' });
  });

  it('searches the region that was entered where the settings name none', async () => {
    desk.settings = { ...desk.settings, regions: undefined };
    const { session, signIn } = desk.start();
    expect(await session.regions()).toEqual(['us-east-1']);
    await signIn.withKeys({ keys: { ...DEMO_KEY, region: 'eu-west-3' } });
    expect(await session.regions()).toEqual(['eu-west-3']);
  });

  it('comes before a profile, and the profile is back after signing out', async () => {
    desk.writeConfig('[profile other]\nregion = us-east-1\n', credentialsOf('other', OTHER_ACCOUNT_KEY));
    desk.settings = { ...desk.settings, profile: 'other' };
    const { session, signIn } = desk.start();
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);
    await signIn.withKeys({ keys: DEMO_KEY });
    expect((await session.identity()).account).toBe(ACCOUNT);
    expect((await signIn.signOut()).message).toContain('The profile other is used');
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);
  });

  it('lets nothing reach the new account before whoever asks who is signed in was told of it', async () => {
    const { session, signIn } = desk.start();
    await signIn.withKeys({ keys: DEMO_KEY });
    expect((await session.identity()).account).toBe(ACCOUNT);
    await signIn.withKeys({ keys: OTHER_ACCOUNT_KEY });
    expect((await signIn.state()).identity?.account).toBe(OTHER_ACCOUNT);
    // Not by trying again, either.
    for (let attempt = 0; attempt < 3; attempt++)
      await expect(session.driver('ec2').list(HERE)).rejects.toMatchObject({ fault: 'credentials' });
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);
    expect((await session.driver('ec2').list(HERE)).services).toEqual([]);
  });
});

describe('keys that do not work', () => {
  const cases: readonly (readonly [string, SignInReason, () => void, EnteredKeys])[] = [
    ['an unknown key id', 'unknown-key', () => {}, WRONG],
    ['a wrong secret', 'wrong-secret', () => stsSays('SignatureDoesNotMatch'), DEMO_KEY],
    ['an expired token', 'expired', () => stsSays('ExpiredToken'), { ...DEMO_KEY, sessionToken: 'old' }],
    ['a clock that is off', 'clock', () => stsSays('RequestTimeTooSkewed'), DEMO_KEY],
    ['keys AWS cannot read', 'malformed', () => stsSays('IncompleteSignature', 400), DEMO_KEY],
    ['no key id at all', 'malformed', () => {}, { ...DEMO_KEY, accessKeyId: ' ' }],
    ['a key id that is a sentence', 'malformed', () => {}, { ...DEMO_KEY, accessKeyId: 'my key' }],
    ['a secret in two words', 'malformed', () => {}, UNKNOWN],
    ['no region of that name', 'malformed', () => {}, { ...DEMO_KEY, region: 'Frankfurt' }],
  ];

  it.each(cases)('%s: says so, stores nothing and leaves all as it was', async (_, reason, prepare, keys) => {
    const { session, signIn, logged } = desk.start();
    await signIn.withKeys({ keys: OTHER_ACCOUNT_KEY, save: 'keyring' });
    const before = desk.keyring.kept;
    prepare();
    await expect(signIn.withKeys({ keys, save: 'keyring' })).rejects.toEqual(refusal(reason));
    expect(desk.keyring.kept).toBe(before);
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);
    expect((await signIn.state()).source).toMatchObject({ kind: 'keys', keptIn: 'keyring' });
    expect(JSON.stringify(logged)).not.toContain(keys.secretAccessKey);
  });

  it('AWS out of reach: says so, stores nothing', async () => {
    desk.settings = { ...desk.settings, endpointUrl: 'http://127.0.0.1:1' };
    const { signIn } = desk.start();
    const tried = signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' });
    let over = false;
    tried.catch(() => {
      over = true;
    });
    while (!over) await desk.clock.advance(desk.clock.nextDueIn ?? 0);
    await expect(tried).rejects.toEqual(refusal('unreachable'));
    expect(desk.keyring.kept).toBeUndefined();
  });

  it('says why in the state when keys that worked stop working', async () => {
    const { signIn } = desk.start();
    await signIn.withKeys({ keys: { ...DEMO_KEY, sessionToken: 'soon\n old' } });
    stsSays('ExpiredToken');
    expect(await signIn.state()).toMatchObject({
      source: { kind: 'keys' },
      identity: undefined,
      problem: { reason: 'expired' },
    });
  });

  describe('where the clock is an hour behind', () => {
    let server: Server;
    beforeEach(async () => {
      // As STS does, it says only that the signature is not right; its Date tells why.
      server = createServer((_, reply) => {
        const date = new Date(Date.now() + 3_600_000).toUTCString();
        const error = '<Error><Code>SignatureDoesNotMatch</Code><Message>Expired.</Message></Error>';
        reply
          .writeHead(403, { date, 'content-type': 'text/xml' })
          .end(`<ErrorResponse>${error}</ErrorResponse>`);
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
    });
    afterEach(() => server.close());

    it('does not blame the secret', async () => {
      const { port } = server.address() as AddressInfo;
      desk.settings = { ...desk.settings, endpointUrl: `http://127.0.0.1:${port}` };
      await expect(desk.start().signIn.withKeys({ keys: DEMO_KEY })).rejects.toEqual(refusal('clock'));
    });
  });
});

describe('saved keys', () => {
  it('are used by themselves at the next start', async () => {
    await desk.start().signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' });
    const { session, signIn } = desk.start();
    expect(await session.identity()).toEqual(DEVELOPER);
    expect((await signIn.state()).source).toMatchObject({ kind: 'keys', keptIn: 'keyring' });
  });

  it('go where aws.credentials.save says when nobody says otherwise', async () => {
    desk.settings = { ...desk.settings, saveCredentials: true };
    const { signIn } = desk.start();
    await signIn.withKeys({ keys: DEMO_KEY });
    expect(desk.keyring.kept?.keys).toMatchObject(DEMO_KEY);
    await signIn.withKeys({ keys: DEMO_KEY, save: 'memory' });
    expect(desk.keyring.kept).toBeUndefined();
  });

  it('are in one place at a time', async () => {
    const { signIn } = desk.start();
    await signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' });
    await signIn.withKeys({ keys: DEMO_KEY, save: 'file', passphrase: PASSPHRASE });
    expect(desk.keyring.kept).toBeUndefined();
    expect(desk.file.kept).toBeDefined();
  });

  it('that cannot be saved are not used either', async () => {
    const { session, signIn } = desk.start();
    await signIn.withKeys({ keys: OTHER_ACCOUNT_KEY });
    desk.keyring.nextSave = new KeyStoreError('locked', 'The keyring is locked');
    await expect(signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' })).rejects.toEqual(refusal('locked'));
    expect((await session.identity()).account).toBe(OTHER_ACCOUNT);
  });

  it('need a keyring that is there, else an explicit other choice', async () => {
    const { signIn } = desk.start({ stores: [absent(desk)] });
    await expect(signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' })).rejects.toEqual(refusal('no-keyring'));
    expect((await signIn.state()).places.keyring).toEqual({ available: false, why: 'none', hint: 'cure' });
  });

  it('need a passphrase worth the name', async () => {
    const { signIn } = desk.start();
    for (const passphrase of [undefined, '', 'short'])
      await expect(signIn.withKeys({ keys: DEMO_KEY, save: 'file', passphrase })).rejects.toEqual(
        refusal('malformed'),
      );
    expect(desk.file.kept).toBeUndefined();
  });

  it('behind a passphrase wait for it, and let nobody else in meanwhile', async () => {
    desk.writeConfig('', credentialsOf('default', OTHER_ACCOUNT_KEY));
    await desk.start().signIn.withKeys({ keys: DEMO_KEY, save: 'file', passphrase: PASSPHRASE });
    const { session, signIn } = desk.start();
    await expect(session.identity()).rejects.toMatchObject({ fault: 'credentials' });
    expect(await signIn.state()).toMatchObject({
      source: { kind: 'saved', keptIn: 'file' },
      identity: undefined,
      problem: { reason: 'locked' },
    });
    await expect(signIn.unlock({ passphrase: 'something else' })).rejects.toEqual(
      refusal('wrong-passphrase'),
    );
    await expect(session.identity()).rejects.toMatchObject({ fault: 'credentials' });
    expect((await signIn.unlock({ passphrase: PASSPHRASE })).identity).toEqual(DEVELOPER);
    expect(await session.identity()).toEqual(DEVELOPER);
  });

  it('in a locked keyring are asked for once a minute, until it is unlocked', async () => {
    await desk.start().signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' });
    desk.keyring.locked = new KeyStoreError('locked', 'The keyring is locked', { hint: 'Unlock it.' });
    const { session } = desk.start();
    const loads = desk.keyring.loads;
    for (let asked = 0; asked < 5; asked++)
      await expect(session.identity()).rejects.toMatchObject({ fault: 'credentials', hint: 'Unlock it.' });
    expect(desk.keyring.loads).toBe(loads + 1);
    desk.keyring.locked = undefined;
    await desk.clock.advance(60_000);
    expect(await session.identity()).toEqual(DEVELOPER);
  });

  it('that come late do not take the place of who signed in or out meanwhile', async () => {
    await desk.start().signIn.withKeys({ keys: OTHER_ACCOUNT_KEY, save: 'keyring' });
    for (const meanwhile of ['in', 'out'] as const) {
      const { keyring } = desk;
      const { kept } = keyring;
      let release = () => {};
      const slow = {
        ...absent(desk),
        available: async () => ({ available: true }),
        load: async () => {
          const keys = await keyring.load({ mayAsk: false });
          await new Promise<void>((resolve) => {
            release = resolve;
          });
          return keys;
        },
      };
      const { session, signIn } = desk.start({ stores: [slow] });
      const first = session.identity().catch(() => undefined);
      await desk.clock.flush();
      if (meanwhile === 'in') await signIn.withKeys({ keys: DEMO_KEY });
      const out = meanwhile === 'out' ? signIn.signOut() : undefined;
      await desk.clock.flush();
      release();
      await Promise.all([first, out]);
      if (meanwhile === 'in') expect(await session.identity()).toEqual(DEVELOPER);
      else await expect(session.identity()).rejects.toMatchObject({ fault: 'credentials' });
      keyring.kept = kept;
    }
  });

  it('are unlocked on demand', async () => {
    await desk.start().signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' });
    desk.keyring.locked = new KeyStoreError('locked', 'The keyring is locked');
    const { session, signIn } = desk.start();
    expect((await signIn.state()).source).toEqual({ kind: 'saved', keptIn: 'keyring' });
    expect((await signIn.unlock({})).identity).toEqual(DEVELOPER);
    expect(await session.identity()).toEqual(DEVELOPER);
  });

  it('of nobody cannot be unlocked', async () => {
    await expect(desk.start().signIn.unlock({})).rejects.toEqual(refusal('malformed'));
  });

  it('are wiped by signing out, for the next start too', async () => {
    const { session, signIn } = desk.start();
    await signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' });
    await signIn.signOut();
    expect(desk.keyring.kept).toBeUndefined();
    await expect(session.identity()).rejects.toMatchObject({ fault: 'credentials' });
    await expect(desk.start().session.identity()).rejects.toMatchObject({ fault: 'credentials' });
    expect((await signIn.signOut()).message).toContain('No entered keys');
  });

  it('that are locked are wiped as well', async () => {
    await desk.start().signIn.withKeys({ keys: DEMO_KEY, save: 'file', passphrase: PASSPHRASE });
    const { signIn } = desk.start();
    expect((await signIn.signOut()).message).toContain('forgotten');
    expect(desk.file.kept).toBeUndefined();
  });
});

describe('signing in with a profile', () => {
  it('writes it to the settings, is in force at once, and takes the place of entered keys', async () => {
    desk.writeConfig('[profile dev]\nregion = eu-west-1\n', credentialsOf('dev', DEMO_KEY));
    const { session, signIn } = desk.start();
    await signIn.withKeys({ keys: OTHER_ACCOUNT_KEY, save: 'keyring' });
    expect((await signIn.withProfile({ profile: 'dev' })).identity).toEqual(DEVELOPER);
    expect(desk.settings.profile).toBe('dev');
    expect(desk.keyring.kept).toBeUndefined();
    expect(await session.identity()).toEqual(DEVELOPER);
    expect((await signIn.state()).source).toEqual({ kind: 'profile', name: 'dev', from: 'settings' });
  });

  it('says what to run where it gives no credentials, and changes nothing', async () => {
    desk.writeConfig(
      '[profile corp]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Dev\n' +
        '[sso-session corp]\nsso_start_url = https://example.com/start\nsso_region = us-east-1\n',
    );
    const { session, signIn } = desk.start();
    await signIn.withKeys({ keys: DEMO_KEY });
    await expect(signIn.withProfile({ profile: 'corp' })).rejects.toMatchObject({
      reason: 'profile',
      hint: expect.stringContaining('aws sso login --profile corp'),
    });
    expect(desk.settings.profile).toBeUndefined();
    expect(await session.identity()).toEqual(DEVELOPER);
  });

  it('names the profiles there are when there is none of that name', async () => {
    desk.writeConfig('[profile dev]\nregion = eu-west-1\n[default]\nregion = eu-west-1\n');
    await expect(desk.start().signIn.withProfile({ profile: 'prod' })).rejects.toMatchObject({
      reason: 'profile',
      hint: expect.stringMatching(/dev.*default|default.*dev/),
    });
  });

  it('leaves all as it was where settings.json cannot be written', async () => {
    desk.writeConfig('', credentialsOf('dev', OTHER_ACCOUNT_KEY));
    const { session, signIn } = desk.start();
    await signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' });
    desk.brokenSettings = new CommandError('REFUSED', 'settings.json is broken');
    await expect(signIn.withProfile({ profile: 'dev' })).rejects.toBe(desk.brokenSettings);
    expect(desk.keyring.kept?.keys).toMatchObject(DEMO_KEY);
    expect(await session.identity()).toEqual(DEVELOPER);
  });
});

describe('sign-ins at the same time', () => {
  it('happen one after the other: the last is in force, and what is saved is its own', async () => {
    const { keyring } = desk;
    let waits = 50;
    const slowAtFirst = {
      ...absent(desk),
      available: async () => ({ available: true }),
      async save(keys: EnteredKeys) {
        for (; waits > 0; waits--) await desk.clock.flush();
        await keyring.save(keys);
      },
    };
    const { session, signIn } = desk.start({ stores: [slowAtFirst] });
    await Promise.all([
      signIn.withKeys({ keys: OTHER_ACCOUNT_KEY, save: 'keyring' }),
      signIn.withKeys({ keys: WRONG, save: 'keyring' }).catch(() => {}),
      signIn.withKeys({ keys: DEMO_KEY, save: 'keyring' }),
    ]);
    expect(desk.keyring.kept?.keys).toMatchObject(DEMO_KEY);
    expect(await session.identity()).toEqual(DEVELOPER);
  });
});

function credentialsOf(profile: string, key: { accessKeyId: string; secretAccessKey: string }): string {
  return `[${profile}]\naws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\n`;
}

/** A keyring that is not there. */
function absent(desk: SignInDesk) {
  const { keyring } = desk;
  return {
    place: keyring.place,
    available: async () => ({ available: false, why: 'none', hint: 'cure' }),
    holds: () => keyring.holds(),
    save: keyring.save.bind(keyring),
    load: keyring.load.bind(keyring),
    wipe: () => keyring.wipe(),
  };
}
