/**
 * What switches need in a region, as one CloudFormation stack: read, installed, brought up to date and removed.
 * A stack is an account's, not an installation's: covering our targets must never end the cover of somebody else's.
 */
import type { Stack } from '@aws-sdk/client-cloudformation';
import type { SwitchStack } from '../core/dead-man.js';
import { OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import { type Target, type TargetId, targetId } from '../core/target.js';
import type { Clients } from './clients.js';
import { GROUP } from './switch-calls.js';
import { createStackWork, isChanging, STACK } from './switch-stack-work.js';
import {
  type Coverage,
  LARGEST_TEMPLATE,
  type ReadTemplate,
  readTemplate,
  renderTemplate,
  roleName,
  withTargets,
} from './switch-template.js';

const INSTALL_AGAIN = 'Install it anew: `cloudnap dead-man disable`, then `cloudnap dead-man enable`.';

/** A stack as read, with what arming a switch needs of it. */
export interface ReadStack extends SwitchStack {
  /** The ARN of the role that may stop each covered target. */
  readonly roles: ReadonlyMap<TargetId, string>;
  /** It is being created, changed or deleted. */
  readonly isChanging: boolean;
  /** When it came to be, or was last changed: milliseconds by AWS's clock. */
  readonly changedAt: number;
}

/** A stack with what changing it needs. */
interface Found extends ReadStack {
  readonly id: string;
  /** Undefined: its template is not one of ours. */
  readonly template: ReadTemplate | undefined;
  /** It can only be deleted. */
  readonly isBroken: boolean;
}

/** Reads and changes the stack of each region. */
export function createSwitchStacks({ clients, clock }: { readonly clients: Clients; readonly clock: Clock }) {
  const work = createStackWork({ clients, clock });

  const hasGroup = async (region: string, signal?: AbortSignal): Promise<boolean> => {
    const { sdk, client } = await clients.scheduler(region);
    try {
      const answer = await clients.ask({ operation: 'scheduler:GetScheduleGroup', signal }, (how) =>
        client.send(new sdk.GetScheduleGroupCommand({ Name: GROUP }), how),
      );
      return answer.State !== 'DELETING';
    } catch (thrown) {
      if (thrown instanceof OperationError && thrown.fault === 'missing') return false;
      throw thrown;
    }
  };

  const find = async (region: string, signal?: AbortSignal): Promise<Found | undefined> => {
    const stack = await work.describe(region, undefined, signal);
    if (!stack) return undefined;
    const template = readTemplate(region, (await work.template(region, signal)) ?? '');
    const outputs = new Map((stack.Outputs ?? []).map((one) => [one.OutputKey, one.OutputValue]));
    const roles = rolesOf(template?.coverage ?? [], outputs);
    const isUnderWay = isChanging(stack.StackStatus);
    const mustGo = isUnderWay ? undefined : (statusTrouble(stack) ?? (await groupTrouble(region, signal)));
    const changedAt = (stack.LastUpdatedTime ?? stack.CreationTime)?.getTime() ?? 0;
    return {
      region,
      covers: [...roles.keys()],
      trouble: template
        ? isUnderWay
          ? `The stack is being changed (${stack.StackStatus})`
          : (mustGo ?? (outputs.get('Digest') === template.digest ? undefined : 'Its last change has failed'))
        : `A stack ${STACK} is there that is not Cloudnap’s, or of a later Cloudnap`,
      roles,
      isChanging: isUnderWay,
      changedAt,
      id: stack.StackId ?? STACK,
      template,
      isBroken: mustGo !== undefined,
    };
  };

  const groupTrouble = async (region: string, signal?: AbortSignal) =>
    (await hasGroup(region, signal))
      ? undefined
      : `The schedule group ${GROUP} is gone, though its stack is there`;

  /** Waits for what others have begun. @throws OperationError, `refused` for a stack that is not ours */
  const findOurs = async (region: string, operation: string, signal?: AbortSignal) => {
    let found = await find(region, signal);
    if (found?.isChanging) {
      await work.settled(region, found.id, signal);
      found = await find(region, signal);
    }
    if (!found || found.template) return found;
    const hint = 'Delete or rename it in the CloudFormation console if it is not needed.';
    throw new OperationError('refused', `${region}: ${found.trouble}`, { operation, hint });
  };

  /** Makes the stack, or makes it what `template` says. Resolves to what AWS said against it, if it did. */
  const bring = async (region: string, found: Found | undefined, template: string, signal?: AbortSignal) => {
    if (found?.isBroken) await work.remove(region, found.id, signal);
    if (found === undefined || found.isBroken) return void (await work.create(region, template, signal));
    const isThere =
      found.trouble === undefined && found.template?.digest === readTemplate(region, template)?.digest;
    if (isThere) return undefined;
    try {
      await work.update(region, found.id, template, signal);
    } catch (thrown) {
      // Somebody else may have made the same change meanwhile: CloudFormation refuses one that changes nothing.
      if (thrown instanceof OperationError && thrown.fault === 'refused') return thrown;
      throw thrown;
    }
    return undefined;
  };

  return {
    /** What is installed in a region; undefined: nothing is. @throws OperationError */
    async read(region: string, signal?: AbortSignal): Promise<ReadStack | undefined> {
      return find(region, signal);
    },

    /** Has these targets of one region covered, besides those that are. @throws OperationError */
    async install(region: string, targets: readonly Target[], signal?: AbortSignal): Promise<ReadStack> {
      const found = await findOurs(region, 'cloudformation:UpdateStack', signal);
      const coverage = withTargets(found?.template?.coverage ?? [], targets);
      const template = renderTemplate(coverage);
      const bytes = Buffer.byteLength(template);
      if (bytes > LARGEST_TEMPLATE)
        throw new OperationError(
          'refused',
          `${region}: a template for ${coverage.flat().length} targets has ${bytes} bytes; CloudFormation takes ${LARGEST_TEMPLATE}`,
          {
            operation: 'cloudformation:UpdateStack',
            hint: `Unregister what needs no dead-man's switch: what was registered before stays covered until then. ${INSTALL_AGAIN}`,
          },
        );
      const refusal = await bring(region, found, template, signal);
      const now = await find(region, signal);
      const lacking = targets.filter((target) => !now?.roles.has(targetId(target))).length;
      if (now && now.trouble === undefined && lacking === 0) return now;
      if (refusal) throw refusal;
      const why = now
        ? (now.trouble ?? `${lacking} targets are still not covered`)
        : 'The stack is gone again';
      throw new OperationError('failed', `${region}: ${why}`, {
        operation: 'cloudformation:DescribeStacks',
        hint: INSTALL_AGAIN,
      });
    },

    /** Removes the stack and the group with it; one that is gone already is passed over. @throws OperationError */
    async remove(region: string, signal?: AbortSignal): Promise<void> {
      const found = await findOurs(region, 'cloudformation:DeleteStack', signal);
      if (found) await work.remove(region, found.id, signal);
    },
  };
}

function rolesOf(coverage: Coverage, outputs: ReadonlyMap<string | undefined, string | undefined>) {
  const roles = new Map<TargetId, string>();
  for (const [at, targets] of coverage.entries()) {
    const role = outputs.get(roleName(at));
    if (role !== undefined) for (const target of targets) roles.set(targetId(target), role);
  }
  return roles;
}

/** Why a settled stack can only be deleted; undefined: it need not be. A rolled back update leaves it as it was. */
function statusTrouble({ StackStatus, StackStatusReason }: Stack): string | undefined {
  switch (StackStatus) {
    case 'CREATE_COMPLETE':
    case 'UPDATE_COMPLETE':
    case 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS':
    case 'UPDATE_ROLLBACK_COMPLETE':
    case 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS':
      return undefined;
    default:
      return `The stack is not in order (${StackStatus}${StackStatusReason ? `: ${StackStatusReason}` : ''})`;
  }
}
