/** EventBridge Scheduler through the real SDK: what it keeps and refuses, and groups. Firing has a file of its own. */
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  CreateScheduleGroupCommand,
  DeleteScheduleCommand,
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  GetScheduleGroupCommand,
  ListScheduleGroupsCommand,
  ListSchedulesCommand,
  ListTagsForResourceCommand,
  type SchedulerClient,
  TagResourceCommand,
  type Target,
  UntagResourceCommand,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { describe, expect, test } from 'vitest';
import { demoFleet } from '../../../src/sandbox/index.js';
import { errorName, roleFor, START, sandboxWith, trustOfScheduler } from './fixture.js';

const API = 'i-0a1c5e7d9b3f20461';
const ARN = `arn:aws:scheduler:ap-northeast-2:${demoFleet.account}`;
const STOP = { actions: ['ec2:StopInstances'] };

/** A schedule that stops an instance an hour from the start, with `changes` laid over it. */
function schedule(RoleArn: string, changes: Partial<CreateScheduleCommandInput> = {}) {
  return {
    Name: 'stop-api',
    ScheduleExpression: 'at(2026-03-02T10:00:00)',
    FlexibleTimeWindow: { Mode: 'OFF' as const },
    Target: {
      Arn: 'arn:aws:scheduler:::aws-sdk:ec2:stopInstances',
      RoleArn,
      Input: JSON.stringify({ InstanceIds: [API] }),
      RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 2 },
    },
    ActionAfterCompletion: 'DELETE' as const,
    ...changes,
  };
}

const create = (scheduler: SchedulerClient, input: CreateScheduleCommandInput) =>
  scheduler.send(new CreateScheduleCommand(input));

