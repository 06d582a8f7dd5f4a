import { describe, expect, it } from 'vitest';
import { isFinal, mayBeOneOfMany, operationError } from '../../../src/aws/errors.js';
import { OperationError } from '../../../src/core/errors.js';

/** An error as the SDK throws it. */
const sdkError = (name: string, more: object = {}) => Object.assign(new Error('said AWS'), { name, ...more });
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });
const faultOf = (thrown: unknown, operation = 'ec2:StopInstances') =>
  operationError(thrown, { operation }).fault;

describe('the fault of a call', () => {
  it.each([
    ['RequestLimitExceeded', 'throttled'],
    ['ThrottlingException', 'throttled'],
    ['ResourceInUseException', 'busy'],
    ['IncorrectInstanceState', 'busy'],
    ['ConcurrentUpdateException', 'busy'],
    ['InsufficientInstanceCapacity', 'capacity'],
    ['InvalidInstanceID.NotFound', 'missing'],
    ['InvalidInstanceID.Malformed', 'missing'],
    ['ServiceNotFoundException', 'missing'],
    ['ClusterNotFoundException', 'missing'],
    ['ResourceNotFoundException', 'missing'],
    ['OperationNotPermitted', 'refused'],
    ['UnsupportedOperation', 'refused'],
    ['InvalidParameterException', 'refused'],
    ['UnauthorizedOperation', 'denied'],
    ['AccessDeniedException', 'denied'],
    ['ExpiredTokenException', 'credentials'],
    ['CredentialsProviderError', 'credentials'],
    ['TimeoutError', 'unreachable'],
    ['InternalError', 'failed'],
    ['SomethingNew', 'failed'],
  ])('%s is %s', (name, fault) => {
    expect(faultOf(sdkError(name))).toBe(fault);
  });

  it('is never read from the message', () => {
    expect(faultOf(new Error('ThrottlingException: Rate exceeded'))).toBe('failed');
  });

  it('is told by the connection where AWS has answered nothing', () => {
    expect(faultOf(sdkError('Error', { code: 'ECONNREFUSED' }))).toBe('unreachable');
    expect(faultOf(sdkError('Error', { code: 'ENOTFOUND' }))).toBe('unreachable');
    expect(faultOf(new Error('outer', { cause: sdkError('Error', { code: 'ETIMEDOUT' }) }))).toBe(
      'unreachable',
    );
    expect(faultOf(sdkError('Error', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }))).toBe('unreachable');
    expect(faultOf(sdkError('Unknown', status(429)))).toBe('throttled');
  });

  it('is bad keys only when STS says so: elsewhere it is a region that is not enabled', () => {
    const unknown = sdkError('AuthFailure');
    expect(faultOf(sdkError('InvalidClientTokenId'), 'sts:GetCallerIdentity')).toBe('credentials');
    expect(operationError(unknown, { operation: 'ec2:DescribeInstances' })).toMatchObject({
      fault: 'denied',
      hint: expect.stringContaining('region'),
    });
  });
});

describe('an operation error', () => {
  it('carries action, target and cause, and is not wrapped twice', () => {
    const cause = sdkError('UnauthorizedOperation');
    const about = { operation: 'ec2:StopInstances', target: 'ec2:eu-central-1:i-1' } as const;
    const error = operationError(cause, about);
    expect(error).toMatchObject({
      ...about,
      cause,
      fault: 'denied',
      hint: expect.stringContaining('ec2:StopInstances'),
    });
    expect(operationError(error, { operation: 'other' })).toBe(error);
  });

  it('names the profile to sign in with', () => {
    const { hint } = operationError(sdkError('ExpiredToken'), {
      operation: 'ecs:UpdateService',
      profile: 'dev',
    });
    expect(hint).toContain('aws sso login --profile dev');
  });

  it('is one line, however much AWS says', () => {
    const cause = Object.assign(new Error(`a\nb ${'x'.repeat(5_000)}`), { name: 'UnauthorizedOperation' });
    const { message } = operationError(cause, { operation: 'ec2:StopInstances' });
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThan(400);
  });
});

describe('a batch', () => {
  it.each([
    ['OperationNotPermitted', 400, true],
    ['InsufficientInstanceCapacity', 500, true],
    ['SomethingNew', 400, true],
    ['InternalError', 500, false],
    ['RequestLimitExceeded', 503, false],
    ['ExpiredToken', 403, false],
  ])('that failed with %s (%i) may be spoilt by one member: %s', (name, code, may) => {
    const error = operationError(sdkError(name, status(code)), { operation: 'ec2:StopInstances' });
    expect(error).toBeInstanceOf(OperationError);
    expect(mayBeOneOfMany(error)).toBe(may);
  });
});

describe('asking again at once', () => {
  it.each([
    ['InsufficientInstanceCapacity', true],
    ['OperationNotPermitted', true],
    ['RequestLimitExceeded', false],
    ['TimeoutError', false],
    ['InternalError', false],
  ])('after %s is in vain: %s', (name, vain) => {
    expect(isFinal(sdkError(name))).toBe(vain);
  });
});
