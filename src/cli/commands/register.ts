/** `cloudnap register`: lets a target nap from now on. */
import { type RegisterRequest, SERVICE_TYPE_OF } from '../../control/wire.js';
import type { Target } from '../../core/target.js';
import { parseMinutes } from '../duration.js';
import { usage } from '../failure.js';
import { examples, TARGET_FORMS } from '../help.js';
import type { Registration } from '../registration.js';
import { atLeastOne } from '../sizes.js';
import { newTarget } from '../targets.js';

interface Options {
  readonly name?: string;
  readonly description?: string;
  readonly timeout?: string;
  readonly dependsOn?: readonly string[];
  readonly desired?: number;
  readonly autoscaler?: string;
  readonly shared?: true;
}

export const register: Registration = (program, cli) => {
  const command = program
    .command('register')
    .description('let a target nap while you are away; it gets one full timeout first')
    .argument('<target...>', TARGET_FORMS)
    .option('--name <name>', 'a unique name of its own, usable everywhere')
    .option('--description <text>', 'what it is')
    .option('--timeout <duration>', 'its own inactivity timeout: 45m, 2h, or minutes')
    .option('--depends-on <target>', 'needs this one; may be given several times', collect)
    .option('--desired <size>', 'ECS tasks or EKS nodes for a start when nothing better is known', atLeastOne)
    .option('--autoscaler <whose>', 'EKS: "ours" lets a group tagged for the Cluster Autoscaler nap')
    .option('--shared', 'teammates need it too: it naps when nobody in the team holds it')
    .action(async (words: string[], options: Options) => {
      const done = await (await cli.control()).register(requestOf(newTarget(words), options));
      await cli.printDone(done);
    });
  examples(
    command,
    'register ec2 i-0abc123 eu-west-1 --name dev-web',
    'register ecs dev-cluster api eu-west-1 --desired 2 --depends-on dev-web',
    'register eks:eu-west-1:dev:workers --timeout 45m',
  );
};

function requestOf(target: Target, options: Options): RegisterRequest {
  const { name, description, timeout, dependsOn, desired, autoscaler, shared } = options;
  if (target.kind === 'ec2' && desired !== undefined)
    throw usage('An instance has no size', 'Leave out --desired; it is for ecs and eks.');
  if (autoscaler !== undefined && (target.kind !== 'eks' || autoscaler !== 'ours'))
    throw usage('--autoscaler takes only "ours", and only for eks');
  return {
    service_type: SERVICE_TYPE_OF[target.kind],
    ...partsOf(target, desired),
    name,
    description,
    inactivity_timeout_minutes: timeout === undefined ? undefined : parseMinutes(timeout),
    depends_on: dependsOn,
    autoscaler: autoscaler === undefined ? undefined : 'ours',
    shared,
  };
}

function partsOf(target: Target, desired: number | undefined): Omit<RegisterRequest, 'service_type'> {
  const { region } = target;
  switch (target.kind) {
    case 'ec2':
      return { region, instance_id: target.instanceId };
    case 'ecs':
      return { region, cluster_name: target.cluster, service_name: target.service, desired_count: desired };
    case 'eks':
      return {
        region,
        cluster_name: target.cluster,
        nodegroup_name: target.nodegroup,
        desired_size: desired,
      };
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
