/** `cloudnap list [kind]`: what AWS has now, in all configured regions or one. */

import { usage } from '../failure.js';
import { examples } from '../help.js';
import { listServices } from '../listing.js';
import type { Registration } from '../registration.js';
import { kindOf } from '../targets.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('list')
    .description('list the services of the account, read from AWS now')
    .argument('[kind]', 'ec2, ecs or eks; all three when left out')
    .option('--region <region>', 'one region instead of all configured ones')
    .action(async (word: string | undefined, options: { region?: string }) => {
      const kind = kindOf(word);
      if (word !== undefined && !kind) throw usage(`"${word}" is not a kind`, 'Use ec2, ecs or eks.');
      await listServices(cli, kind, options.region);
    });
  examples(command, 'list', 'list ecs --region eu-west-1');
};
