/** IAM: what a policy allows, as far as signing in asks. The policy is that everything is allowed but what trouble denies. */
import { z } from 'zod';
import { AwsError, commonErrors } from '../errors.js';
import { awsQuery } from '../protocol/query-xml.js';
import { operation, type Service } from '../service.js';

const members = z.object({ member: z.array(z.string()).default([]) });

export const iam: Service = {
  signingName: 'iam',
  protocol: awsQuery('https://iam.amazonaws.com/doc/2010-05-08/'),
  errors: commonErrors({
    action: 'iam',
    throttled: ['Throttling', 400],
    denied: ['AccessDenied', 403],
    expiredToken: ['ExpiredToken', 403],
    unknownKey: ['InvalidClientTokenId', 403],
    unavailable: ['ServiceFailure', 500],
    invalid: ['ValidationError', 400],
    unknownOperation: ['InvalidAction', 400],
  }),
  operations: {
    SimulatePrincipalPolicy: operation({
      input: z.object({
        PolicySourceArn: z.string(),
        ActionNames: members,
        ResourceArns: members.default({ member: ['*'] }),
      }),
      run(input, { caller, isDenied }) {
        if (input.PolicySourceArn !== caller.arn) {
          throw new AwsError('NoSuchEntity', `The principal ${input.PolicySourceArn} cannot be found.`, 404);
        }
        const results = input.ActionNames.member.flatMap((action) =>
          input.ResourceArns.member.map((resource) => ({
            EvalActionName: action,
            EvalResourceName: resource,
            EvalDecision: isDenied(action) ? 'implicitDeny' : 'allowed',
            MissingContextValues: [],
          })),
        );
        return { EvaluationResults: results, IsTruncated: false };
      },
    }),
  },
};
