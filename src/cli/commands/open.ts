/**
 * `cloudnap open`: the dashboard in the browser. The one-time token goes by way of a file of the owner's alone, which
 * posts it: on a command line or in an address it would stand in process lists and histories.
 */
import { pathToFileURL } from 'node:url';
import type { WireInvitation } from '../../control/wire.js';
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

/** A page that posts the token by itself, or by its button where scripts do not run. Both values need no quoting. */
function passPage({ address, token }: WireInvitation): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Cloudnap</title></head>
<body>
<form method="post" action="${address}">
<input type="hidden" name="token" value="${token}">
<button>Open Cloudnap</button>
</form>
<script>document.forms[0].submit()</script>
</body>
</html>
`;
}
