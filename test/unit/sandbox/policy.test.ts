/** IAM policies as a table: what they say to a question, and which documents are none. */
import { describe, expect, test } from 'vitest';
import { decide, mayAssume, parsePermissions, parseTrust } from '../../../src/sandbox/policy.js';

const ONE = 'arn:aws:ec2:us-west-2:111122223333:instance/i-1';
const stop = (changes: object = {}) => ({
  Effect: 'Allow',
  Action: 'ec2:StopInstances',
  Resource: ONE,
  ...changes,
});

describe('a policy of permissions', () => {
  test.each([
    ['the action and resource it names', [stop()], 'allowed'],
    ['the action in another case', [stop({ Action: 'EC2:stopinstances' })], 'allowed'],
    ['wildcards', [stop({ Action: ['ecs:*', 'ec2:Stop*'], Resource: '*:instance/i-?' })], 'allowed'],
    ['another action', [stop({ Action: 'ec2:StartInstances' })], 'implicitDeny'],
    ['another resource', [stop({ Resource: [`${ONE}2`] })], 'implicitDeny'],
    ['a resource in another case', [stop({ Resource: ONE.toUpperCase() })], 'implicitDeny'],
    ['a dot for any character', [stop({ Resource: ONE.replace('1111', '1.11') })], 'implicitDeny'],
    ['nothing', [], 'implicitDeny'],
    ['an allow and a deny', [stop(), stop({ Effect: 'Deny', Action: '*' })], 'explicitDeny'],
    ['a condition that holds', [stop({ Condition: { StringEquals: { of: ['b', 'a'] } } })], 'allowed'],
    ['one that holds by a wildcard', [stop({ Condition: { StringLike: { of: '?' } } })], 'allowed'],
    ['a wildcard that is none', [stop({ Condition: { StringEquals: { of: '?' } } })], 'implicitDeny'],
    ['a key that is not there', [stop({ Condition: { ArnLike: { by: '*' } } })], 'implicitDeny'],
    ['two keys, one of which', [stop({ Condition: { StringLike: { of: 'a', by: '*' } } })], 'implicitDeny'],
  ])('with %s', (_what, Statement, expected) => {
    const policy = parsePermissions({ Version: '2012-10-17', Statement });
    const question = { action: 'ec2:StopInstances', resource: ONE, context: { of: 'a' } };
    expect(decide([policy], question)).toBe(expected);
  });

  test.each([
    ['no statement', { Version: '2012-10-17' }],
    ['no resource', { Statement: { Effect: 'Allow', Action: '*' } }],
    ['a principal', { Statement: stop({ Principal: '*' }) }],
    ['an operator that is not known', { Statement: stop({ Condition: { Bool: { a: 'true' } } }) }],
  ])('with %s is refused', (_what, document) => {
    expect(() => parsePermissions(document)).toThrow();
  });
});

describe('a trust policy', () => {
  const trust = (changes: object) =>
    parseTrust({
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Action: 'sts:AssumeRole',
          ...changes,
        },
      ],
    });

  test.each([
    ['for the service', {}, true],
    ['for another', { Principal: { Service: ['events.amazonaws.com'] } }, false],
    ['for an account', { Principal: { AWS: '111122223333' } }, false],
    ['for another action', { Action: 'sts:TagSession' }, false],
    ['that denies', { Effect: 'Deny' }, false],
    [
      'on a condition that holds',
      { Condition: { ArnLike: { 'aws:SourceArn': '*:schedule-group/*' } } },
      true,
    ],
    ['on one that does not', { Condition: { ArnLike: { 'aws:SourceArn': '*:schedule/*' } } }, false],
  ])('%s', (_what, changes, expected) => {
    const context = { 'aws:SourceArn': 'arn:aws:scheduler:us-west-2:111122223333:schedule-group/mine' };
    expect(mayAssume(trust(changes), 'scheduler.amazonaws.com', context)).toBe(expected);
  });
});
