/** CloudFormation and the roles it makes, through the real SDK: stacks that take their time, fail and are taken back. */
import {
  CreateStackCommand,
  type CreateStackCommandInput,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import {
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  SimulatePrincipalPolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateScheduleCommand, GetScheduleGroupCommand } from '@aws-sdk/client-scheduler';
import { describe, expect, test } from 'vitest';
import { demoFleet } from '../../../src/sandbox/index.js';
import { errorName, START, sandboxWith, trustOfScheduler } from './fixture.js';

const API = 'i-0a1c5e7d9b3f20461';
const DATABASE = 'i-0b2d6f8e0c4a31572';
/** How long CloudFormation takes over a resource. */
const STEP = 15_000;
const LONG = 10 * 60_000;

/** A role that may stop these instances, and a group; `changes` are laid over the role's properties. */
function template(instances: string[] = [API], changes: object = {}, more: object = {}) {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'Switches',
    Parameters: { Prefix: { Type: 'String', Default: 'switches' } },
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: trustOfScheduler({
            ArnLike: { 'aws:SourceArn': { 'Fn::GetAtt': ['Group', 'Arn'] } },
          }),
          Policies: [
            {
              PolicyName: 'stop',
              PolicyDocument: {
                Version: '2012-10-17',
                Statement: {
                  Effect: 'Allow',
                  Action: 'ec2:StopInstances',
                  Resource: instances.map((id) => ({
                    'Fn::Sub': `arn:\${AWS::Partition}:ec2:\${AWS::Region}:\${AWS::AccountId}:instance/${id}`,
                  })),
                },
              },
            },
          ],
          ...changes,
        },
      },
      Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: { Ref: 'Prefix' } } },
    },
    Outputs: { RoleArn: { Value: { 'Fn::GetAtt': 'Role.Arn' } }, Group: { Value: { Ref: 'Group' } } },
    ...more,
  };
}

/** A sandbox, and what a test does with the one stack in it. */
async function stacks() {
  const all = await sandboxWith();
  const { cloudFormation } = all;
  const input = (body: object, changes: Partial<CreateStackCommandInput> = {}): CreateStackCommandInput => ({
    StackName: 'switches',
    TemplateBody: JSON.stringify(body),
    Capabilities: ['CAPABILITY_IAM'],
    ...changes,
  });
  return {
    ...all,
    create: (body: object = template(), changes: Partial<CreateStackCommandInput> = {}) =>
      cloudFormation.send(new CreateStackCommand(input(body, changes))),
    update: (body: object, changes: Partial<CreateStackCommandInput> = {}) =>
      cloudFormation.send(new UpdateStackCommand(input(body, changes))),
    remove: () => cloudFormation.send(new DeleteStackCommand({ StackName: 'switches' })),
    stack: async (StackName = 'switches') =>
      (await cloudFormation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0],
    events: async (StackName = 'switches') =>
      (await cloudFormation.send(new DescribeStackEventsCommand({ StackName }))).StackEvents?.map(
        ({ LogicalResourceId, ResourceStatus }) => `${LogicalResourceId} ${ResourceStatus}`,
      ).reverse(),
  };
}

