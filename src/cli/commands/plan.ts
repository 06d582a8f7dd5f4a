/** `cloudnap plan`: what would happen to each target if nothing else happens, and when. */
import { examples } from '../help.js';
import { wallOf, when } from '../moments.js';
import type { Registration } from '../registration.js';
import { labelOf } from '../render/words.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('plan')
    .description('show what would happen next to each target, when and why')
    .action(async () => {
      const answer = await (await cli.control()).plan();
      const { now } = cli;
      const hasSwitches = answer.plan.some(({ aws_stops_at }) => aws_stops_at !== null);
      await cli.printTable(answer, {
        headings: ['TARGET', 'STATE', 'NEXT', 'WHEN', ...(hasSwitches ? ['AWS STOPS IT'] : []), 'REASON'],
        rows: answer.plan.map((step) => [
          labelOf(step),
          step.state,
          step.action === 'none' ? 'nothing' : step.action,
          whenOf(step.at, now),
          ...(hasSwitches ? [whenOf(step.aws_stops_at, now)] : []),
          step.reason,
        ]),
        none: 'Nothing is registered, so nothing is planned.',
      });
    });
  examples(command, 'plan');
};

function whenOf(moment: string | null, now: number): string {
  const at = wallOf(moment);
  return at === undefined ? '' : when(at, now);
}
