/** What the sandbox's tests share: a clock that moves when told, and real SDK clients pointed at a sandbox. */
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { EKSClient } from '@aws-sdk/client-eks';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { STSClient } from '@aws-sdk/client-sts';
import { onTestFinished } from 'vitest';
import { DEMO_KEY, type Sandbox, type SandboxOptions, startSandbox } from '../../../src/sandbox/index.js';

/** Where every test begins. */
export const START = Date.UTC(2026, 2, 2, 9, 0, 0);

/** A clock that stands still until `advance`; whoever sleeps wakes when it has got there. */
class FakeClock {
  #now = START;
  #sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ until: this.#now + ms, wake }));
  }

  /** How many are asleep. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter(({ until }) => until <= this.#now);
    this.#sleepers = this.#sleepers.filter(({ until }) => until > this.#now);
    for (const { wake } of due) wake();
  }
}

/** A running sandbox, its clock, and a client a service. Ended with the test. */
export async function sandboxWith(
  options: Omit<SandboxOptions, 'clock'> & { readonly region?: string; readonly maxAttempts?: number } = {},
) {
  const clock = new FakeClock();
  const sandbox = await startSandbox({ ...options, clock });
  const clients = clientsOf(sandbox, options);
  onTestFinished(() => sandbox.close());
  return { sandbox, clock, ...clients };
}

/** One client a service; `maxAttempts` is 1 so that errors come through as they were sent. */
export function clientsOf(
  sandbox: Sandbox,
  options: {
    readonly region?: string;
    readonly maxAttempts?: number;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  } = {},
) {
  const config = {
    endpoint: sandbox.endpoint,
    region: options.region ?? 'ap-northeast-2',
    credentials: options.credentials ?? DEMO_KEY,
    maxAttempts: options.maxAttempts ?? 1,
  };
  return {
    ec2: new EC2Client(config),
    ecs: new ECSClient(config),
    eks: new EKSClient(config),
    sts: new STSClient(config),
    scaling: new ApplicationAutoScalingClient(config),
    scheduler: new SchedulerClient(config),
    cloudFormation: new CloudFormationClient(config),
    iam: new IAMClient(config),
  };
}

/** A trust policy for the scheduler, with conditions if there are any. */
export function trustOfScheduler(conditions?: object) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'scheduler.amazonaws.com' },
        Action: 'sts:AssumeRole',
        ...(conditions && { Condition: conditions }),
      },
    ],
  };
}

/** A role of the demo's account that the scheduler may assume, and that may do these actions on these resources. */
export async function roleFor(
  iam: IAMClient,
  allowed: { readonly actions: string[]; readonly resources?: string[] },
  trust: object = trustOfScheduler(),
): Promise<string> {
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: 'switches', AssumeRolePolicyDocument: JSON.stringify(trust) }),
  );
  const statement = { Effect: 'Allow', Action: allowed.actions, Resource: allowed.resources ?? ['*'] };
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'switches',
      PolicyName: 'stop',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
    }),
  );
  return Role!.Arn!;
}

/** The error's name that the SDK gives, and nothing if the call goes through. */
export async function errorName(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}
