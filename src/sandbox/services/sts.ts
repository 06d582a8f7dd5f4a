/** STS: who a key belongs to. */
import { z } from 'zod';
import { commonErrors } from '../errors.js';
import { awsQuery } from '../protocol/query-xml.js';
import { operation, type Service } from '../service.js';

export const sts: Service = {
  signingName: 'sts',
  protocol: awsQuery('https://sts.amazonaws.com/doc/2011-06-15/'),
  errors: commonErrors({
    action: 'sts',
    throttled: ['Throttling', 400],
    denied: ['AccessDenied', 403],
    expiredToken: ['ExpiredToken', 403],
    unknownKey: ['InvalidClientTokenId', 403],
    unavailable: ['ServiceUnavailable', 503],
    invalid: ['ValidationError', 400],
    unknownOperation: ['InvalidAction', 400],
  }),
  operations: {
    GetCallerIdentity: operation({
      input: z.object({}),
      run: (_input, { caller }) => ({ Arn: caller.arn, UserId: caller.userId, Account: caller.account }),
    }),
  },
};
