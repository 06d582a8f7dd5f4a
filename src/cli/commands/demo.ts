/** `cloudnap demo`: the whole loop against the embedded sandbox, without an AWS account. */

import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('demo')
    .description('see the whole loop on a small make-believe fleet; no AWS account is needed or touched')
    .option('--keep', 'go on until Ctrl-C, and keep its home', false)
    .option('--scripted', 'let a scripted person play, even where there is a display', false)
    .action(async ({ keep, scripted }: { keep: boolean; scripted: boolean }) => {
      const { demoView } = await import('../demo-view.js');
      const { stdout, clock } = cli.context;
      const view = demoView({ stdout, clock, paint: cli.paint, json: cli.json });
      try {
        cli.exitCode = await cli.context.runDemo({ home: cli.home, keep, scripted }, view);
      } finally {
        view.stop();
      }
    });
  examples(command, 'demo', 'demo --scripted', 'demo --keep');
};
