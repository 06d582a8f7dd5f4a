/** What a shell is told at Tab, by @bomb.sh/tab, which knows the shells; the commands are read off commander. */
import { RootCommand, script } from '@bomb.sh/tab';
import type { Command, Option } from 'commander';
import { connect } from '../control/client.js';
import type { Cli } from './cli.js';

/** Somebody waits for the answer with a finger on the key. */
const PATIENCE_MS = 500;

/** A word that may come next, and what it is. */
interface Suggestion {
  readonly word: string;
  readonly about: string;
}

/** The script that a shell loads once. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish'): string {
  const text = printed(() => script(shell, 'cloudnap', 'cloudnap'));
  return shell === 'bash' ? `${text}\n${BASH_COLONS}` : text;
}

// Bash splits words at colons and replaces only what is behind the last one, but target names are full of them.
const BASH_COLONS = `__cloudnap_complete_targets() {
    __cloudnap_complete "$@"
    local cur
    _get_comp_words_by_ref -n "=:" cur
    __ltrim_colon_completions "$cur"
}
complete -F __cloudnap_complete_targets cloudnap`;

/** Registered targets by every name they have; none when no daemon runs. */
export async function targetNames(cli: Cli): Promise<readonly Suggestion[]> {
  try {
    const { services } = await connect((await cli.paths()).socket, { timeoutMs: PATIENCE_MS }).registered();
    return services.flatMap((view) => [
      ...(view.name === undefined ? [] : [{ word: view.name, about: view.target }]),
      { word: view.target, about: view.description ?? view.state },
    ]);
  } catch {
    // No daemon, or one that is too slow: the commands can still be completed.
    return [];
  }
}

/** The answer to one Tab, as the script reads it: `words` is the line so far, an empty last word for a new one. */
export function complete(program: Command, words: readonly string[], targets: readonly Suggestion[]): string {
  const root = new RootCommand();
  for (const option of options(program)) describe(root, option);
  for (const [path, command] of tree(program, '')) {
    const entry = root.command(path, command.description());
    for (const option of options(command)) describe(entry, option);
    for (const option of options(program)) describe(entry, option);
    for (const argument of command.registeredArguments) {
      const choices = argument.argChoices?.map((word) => ({ word, about: '' }));
      const suggestions = choices ?? (argument.name() === 'target' ? targets : []);
      entry.argument(
        argument.name(),
        (say) => {
          for (const { word, about } of suggestions) say(word, about);
        },
        argument.variadic,
      );
    }
  }
  return printed(() => root.parse([...words]));
}

/** Every visible command under its words: `ec2 start`. */
function* tree(parent: Command, prefix: string): Generator<[string, Command]> {
  for (const command of parent.createHelp().visibleCommands(parent)) {
    if (command.name() === 'help') continue;
    const path = prefix === '' ? command.name() : `${prefix} ${command.name()}`;
    yield [path, command];
    yield* tree(command, path);
  }
}

function options(command: Command): Option[] {
  return command.createHelp().visibleOptions(command);
}

function describe(entry: RootCommand | ReturnType<RootCommand['command']>, option: Option): void {
  const name = option.long?.slice(2);
  if (name === undefined) return;
  const choices = option.argChoices ?? [];
  const takesValue = option.required || option.optional;
  if (takesValue)
    entry.option(
      name,
      option.description,
      (say) => {
        for (const choice of choices) say(choice, '');
      },
      option.short?.slice(1),
    );
  else entry.option(name, option.description, option.short?.slice(1));
}

/** What the library prints: it only knows `console.log`, and this text must go where the CLI's texts go. */
function printed(print: () => void): string {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    print();
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}
