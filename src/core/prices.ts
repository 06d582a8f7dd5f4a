/**
 * A small table of what AWS asks on demand, for estimates only: Linux, shared tenancy, without reservations, savings
 * plans, credits, spot or tax. What is not in it has no price here; nothing is guessed.
 */
import type { Target } from './target.js';

/** Where the table comes from, said wherever its numbers are shown. */
export interface PriceSource {
  /** The month the prices were last compared with AWS's pages: `2025-01`. */
  readonly asOf: string;
  readonly pages: readonly string[];
  /** What a task of ECS is taken for, since the ledger does not know its size. */
  readonly task: { readonly vcpu: number; readonly gb: number };
}

export const PRICE_SOURCE: PriceSource = {
  asOf: '2025-01',
  pages: ['https://aws.amazon.com/ec2/pricing/on-demand/', 'https://aws.amazon.com/fargate/pricing/'],
  task: { vcpu: 0.25, gb: 0.5 },
};

/** A price, and whether it is AWS's own for this very thing or rests on the assumed task. */
export interface Price {
  readonly usdPerHour: number;
  readonly basis: 'listed' | 'assumed';
}

/** USD an hour of a family's `large` in us-east-1; other sizes are exact multiples of it. */
const FIXED: Readonly<Record<string, number>> = {
  m4: 0.1,
  m5: 0.096,
  m5a: 0.086,
  m6i: 0.096,
  m6a: 0.0864,
  m6g: 0.077,
  m7i: 0.1008,
  m7g: 0.0816,
  c5: 0.085,
  c5a: 0.077,
  c6i: 0.085,
  c6a: 0.0765,
  c6g: 0.068,
  c7i: 0.08925,
  c7g: 0.0725,
  r5: 0.126,
  r5a: 0.113,
  r6i: 0.126,
  r6a: 0.1134,
  r6g: 0.1008,
  r7i: 0.1323,
  r7g: 0.1071,
};
const FIXED_SIZES: Readonly<Record<string, number>> = { large: 1, xlarge: 2, '2xlarge': 4, '4xlarge': 8 };

/** Likewise of the burstable families, without what unlimited mode may add. */
const BURSTABLE: Readonly<Record<string, number>> = { t2: 0.0928, t3: 0.0832, t3a: 0.0752, t4g: 0.0672 };
const BURSTABLE_SIZES: Readonly<Record<string, number>> = {
  nano: 1 / 16,
  micro: 1 / 8,
  small: 1 / 4,
  medium: 1 / 2,
  large: 1,
  xlarge: 2,
  '2xlarge': 4,
};

/** USD an hour in us-east-1 of what follows no rule. */
const BY_ITSELF: Readonly<Record<string, number>> = {
  't2.small': 0.023,
  'g4dn.xlarge': 0.526,
  'g4dn.2xlarge': 0.752,
  'g4dn.4xlarge': 1.204,
  'g5.xlarge': 1.006,
  'g5.2xlarge': 1.212,
  'g5.4xlarge': 1.624,
};

/** USD an hour in us-east-1, Linux on x86. */
const FARGATE = { vcpu: 0.04048, gb: 0.004445 };

/**
 * What a region asks against us-east-1. `ec2`: by what an m5.large costs there; other types differ by some percent.
 * `fargate`: by its hour of a vCPU; undefined: not in the table.
 */
const REGIONS: Readonly<Record<string, { readonly ec2: number; readonly fargate: number | undefined }>> = {
  'us-east-1': { ec2: 1, fargate: 1 },
  'us-east-2': { ec2: 1, fargate: 1 },
  'us-west-1': { ec2: 0.112 / 0.096, fargate: undefined },
  'us-west-2': { ec2: 1, fargate: 1 },
  'ca-central-1': { ec2: 0.107 / 0.096, fargate: 0.04456 / 0.04048 },
  'eu-west-1': { ec2: 0.107 / 0.096, fargate: 1 },
  'eu-west-2': { ec2: 0.111 / 0.096, fargate: 0.04656 / 0.04048 },
  'eu-west-3': { ec2: 0.112 / 0.096, fargate: undefined },
  'eu-central-1': { ec2: 0.115 / 0.096, fargate: 0.04656 / 0.04048 },
  'eu-north-1': { ec2: 0.102 / 0.096, fargate: undefined },
  'ap-northeast-1': { ec2: 0.124 / 0.096, fargate: 0.05056 / 0.04048 },
  'ap-northeast-2': { ec2: 0.118 / 0.096, fargate: 0.04656 / 0.04048 },
  'ap-southeast-1': { ec2: 0.12 / 0.096, fargate: 0.05056 / 0.04048 },
  'ap-southeast-2': { ec2: 0.12 / 0.096, fargate: 0.04856 / 0.04048 },
  'ap-south-1': { ec2: 0.101 / 0.096, fargate: 0.04256 / 0.04048 },
  'sa-east-1': { ec2: 0.153 / 0.096, fargate: undefined },
};

/** What one instance, task or node of a target costs; undefined: not known. */
export function priceOf(
  target: Pick<Target, 'kind' | 'region'>,
  instanceType: string | undefined,
): Price | undefined {
  const factors = own(REGIONS, target.region);
  if (!factors) return undefined;
  switch (target.kind) {
    case 'ecs': {
      const { vcpu, gb } = PRICE_SOURCE.task;
      if (factors.fargate === undefined) return undefined;
      return {
        usdPerHour: (vcpu * FARGATE.vcpu + gb * FARGATE.gb) * factors.fargate,
        basis: 'assumed',
      };
    }
    case 'ec2':
    case 'eks': {
      const listed = instanceType === undefined ? undefined : inVirginia(instanceType);
      return listed === undefined ? undefined : { usdPerHour: listed * factors.ec2, basis: 'listed' };
    }
  }
}

function inVirginia(instanceType: string): number | undefined {
  const [family = '', size = ''] = instanceType.split('.');
  const alone = own(BY_ITSELF, instanceType);
  if (alone !== undefined) return alone;
  const [large, times] = own(BURSTABLE, family)
    ? [own(BURSTABLE, family), own(BURSTABLE_SIZES, size)]
    : [own(FIXED, family), own(FIXED_SIZES, size)];
  return large === undefined || times === undefined ? undefined : large * times;
}

/** What a table holds itself, so that a type called `constructor` is not found. */
function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
