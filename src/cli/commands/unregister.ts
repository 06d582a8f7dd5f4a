/** `cloudnap unregister`: leaves a target alone from now on. */

import { examples, TARGET_FORMS } from '../help.js';
import type { Registration } from '../registration.js';
import { knownTarget } from '../targets.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('unregister')
    .description('leave a target alone; one that naps is restored once more')
    .argument('<target...>', TARGET_FORMS)
    .action(async (words: string[]) => {
      const done = await (await cli.control()).unregister({ target: knownTarget(words) });
      await cli.printDone(done);
    });
  examples(command, 'unregister dev-web', 'unregister ec2 i-0abc123 eu-west-1');
};
