/** Asking IAM what a policy allows: SimulatePrincipalPolicy, for who may call it. It changes nothing. */
import { messageOf, OperationError } from '../core/errors.js';
import type { Clients } from './clients.js';
import type { PreflightOptions, Verdict, Verdicts } from './preflight.js';
import { type Action, ALL_OR_NONE } from './preflight-calls.js';

const OPERATION = 'iam:SimulatePrincipalPolicy';

type Service = 'ec2' | 'ecs' | 'application-autoscaling' | 'eks';

/** What one evaluation came to, of the little that is read of it. */
interface Evaluation {
  readonly EvalActionName?: string | undefined;
  readonly EvalDecision?: string | undefined;
  readonly MissingContextValues?: readonly string[] | undefined;
}

/**
 * Simulates these actions, each on its service's sample resource, or on all where there is none.
 * @throws OperationError `credentials`; whatever else goes wrong leaves the verdict `unknown`, with the reason
 */
export async function simulate(
  options: PreflightOptions & {
    readonly actions: readonly Action[];
    readonly resources: Readonly<Record<Service, string | undefined>>;
  },
): Promise<Verdicts> {
  const { clients, region, identity, actions, resources } = options;
  const verdicts: Verdicts = new Map();
  if (actions.length === 0) return verdicts;
  try {
    const principal = await principalArn(clients, region, identity.arn);
    if (principal === undefined)
      return unknown(actions, 'IAM simulates the policies of users and roles only');
    for (const [service, resource] of Object.entries(resources)) {
      const mine = actions.filter((action) => action.startsWith(`${service}:`));
      if (mine.length === 0) continue;
      const { sdk, client } = await clients.iam(region);
      const answer = await clients.ask({ operation: OPERATION }, (how) =>
        client.send(
          new sdk.SimulatePrincipalPolicyCommand({
            PolicySourceArn: principal,
            ActionNames: mine,
            ...(resource === undefined ? {} : { ResourceArns: [resource] }),
          }),
          how,
        ),
      );
      for (const action of mine) {
        const found = answer.EvaluationResults?.find(({ EvalActionName }) => EvalActionName === action);
        verdicts.set(action, verdictOf(action, found, resource));
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof OperationError) || thrown.fault === 'credentials') throw thrown;
    const left = actions.filter((action) => !verdicts.has(action));
    for (const [action, verdict] of unknown(left, `IAM could not be asked: ${messageOf(thrown)}`))
      verdicts.set(action, verdict);
  }
  return verdicts;
}

function unknown(actions: readonly Action[], why: string): Verdicts {
  return new Map(actions.map((action) => [action, { allowed: 'unknown', why }]));
}

function verdictOf(action: Action, found: Evaluation | undefined, resource: string | undefined): Verdict {
  if (!found) return { allowed: 'unknown', why: 'IAM did not say' };
  if (found.EvalDecision === 'allowed') return { allowed: 'yes' };
  const conditions = found.MissingContextValues ?? [];
  if (conditions.length > 0)
    return { allowed: 'unknown', why: `the policy makes it depend on ${conditions.join(', ')}` };
  const on = resource === undefined ? '' : ` on ${resource}`;
  if (found.EvalDecision === 'explicitDeny') return { allowed: 'no', why: `a policy denies it${on}` };
  if (resource !== undefined || ALL_OR_NONE.has(action))
    return { allowed: 'no', why: `no policy allows it${on}` };
  return { allowed: 'unknown', why: 'no policy allows it for everything; one may for some resources' };
}

/**
 * The user or role behind an identity, as IAM names it; undefined for the root user and federated ones. A role's path
 * is not in the ARN of its session, so the role is looked up; one without a path needs no look.
 */
async function principalArn(clients: Clients, region: string, arn: string): Promise<string | undefined> {
  const [, partition, service, , account, resource = ''] = arn.split(':');
  const [type, name] = resource.split('/');
  if (service === 'iam' && type === 'user') return arn;
  if (service !== 'sts' || type !== 'assumed-role' || name === undefined) return undefined;
  const { sdk, client } = await clients.iam(region);
  try {
    const found = await clients.ask({ operation: 'iam:GetRole' }, (how) =>
      client.send(new sdk.GetRoleCommand({ RoleName: name }), how),
    );
    if (found.Role?.Arn) return found.Role.Arn;
  } catch (thrown) {
    if (!(thrown instanceof OperationError) || thrown.fault === 'credentials') throw thrown;
  }
  return `arn:${partition}:iam::${account}:role/${name}`;
}
