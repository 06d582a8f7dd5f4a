/**
 * Fleets as plain data: what exists when a sandbox starts. The demo's fleet has one of everything that naps and
 * one of everything that must be left alone.
 */

/** An account's resources by region. */
export interface Fleet {
  /** Twelve digits. */
  readonly account: string;
  readonly regions: Readonly<Record<string, RegionFleet>>;
}

/** One region's resources. */
export interface RegionFleet {
  readonly instances?: readonly InstanceSeed[];
  readonly ecsClusters?: readonly EcsClusterSeed[];
  readonly eksClusters?: readonly EksClusterSeed[];
}

/** An EC2 instance. Running, on demand, with an EBS root, unless it says otherwise. */
export interface InstanceSeed {
  readonly id: string;
  readonly name?: string;
  readonly type?: string;
  readonly state?: 'running' | 'stopped' | 'terminated';
  readonly tags?: Readonly<Record<string, string>>;
  /** `disableApiStop` is set. */
  readonly stopProtected?: boolean;
  /** Member of this Auto Scaling group, which replaces it when it stops. */
  readonly autoScalingGroup?: string;
  /** Runs on Spot, under a request of this type. */
  readonly spot?: 'one-time' | 'persistent';
  readonly rootDevice?: 'ebs' | 'instance-store';
  /** Managed by this service principal, as EKS Auto Mode's instances are. */
  readonly managedBy?: string;
  /** A start is accepted, then silently falls back to stopped, as with an encrypted volume whose key is denied. */
  readonly failsToStart?: boolean;
}

/** An ECS cluster. */
interface EcsClusterSeed {
  readonly name: string;
  readonly services?: readonly EcsServiceSeed[];
}

/** An ECS service, steady at its desired count. */
export interface EcsServiceSeed {
  readonly name: string;
  /** For a DAEMON: the number of container instances. */
  readonly desired: number;
  readonly scheduling?: 'REPLICA' | 'DAEMON';
  /** `family:revision`; the service's name, revision 1, if absent. */
  readonly taskDefinition?: string;
  /** Its scalable target, if it has one. */
  readonly scalable?: ScalableSeed;
}

/** An Application Auto Scaling target with its bounds, and which activities are suspended. */
export interface ScalableSeed {
  readonly min: number;
  readonly max: number;
  readonly suspended?: Partial<Suspended>;
}

/** The three suspension flags of a scalable target. */
export interface Suspended {
  readonly dynamicScalingIn: boolean;
  readonly dynamicScalingOut: boolean;
  readonly scheduledScaling: boolean;
}

/** An EKS cluster. */
interface EksClusterSeed {
  readonly name: string;
  /** Auto Mode: EKS runs nodes of its own, outside every node group. */
  readonly autoMode?: boolean;
  readonly nodegroups?: readonly NodegroupSeed[];
  readonly fargateProfiles?: readonly string[];
}

/** An EKS managed node group, with as many nodes as it desires. */
export interface NodegroupSeed {
  readonly name: string;
  readonly min: number;
  readonly desired: number;
  readonly max: number;
  readonly capacityType?: 'ON_DEMAND' | 'SPOT';
  readonly instanceType?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The account that the demo's fleet belongs to. */
const DEMO_ACCOUNT = '111122223333';

/** The demo's fleet: a small company's development services in two regions. */
export const demoFleet: Fleet = {
  account: DEMO_ACCOUNT,
  regions: {
    'ap-northeast-2': {
      instances: [
        { id: 'i-0a1c5e7d9b3f20461', name: 'dev-api', type: 't3.large', tags: { team: 'platform' } },
        { id: 'i-0b2d6f8e0c4a31572', name: 'dev-database', type: 'r6g.large', tags: { team: 'platform' } },
        { id: 'i-0c3e7a9f1d5b42683', name: 'bastion', type: 't3.nano', stopProtected: true },
        { id: 'i-0d4f8b0a2e6c53794', name: 'web-asg', type: 't3.medium', autoScalingGroup: 'dev-web-asg' },
        { id: 'i-0e5a9c1b3f7d64805', name: 'old-prototype', type: 't3.micro', state: 'stopped' },
      ],
      ecsClusters: [
        {
          name: 'dev',
          services: [
            { name: 'orders', desired: 2, scalable: { min: 1, max: 4 } },
            { name: 'payments', desired: 1 },
            {
              name: 'search',
              desired: 3,
              taskDefinition: 'search:17',
              scalable: { min: 2, max: 6, suspended: { scheduledScaling: true } },
            },
            { name: 'log-agent', desired: 2, scheduling: 'DAEMON' },
          ],
        },
        { name: 'empty' },
      ],
      eksClusters: [
        {
          name: 'dev-kubernetes',
          nodegroups: [
            {
              name: 'workers',
              min: 1,
              desired: 2,
              max: 4,
              instanceType: 'm6i.large',
              labels: { role: 'apps' },
            },
            {
              name: 'autoscaled',
              min: 1,
              desired: 1,
              max: 5,
              tags: {
                'k8s.io/cluster-autoscaler/enabled': 'true',
                'k8s.io/cluster-autoscaler/dev-kubernetes': 'owned',
              },
            },
          ],
        },
        { name: 'serverless', fargateProfiles: ['default'] },
      ],
    },
    'us-west-2': {
      instances: [
        { id: 'i-0f6b0d2c4a8e75916', name: 'test-runner', type: 'c6i.xlarge', tags: { team: 'quality' } },
        { id: 'i-01c7e3d5b9f086a27', name: 'batch-spot', type: 'm5.large', spot: 'one-time' },
        { id: 'i-02d8f4e6c0a197b38', name: 'scratch-store', type: 'm5d.large', rootDevice: 'instance-store' },
      ],
      ecsClusters: [{ name: 'test', services: [{ name: 'load-generator', desired: 1 }] }],
      eksClusters: [
        {
          name: 'test-kubernetes',
          nodegroups: [{ name: 'spot-workers', min: 0, desired: 1, max: 3, capacityType: 'SPOT' }],
        },
      ],
    },
  },
};
