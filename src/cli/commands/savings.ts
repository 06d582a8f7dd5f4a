/** `cloudnap savings`: what napping saved this month, by target, as an estimate that says what it rests on. */
import type { WireSavings, WireTargetSavings } from '../../control/wire-desk.js';
import type { Cli } from '../cli.js';
import { usage } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('savings')
    .description('show what napping saved this month, as an estimate')
    .option('--csv', 'as comma-separated values, one line a target')
    .action(async ({ csv }: { csv?: true }) => {
      if (csv && cli.json) throw usage('--csv and --json exclude each other', 'Use one of them.');
      const { csv: lines, ...savings } = await (await cli.control()).savings();
      if (csv) cli.line(lines.trimEnd());
      else await cli.print(savings, () => savingsText(cli, savings));
    });
  examples(command, 'savings', 'savings --csv');
};

async function savingsText(
  cli: Cli,
  { targets, total, prices, from }: Omit<WireSavings, 'csv'>,
): Promise<string> {
  const table = await cli.tableText({
    headings: ['TARGET', 'NAPPED', 'RAN', 'SAVED', 'ALWAYS ON', 'STILL BILLED'],
    rows: targets.map((target) => [
      target.target,
      hours(target.napping_hours),
      hours(target.running_hours),
      money(target.saved),
      money(target.always_on),
      target.still_billed.map((what) => STILL_BILLED[what]).join(', '),
    ]),
    none: `Nothing registered has run or napped since ${from?.slice(0, 10) ?? 'then'}.`,
  });
  if (targets.length === 0) return table;
  const lines = [
    table,
    '',
    cli.paint.bold(
      `About ${money(total.saved)} saved of ${money(total.always_on)} always on; napped ${hours(total.napping_hours)} in all`,
    ),
    `An estimate, by a table of on-demand prices for Linux put together by hand as of ${prices.as_of}, for the time that was seen.`,
  ];
  if (targets.some(({ price }) => price === 'assumed'))
    lines.push(
      `Tasks are taken for Fargate tasks of ${prices.task.vcpu} vCPU and ${prices.task.gb} GB; on instances of your own they save nothing by themselves.`,
    );
  if (total.unpriced_hours > 0)
    lines.push(`${hours(total.unpriced_hours)} napped have no known price and are in no amount.`);
  if (targets.some(({ still_billed }) => still_billed.length > 0))
    lines.push(
      'What is still billed goes on while napping; how much is not known here, so it is in no amount.',
    );
  return lines.join('\n');
}

const STILL_BILLED: Readonly<Record<WireTargetSavings['still_billed'][number], string>> = {
  disks: 'disks',
  addresses: 'addresses',
  'control-plane': 'control plane',
};

function hours(value: number): string {
  return `${value.toFixed(1)} h`;
}

function money(value: number | null): string {
  return value === null ? 'not known' : `$${value.toFixed(2)}`;
}