describe('a new stack', () => {
  test('makes its resources one after another, those that others need first', async () => {
    const { create, stack, events, clock, scheduler, iam, cloudFormation } = await stacks();
    const { StackId } = await create();
    expect(await stack()).toMatchObject({ StackStatus: 'CREATE_IN_PROGRESS', Outputs: [] });
    clock.advance(STEP);
    expect(await scheduler.send(new GetScheduleGroupCommand({ Name: 'switches' }))).toMatchObject({
      State: 'ACTIVE',
    });
    clock.advance(STEP - 1);
    expect(await stack()).toMatchObject({ StackStatus: 'CREATE_IN_PROGRESS' });
    clock.advance(1);
    const made = await stack();
    expect(made).toMatchObject({
      StackId,
      StackStatus: 'CREATE_COMPLETE',
      CreationTime: new Date(START),
      Parameters: [{ ParameterKey: 'Prefix', ParameterValue: 'switches' }],
    });
    expect(await events()).toEqual([
      'switches CREATE_IN_PROGRESS',
      'Group CREATE_IN_PROGRESS',
      'Group CREATE_COMPLETE',
      'Role CREATE_IN_PROGRESS',
      'Role CREATE_COMPLETE',
      'switches CREATE_COMPLETE',
    ]);
    const resources = await cloudFormation.send(new DescribeStackResourcesCommand({ StackName: 'switches' }));
    const role = resources.StackResources?.find(({ LogicalResourceId }) => LogicalResourceId === 'Role');
    expect(role?.PhysicalResourceId).toMatch(/^switches-Role-[0-9A-F]{12}$/);
    const found = await iam.send(new GetRoleCommand({ RoleName: role?.PhysicalResourceId }));
    expect(made?.Outputs).toEqual([
      { OutputKey: 'RoleArn', OutputValue: found.Role?.Arn },
      { OutputKey: 'Group', OutputValue: 'switches' },
    ]);
    const body = await cloudFormation.send(new GetTemplateCommand({ StackName: 'switches' }));
    expect(JSON.parse(body.TemplateBody!)).toEqual(template());
  });

  test('gives a role that the scheduler may assume for that group, with what its policy says and no more', async () => {
    const { create, stack, clock, scheduler, iam } = await stacks();
    await create();
    clock.advance(LONG);
    const RoleArn = (await stack())?.Outputs?.[0]?.OutputValue;
    const RoleName = RoleArn?.split('/')[1];
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames).toEqual(['stop']);
    const policy = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName: 'stop' }));
    const arnOf = (id: string) => `arn:aws:ec2:ap-northeast-2:${demoFleet.account}:instance/${id}`;
    expect(JSON.parse(decodeURIComponent(policy.PolicyDocument!)).Statement.Resource).toEqual([arnOf(API)]);
    const simulated = await iam.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: RoleArn,
        ActionNames: ['ec2:StopInstances', 'ec2:TerminateInstances'],
        ResourceArns: [arnOf(API), arnOf(DATABASE)],
      }),
    );
    expect(simulated.EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).toEqual([
      'allowed',
      'implicitDeny',
      'implicitDeny',
      'implicitDeny',
    ]);
    const schedule = (GroupName?: string) =>
      scheduler.send(
        new CreateScheduleCommand({
          Name: 'stop',
          GroupName,
          ScheduleExpression: 'at(2026-03-02T10:00:00)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          Target: {
            Arn: 'arn:aws:scheduler:::aws-sdk:ec2:stopInstances',
            RoleArn,
            Input: JSON.stringify({ InstanceIds: [API] }),
          },
        }),
      );
    expect(await errorName(schedule())).toBe('ValidationException');
    expect(await errorName(schedule('switches'))).toBeUndefined();
  });

  test('needs to be told that it makes roles, and that it names them', async () => {
    const { create } = await stacks();
    const none = create(template(), { Capabilities: [] });
    await expect(none).rejects.toMatchObject({
      name: 'InsufficientCapabilitiesException',
      message: 'Requires capabilities : [CAPABILITY_IAM]',
    });
    const named = template([API], { RoleName: 'mine' });
    await expect(create(named)).rejects.toMatchObject({
      message: 'Requires capabilities : [CAPABILITY_NAMED_IAM]',
    });
    expect(await errorName(create(named, { Capabilities: ['CAPABILITY_NAMED_IAM'] }))).toBeUndefined();
  });

  test('is there once, and the same call again is the same stack', async () => {
    const { create } = await stacks();
    const first = await create(template(), { ClientRequestToken: 'once' });
    expect((await create(template(), { ClientRequestToken: 'once' })).StackId).toBe(first.StackId);
    expect(await errorName(create())).toBe('AlreadyExistsException');
  });

  test('that fails is rolled back, and has to be deleted before its name is free', async () => {
    const { create, stack, events, clock, sandbox, remove, scheduler, update } = await stacks();
    sandbox.trouble.add({ effect: { kind: 'deny' }, operation: 'CreateRole' });
    await create();
    clock.advance(LONG);
    expect(await stack()).toMatchObject({ StackStatus: 'ROLLBACK_COMPLETE' });
    expect(await events()).toEqual([
      'switches CREATE_IN_PROGRESS',
      'Group CREATE_IN_PROGRESS',
      'Group CREATE_COMPLETE',
      'Role CREATE_IN_PROGRESS',
      'Role CREATE_FAILED',
      'switches ROLLBACK_IN_PROGRESS',
      'Role DELETE_IN_PROGRESS',
      'Role DELETE_COMPLETE',
      'Group DELETE_IN_PROGRESS',
      'Group DELETE_COMPLETE',
      'switches ROLLBACK_COMPLETE',
    ]);
    expect(await errorName(scheduler.send(new GetScheduleGroupCommand({ Name: 'switches' })))).toBe(
      'ResourceNotFoundException',
    );
    expect(await errorName(create())).toBe('AlreadyExistsException');
    await expect(update(template([DATABASE]))).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringContaining('is in ROLLBACK_COMPLETE state and can not be updated.'),
    });
    await remove();
    clock.advance(LONG);
    expect(await errorName(create())).toBeUndefined();
  });

  test.each([
    ['no JSON', 'Resources:', /JSON not well-formed/],
    ['no resources', '{"Resources":{}}', /At least one Resources member must be defined/],
    [
      'another type',
      '{"Resources":{"A":{"Type":"AWS::S3::Bucket"}}}',
      /Unrecognized resource types: \[AWS::S3/,
    ],
    [
      'a reference to nothing',
      JSON.stringify(template([API], { Description: { Ref: 'Nothing' } })),
      /Unresolved resource dependencies \[Nothing\] in the Resources block/,
    ],
    [
      'an attribute that is none',
      JSON.stringify(template([API], { Description: { 'Fn::GetAtt': ['Group', 'Colour'] } })),
      /resource Group does not support attribute type Colour/,
    ],
    [
      'a circle',
      JSON.stringify(template([API], { Description: { 'Fn::GetAtt': ['Role', 'Arn'] } })),
      /Circular dependency/,
    ],
    ['a parameter too many', JSON.stringify(template()), /do not exist in the template/],
    ['too much', JSON.stringify(template([API], {}, { Description: ' '.repeat(51_200) })), /51200/],
  ])('is refused with %s', async (what, TemplateBody, message) => {
    const { create, cloudFormation } = await stacks();
    const Parameters = what.startsWith('a parameter') ? [{ ParameterKey: 'A', ParameterValue: '1' }] : [];
    await expect(create({}, { TemplateBody, Parameters })).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(message),
    });
    expect((await cloudFormation.send(new DescribeStacksCommand({}))).Stacks).toEqual([]);
  });

  test('fails on a policy longer than a role may have', async () => {
    const { create, stack, clock, cloudFormation } = await stacks();
    await create(template(Array.from({ length: 200 }, () => API)));
    clock.advance(LONG);
    expect(await stack()).toMatchObject({ StackStatus: 'ROLLBACK_COMPLETE' });
    const events = await cloudFormation.send(new DescribeStackEventsCommand({ StackName: 'switches' }));
    const failed = events.StackEvents?.find(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
    expect(failed?.ResourceStatusReason).toContain('Maximum policy size of 10240 bytes exceeded');
  });
});