describe('a schedule', () => {
  test('is kept as it was asked for', async () => {
    const { scheduler, iam } = await sandboxWith();
    const input = schedule(await roleFor(iam, STOP));
    expect((await create(scheduler, input)).ScheduleArn).toBe(`${ARN}:schedule/default/stop-api`);
    expect(await scheduler.send(new GetScheduleCommand({ Name: 'stop-api' }))).toMatchObject({
      ...input,
      Arn: `${ARN}:schedule/default/stop-api`,
      GroupName: 'default',
      ScheduleExpressionTimezone: 'UTC',
      State: 'ENABLED',
      CreationDate: new Date(START),
      LastModificationDate: new Date(START),
    });
  });

  test('is replaced whole by an update', async () => {
    const { scheduler, iam, clock } = await sandboxWith();
    const input = schedule(await roleFor(iam, STOP), { Description: 'of a laptop' });
    await create(scheduler, input);
    clock.advance(1_000);
    const { Description: _gone, ActionAfterCompletion: _too, ...rest } = input;
    const later = { ...rest, ScheduleExpression: 'at(2026-03-02T10:05:00)' };
    await scheduler.send(new UpdateScheduleCommand(later));
    const found = await scheduler.send(new GetScheduleCommand({ Name: 'stop-api' }));
    expect(found).toMatchObject({
      ScheduleExpression: 'at(2026-03-02T10:05:00)',
      ActionAfterCompletion: 'NONE',
      CreationDate: new Date(START),
      LastModificationDate: new Date(START + 1_000),
    });
    expect(found.Description).toBeUndefined();
  });

  test('with a name that is taken is a conflict, and the same call again is not', async () => {
    const { scheduler, iam } = await sandboxWith();
    const input = schedule(await roleFor(iam, STOP), { ClientToken: 'once' });
    const first = await create(scheduler, input);
    expect(await create(scheduler, input)).toMatchObject({ ScheduleArn: first.ScheduleArn });
    expect(await errorName(create(scheduler, { ...input, ClientToken: 'twice' }))).toBe('ConflictException');
    const other = { ...input, Name: 'other' };
    expect(await errorName(create(scheduler, other))).toBe('ConflictException');
  });

  test('that was refused may be asked for again with its token', async () => {
    const { scheduler, iam } = await sandboxWith();
    const input = schedule(await roleFor(iam, STOP));
    await create(scheduler, input);
    const again = { ...input, ClientToken: 'again' };
    expect(await errorName(create(scheduler, again))).toBe('ConflictException');
    await scheduler.send(new DeleteScheduleCommand({ Name: 'stop-api', ClientToken: 'gone' }));
    await create(scheduler, again);
    await scheduler.send(new DeleteScheduleCommand({ Name: 'stop-api', ClientToken: 'gone' }));
    expect((await scheduler.send(new ListSchedulesCommand({}))).Schedules).toHaveLength(1);
  });

  test('that does not exist is not found', async () => {
    const { scheduler, iam } = await sandboxWith();
    const input = schedule(await roleFor(iam, STOP));
    const name = { Name: 'stop-api' };
    const calls: Promise<unknown>[] = [
      scheduler.send(new GetScheduleCommand(name)),
      scheduler.send(new UpdateScheduleCommand(input)),
      scheduler.send(new DeleteScheduleCommand(name)),
      create(scheduler, { ...input, GroupName: 'nowhere' }),
    ];
    expect(new Set(await Promise.all(calls.map((call) => errorName(call))))).toEqual(
      new Set(['ResourceNotFoundException']),
    );
  });

  test.each<[string, (role: string) => Partial<CreateScheduleCommandInput>, RegExp]>([
    ['a name with a slash', () => ({ Name: 'ec2/i-1' }), /regular expression pattern: \[0-9a-zA-Z-_\.\]\+/],
    ['a long name', () => ({ Name: 'x'.repeat(65) }), /less than or equal to 64/],
    ['a time in the past', () => ({ ScheduleExpression: 'at(2026-03-02T09:00:00)' }), /past/],
    ['a day that is not', () => ({ ScheduleExpression: 'at(2026-04-31T09:00:00)' }), /Invalid Schedule Exp/],
    ['no expression', () => ({ ScheduleExpression: '2026-03-03T09:00:00' }), /Invalid Schedule Expression/],
    ['a window without a length', () => ({ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }), /MaximumWindow/],
    ['a role that is not there', () => changed({ RoleArn: role('nobody') }), /must allow AWS EventBridge/],
    ['a target that is none', (RoleArn) => changed({ RoleArn, Arn: 'arn:aws:sqs:x' }), /Arn/],
    ['an input that is no JSON', (RoleArn) => changed({ RoleArn, Input: 'stop' }), /RequestJson/],
    [
      'an input with the wire’s names',
      (RoleArn) => changed({ RoleArn, Input: '{"instanceIds":[]}' }),
      /missing the following field\(s\): InstanceIds/,
    ],
    [
      'too few seconds to retry',
      (RoleArn) => changed({ RoleArn, RetryPolicy: { MaximumEventAgeInSeconds: 59 } }),
      /MaximumEventAgeInSeconds/,
    ],
    [
      'too many retries',
      (RoleArn) => changed({ RoleArn, RetryPolicy: { MaximumRetryAttempts: 186 } }),
      /MaximumRetryAttempts/,
    ],
  ])('is refused with %s', async (_what, changes, message) => {
    const { scheduler, iam } = await sandboxWith();
    const RoleArn = await roleFor(iam, STOP);
    await expect(create(scheduler, schedule(RoleArn, changes(RoleArn)))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    });
  });

  const role = (name: string) => `arn:aws:iam::${demoFleet.account}:role/${name}`;
  const changed = (changes: Partial<Target>) => ({
    Target: { ...(schedule(role('switches')).Target as Target), ...changes },
  });

  test.each([
    ['of its group', { ArnLike: { 'aws:SourceArn': `${ARN}:schedule-group/mine` } }, undefined],
    ['of its account', { StringEquals: { 'aws:SourceAccount': demoFleet.account } }, undefined],
    ['of a schedule', { ArnLike: { 'aws:SourceArn': `${ARN}:schedule/mine/*` } }, 'ValidationException'],
    ['of another account', { StringEquals: { 'aws:SourceAccount': '1' } }, 'ValidationException'],
  ])('is held against a trust policy %s', async (_what, conditions, expected) => {
    const { scheduler, iam } = await sandboxWith();
    await scheduler.send(new CreateScheduleGroupCommand({ Name: 'mine' }));
    const input = schedule(await roleFor(iam, STOP, trustOfScheduler(conditions)), { GroupName: 'mine' });
    expect(await errorName(create(scheduler, input))).toBe(expected);
  });

  test('is refused to a caller who may not pass the role on', async () => {
    const { scheduler, iam, sandbox } = await sandboxWith();
    const input = schedule(await roleFor(iam, STOP));
    sandbox.trouble.add({
      effect: { kind: 'deny' },
      service: 'iam',
      operation: 'PassRole',
      times: 'always',
    });
    await expect(create(scheduler, input)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('iam:PassRole'),
    });
  });
});

