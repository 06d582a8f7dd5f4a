/** The part of the ECS client that is used; see ec2.ts beside it for why it is named one by one. */
export {
  DescribeServicesCommand,
  ECSClient,
  ListClustersCommand,
  ListServicesCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
