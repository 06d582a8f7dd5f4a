/** Profiles of the AWS config: where each gets its credentials, and what a person runs when they have expired. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProfiles } from '../../../src/aws/profiles.js';

const CONFIG = `
[default]
region = eu-central-1

[profile sso-new]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = Dev
region = ap-northeast-2

[sso-session corp]
sso_start_url = https://example.com/start
sso_region = eu-west-1

[profile sso-old]
sso_start_url = https://example.com/start
sso_region = eu-west-1

[profile role-over-sso]
role_arn = arn:aws:iam::210987654321:role/Dev
source_profile = sso-new

[profile role-over-keys]
role_arn = arn:aws:iam::210987654321:role/Dev
source_profile = long-lived

[profile role-over-itself]
role_arn = arn:aws:iam::210987654321:role/Dev
source_profile = role-round
[profile role-round]
role_arn = arn:aws:iam::210987654321:role/Dev
source_profile = role-over-itself

[profile role-of-machine]
role_arn = arn:aws:iam::210987654321:role/Dev
credential_source = Ec2InstanceMetadata

[profile tool]
credential_process = /opt/bin/keys --json

[profile console]
login_session = arn:aws:iam::123456789012:user/ada

[services local]
ec2 =
  endpoint_url = http://127.0.0.1:4566
`;
const CREDENTIALS = `
[default]
aws_access_key_id = AKIADEFAULTDEFAULT01
aws_secret_access_key = default-secret-value
[long-lived]
aws_access_key_id = AKIALONGLIVEDLONGL01
aws_secret_access_key = long-lived-secret-value
[ada's]
aws_access_key_id = AKIAADASADASADASADA1
aws_secret_access_key = another-secret-value
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloudnap-profiles-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const env = () => ({
  AWS_CONFIG_FILE: join(folder, 'config'),
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
});
const write = (config: string, credentials = '') => {
  writeFileSync(join(folder, 'config'), config);
  writeFileSync(join(folder, 'credentials'), credentials);
};

describe('profiles', () => {
  it.each([
    ['default', 'keys', 'eu-central-1', 'aws configure'],
    ['long-lived', 'keys', undefined, 'aws configure --profile long-lived'],
    ["ada's", 'keys', undefined, `aws configure --profile 'ada'\\''s'`],
    ['sso-new', 'sso', 'ap-northeast-2', 'aws sso login --profile sso-new'],
    ['sso-old', 'sso', undefined, 'aws sso login --profile sso-old'],
    ['role-over-sso', 'role', undefined, 'aws sso login --profile sso-new'],
    ['role-over-keys', 'role', undefined, 'aws configure --profile long-lived'],
    ['role-over-itself', 'role', undefined, undefined],
    ['role-of-machine', 'role', undefined, undefined],
    ['tool', 'process', undefined, undefined],
    ['console', 'login', undefined, 'aws login --profile console'],
  ])('%s: %s', async (name, kind, region, renew) => {
    write(CONFIG, CREDENTIALS);
    const found = (await findProfiles(env())).find((profile) => profile.name === name);
    expect(found).toEqual({ name, kind, region, renew });
  });

  it('are the profiles and nothing else, with no secret among them', async () => {
    write(CONFIG, CREDENTIALS);
    const found = await findProfiles(env());
    expect(found.map(({ name }) => name)).not.toContain('sso-session.corp');
    expect(found.map(({ name }) => name)).not.toContain('services.local');
    expect(JSON.stringify(found)).not.toMatch(/secret-value|AKIA/);
  });

  it('are read anew each time, and are none where there are no files', async () => {
    expect(await findProfiles(env())).toEqual([]);
    write('[profile new]\nregion = us-east-2\n');
    expect(await findProfiles(env())).toEqual([
      { name: 'new', kind: 'none', region: 'us-east-2', renew: undefined },
    ]);
  });
});
