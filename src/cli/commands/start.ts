/** `cloudnap start`: the daemon in the background, once it is ready. */
import type { Cli } from '../cli.js';
import { alreadyRunning, CliError } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

/** A daemon is ready within a second; only a machine in distress takes longer than this. */
const READY_MS = 30_000;

export const register: Registration = (program, cli) => {
  const command = program
    .command('start')
    .description('start in the background and wait until it is ready')
    .action(() => start(cli));
  examples(command, 'start', 'start --home ~/cloudnap-trial');
};

async function start(cli: Cli): Promise<void> {
  const { launch, readPid, waitFor } = await import('../daemon-process.js');
  const paths = await cli.paths();
  if (await answers(cli)) throw alreadyRunning(readPid(paths.pid));
  const daemon = launch(cli.context, cli.home);
  try {
    const ready = await waitFor(cli.context.clock, READY_MS, async () => {
      if (daemon.ended() !== undefined) return true;
      // Another daemon may have won the race for this home: then ours is about to end with 3.
      return (await answers(cli)) && readPid(paths.pid) === daemon.pid;
    });
    const end = daemon.ended();
    if (end === 3) throw alreadyRunning(readPid(paths.pid));
    if (end !== undefined) throw failed(end, daemon.complaint(), paths.log);
    if (!ready)
      throw new CliError('FAILED', `The daemon (pid ${daemon.pid}) is not ready after ${READY_MS / 1000} s`, {
        hint: `It goes on starting; see ${paths.log}.`,
      });
  } finally {
    daemon.release();
  }
  const message = `Cloudnap is running in the background as pid ${daemon.pid}.`;
  await cli.print({ message, pid: daemon.pid, log: paths.log }, () => message);
}

/** Whether a daemon answers at the control socket. */
async function answers(cli: Cli): Promise<boolean> {
  const control = await cli.control();
  const { NoDaemon } = await import('../../control/client.js');
  try {
    await control.status();
    return true;
  } catch (thrown) {
    if (thrown instanceof NoDaemon) return false;
    throw thrown;
  }
}

function failed(end: number | string, complaint: string, log: string): CliError {
  const how = typeof end === 'number' ? `it ended with exit code ${end}` : end;
  const why = complaint.replace(/^cloudnap: /, '');
  return new CliError('FAILED', `The daemon did not start: ${why === '' ? how : why}`, {
    hint: `The log is ${log}; "cloudnap run" shows it live, "cloudnap doctor" looks for the cause.`,
  });
}
