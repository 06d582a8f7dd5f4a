/** `cloudnap discover`: what is in the account and not registered, with the commands that register it. */
import type { WireService } from '../../control/wire.js';
import { examples } from '../help.js';
import { tellFailures } from '../listing.js';
import { clean, type Paint } from '../paint.js';
import type { Registration } from '../registration.js';
import { stateWords } from '../render/words.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('discover')
    .description('find services that are not registered, with ready commands to register them')
    .option('--region <region>', 'one region instead of all configured ones')
    .action(async (options: { region?: string }) => {
      const list = await (await cli.control()).list({ region: options.region });
      tellFailures(cli, list);
      const found = list.services.filter((view) => !view.registered);
      const services = found.map((view) => ({
        ...view,
        register_command: view.refusal ? null : registerCommand(view),
      }));
      await cli.print({ services, failures: list.failures }, () => discoveryText(found, cli.paint));
    });
  examples(command, 'discover', 'discover --region eu-west-1');
};

function registerCommand(view: WireService): string {
  return `cloudnap register ${view.target}`;
}

function discoveryText(found: readonly WireService[], paint: Paint): string {
  if (found.length === 0) return 'Everything in these regions is registered, or there is nothing.';
  const can = found.filter((view) => !view.refusal);
  const cannot = found.filter((view) => view.refusal);
  const lines: string[] = [];
  if (can.length > 0) lines.push(`${can.length} could nap; copy what should:`, '');
  for (const view of can) {
    const about = [view.name, stateWords(view), view.instance_type].filter((part) => part !== undefined);
    lines.push(`${registerCommand(view)}  ${paint.dim(`# ${clean(about.join(', '))}`)}`);
  }
  if (cannot.length > 0) {
    if (can.length > 0) lines.push('');
    lines.push(`${cannot.length} can never nap:`, '');
    for (const view of cannot) lines.push(`${view.target}  ${paint.dim(clean(view.refusal?.reason ?? ''))}`);
  }
  return lines.join('\n');
}
