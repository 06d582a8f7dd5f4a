/**
 * `cloudnap login`: how credentials are found, and who they sign in. Cloudnap has none of its own: the daemon uses
 * what the AWS SDK finds.
 */

import { EXIT } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('login')
    .description('tell how AWS credentials are found, and check who they sign in')
    .action(async () => {
      const { findSources, sourcesText } = await import('../credentials.js');
      const sources = findSources(cli.context.env);
      if (!cli.json) cli.line(sourcesText(sources));
      const { identity } = await (await cli.control()).account();
      await cli.print({ identity, ...sources }, () =>
        identity
          ? `\nThe daemon is signed in to ${identity.account} as ${identity.arn}.`
          : '\nThe daemon is not signed in: none of these gave credentials that work.',
      );
      if (!identity) cli.exitCode = EXIT.failed;
    });
  examples(command, 'login');
};
