/**
 * `cloudnap login`: signs the daemon in, with keys that are entered or with a profile of the AWS config. AWS is asked
 * before anything is used or kept. Secrets are never taken from the command line, where everybody can read them.
 */
import { Option } from 'commander';
import type { ControlClient } from '../../control/client.js';
import type { SignInWithKeysRequest, WireSignedIn } from '../../control/wire-desk.js';
import type { Cli } from '../cli.js';
import { EXIT, usage } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

const PLACES = ['memory', 'keyring', 'file'] as const;

interface Options {
  readonly profile?: string;
  readonly stdin: boolean;
  readonly save?: (typeof PLACES)[number];
  readonly region?: string;
}

export const register: Registration = (program, cli) => {
  const command = program
    .command('login')
    .description('sign in to AWS: asks in a terminal, or takes a profile or keys from standard input')
    .option('--profile <name>', 'use this profile of the AWS config')
    .option('--stdin', 'read the access key id, the secret and a session token, a line each', false)
    .option('--region <name>', 'where to look when aws.regions names no region')
    .addOption(new Option('--save <place>', 'where entered keys are kept').choices(PLACES))
    .action(async (options: Options) => {
      const control = await cli.control();
      if (options.profile !== undefined)
        return said(cli, await control.signInWithProfile({ profile: options.profile }));
      if (options.stdin) return said(cli, await control.signInWithKeys(await fromStdin(cli, options)));
      if (cli.json || !cli.context.stdin.isTTY) return state(cli, control);
      const { askToSignIn } = await import('../sign-in-dialogue.js');
      const done = await askToSignIn(control, options);
      if (done) return said(cli, done);
      cli.exitCode = EXIT.failed;
    });
  examples(command, 'login', 'login --profile dev', 'login --stdin --save keyring < keys.txt');
};

function said(cli: Cli, done: WireSignedIn): Promise<void> {
  return cli.printDone(done);
}

/** Keys as other programs hand them over: nothing of them stands on a command line or in an environment. */
async function fromStdin(cli: Cli, options: Options): Promise<SignInWithKeysRequest> {
  if (options.save === 'file')
    throw usage(
      'A file of keys needs a passphrase, which is asked for in a terminal',
      'Run "cloudnap login" without --stdin, or choose --save keyring or --save memory.',
    );
  let text = '';
  for await (const chunk of cli.context.stdin) text += String(chunk);
  const [id = '', secret = '', token] = text.split(/\r?\n/).map((line) => line.trim());
  return {
    access_key_id: id,
    secret_access_key: secret,
    session_token: token || undefined,
    region: options.region,
    save: options.save,
  };
}

/** Whose keys are used now, and the profiles there are. */
async function state(cli: Cli, control: ControlClient): Promise<void> {
  const [now, { profiles }] = await Promise.all([control.signInState(), control.profiles()]);
  // Where the keys are given, as in the demo, only the session knows whose they are.
  const identity = now.identity ?? (await control.account()).identity;
  await cli.print({ ...now, identity, profiles }, () =>
    [
      identity
        ? `Signed in to ${identity.account} as ${identity.arn}.`
        : `Not signed in: ${now.problem?.message ?? 'no credentials work'}`,
      ...(now.problem?.hint ? [now.problem.hint] : []),
      `Profiles found: ${profiles.map(({ name }) => name).join(', ') || 'none'}.`,
      'Sign in: "cloudnap login --profile NAME", or "cloudnap login" in a terminal.',
    ].join('\n'),
  );
  if (!identity) cli.exitCode = EXIT.failed;
}
