/** `cloudnap release [target]`: ends holds. */

import { examples, TARGET_FORMS } from '../help.js';
import type { Registration } from '../registration.js';
import { knownTarget } from '../targets.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('release')
    .description('end all holds, or those on one target')
    .argument('[target...]', `all holds when left out; ${TARGET_FORMS}`)
    .action(async (words: string[]) => {
      const target = words.length > 0 ? knownTarget(words) : undefined;
      const done = await (await cli.control()).release({ target });
      await cli.printDone(done);
    });
  examples(command, 'release', 'release dev-db');
};
