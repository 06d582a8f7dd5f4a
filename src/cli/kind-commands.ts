/** The verbs that `ec2`, `ecs` and `eks` share: list, start, stop, scale. Explicit, so they work on any target. */
import type { Command } from 'commander';
import type { WireDone } from '../control/wire.js';
import { type Kind, parseTargetId, targetId } from '../core/target.js';
import type { Cli } from './cli.js';
import { usage } from './failure.js';
import { examples } from './help.js';
import { listServices } from './listing.js';
import { anySize, atLeastOne } from './sizes.js';
import { formOf, PARTS, targetOf } from './targets.js';

/** What a verb needs to know of the kind it is added to. */
interface Verb {
  readonly kind: Kind;
  /** The words of an example target, part by part. */
  readonly example: string;
  readonly cli: Cli;
}

/** Adds `list`. */
export function addList(parent: Command, { kind, cli }: Verb): void {
  const command = parent
    .command('list')
    .description('list them, read from AWS now')
    .option('--region <region>', 'one region instead of all configured ones')
    .action((options: { region?: string }) => listServices(cli, kind, options.region));
  examples(command, `${kind} list`, `${kind} list --region eu-west-1`);
}

/** Adds `start`, which is the restore of one that naps; with `--desired` where the kind has a size. */
export function addStart(parent: Command, verb: Verb): void {
  const { kind, cli, example } = verb;
  const command = targetArgument(parent.command('start'), kind).description(
    'start it; one that naps is restored',
  );
  if (kind !== 'ec2') command.option('--desired <size>', 'the size to start with', atLeastOne);
  command.action((words: string[], options: { desired?: number }) =>
    act(verb, words, async (target) => (await cli.control()).start({ target, size: options.desired })),
  );
  const sized = kind === 'ec2' ? [] : [`${kind} start ${example} --desired 2`];
  examples(command, `${kind} start ${example}`, ...sized);
}

/** Adds `stop`. */
export function addStop(parent: Command, verb: Verb): void {
  const { kind, cli, example } = verb;
  const command = targetArgument(parent.command('stop'), kind)
    .description('stop it until it is started again; its size is remembered')
    .action((words: string[]) => act(verb, words, async (target) => (await cli.control()).stop({ target })));
  examples(command, `${kind} stop ${example}`);
}

/** Adds `scale`, whose last word is the size. */
export function addScale(parent: Command, verb: Verb): void {
  const { kind, cli, example } = verb;
  const command = parent
    .command('scale')
    .description('give it a size; 0 is a stop')
    .argument('<target...>', `${PARTS[kind].join(' ')} SIZE, or a target name and SIZE`)
    .action((words: string[]) => {
      const size = anySize(words.at(-1));
      return act(verb, words.slice(0, -1), async (target) => (await cli.control()).scale({ target, size }));
    });
  examples(command, `${kind} scale ${example} 3`);
}

function targetArgument(command: Command, kind: Kind): Command {
  return command.argument('<target...>', `${PARTS[kind].join(' ')}, or a target name`);
}

async function act(
  { kind, cli }: Verb,
  words: readonly string[],
  change: (target: string) => Promise<WireDone>,
): Promise<void> {
  const done = await change(await nameOf(kind, words, cli));
  await cli.printDone(done);
}

/**
 * The target's name, which must be of this kind: `ec2 stop api` must not stop an ECS service that is called so.
 * @throws CommandError BAD_REQUEST when it is of another kind or names none.
 */
async function nameOf(kind: Kind, words: readonly string[], cli: Cli): Promise<string> {
  const [word = ''] = words;
  if (words.length !== 1) return targetId(targetOf(kind, words));
  const id = parseTargetId(word) ? word : await idOf(word, cli);
  if (id === undefined)
    throw usage(`"${word}" names no target`, `Write ${formOf(kind)}, or the target's name.`);
  if (!id.startsWith(`${kind}:`))
    throw usage(`${word} is not of ${kind}: it is ${id}`, `Use "cloudnap ${id.split(':')[0]}".`);
  return id;
}

async function idOf(name: string, cli: Cli): Promise<string | undefined> {
  const { services } = await (await cli.control()).registered();
  return services.find((view) => view.name === name)?.target;
}
