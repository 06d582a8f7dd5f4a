/**
 * The text commands of SPEC section 8: each is an action whose content comes from its arguments, and whose answer
 * is shown as a table or as one line. HELP is made from the same list.
 */
import { ACTIONS, type Action } from './actions.js';
import { EC2, ECS, EKS, EVERYTHING, REGISTERED, STATUS, type Table } from './tables.js';

export interface Command {
  readonly name: string;
  /** As people write them: `cluster:service:region`, `minutes[:target]`. */
  readonly usage: string;
  /** Content fields that the arguments become, in order. */
  readonly fields: readonly string[];
  /** How many of the fields must be given. */
  readonly required: number;
  /** Content that the command's name stands for. */
  readonly implied: object;
  readonly action: Action;
  /** How a success is shown; undefined: as its message. */
  readonly table: Table | undefined;
  readonly does: string;
}

const FIELD_OF: Readonly<Record<string, string>> = {
  id: 'instance_id',
  region: 'region',
  cluster: 'cluster_name',
  service: 'service_name',
  nodegroup: 'nodegroup_name',
  count: 'desired_size',
  minutes: 'minutes',
  target: 'target',
};

const HELP_TABLE: Table = {
  columns: ['command', 'arguments', 'what it does'],
  rows: (content) =>
    (content as { commands: typeof listed }).commands.map((it) => [it.command, it.arguments, it.description]),
};

/** HELP, the one action that is about this list itself. */
export const HELP: Action = {
  type: 'HELP',
  callsAws: false,
  changes: false,
  prepare: () => ({
    content: {},
    run: async () => ({ message: `There are ${listed.length} commands.`, commands: listed }),
  }),
};

const all: readonly Command[] = [
  command('LIST_EC2', '', 'AWS_EC2_LIST', 'Lists EC2 instances.', { table: EC2 }),
  command('LIST_ECS', '', 'AWS_ECS_LIST', 'Lists ECS clusters and services.', { table: ECS }),
  command('LIST_EKS', '', 'AWS_EKS_LIST', 'Lists EKS clusters and node groups.', { table: EKS }),
  command('LIST_ALL_SERVICES', '', 'AWS_ALL_LIST', 'Lists everything that can nap.', { table: EVERYTHING }),
  command('START_EC2', 'id:region', 'AWS_EC2_START', 'Starts an instance.'),
  command('STOP_EC2', 'id:region', 'AWS_EC2_STOP', 'Stops an instance until a person starts it.'),
  command(
    'START_ECS',
    'cluster:service:region',
    'AWS_ECS_START',
    'Starts a service with the size it last had.',
  ),
  command('STOP_ECS', 'cluster:service:region', 'AWS_ECS_STOP', 'Takes a service to zero tasks.'),
  command(
    'SCALE_EKS',
    'cluster:nodegroup:region:count',
    'AWS_EKS_SCALE',
    'Gives a node group so many nodes.',
  ),
  command('REGISTER_EC2', 'id:region', 'REGISTER_SERVICE', 'Lets an instance nap while you are away.', {
    implied: { service_type: 'EC2' },
  }),
  command(
    'REGISTER_ECS',
    'cluster:service:region',
    'REGISTER_SERVICE',
    'Lets a service nap while you are away.',
    { implied: { service_type: 'ECS' } },
  ),
  command(
    'REGISTER_EKS',
    'cluster:nodegroup:region',
    'REGISTER_SERVICE',
    'Lets a node group nap while you are away.',
    { implied: { service_type: 'EKS' } },
  ),
  command('UNREGISTER_EC2', 'id:region', 'UNREGISTER_SERVICE', 'Leaves an instance alone again.', {
    implied: { service_type: 'EC2' },
  }),
  command('UNREGISTER_ECS', 'cluster:service:region', 'UNREGISTER_SERVICE', 'Leaves a service alone again.', {
    implied: { service_type: 'ECS' },
  }),
  command(
    'UNREGISTER_EKS',
    'cluster:nodegroup:region',
    'UNREGISTER_SERVICE',
    'Leaves a node group alone again.',
    { implied: { service_type: 'EKS' } },
  ),
  command(
    'LIST_REGISTERED_SERVICES',
    '',
    'LIST_REGISTERED_SERVICES',
    'Lists what is registered, without asking AWS.',
    { table: REGISTERED },
  ),
  command('HOLD', 'minutes[:target]', 'HOLD', 'Keeps one target or all awake, for at most 7 days.'),
  command('RELEASE', '[target]', 'RELEASE', 'Ends the holds on one target, or all holds.'),
  command('NAP', '[target]', 'NAP', 'Lets one target or all nap now; held ones are spared.'),
  command('STATUS', '', 'STATUS', 'Tells whether you are there and when the next nap comes.', {
    table: STATUS,
  }),
  command('PING', '', 'PING', 'Tells that Cloudnap runs.'),
  command('HELP', '', 'HELP', 'Lists the commands.', { table: HELP_TABLE }),
];

/** The text commands by name. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(all.map((each) => [each.name, each]));

/** The commands as HELP lists them. */
const listed = all.map(({ name, usage, action, does }) => ({
  command: name,
  arguments: usage,
  type: action.type,
  description: does,
}));

function command(
  name: string,
  usage: string,
  type: string,
  does: string,
  { table, implied = {} }: { table?: Table; implied?: object } = {},
): Command {
  const action = type === HELP.type ? HELP : ACTIONS.get(type);
  if (action === undefined) throw new Error(`${name} stands for ${type}, which is no action`);
  const words = usage.match(/\w+/g) ?? [];
  return {
    name,
    usage,
    fields: words.map((word) => FIELD_OF[word] ?? word),
    required: usage.replace(/\[.*\]/, '').match(/\w+/g)?.length ?? 0,
    implied,
    action,
    table,
    does,
  };
}
