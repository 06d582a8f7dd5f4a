/** `cloudnap hold 2h [target]`: a lease with a duration. */

import { minutesUntil, parseMinutes } from '../duration.js';
import { usage } from '../failure.js';
import { examples, TARGET_FORMS } from '../help.js';
import type { Registration } from '../registration.js';
import { knownTarget } from '../targets.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('hold')
    .description('keep everything, or one target, awake for a while; what naps of it is restored')
    .argument('<duration>', '90m, 2h, 1h30m, 3d, plain minutes, or: until 18:30; at most 7 days')
    .argument('[target...]', `everything when left out; ${TARGET_FORMS}`)
    .action(async (duration: string, words: string[]) => {
      const { minutes, target } = readHold([duration, ...words], cli.now);
      const done = await (await cli.control()).hold({ minutes, target });
      await cli.printDone(done);
    });
  examples(command, 'hold 2h', 'hold 90m ec2:eu-west-1:i-0abc123', 'hold until 18:30 dev-db');
};

/** Reads `2h [target]` and `until 18:30 [target]`, also in one quoted word. */
function readHold(words: readonly string[], now: number): { minutes: number; target: string | undefined } {
  const [first = '', ...rest] = words.flatMap((word, at) =>
    at === 0 ? word.trim().split(/(?<=^until)\s+/i) : word,
  );
  const isUntil = first.toLowerCase() === 'until';
  const [time, ...target] = isUntil ? rest : [first, ...rest];
  if (time === undefined) throw usage('Until when?', 'Write for example: cloudnap hold until 18:30');
  return {
    minutes: isUntil ? minutesUntil(time, now) : parseMinutes(time),
    target: target.length > 0 ? knownTarget(target) : undefined,
  };
}
