/**
 * CloudFormation, as far as one stack needs it: each change is waited for to its end, and one that fails is told by
 * the reason that CloudFormation noted first, not by the rollback that followed.
 */
import type { Stack } from '@aws-sdk/client-cloudformation';
import { OperationError } from '../core/errors.js';
import { type Clock, sleep } from '../core/instant.js';
import type { Clients } from './clients.js';

/** The stack's name, the same in every region. */
export const STACK = 'cloudnap-dead-man';
/** A group and a few roles take less than a minute. Milliseconds. */
const LONGEST_MS = 5 * 60_000;
const FIRST_LOOK_MS = 500;
const LOOK_EVERY_MS = 3_000;
/** Pages of events gone through for a reason; one change of so small a stack fits on the first. */
const MOST_PAGES = 5;
const PERMISSIONS =
  'Ask for the permissions in docs/dead-man.md, or have an administrator deploy the template that `cloudnap dead-man enable --template` prints.';

/** Whether a change is under way. What is only tidied up afterwards is done. */
export function isChanging(status: string | undefined): boolean {
  return (status?.endsWith('_IN_PROGRESS') ?? false) && !status?.includes('_COMPLETE_CLEANUP');
}

/** A change of the stack, and the status of the event with which CloudFormation notes that it begins. */
interface Change {
  readonly operation: string;
  readonly begins: string;
}
const CREATE: Change = { operation: 'cloudformation:CreateStack', begins: 'CREATE_IN_PROGRESS' };
const UPDATE: Change = { operation: 'cloudformation:UpdateStack', begins: 'UPDATE_IN_PROGRESS' };
const DELETE: Change = { operation: 'cloudformation:DeleteStack', begins: 'DELETE_IN_PROGRESS' };

