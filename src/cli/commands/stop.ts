/** `cloudnap stop`: ends the daemon and waits until its process is gone. */
import type { Cli } from '../cli.js';
import { CliError } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

/** A daemon in the middle of a step finishes it first, which may mean waiting for AWS. */
const GONE_MS = 120_000;

export const register: Registration = (program, cli) => {
  const command = program
    .command('stop')
    .description('end the daemon; services stay as they are')
    .action(() => stop(cli));
  examples(command, 'stop');
};

async function stop(cli: Cli): Promise<void> {
  const [{ isAlive, readPid, waitFor }, { NoDaemon }, paths, control] = await Promise.all([
    import('../daemon-process.js'),
    import('../../control/client.js'),
    cli.paths(),
    cli.control(),
  ]);
  // Read before the daemon ends, because it removes the file.
  const pid = readPid(paths.pid);
  await control.shutdown();
  const silent = () =>
    control.status().then(
      () => false,
      (thrown) => thrown instanceof NoDaemon,
    );
  const gone = await waitFor(cli.context.clock, GONE_MS, pid === undefined ? silent : () => !isAlive(pid));
  if (!gone)
    throw new CliError('FAILED', `The daemon${pid === undefined ? '' : ` (pid ${pid})`} is still ending`, {
      hint: `It finishes what it is doing first; see ${paths.log}.`,
    });
  const message =
    'Cloudnap has stopped. Services stay as they are; what naps is owed and restored after the next start.';
  await cli.print({ message, pid: pid ?? null }, () => message);
}
