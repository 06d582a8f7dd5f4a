/** Examples under the help of every command. */
import type { Command } from 'commander';

/** Adds examples to a command's help, each written without the program's name, and returns the command. */
export function examples(command: Command, ...lines: readonly string[]): Command {
  const heading = lines.length === 1 ? 'Example' : 'Examples';
  return command.addHelpText(
    'after',
    `\n${heading}:\n${lines.map((line) => `  $ cloudnap ${line}`).join('\n')}`,
  );
}

/** What a target may be written as, for the descriptions of arguments. */
export const TARGET_FORMS = 'a name such as ec2:eu-west-1:i-0abc123, or its parts: ec2 i-0abc123 eu-west-1';
