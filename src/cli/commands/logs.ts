/** `cloudnap logs`: reads aws_monitor.log itself, so it works without a daemon too. */
import { InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.js';
import { CliError } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';
import { atLeast, LEVELS, type Level, logLine } from '../render/log-line.js';

interface Options {
  readonly lines: number;
  readonly follow: boolean;
  readonly level: Level;
}

export const register: Registration = (program, cli) => {
  const command = program
    .command('logs')
    .description('show the log; with --json its JSON lines as they are')
    .option('-n, --lines <count>', 'how many of the last lines', whole, 50)
    .option('-f, --follow', 'go on as lines are added, until Ctrl-C', false)
    .addOption(
      new Option('--level <level>', 'the least important level shown').choices(LEVELS).default('info'),
    )
    .action((options: Options) => logs(cli, options));
  examples(command, 'logs -f', 'logs -n 200 --level warn');
};

async function logs(cli: Cli, options: Options): Promise<void> {
  const { follow, lastLines } = await import('../log-tail.js');
  const { log } = await cli.paths();
  const wanted = (line: string) => atLeast(line, options.level);
  const { paint } = cli;
  const show = (line: string) => cli.line(cli.json ? line : logLine(line, cli.now, paint));
  const lines = lastLines(log, options.lines, wanted);
  if (!lines && !options.follow)
    throw new CliError('FAILED', `There is no log at ${log}`, {
      hint: 'No daemon has run with this home yet; "cloudnap start" starts one.',
    });
  for (const line of lines ?? []) show(line);
  if (!options.follow) return;
  for await (const line of follow(log, cli.context.clock, cli.ended)) if (wanted(line)) show(line);
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It takes a whole number.');
  return Number(text);
}
