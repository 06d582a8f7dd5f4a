/** The command line: reads the words, runs one command, and answers with the exit code. Never throws. */
import { Command, CommanderError } from 'commander';
import { Cli } from './cli.js';
import { COMMANDS, firstWord } from './commands.js';
import type { CliContext } from './context.js';
import { EXIT, failureOf } from './failure.js';

/**
 * Runs one command line, `argv` without the program's own name, and resolves with the exit code of SPEC section 9.
 * All text has been handed to the outputs by then; the process may still have to flush it, so set
 * `process.exitCode` rather than exit.
 */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  // Known before commander has read the options, because its own errors must honour it too.
  const json = argv.includes('--json');
  const program = new Command('cloudnap');
  const cli = new Cli(context, program);
  program
    .description(
      'Lets your AWS dev and test services nap while you are away, and brings back exactly what napped.',
    )
    .version(context.version, '-V, --version', 'print the version')
    .option('--home <dir>', 'keep everything in this folder (also CLOUDNAP_HOME)')
    .option('--json', 'print JSON on stdout, and errors as JSON on stderr')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      // With --json the one thing on stderr is the error, which afterCommander reports.
      writeErr: (text) => {
        if (!json) context.stderr.write(text);
      },
      getOutHelpWidth: () => context.stdout.columns ?? 80,
      getErrHelpWidth: () => context.stderr.columns ?? 80,
      outputError: (text, write) => write(text.replace(/^error: /, 'cloudnap: ')),
    })
    .exitOverride()
    .showHelpAfterError('  Add --help for the usage and an example.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ cloudnap demo                                 see it work, without an AWS account\n' +
        '  $ cloudnap start                                run in the background\n' +
        '  $ cloudnap register ec2 i-0abc123 eu-west-1     let an instance nap\n' +
        '  $ cloudnap hold 2h                              keep everything awake for two hours',
    );
  try {
    await loadCommands(program, cli, firstWord(argv));
    await program.parseAsync([...argv], { from: 'user' });
    return cli.exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return afterCommander(thrown, cli, json);
    const failure = await failureOf(thrown);
    cli.report(failure);
    return failure.exit;
  }
}

async function loadCommands(program: Command, cli: Cli, word: string | undefined): Promise<void> {
  const one = word !== undefined && Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  const loaded = await Promise.all((one ? [one] : Object.values(COMMANDS)).map((load) => load()));
  for (const { register } of loaded) register(program, cli);
}

/** Commander has printed its help or its complaint by now, unless that was to be JSON. */
function afterCommander(error: CommanderError, cli: Cli, json: boolean): number {
  // `commander.help` is the help shown because a command was missing: with exit code 1, unlike a help asked for.
  if (error.exitCode === 0) return EXIT.done;
  if (json) {
    const unknown = error.code === 'commander.unknownCommand';
    const message = error.code === 'commander.help' ? 'A command is missing' : firstLine(error.message);
    cli.report({
      exit: EXIT.usage,
      code: unknown ? 'UNKNOWN_COMMAND' : 'BAD_REQUEST',
      message,
      hint: 'Add --help for the usage and an example.',
    });
  }
  return EXIT.usage;
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replace(/^error: /, '');
}
