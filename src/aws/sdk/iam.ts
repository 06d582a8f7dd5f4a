/** The part of the IAM client that is used; see ec2.ts beside it for why it is named one by one. */
export { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
