/** `cloudnap run`: the daemon in the foreground, in this very process. */
import type { Cli } from '../cli.js';
import type { LogShown, SignInOffer } from '../context.js';
import { alreadyRunning } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('run')
    .description('run in the foreground until Ctrl-C; the log is shown')
    .option('-q, --quiet', 'write the log to its file alone', false)
    .action(async ({ quiet }: { quiet: boolean }) => {
      const { stdin, stderr } = cli.context;
      // Not at login, not under a service manager, not in a script: only where a person sees what opens.
      const isSeen = !quiet && !cli.json && stdin.isTTY === true && stderr.isTTY === true;
      const end = await cli.context.runDaemon({
        home: cli.home,
        shown: shown(cli, quiet),
        onSignInOffered: isSeen ? (offer) => stderr.write(offerText(offer, cli.home)) : undefined,
      });
      if (end.kind === 'already-running') throw alreadyRunning(end.pid);
      cli.exitCode = end.exitCode;
    });
  examples(command, 'run', 'run --home ./trial --json');
};

/** Readable on a terminal; JSON lines for whatever else reads stderr, as in the file. */
function shown(cli: Cli, quiet: boolean): LogShown {
  if (quiet) return 'not at all';
  return cli.json || cli.context.stderr.isTTY !== true ? 'json' : 'pretty';
}

/** How to sign in, between lines of the log. */
function offerText({ problem, address, opened }: SignInOffer, home: string | undefined): string {
  const name = home === undefined ? 'cloudnap' : `cloudnap --home ${home}`;
  const ways = opened
    ? [`The sign-in opens in your browser. If it does not, run "${name} open" in another terminal.`]
    : [
        'Sign in from another terminal:',
        `  ${name} login`,
        address === undefined
          ? 'The dashboard is off (dashboard.enabled in settings.json).'
          : `or on the dashboard at ${address}; "${name} open --no-browser" lets a browser of this computer in.`,
      ];
  return ['', `Nobody is signed in to AWS: ${problem}`, ...ways, '', ''].join('\n');
}
