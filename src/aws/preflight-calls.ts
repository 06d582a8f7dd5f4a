/** Every call that Cloudnap makes, and what it is for: the policy it needs, in one table. */

export const CALLS = {
  'ec2:DescribeInstances': 'see EC2 instances and whether they run',
  'ec2:DescribeInstanceAttribute': 'see which instances are protected from being stopped',
  'ec2:DescribeSpotInstanceRequests': 'see which spot instances can be stopped',
  'ec2:StopInstances': 'let EC2 instances nap',
  'ec2:StartInstances': 'start EC2 instances again',
  'ecs:ListClusters': 'find ECS clusters',
  'ecs:ListServices': 'find ECS services',
  'ecs:DescribeServices': 'see ECS services and how many tasks run',
  'ecs:UpdateService': 'let ECS services nap, and bring their tasks back',
  'application-autoscaling:DescribeScalableTargets': 'see whether an ECS service scales by itself',
  'application-autoscaling:RegisterScalableTarget':
    'keep autoscaling from waking an ECS service, and restore it',
  'eks:ListClusters': 'find EKS clusters',
  'eks:ListNodegroups': 'find EKS node groups',
  'eks:DescribeNodegroup': 'see EKS node groups and their sizes',
  'eks:UpdateNodegroupConfig': 'let EKS node groups nap, and bring their nodes back',
} as const;

export type Action = keyof typeof CALLS;
export const ACTIONS = Object.keys(CALLS) as readonly Action[];

/**
 * Actions that IAM allows for all resources or for none: where a simulation over `*` does not allow one of these,
 * nothing does. The others may still be allowed for some resources.
 */
export const ALL_OR_NONE: ReadonlySet<Action> = new Set<Action>([
  'ec2:DescribeInstances',
  'ec2:DescribeInstanceAttribute',
  'ec2:DescribeSpotInstanceRequests',
  'ecs:ListClusters',
  'application-autoscaling:DescribeScalableTargets',
  'eks:ListClusters',
]);
