/** The part of the Application Auto Scaling client that is used; see ec2.ts for why it is named one by one. */
export {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
