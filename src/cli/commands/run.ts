/** `cloudnap run`: the daemon in the foreground, in this very process. */
import type { Cli } from '../cli.js';
import type { LogShown } from '../context.js';
import { alreadyRunning } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('run')
    .description('run in the foreground until Ctrl-C; the log is shown')
    .option('-q, --quiet', 'write the log to its file alone', false)
    .action(async ({ quiet }: { quiet: boolean }) => {
      const end = await cli.context.runDaemon({ home: cli.home, shown: shown(cli, quiet) });
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
