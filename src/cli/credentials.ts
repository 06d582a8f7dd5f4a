/** Where AWS credentials may come from on this machine. Reads the names of profiles, never a secret. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** In the wire's form, because `login --json` prints it. */
export interface Sources {
  /** Names of the credential variables that are set, not their values. */
  readonly environment: readonly string[];
  readonly profiles: readonly string[];
  /** The profile that AWS_PROFILE names; null: none. */
  readonly profile_in_environment: string | null;
}

const VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** Looks at the environment and at the section headers of `~/.aws/config` and `~/.aws/credentials`. */
export function findSources(env: NodeJS.ProcessEnv): Sources {
  const folder = join(env.HOME ?? homedir(), '.aws');
  const config = headers(env.AWS_CONFIG_FILE ?? join(folder, 'config'))
    .filter((header) => header === 'default' || header.startsWith('profile '))
    .map((header) => header.replace(/^profile\s+/, ''));
  const credentials = headers(env.AWS_SHARED_CREDENTIALS_FILE ?? join(folder, 'credentials'));
  return {
    environment: VARIABLES.filter((name) => env[name]),
    profiles: [...new Set([...config, ...credentials])],
    profile_in_environment: env.AWS_PROFILE || null,
  };
}

function headers(path: string): string[] {
  try {
    return [...readFileSync(path, 'utf8').matchAll(/^\s*\[\s*([^\]]+?)\s*\]/gm)].map(
      (match) => match[1] ?? '',
    );
  } catch {
    return [];
  }
}

/** The order in which credentials are looked for, with what there is of each. A profile that is named comes first. */
export function sourcesText(sources: Sources): string {
  const { environment, profiles, profile_in_environment: chosen } = sources;
  return [
    'Cloudnap has no credentials of its own. The daemon uses what the AWS SDK finds, in this order:',
    `  1. The profile that aws.profile in settings.json names, else AWS_PROFILE (here: ${chosen ?? 'not set'}).`,
    `  2. Keys in the environment the daemon was started in (here: ${environment.join(', ') || 'not set'}).`,
    '  3. The profile "default".',
    '  4. The role of the machine itself, on EC2 or in a container.',
    `Profiles found: ${profiles.join(', ') || 'none; "aws configure" makes one'}.`,
    'A profile may hold keys, assume a role, or use SSO: then "aws sso login --profile NAME" signs in, and the daemon',
    'takes it up by itself. Choose a profile with: cloudnap config set aws.profile NAME',
  ].join('\n');
}
