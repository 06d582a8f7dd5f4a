/** `SignIn` in memory, for tests of the doors: one secret is right, one profile is there. */
import { type EnteredKeys, type SignIn, SignInError, type SignInSource } from '../../src/core/sign-in.js';

const IDENTITY = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/ada' };

/** The only secret that AWS would confirm. */
export const RIGHT_SECRET = 'right-secret';

export class FakeSignIn implements SignIn {
  /** Undefined: nobody is signed in. */
  source: SignInSource | undefined;
  /** What was entered last and confirmed. */
  keys: EnteredKeys | undefined;

  async state() {
    return {
      source: this.source ?? { kind: 'chain' as const },
      identity: this.source ? IDENTITY : undefined,
      expiresAt: undefined,
      problem: this.source ? undefined : { reason: 'failed' as const, message: 'There are no credentials' },
      places: { keyring: { available: false, why: 'There is no keyring' }, file: { available: true } },
    };
  }

  async withKeys({ keys, save = 'memory' }: Parameters<SignIn['withKeys']>[0]) {
    if (keys.secretAccessKey !== RIGHT_SECRET)
      throw new SignInError('wrong-secret', 'The secret does not belong to that access key');
    this.keys = keys;
    this.source = { kind: 'keys', keptIn: save, key: keys.accessKeyId.slice(-4) };
    return { message: `Signed in to ${IDENTITY.account}`, identity: IDENTITY };
  }

  async withProfile({ profile }: { readonly profile: string }) {
    if (profile !== 'dev') throw new SignInError('profile', `There is no profile "${profile}"`);
    this.source = { kind: 'profile', name: profile, from: 'settings' };
    return { message: `Signed in to ${IDENTITY.account}`, identity: IDENTITY };
  }

  async unlock({ passphrase }: { readonly passphrase?: string | undefined }) {
    if (passphrase !== 'open sesame') throw new SignInError('wrong-passphrase', 'That is not the passphrase');
    this.source = { kind: 'keys', keptIn: 'file', key: 'AAAA' };
    return { message: `Signed in to ${IDENTITY.account}`, identity: IDENTITY };
  }

  async signOut() {
    this.source = this.keys = undefined;
    return { message: 'Signed out; nothing of yours is kept' };
  }

  async profiles() {
    return [{ name: 'dev', kind: 'sso' as const, region: 'eu-west-1', renew: 'aws sso login --profile dev' }];
  }

  async permissions() {
    return {
      identity: IDENTITY,
      region: 'eu-west-1',
      permissions: [
        { action: 'ec2:StopInstances', purpose: 'let instances nap', allowed: 'yes' as const },
        { action: 'ecs:UpdateService', purpose: 'let services nap', allowed: 'no' as const, why: 'denied' },
      ],
    };
  }

  onChange() {
    return () => {};
  }
}
