/**
 * The profiles of the AWS config, read as the SDK reads it: where each gets its credentials, and what renews them.
 * Values that are secret are looked at only for being there.
 */
import type { Profile } from '../core/sign-in.js';

type Section = Readonly<Partial<Record<string, string>>>;

/** Sections of the config file that are no profiles; the SDK joins their kind and name with a dot. */
const NOT_PROFILES = /^(sso-session|services)\./;
/** Roles may be taken from a profile that is a role itself; nobody has more of them in a row. */
const MOST_SOURCES = 10;

/** Reads the files anew: a profile that was added a moment ago is there. Files that are missing have no profiles. */
export async function findProfiles(env: NodeJS.ProcessEnv): Promise<readonly Profile[]> {
  const { parseKnownFiles } = await import('@smithy/core/config');
  const sections: Readonly<Record<string, Section>> = await parseKnownFiles({
    ignoreCache: true,
    ...(env.AWS_CONFIG_FILE ? { configFilepath: env.AWS_CONFIG_FILE } : {}),
    ...(env.AWS_SHARED_CREDENTIALS_FILE ? { filepath: env.AWS_SHARED_CREDENTIALS_FILE } : {}),
  });
  return Object.entries(sections)
    .filter(([name]) => !NOT_PROFILES.test(name))
    .map(([name, section]) => ({
      name,
      kind: kindOf(section),
      region: section.region,
      renew: renewalOf(name, sections),
    }));
}

/** In the order in which the SDK tries them. */
function kindOf(section: Section): Profile['kind'] {
  if (section.role_arn && (section.source_profile || section.credential_source)) return 'role';
  if (section.aws_access_key_id && section.aws_secret_access_key) return 'keys';
  if (section.role_arn && section.web_identity_token_file) return 'role';
  if (section.credential_process) return 'process';
  if (section.sso_session || section.sso_start_url) return 'sso';
  if (section.login_session) return 'login';
  return 'none';
}

/** A role is renewed by renewing the profile it is taken from, however far that leads. */
function renewalOf(name: string, sections: Readonly<Record<string, Section>>): string | undefined {
  let at = name;
  for (let step = 0; step < MOST_SOURCES; step++) {
    const section: Section = sections[at] ?? {};
    const profile = at === 'default' ? '' : ` --profile ${quoted(at)}`;
    switch (kindOf(section)) {
      case 'sso':
        return `aws sso login${profile}`;
      case 'login':
        return `aws login${profile}`;
      case 'keys':
        return `aws configure${profile}`;
      case 'role':
        if (section.source_profile === undefined || section.source_profile === at) return undefined;
        at = section.source_profile;
        break;
      case 'process':
      case 'none':
        return undefined;
    }
  }
  return undefined;
}

/** As a shell takes it. */
function quoted(name: string): string {
  return /^[\w@%+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
