/** `cloudnap status`: presence, the countdown, conditions, and every registered target. */

import { examples } from '../help.js';
import type { Registration } from '../registration.js';
import { statusText } from '../render/status.js';
import { labelOf, leaseWords, powerBrush, stateWords } from '../render/words.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('status')
    .description('show presence, the next nap, conditions and registered targets')
    .action(async () => {
      const control = await cli.control();
      const [status, { services }] = await Promise.all([
        control.status(),
        control.registered(),
        // Loaded while the daemon is being asked: this command is to be quick.
        cli.json || import('../table.js'),
      ]);
      await cli.print({ ...status, services }, async () => {
        const { paint, now } = cli;
        const head = statusText(status, now, paint);
        if (services.length === 0)
          return `${head}\n\nNothing is registered yet: "cloudnap discover" shows what could be.`;
        const rows = services.map((view) => [
          labelOf(view),
          { text: stateWords(view), paint: powerBrush(view.power, paint) },
          leaseWords(view, now, status.presence),
        ]);
        return `${head}\n\n${await cli.tableText({ headings: ['TARGET', 'STATE', 'LEASE'], rows, none: '' })}`;
      });
    });
  examples(command, 'status', 'status --json');
};
