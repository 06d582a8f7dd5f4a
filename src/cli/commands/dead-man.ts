/** `cloudnap dead-man`: the lease that AWS holds, so that services stop even when this computer cannot stop them. */
import type { WireDeadMan, WireSwitch } from '../../control/wire-leases.js';
import type { Cli } from '../cli.js';
import { EXIT, usage } from '../failure.js';
import { examples } from '../help.js';
import { when } from '../moments.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('dead-man')
    .description('have AWS itself stop services when this computer no longer can');
  examples(command, 'dead-man enable', 'dead-man status', 'dead-man test api');
  examples(
    command
      .command('enable')
      .description('install what it needs in your account and turn it on; again after registering services')
      .option('--template', 'only print the CloudFormation templates, to be deployed by somebody else')
      .action(async ({ template }: { template?: true }) => {
        const control = await cli.control();
        if (template) await printTemplates(cli, (await control.deadManTemplate()).templates);
        else await show(cli, await control.deadManEnable());
      }),
    'dead-man enable',
    'dead-man enable --template > dead-man.json',
  );
  examples(
    command
      .command('disable')
      .description('turn it off and remove all of it from your account')
      .action(async () => cli.printDone(await (await cli.control()).deadManDisable())),
    'dead-man disable',
  );
  examples(
    command
      .command('status', { isDefault: true })
      .description('what is installed, and which services AWS would stop when')
      .action(async () => show(cli, await (await cli.control()).deadMan())),
    'dead-man status',
  );
  examples(
    command
      .command('test [target]')
      .description('check that every switch is armed; with a target, really let its switch go off')
      .option('--yes', 'stop it: without, only what would happen is said')
      .action(async (target: string | undefined, { yes }: { yes?: true }) => {
        if (target === undefined) await check(cli);
        else await fire(cli, target, yes === true);
      }),
    'dead-man test',
    'dead-man test api --yes',
  );
};

async function printTemplates(
  cli: Cli,
  templates: readonly { readonly region: string; readonly template: string }[],
): Promise<void> {
  await cli.print({ templates }, () => templates.map(({ template }) => template).join('\n'));
  if (templates.length > 1)
    cli.note(
      `One template for each region, in this order: ${templates.map(({ region }) => region).join(', ')}.`,
    );
}

async function show(cli: Cli, state: WireDeadMan): Promise<void> {
  await cli.print(state, () => stateText(cli, state));
}

async function stateText(
  cli: Cli,
  { enabled, grace_minutes, regions, targets }: WireDeadMan,
): Promise<string> {
  const table = await cli.tableText({
    headings: ['TARGET', 'SWITCH', 'AWS STOPS IT'],
    rows: targets.map((target) => [
      target.name ?? target.target,
      standing(target, enabled),
      target.stops_at === null ? '-' : when(Date.parse(target.stops_at), cli.now),
    ]),
    none: 'Nothing is registered.',
  });
  const installed = regions
    .filter((region) => region.installed || region.trouble !== null)
    .map(
      ({ region, trouble, covers }) => `  ${region}: ${trouble ?? `ready, for ${covers.length} services`}`,
    );
  const lacks = targets.flatMap(({ name, target, lacks: lack }) =>
    lack ? [`  ${name ?? target}: ${lack.why}. ${lack.hint}`] : [],
  );
  return [
    enabled
      ? `The dead-man's switch is on: AWS stops a service ${grace_minutes} min after its last lease has run out.`
      : 'The dead-man\'s switch is off: what runs when this computer goes, runs on. Turn it on with "cloudnap dead-man enable".',
    ...(installed.length > 0 ? ['Installed:', ...installed] : []),
    '',
    table,
    ...(lacks.length > 0 ? ['', cli.paint.bold('Not to be relied on:'), ...lacks] : []),
  ].join('\n');
}

function standing({ armed, lacks, stops_at }: WireSwitch, enabled: boolean): string {
  if (lacks) return 'missing';
  if (armed) return 'armed';
  if (stops_at !== null) return 'being armed';
  return enabled ? 'not needed now' : 'off';
}

/** Everything that should be armed is, as AWS says itself. */
async function check(cli: Cli): Promise<void> {
  const state = await (await cli.control()).deadMan();
  await show(cli, state);
  if (!state.enabled)
    throw usage("The dead-man's switch is off", 'Turn it on with "cloudnap dead-man enable".');
  const wrong = [
    ...state.targets.filter(({ lacks, armed, stops_at }) => lacks !== null || (stops_at !== null && !armed)),
    ...state.regions.filter(({ trouble }) => trouble !== null),
  ];
  if (wrong.length > 0) cli.exitCode = EXIT.failed;
}

async function fire(cli: Cli, target: string, isSure: boolean): Promise<void> {
  if (!isSure)
    throw usage(
      `This lets AWS really stop ${target} within two minutes; it is brought back while somebody is here`,
      'Give --yes to go on.',
    );
  const { fires_at } = await (await cli.control()).deadManFire({ target });
  await cli.print({ target, fires_at }, () =>
    [
      `Its switch goes off ${fires_at === null ? 'soon' : when(Date.parse(fires_at), cli.now)}.`,
      `Watch it with "cloudnap why ${target}": it stops, is known as ours, and comes back as it was.`,
    ].join('\n'),
  );
}
