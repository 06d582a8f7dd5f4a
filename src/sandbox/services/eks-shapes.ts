/** EKS's resources as its JSON has them. Times are seconds since the epoch. */
import type { Nodegroup, NodegroupUpdate } from '../state/nodegroups.js';
import type { EksCluster, Region } from '../state/world.js';

/** The Kubernetes version of everything here. */
const VERSION = '1.34';

/** `arn:aws:eks:REGION:ACCOUNT:RESOURCE`. */
export function eksArn(region: Region, resource: string): string {
  return `arn:aws:eks:${region.name}:${region.account}:${resource}`;
}

/** A cluster as DescribeCluster answers it. */
export function eksClusterJson(region: Region, cluster: EksCluster): object {
  return {
    name: cluster.name,
    arn: eksArn(region, `cluster/${cluster.name}`),
    createdAt: cluster.createdAt / 1000,
    version: VERSION,
    status: 'ACTIVE',
    computeConfig: { enabled: cluster.autoMode },
    tags: {},
  };
}

/** A node group's ARN, which ends in an id of its own. */
export function nodegroupArn(region: Region, { cluster, name, uuid }: Nodegroup): string {
  return eksArn(region, `nodegroup/${cluster}/${name}/${uuid}`);
}

/** A node group as DescribeNodegroup answers it. Its nodes are not in it: they lag behind `desiredSize`. */
export function nodegroupJson(region: Region, nodegroup: Nodegroup): object {
  return {
    nodegroupName: nodegroup.name,
    nodegroupArn: nodegroupArn(region, nodegroup),
    clusterName: nodegroup.cluster,
    version: VERSION,
    createdAt: nodegroup.createdAt / 1000,
    modifiedAt: nodegroup.modifiedAt / 1000,
    status: nodegroup.status,
    capacityType: nodegroup.capacityType,
    scalingConfig: nodegroup.scaling,
    instanceTypes: [nodegroup.instanceType],
    subnets: [],
    amiType: 'AL2023_x86_64_STANDARD',
    nodeRole: `arn:aws:iam::${region.account}:role/eks-node`,
    labels: nodegroup.labels,
    resources: { autoScalingGroups: [{ name: nodegroup.autoScalingGroup }] },
    health: { issues: [] },
    updateConfig: { maxUnavailable: 1 },
    tags: nodegroup.tags,
  };
}

/** An update as DescribeUpdate answers it. */
export function updateJson(update: NodegroupUpdate): object {
  return {
    id: update.id,
    status: update.status,
    type: 'ConfigUpdate',
    params: update.params,
    createdAt: update.createdAt / 1000,
    errors: [],
  };
}
