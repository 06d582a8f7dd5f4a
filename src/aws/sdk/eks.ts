/** The part of the EKS client that is used; see ec2.ts beside it for why it is named one by one. */
export {
  DescribeNodegroupCommand,
  EKSClient,
  ListClustersCommand,
  ListNodegroupsCommand,
  UpdateNodegroupConfigCommand,
} from '@aws-sdk/client-eks';
