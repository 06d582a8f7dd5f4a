/**
 * The part of the EC2 client that is used. Loaded lazily, and named here one by one so that a bundler can drop
 * the rest: the whole client costs some 60 MB of resident memory.
 */
export {
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSpotInstanceRequestsCommand,
  EC2Client,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