describe('a list of schedules', () => {
  test('comes in pages, by group, by prefix and by state', async () => {
    const { scheduler, iam } = await sandboxWith();
    const RoleArn = await roleFor(iam, STOP);
    await scheduler.send(new CreateScheduleGroupCommand({ Name: 'mine' }));
    for (const Name of ['a-1', 'a-2', 'b-1'])
      await create(scheduler, schedule(RoleArn, { Name, GroupName: 'mine' }));
    await create(scheduler, schedule(RoleArn, { Name: 'a-3', State: 'DISABLED' }));
    const names = async (input: object) =>
      (await scheduler.send(new ListSchedulesCommand(input))).Schedules?.map(({ Name }) => Name);
    expect(await names({ GroupName: 'mine' })).toEqual(['a-1', 'a-2', 'b-1']);
    expect(new Set(await names({ NamePrefix: 'a-' }))).toEqual(new Set(['a-1', 'a-2', 'a-3']));
    expect(await names({ State: 'DISABLED' })).toEqual(['a-3']);
    const first = await scheduler.send(new ListSchedulesCommand({ GroupName: 'mine', MaxResults: 2 }));
    expect(first.Schedules).toHaveLength(2);
    expect(await names({ GroupName: 'mine', NextToken: first.NextToken })).toEqual(['b-1']);
    expect(await errorName(names({ GroupName: 'nowhere' }))).toBe('ResourceNotFoundException');
  });
});

describe('a group', () => {
  test('is deleting for a while, then gone with its schedules', async () => {
    const { scheduler, iam, clock } = await sandboxWith();
    const RoleArn = await roleFor(iam, STOP);
    await scheduler.send(new CreateScheduleGroupCommand({ Name: 'mine' }));
    await create(scheduler, schedule(RoleArn, { GroupName: 'mine' }));
    await scheduler.send(new DeleteScheduleGroupCommand({ Name: 'mine' }));
    const group = () => scheduler.send(new GetScheduleGroupCommand({ Name: 'mine' }));
    expect(await group()).toMatchObject({ Name: 'mine', State: 'DELETING' });
    const refused = create(scheduler, schedule(RoleArn, { Name: 'late', GroupName: 'mine' }));
    expect(await errorName(refused)).toBe('ConflictException');
    clock.advance(10_000);
    expect(await errorName(group())).toBe('ResourceNotFoundException');
    expect((await scheduler.send(new ListSchedulesCommand({}))).Schedules).toEqual([]);
  });

  test('has tags, and the default one stays', async () => {
    const { scheduler } = await sandboxWith();
    const made = await scheduler.send(
      new CreateScheduleGroupCommand({ Name: 'mine', Tags: [{ Key: 'of', Value: 'me' }] }),
    );
    const ResourceArn = made.ScheduleGroupArn;
    const tags = async () =>
      (await scheduler.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags?.map(({ Key }) => Key);
    await scheduler.send(
      new TagResourceCommand({
        ResourceArn,
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'b', Value: '2' },
        ],
      }),
    );
    expect(await tags()).toEqual(['of', 'a', 'b']);
    await scheduler.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['a', 'b'] }));
    expect(await tags()).toEqual(['of']);
    const groups = await scheduler.send(new ListScheduleGroupsCommand({}));
    expect(groups.ScheduleGroups?.map(({ Name }) => Name)).toEqual(['default', 'mine']);
    expect(await errorName(scheduler.send(new CreateScheduleGroupCommand({ Name: 'mine' })))).toBe(
      'ConflictException',
    );
    const remove = new DeleteScheduleGroupCommand({ Name: 'default' });
    expect(await errorName(scheduler.send(remove))).toBe('ValidationException');
  });
});
