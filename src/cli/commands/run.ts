/** `cloudnap run`: the daemon in the foreground, in this very process. */

import { alreadyRunning } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('run')
    .description('run in the foreground until Ctrl-C; the log is shown')
    .action(async () => {
      const end = await cli.context.runDaemon({ home: cli.home, json: cli.json });
      if (end.kind === 'already-running') throw alreadyRunning(end.pid);
      cli.exitCode = end.exitCode;
    });
  examples(command, 'run', 'run --home ./trial --json');
};
