/** `cloudnap team`: services shared with teammates, which nap only when nobody needs them any more. */
import type { WireTeam } from '../../control/wire-leases.js';
import type { Cli } from '../cli.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

interface Place {
  readonly table?: string;
  readonly region?: string;
}

export const register: Registration = (program, cli) => {
  const command = program
    .command('team')
    .description('share services with teammates: they nap when nobody needs them any more');
  examples(command, 'team create', 'team join --table dev-team --region eu-central-1', 'team status');
  const placed = (name: string, description: string) =>
    examples(
      command
        .command(name)
        .description(description)
        .option('--table <name>', 'the DynamoDB table; one table is one team')
        .option('--region <region>', 'where it is'),
      `team ${name}`,
    );
  placed('create', 'make the table of a team, billed by request, and join').action(async (place: Place) =>
    show(cli, await (await cli.control()).teamCreate(place)),
  );
  placed('join', 'join the team of a table that is there').action(async (place: Place) =>
    show(cli, await (await cli.control()).teamJoin(place)),
  );
  examples(
    command
      .command('leave')
      .description('leave the team; the table stays for the others')
      .action(async () => cli.printDone(await (await cli.control()).teamLeave())),
    'team leave',
  );
  examples(
    command
      .command('status', { isDefault: true })
      .description('who is here, and what is held by whom')
      .action(async () => show(cli, await (await cli.control()).team())),
    'team status',
  );
};

async function show(cli: Cli, team: WireTeam): Promise<void> {
  await cli.print(team, () => teamText(cli, team));
}

async function teamText(cli: Cli, team: WireTeam): Promise<string> {
  const { cost, enabled, members, region, shared, table, targets } = team;
  if (!enabled)
    return 'This machine is in no team. "cloudnap team create" makes one, "cloudnap team join" enters one that is there.';
  const people = await cli.tableText({
    headings: ['WHO', 'MACHINE', 'HOLDS'],
    rows: members.map(({ name, machine, self, holds }) => [
      self ? `${name} (this machine)` : name,
      machine,
      holds.length > 0 ? holds.join(', ') : '',
    ]),
    none: 'Nobody has been here yet.',
  });
  const services = await cli.tableText({
    headings: ['SHARED SERVICE', 'STATE', 'BY'],
    rows: targets.map(({ target, state, actor }) => [target, state, actor ?? '']),
    none: 'The table knows no service yet.',
  });
  return [
    cli.paint.bold(`Team of table ${table} in ${region}`),
    '',
    people,
    '',
    services,
    '',
    shared.length > 0
      ? `Shared from here: ${shared.join(', ')}`
      : 'Nothing is shared from here yet: "cloudnap register TARGET --shared", or shared: true in services.yaml.',
    `About ${cost.writes_at_work} writes a month at eight hours a working day (${money(cost.usd_at_work)}), ${cost.writes_always} day and night (${money(cost.usd_always)}): an estimate.`,
  ].join('\n');
}

function money(usd: number): string {
  return usd < 0.01 ? 'under $0.01' : `$${usd.toFixed(2)}`;
}
