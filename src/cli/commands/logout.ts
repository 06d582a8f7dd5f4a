/** `cloudnap logout`: forgets entered keys and wipes saved ones, whether or not a daemon runs. */
import type { WireDone } from '../../control/wire.js';
import type { Cli } from '../cli.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('logout')
    .description('forget entered keys and wipe saved ones; profiles of the AWS config stay as they are')
    .action(async () => cli.printDone(await signOut(cli)));
  examples(command, 'logout');
};

async function signOut(cli: Cli): Promise<WireDone> {
  const [control, { NoDaemon }] = await Promise.all([cli.control(), import('../../control/client.js')]);
  try {
    return await control.signOut();
  } catch (thrown) {
    if (!(thrown instanceof NoDaemon)) throw thrown;
    return { message: await cli.context.signOut(cli.home) };
  }
}