describe('an update', () => {
  /** A stack as made, and the instances that its role may stop. */
  async function made() {
    const all = await stacks();
    await all.create();
    all.clock.advance(LONG);
    const RoleArn = (await all.stack())?.Outputs?.[0]?.OutputValue;
    const mayStop = async () => {
      const answer = await all.iam.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: RoleArn,
          ActionNames: ['ec2:StopInstances'],
          ResourceArns: [API, DATABASE].map(
            (id) => `arn:aws:ec2:ap-northeast-2:${demoFleet.account}:instance/${id}`,
          ),
        }),
      );
      return answer.EvaluationResults?.map(({ EvalDecision }) => EvalDecision === 'allowed');
    };
    return { ...all, RoleArn, mayStop };
  }

  test('changes what is different and leaves the rest alone', async () => {
    const { update, stack, events, clock, mayStop, RoleArn } = await made();
    expect(await mayStop()).toEqual([true, false]);
    await update(template([API, DATABASE]));
    expect(await stack()).toMatchObject({ StackStatus: 'UPDATE_IN_PROGRESS' });
    expect(await errorName(update(template([DATABASE])))).toBe('ValidationError');
    clock.advance(LONG);
    expect(await stack()).toMatchObject({
      StackStatus: 'UPDATE_COMPLETE',
      Outputs: [{ OutputValue: RoleArn }, {}],
    });
    expect(await mayStop()).toEqual([true, true]);
    expect((await events())?.slice(6)).toEqual([
      'switches UPDATE_IN_PROGRESS',
      'Role UPDATE_IN_PROGRESS',
      'Role UPDATE_COMPLETE',
      'switches UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      'switches UPDATE_COMPLETE',
    ]);
  });

  test('to the same is none', async () => {
    const { update } = await made();
    await expect(update(template())).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'No updates are to be performed.',
    });
  });

  test('that fails leaves everything as it was', async () => {
    const { update, stack, clock, mayStop, sandbox } = await made();
    sandbox.trouble.add({ effect: { kind: 'throttle' }, operation: 'PutRolePolicy' });
    await update(template([DATABASE]));
    clock.advance(LONG);
    expect(await stack()).toMatchObject({ StackStatus: 'UPDATE_ROLLBACK_COMPLETE' });
    expect(await mayStop()).toEqual([true, false]);
  });

  test('to another name replaces, and what is dropped goes last', async () => {
    const { update, clock, scheduler, iam, events } = await made();
    const group = (Name: string) => errorName(scheduler.send(new GetScheduleGroupCommand({ Name })));
    const { Resources, Outputs } = template();
    const { Group } = Resources;
    await update(
      { Parameters: { Prefix: { Type: 'String' } }, Resources: { Group }, Outputs: { Group: Outputs.Group } },
      { Parameters: [{ ParameterKey: 'Prefix', ParameterValue: 'renamed' }] },
    );
    clock.advance(LONG);
    expect([await group('switches'), await group('renamed')]).toEqual([
      'ResourceNotFoundException',
      undefined,
    ]);
    expect((await events())?.slice(-6)).toEqual([
      'switches UPDATE_COMPLETE_CLEANUP_IN_PROGRESS',
      'Group DELETE_IN_PROGRESS',
      'Group DELETE_COMPLETE',
      'Role DELETE_IN_PROGRESS',
      'Role DELETE_COMPLETE',
      'switches UPDATE_COMPLETE',
    ]);
    const gone = iam.send(new GetRoleCommand({ RoleName: 'switches-Role' }));
    expect(await errorName(gone)).toMatch(/^NoSuchEntity/);
  });
});

