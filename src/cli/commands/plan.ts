/** `cloudnap plan`: what would happen to each target if nothing else happens, and when. */
import type { WirePlan } from '../../control/wire.js';
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
      await cli.printTable(answer, {
        headings: ['TARGET', 'STATE', 'NEXT', 'WHEN', 'REASON'],
        rows: answer.plan.map((step) => [
          labelOf(step),
          step.state,
          step.action === 'none' ? 'nothing' : step.action,
          whenOf(step, now),
          step.reason,
        ]),
        none: 'Nothing is registered, so nothing is planned.',
      });
    });
  examples(command, 'plan');
};

function whenOf(step: WirePlan, now: number): string {
  const at = wallOf(step.at);
  return at === undefined ? '' : when(at, now);
}