/** The stack's changes. */
export function createStackWork({ clients, clock }: { readonly clients: Clients; readonly clock: Clock }) {
  /** The stack by its id, which finds deleted ones too, or by its name; undefined when there is none. */
  const describe = async (region: string, id = STACK, signal?: AbortSignal): Promise<Stack | undefined> => {
    const { sdk, client } = await clients.cloudformation(region);
    try {
      const answer = await clients.ask({ operation: 'cloudformation:DescribeStacks', signal }, (how) =>
        client.send(new sdk.DescribeStacksCommand({ StackName: id }), how),
      );
      const [stack] = answer.Stacks ?? [];
      return stack?.StackStatus === 'DELETE_COMPLETE' && id === STACK ? undefined : stack;
    } catch (thrown) {
      if (isNotThere(thrown)) return undefined;
      throw thrown;
    }
  };

  /** Waits for the end of a change. Resolves to the stack, undefined when it is gone. @throws OperationError */
  const settled = async (region: string, id: string, signal?: AbortSignal): Promise<Stack | undefined> => {
    const began = clock.now().mono;
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 2, LOOK_EVERY_MS)) {
      const stack = await describe(region, id, signal);
      if (!isChanging(stack?.StackStatus)) return stack;
      if (clock.now().mono - began > LONGEST_MS)
        throw new OperationError('busy', `${region}: CloudFormation is still at it (${stack?.StackStatus})`, {
          operation: 'cloudformation:DescribeStacks',
          hint: `Look at the stack ${STACK} in the CloudFormation console, and try again when it is done.`,
        });
      await sleep(clock, wait, signal);
    }
  };

  /** Why a change failed: the first failure since it began. */
  const reasonOf = async (
    region: string,
    id: string,
    change: Change,
    signal?: AbortSignal,
  ): Promise<string | undefined> => {
    const { sdk, client } = await clients.cloudformation(region);
    let reason: string | undefined;
    let token: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const input = { StackName: id, ...(token ? { NextToken: token } : {}) };
      const answer = await clients.ask({ operation: 'cloudformation:DescribeStackEvents', signal }, (how) =>
        client.send(new sdk.DescribeStackEventsCommand(input), how),
      );
      // Newest first.
      for (const event of answer.StackEvents ?? []) {
        const { PhysicalResourceId, ResourceStatus = '', ResourceStatusReason, LogicalResourceId } = event;
        if (ResourceStatus.endsWith('_FAILED') && ResourceStatusReason !== undefined)
          reason = `${LogicalResourceId}: ${ResourceStatusReason}`;
        if (PhysicalResourceId === id && ResourceStatus === change.begins) return reason;
      }
      token = answer.NextToken || undefined;
      if (token === undefined) break;
    }
    return reason;
  };

  const failed = async (region: string, id: string, change: Change, signal?: AbortSignal) => {
    const why = await reasonOf(region, id, change, signal).catch(() => undefined);
    return new OperationError('failed', `${region}: ${why ?? 'CloudFormation gave no reason'}`, {
      operation: change.operation,
      hint: PERMISSIONS,
    });
  };

  return {
    describe: (region: string, id?: string, signal?: AbortSignal) => describe(region, id, signal),
    settled,

    /** The template as it was sent; undefined when there is no stack. */
    async template(region: string, signal?: AbortSignal): Promise<string | undefined> {
      const { sdk, client } = await clients.cloudformation(region);
      try {
        const answer = await clients.ask({ operation: 'cloudformation:GetTemplate', signal }, (how) =>
          client.send(new sdk.GetTemplateCommand({ StackName: STACK, TemplateStage: 'Original' }), how),
        );
        return answer.TemplateBody;
      } catch (thrown) {
        if (isNotThere(thrown)) return undefined;
        throw thrown;
      }
    },

    /** @throws OperationError when it came to nothing; then nothing is left of it */
    async create(region: string, template: string, signal?: AbortSignal): Promise<void> {
      const { sdk, client } = await clients.cloudformation(region);
      const input = {
        StackName: STACK,
        TemplateBody: template,
        Capabilities: ['CAPABILITY_IAM' as const],
        OnFailure: 'DELETE' as const,
      };
      const { StackId: id = STACK } = await clients.ask({ operation: CREATE.operation, signal }, (how) =>
        client.send(new sdk.CreateStackCommand(input), how),
      );
      const stack = await settled(region, id, signal);
      if (stack?.StackStatus !== 'CREATE_COMPLETE') throw await failed(region, id, CREATE, signal);
    },

    /** @throws OperationError when it came to nothing; then the stack is as it was */
    async update(region: string, id: string, template: string, signal?: AbortSignal): Promise<void> {
      const { sdk, client } = await clients.cloudformation(region);
      const input = {
        StackName: STACK,
        TemplateBody: template,
        Capabilities: ['CAPABILITY_IAM' as const],
      };
      await clients.ask({ operation: UPDATE.operation, signal }, (how) =>
        client.send(new sdk.UpdateStackCommand(input), how),
      );
      const stack = await settled(region, id, signal);
      if (!stack?.StackStatus?.startsWith('UPDATE_COMPLETE')) throw await failed(region, id, UPDATE, signal);
    },

    /** Deletes the stack and waits until it is gone. @throws OperationError */
    async remove(region: string, id: string, signal?: AbortSignal): Promise<void> {
      const { sdk, client } = await clients.cloudformation(region);
      await clients.ask({ operation: DELETE.operation, signal }, (how) =>
        client.send(new sdk.DeleteStackCommand({ StackName: id }), how),
      );
      const stack = await settled(region, id, signal);
      if (stack && stack.StackStatus !== 'DELETE_COMPLETE') throw await failed(region, id, DELETE, signal);
    },
  };
}

/** For a stack that does not exist CloudFormation has the error of a wrong request; ours are right. */
function isNotThere(thrown: unknown): boolean {
  const cause = thrown instanceof OperationError ? thrown.cause : undefined;
  return cause instanceof Error && cause.name === 'ValidationError';
}