describe('a deletion', () => {
  test('takes everything with it; the stack is then found by its id alone', async () => {
    const { create, remove, stack, clock, scheduler } = await stacks();
    const { StackId } = await create();
    clock.advance(LONG);
    await remove();
    expect(await stack()).toMatchObject({ StackStatus: 'DELETE_IN_PROGRESS' });
    clock.advance(STEP + 1_000);
    expect(await scheduler.send(new GetScheduleGroupCommand({ Name: 'switches' }))).toMatchObject({
      State: 'DELETING',
    });
    clock.advance(LONG);
    await expect(stack()).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack with id switches does not exist',
    });
    expect(await stack(StackId)).toMatchObject({ StackStatus: 'DELETE_COMPLETE' });
    expect(await errorName(remove())).toBeUndefined();
  });

  test('that fails says so, and can be asked for again', async () => {
    const { create, remove, stack, clock, sandbox } = await stacks();
    await create();
    clock.advance(LONG);
    sandbox.trouble.add({ effect: { kind: 'unavailable' }, operation: 'DeleteRole' });
    await remove();
    clock.advance(LONG);
    expect(await stack()).toMatchObject({ StackStatus: 'DELETE_FAILED' });
    await remove();
    clock.advance(LONG);
    expect(await errorName(stack())).toBe('ValidationError');
  });
});
