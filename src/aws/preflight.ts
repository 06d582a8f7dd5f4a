/**
 * What the policy of whoever is signed in allows, found out without changing anything: reads are made, EC2's changes
 * are asked for as a dry run, and for the rest IAM is asked to simulate the policy. What none of them tells is said to
 * be unknown; a preflight never guesses.
 */
import { OperationError } from '../core/errors.js';
import type { Identity } from '../core/session.js';
import type { Permission, Permissions } from '../core/sign-in.js';
import type { Clients } from './clients.js';
import { ACTIONS, type Action, CALLS } from './preflight-calls.js';
import { simulate } from './preflight-simulate.js';

/** What is known of one action. */
export type Verdict = Pick<Permission, 'allowed' | 'why'>;
export type Verdicts = Map<Action, Verdict>;

/** A resource found on the way, to ask about. By its ARN where IAM is asked. */
interface Samples {
  instance?: string;
  ecsCluster?: string;
  ecsService?: string;
  nodegroup?: string;
}

export interface PreflightOptions {
  readonly clients: Clients;
  readonly identity: Identity;
  readonly region: string;
}

/** EC2's smallest page. */
const FEW = 5;

/** Asks about every call of {@link CALLS} in one region. @throws OperationError when AWS cannot be asked at all. */
export async function preflight(options: PreflightOptions): Promise<Permissions> {
  const { identity, region } = options;
  const verdicts: Verdicts = new Map();
  const samples: Samples = {};
  await Promise.all([
    probeEc2(options, verdicts, samples),
    probeEcs(options, verdicts, samples),
    probeEks(options, verdicts, samples),
  ]);
  const open = ACTIONS.filter((action) => (verdicts.get(action)?.allowed ?? 'unknown') === 'unknown');
  const resources = {
    ecs: samples.ecsService,
    'application-autoscaling': undefined,
    eks: samples.nodegroup,
    ec2: samples.instance && arnOfInstance(samples.instance, options),
  };
  const simulated = await simulate({ ...options, actions: open, resources });
  for (const [action, verdict] of simulated) verdicts.set(action, verdict);
  const permissions = ACTIONS.map((action) => ({
    action,
    purpose: CALLS[action],
    ...(verdicts.get(action) ?? { allowed: 'unknown' as const, why: 'there was nothing to try it on' }),
  }));
  return { identity, region, permissions };
}

/** Makes one call and notes what it tells of the action. Resolves to its answer, if there was one. */
async function attempt<T>(
  verdicts: Verdicts,
  action: Action,
  call: (about: { operation: string }) => Promise<T>,
): Promise<T | undefined> {
  try {
    const answer = await call({ operation: action });
    verdicts.set(action, { allowed: 'yes' });
    return answer;
  } catch (thrown) {
    if (!(thrown instanceof OperationError) || thrown.fault === 'credentials') throw thrown;
    verdicts.set(action, verdictOf(thrown));
    return undefined;
  }
}

function verdictOf(error: OperationError): Verdict {
  // EC2's way to say that the call would have been carried out.
  if (error.cause instanceof Error && error.cause.name === 'DryRunOperation') return { allowed: 'yes' };
  return error.fault === 'denied'
    ? { allowed: 'no', why: error.message }
    : { allowed: 'unknown', why: error.message };
}

async function probeEc2({ clients, region }: PreflightOptions, verdicts: Verdicts, samples: Samples) {
  const { sdk, client } = await clients.ec2(region);
  const list = await attempt(verdicts, 'ec2:DescribeInstances', (about) =>
    clients.ask(about, (how) => client.send(new sdk.DescribeInstancesCommand({ MaxResults: FEW }), how)),
  );
  await attempt(verdicts, 'ec2:DescribeSpotInstanceRequests', (about) =>
    clients.ask(about, (how) =>
      client.send(new sdk.DescribeSpotInstanceRequestsCommand({ MaxResults: FEW }), how),
    ),
  );
  const instances = list?.Reservations?.flatMap(({ Instances = [] }) => Instances) ?? [];
  const id = instances.find(({ State }) => State?.Name !== 'terminated')?.InstanceId;
  if (id === undefined) return;
  samples.instance = id;
  await attempt(verdicts, 'ec2:DescribeInstanceAttribute', (about) =>
    clients.ask(about, (how) =>
      client.send(
        new sdk.DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'disableApiStop' }),
        how,
      ),
    ),
  );
  const dry = { InstanceIds: [id], DryRun: true };
  await attempt(verdicts, 'ec2:StopInstances', (about) =>
    clients.ask(about, (how) => client.send(new sdk.StopInstancesCommand(dry), how)),
  );
  await attempt(verdicts, 'ec2:StartInstances', (about) =>
    clients.ask(about, (how) => client.send(new sdk.StartInstancesCommand(dry), how)),
  );
}

async function probeEcs({ clients, region }: PreflightOptions, verdicts: Verdicts, samples: Samples) {
  const { sdk, client } = await clients.ecs(region);
  const clusters = await attempt(verdicts, 'ecs:ListClusters', (about) =>
    clients.ask(about, (how) => client.send(new sdk.ListClustersCommand({}), how)),
  );
  for (const cluster of clusters?.clusterArns ?? []) {
    const services = await attempt(verdicts, 'ecs:ListServices', (about) =>
      clients.ask(about, (how) => client.send(new sdk.ListServicesCommand({ cluster }), how)),
    );
    const [service] = services?.serviceArns ?? [];
    // An empty cluster may be followed by one that is not; a refusal would be repeated.
    if (services && service === undefined) continue;
    if (service === undefined) break;
    samples.ecsService = service;
    await attempt(verdicts, 'ecs:DescribeServices', (about) =>
      clients.ask(about, (how) =>
        client.send(new sdk.DescribeServicesCommand({ cluster, services: [service] }), how),
      ),
    );
    break;
  }
  const scaling = await clients.scaling(region);
  await attempt(verdicts, 'application-autoscaling:DescribeScalableTargets', (about) =>
    clients.ask(about, (how) =>
      scaling.client.send(
        new scaling.sdk.DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', MaxResults: FEW }),
        how,
      ),
    ),
  );
}

async function probeEks({ clients, region }: PreflightOptions, verdicts: Verdicts, samples: Samples) {
  const { sdk, client } = await clients.eks(region);
  const list = await attempt(verdicts, 'eks:ListClusters', (about) =>
    clients.ask(about, (how) => client.send(new sdk.ListClustersCommand({}), how)),
  );
  for (const clusterName of list?.clusters ?? []) {
    const groups = await attempt(verdicts, 'eks:ListNodegroups', (about) =>
      clients.ask(about, (how) => client.send(new sdk.ListNodegroupsCommand({ clusterName }), how)),
    );
    const [nodegroupName] = groups?.nodegroups ?? [];
    if (groups && nodegroupName === undefined) continue;
    if (nodegroupName === undefined) break;
    const found = await attempt(verdicts, 'eks:DescribeNodegroup', (about) =>
      clients.ask(about, (how) =>
        client.send(new sdk.DescribeNodegroupCommand({ clusterName, nodegroupName }), how),
      ),
    );
    const arn = found?.nodegroup?.nodegroupArn;
    if (arn) samples.nodegroup = arn;
    break;
  }
}

function arnOfInstance(id: string, { identity, region }: PreflightOptions): string {
  const partition = identity.arn.split(':')[1] || 'aws';
  return `arn:${partition}:ec2:${region}:${identity.account}:instance/${id}`;
}
