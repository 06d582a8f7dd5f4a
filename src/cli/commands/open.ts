/** `cloudnap open`: the dashboard in the browser, let in by a one-time token in a file of the owner's alone. */
import { pathToFileURL } from 'node:url';
import { passPage } from '../../control/pass-page.js';
import { writeFileAtomic } from '../../system/atomic-file.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('open')
    .description('open the dashboard in the browser')
    .option('--no-browser', 'only say which file to open; it is good for 30 seconds, once')
    .action(async (options: { readonly browser: boolean }) => {
      const invitation = await (await cli.control()).invite();
      const { pass } = await cli.paths();
      await writeFileAtomic(pass, passPage(invitation));
      const isOpened = options.browser && (await cli.context.openInBrowser(pass));
      const { origin } = new URL(invitation.address);
      await cli.print({ address: origin, file: pass, opened: isOpened }, () =>
        isOpened
          ? `The dashboard is at ${origin}; it opens in your browser.`
          : `Open this file in a browser within 30 seconds:\n  ${pathToFileURL(pass).href}\nIt leads to the dashboard at ${origin}.`,
      );
    });
  examples(command, 'open', 'open --no-browser');
};
