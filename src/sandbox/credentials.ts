/** Who may call the sandbox: access keys and what they stand for. None of them is good anywhere else. */

/** Who is calling, as STS knows them. */
export interface Caller {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
}

/** An access key as the SDK takes it. */
export interface SandboxKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The demo's key: signed in to the demo fleet's account. */
export const DEMO_KEY: SandboxKey = {
  accessKeyId: 'CLOUDNAPSANDBOXDEMO1',
  secretAccessKey: 'not-a-secret-the-sandbox-accepts-any',
};

/** A second key, signed in to another account, which owns nothing. */
export const OTHER_ACCOUNT_KEY: SandboxKey = {
  accessKeyId: 'CLOUDNAPSANDBOXDEMO2',
  secretAccessKey: 'not-a-secret-the-sandbox-accepts-any',
};

/** The account of {@link OTHER_ACCOUNT_KEY}. */
export const OTHER_ACCOUNT = '444455556666';

/** The caller that a key of this account's developer signs in as. */
export function developerOf(account: string): Caller {
  return { account, arn: `arn:aws:iam::${account}:user/developer`, userId: `AIDASANDBOX${account}` };
}

/** What SigV4's Authorization header says about a request. */
export interface Scope {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/\d{8}\/([\w-]+)\/([\w-]+)\/aws4_request, ?SignedHeaders=[\w;-]+, ?Signature=[0-9a-f]{64}$/;

/** The scope of a well-formed Authorization header, else undefined. The signature itself is not checked. */
export function scopeOf(authorization: string | undefined): Scope | undefined {
  const found = AUTHORIZATION.exec(authorization ?? '');
  const [, accessKeyId, region, service] = found ?? [];
  if (accessKeyId === undefined || region === undefined || service === undefined) return undefined;
  return { accessKeyId, region, service };
}
