/** The part of the STS client that is used; see ec2.ts beside it for why it is named one by one. */
export { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
