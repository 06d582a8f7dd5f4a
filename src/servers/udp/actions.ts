/**
 * What can be asked over UDP, whichever form it is asked in: one action for each JSON type of SPEC section 8,
 * with its content's fields and how `Control` answers it.
 */
import { z } from 'zod';
import {
  anySize,
  check,
  holdRequest,
  nothing,
  oneTargetOrAll,
  perform,
  registration,
  startSize,
  targetOf,
  word,
} from '../../control/operations.js';
import type { Operations, ServiceType, WireHoldDone, WireList, WireStatus } from '../../control/wire.js';
import type { Control } from '../../core/control.js';
import { targetId } from '../../core/target.js';

export interface Action {
  readonly type: string;
  /** Such requests are limited for each peer. */
  readonly callsAws: boolean;
  /** Acting twice would not be the same as acting once. */
  readonly changes: boolean;
  /** Checks the content. @throws CommandError BAD_REQUEST. `usage` is the hint then. */
  prepare(content: unknown, usage: string): Prepared;
}

/** A checked request. */
export interface Prepared {
  /** The content as it will be acted on: two requests are the same when these are equal. */
  readonly content: unknown;
  /** Resolves with the content of a successful reply, `success` aside. */
  run(control: Control, by: string): Promise<object>;
}

const ec2 = z.strictObject({ instance_id: word, region: word });
const ecs = z.strictObject({ cluster_name: word, service_name: word, region: word });
const eks = z.strictObject({ cluster_name: word, nodegroup_name: word, region: word });
const regionOrAll = z.object({ region: word.optional() });

function action<T>(
  type: string,
  what: 'reads' | 'asks AWS' | 'changes' | 'changes AWS',
  schema: z.ZodType<T>,
  run: (control: Control, content: T, by: string) => Promise<object>,
): Action {
  return {
    type,
    callsAws: what === 'asks AWS' || what === 'changes AWS',
    changes: what === 'changes' || what === 'changes AWS',
    prepare: (given, usage) => {
      const content = check(schema, given, usage);
      return { content, run: (control, by) => run(control, content, by) };
    },
  };
}

const all: readonly Action[] = [
  list('AWS_EC2_LIST', 'EC2'),
  list('AWS_ECS_LIST', 'ECS'),
  list('AWS_EKS_LIST', 'EKS'),
  action('AWS_ALL_LIST', 'asks AWS', nothing, async (control, _content, by) => {
    const { services, failures } = (await perform(control, 'list', {}, by)) as WireList;
    return { services, failures };
  }),
  action('AWS_EC2_START', 'changes AWS', ec2, (control, content, by) =>
    perform(control, 'start', { target: idOf('EC2', content) }, by),
  ),
  action('AWS_EC2_STOP', 'changes AWS', ec2, (control, content, by) =>
    perform(control, 'stop', { target: idOf('EC2', content) }, by),
  ),
  action(
    'AWS_ECS_START',
    'changes AWS',
    ecs.extend({ desired_count: startSize.optional() }),
    (control, content, by) =>
      perform(control, 'start', { target: idOf('ECS', content), size: content.desired_count }, by),
  ),
  action('AWS_ECS_STOP', 'changes AWS', ecs, (control, content, by) =>
    perform(control, 'stop', { target: idOf('ECS', content) }, by),
  ),
  action('AWS_EKS_SCALE', 'changes AWS', eks.extend({ desired_size: anySize }), (control, content, by) =>
    perform(control, 'scale', { target: idOf('EKS', content), size: content.desired_size }, by),
  ),
  action('REGISTER_SERVICE', 'changes', registration, (control, content, by) =>
    perform(control, 'register', content, by),
  ),
  action('UNREGISTER_SERVICE', 'changes', registration, (control, content, by) =>
    perform(control, 'unregister', { target: targetId(targetOf(content)) }, by),
  ),
  action('LIST_REGISTERED_SERVICES', 'reads', nothing, async (control, _content, by) => {
    const { services } = (await perform(
      control,
      'registered',
      {},
      by,
    )) as Operations['registered']['response'];
    return { services: services.map(({ leases: _, ...service }) => service) };
  }),
  action('HOLD', 'changes', holdRequest, async (control, content, by) => {
    const { hold: _, ...done } = (await perform(control, 'hold', content, by)) as WireHoldDone;
    return done;
  }),
  action('RELEASE', 'changes', oneTargetOrAll, (control, content, by) =>
    perform(control, 'release', content, by),
  ),
  action('NAP', 'changes', oneTargetOrAll, (control, content, by) => perform(control, 'nap', content, by)),
  action('STATUS', 'reads', nothing, async (control, _content, by) => {
    const { dry_run: _, ...status } = (await perform(control, 'status', {}, by)) as WireStatus;
    return status;
  }),
  action('PING', 'reads', nothing, async () => ({ message: 'pong' })),
];

/** The actions by their JSON type. HELP is not among them: it tells of the commands, and asks nobody. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map(all.map((each) => [each.type, each]));

function list(type: string, service: ServiceType): Action {
  return action(type, 'asks AWS', regionOrAll, async (control, { region }, by) => {
    const request = { service_types: [service], region };
    const { services, clusters, failures } = (await perform(control, 'list', request, by)) as WireList;
    return service === 'EC2' ? { services, failures } : { services, clusters, failures };
  });
}

function idOf(service_type: ServiceType, fields: { readonly region: string }): string {
  return targetId(targetOf({ service_type, ...fields }));
}
