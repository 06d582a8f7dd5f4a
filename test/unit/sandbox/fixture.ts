/** What the sandbox's tests share: a clock that moves when told, and real SDK clients pointed at a sandbox. */
import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { EKSClient } from '@aws-sdk/client-eks';
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
  };
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
