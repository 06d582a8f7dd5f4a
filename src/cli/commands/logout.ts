/** `cloudnap logout`: says truthfully that there is nothing of ours to forget, and what ends the sign-in. */

import { examples } from '../help.js';
import type { Registration } from '../registration.js';

const MESSAGE = 'Cloudnap keeps no credentials of its own, so there is nothing to remove.';
const HINT =
  'For an SSO profile "aws sso logout" ends the sign-in; for keys, remove the profile or unset AWS_ACCESS_KEY_ID and ' +
  'AWS_SECRET_ACCESS_KEY and restart the daemon.';

export const register: Registration = (program, cli) => {
  const command = program
    .command('logout')
    .description('tell how to end the sign-in; Cloudnap keeps no credentials')
    .action(() => cli.print({ message: MESSAGE, hint: HINT }, () => `${MESSAGE}\n${HINT}`));
  examples(command, 'logout');
};
