/**
 * `cloudnap completion SHELL`: the script that a shell loads, and the hidden `complete` that this script calls at
 * every Tab. Targets are completed from the running daemon.
 */
import { Argument } from 'commander';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const register: Registration = (program, cli) => {
  const command = program
    .command('completion')
    .description('print the completion script of a shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { completionScript } = await import('../completion.js');
      const script = completionScript(shell);
      await cli.print({ shell, script }, () => script);
    });
  examples(
    command,
    'completion bash > ~/.local/share/bash-completion/completions/cloudnap',
    'completion zsh > ~/.zfunc/_cloudnap',
    'completion fish > ~/.config/fish/completions/cloudnap.fish',
  );
  program
    .command('complete', { hidden: true })
    .description('answer one Tab; called by the completion script')
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { complete, targetNames } = await import('../completion.js');
      cli.line(complete(program, words, await targetNames(cli)));
    });
};
