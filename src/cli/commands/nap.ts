/** `cloudnap nap [target]`: nap now, without waiting for the timeout. */

import { examples, TARGET_FORMS } from '../help.js';
import type { Registration } from '../registration.js';
import { knownTarget } from '../targets.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('nap')
    .description('nap everything, or one target, now; held targets are spared')
    .argument('[target...]', `everything when left out; ${TARGET_FORMS}`)
    .action(async (words: string[]) => {
      const target = words.length > 0 ? knownTarget(words) : undefined;
      const done = await (await cli.control()).nap({ target });
      await cli.print(done, () =>
        [
          done.message,
          ...done.napping.map((id) => `  naps   ${id}`),
          ...done.spared.map((id) => `  spared ${id} (held)`),
        ].join('\n'),
      );
    });
  examples(command, 'nap', 'nap ecs:eu-west-1:dev-cluster:api');
};
