/**
 * The SDK's ways to credentials out of the built program: each is a chunk that is loaded when a profile asks for it,
 * and one that the bundle lacks would only show on the machine of somebody who signs in that way.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { startFleet } from './fleet.js';
import { Program, until } from './program.js';

const KEY = { accessKeyId: 'CLOUDNAPSANDBOXDEMO1', secretAccessKey: 'x' };
const ROLE = 'arn:aws:iam::111122223333:role/dev';
const SESSION = 'arn:aws:sts::111122223333:assumed-role/dev/me';
/** Prints what the SDK asks a `credential_process` for. */
const PROCESS = `console.log(JSON.stringify({Version:1,AccessKeyId:'${KEY.accessKeyId}',SecretAccessKey:'x'}))`;

const profiles = (folder: string) => `[profile process]
credential_process = ${process.execPath} -e "${PROCESS}"
[profile role]
role_arn = ${ROLE}
source_profile = process
[profile web]
role_arn = ${ROLE}
web_identity_token_file = ${join(folder, 'token')}
[profile login]
login_session = ${SESSION}
[profile sso]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = dev
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://example.awsapps.com/start
`;

let folder: string;
let sandbox: Sandbox;
let program: Program;

/** A token as the AWS CLI caches it, under the digest of its name. */
function cache(kind: 'sso' | 'login', digest: string, token: object): void {
  const path = join(folder, '.aws', kind, 'cache');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, `${digest}.json`), JSON.stringify(token));
}

beforeAll(async () => {
  sandbox = await startFleet();
  folder = mkdtempSync(join(tmpdir(), 'cloudnap-e2e-aws-'));
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  cache('sso', createHash('sha1').update('corp').digest('hex'), {
    accessToken: 'a token',
    expiresAt,
    region: 'eu-west-1',
    startUrl: 'https://example.awsapps.com/start',
  });
  cache('login', createHash('sha256').update(SESSION).digest('hex'), {
    accessToken: { ...KEY, sessionToken: 'a token', accountId: '111122223333', expiresAt },
    tokenType: 'aws_sigv4',
    refreshToken: 'r',
    idToken: 'i',
    clientId: 'arn:aws:signin:::devtools/same-device',
    dpopKey: 'k',
  });
  writeFileSync(join(folder, 'token'), 'a token');
  writeFileSync(join(folder, '.aws', 'config'), profiles(folder));
  program = await Program.prepare({
    endpoint: sandbox.endpoint,
    env: { HOME: folder, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    settings: { aws: { profile: 'none' } },
  });
  await program.start();
});
afterAll(async () => {
  await program?.dispose();
  await sandbox?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function signIn(): Promise<string> {
  const { checks } = JSON.parse((await program.run('doctor', '--json')).stdout);
  return checks.find(({ name }: { name: string }) => name === 'sign-in').detail;
}

// The sandbox knows no roles and no SSO: that it was asked shows that its chunks are there. No two that say the same
// come one after the other, so that what is read is of the profile that was set last.
it.each([
  ['process', /user\/developer/],
  ['role', /action AssumeRole is not valid/],
  ['login', /user\/developer/],
  ['sso', /missing Authentication Token/],
  ['none', /Could not load credentials from any providers/],
  ['web', /missing Authentication Token/],
])('the profile "%s" is followed to its end', async (profile, said) => {
  program.write('settings.json', program.settings({ aws: { profile } }));
  let last = '';
  await until('the profile is in force', async () => {
    last = await signIn();
    return said.test(last);
  }).catch(() => expect(last).toMatch(said));
});
