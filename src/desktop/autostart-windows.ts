/** Windows' Run key, by way of reg.exe. Not tried on Windows yet: only what reg.exe would be given is tested. */
import { CommandError } from '../core/errors.js';
import type { AutostartPlace, RunProgram, Words } from './autostart-place.js';

const KEY = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run';
const VALUE = 'Cloudnap';
/** Windows ignores longer ones. */
const MAX_COMMAND = 260;

/** The value of the key. */
export function runKey(run: RunProgram): AutostartPlace {
  async function find(): ReturnType<AutostartPlace['find']> {
    const { isDone, output } = await run('reg.exe', ['query', KEY, '/v', VALUE]);
    const command = isDone ? /^\s+Cloudnap\s+REG_SZ\s+(.*?)\r?$/m.exec(output)?.[1] : undefined;
    return command === undefined ? undefined : { command, isOn: true, when: 'desktop' };
  }
  async function change(args: readonly string[]): Promise<void> {
    const { isDone, complaint } = await run('reg.exe', args);
    if (!isDone) throw new CommandError('REFUSED', `reg.exe ${args[0]} failed: ${complaint}`);
  }
  return {
    kind: 'run-key',
    where: `${KEY}\\${VALUE}`,
    spell: windowsCommand,
    find,
    async put(words) {
      const command = windowsCommand(words);
      if (command.length > MAX_COMMAND)
        throw new CommandError(
          'REFUSED',
          `The command is ${command.length} characters long; Windows starts 260 at most`,
          {
            hint: 'Move Cloudnap, or its home, to a shorter path.',
          },
        );
      await change(['add', KEY, '/v', VALUE, '/t', 'REG_SZ', '/d', command, '/f']);
    },
    async remove() {
      // reg.exe fails to delete what is not there.
      if (await find()) await change(['delete', KEY, '/v', VALUE, '/f']);
    },
  };
}

/** A command line that Windows' own CommandLineToArgvW splits into these words again. */
export function windowsCommand(words: Words): string {
  return words
    .map((word) => {
      if (/^[\w:\\/.-]+$/.test(word)) return word;
      // Backslashes count only before a quote, the closing one included: there each is doubled.
      return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
    })
    .join(' ');
}
