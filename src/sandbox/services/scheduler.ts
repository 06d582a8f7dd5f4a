/** EventBridge Scheduler: schedules here, their groups and tags in scheduler-groups.ts. firing.ts fires them. */
import { z } from 'zod';
import { AwsError, commonErrors } from '../errors.js';
import { pageOf } from '../paging.js';
import { restJson } from '../protocol/rest-json.js';
import { operation, type Service } from '../service.js';
import { once, type Schedule, type ScheduleGroup, scheduleArn } from '../state/schedules.js';
import type { Region } from '../state/world.js';
import { groupOf, groupOperations, notFound } from './scheduler-groups.js';
import { checkName, clientToken, name, SCHEDULE_INPUT, settingsOf } from './scheduler-input.js';

const schedulePath = '/schedules/{Name}';
const groupPath = '/schedule-groups/{Name}';
const tagsPath = '/tags/{ResourceArn}';

export const scheduler: Service = {
  signingName: 'scheduler',
  protocol: restJson([
    { method: 'POST', path: schedulePath, operation: 'CreateSchedule' },
    { method: 'PUT', path: schedulePath, operation: 'UpdateSchedule' },
    { method: 'GET', path: schedulePath, operation: 'GetSchedule' },
    { method: 'DELETE', path: schedulePath, operation: 'DeleteSchedule' },
    { method: 'GET', path: '/schedules', operation: 'ListSchedules' },
    { method: 'POST', path: groupPath, operation: 'CreateScheduleGroup' },
    { method: 'GET', path: groupPath, operation: 'GetScheduleGroup' },
    { method: 'DELETE', path: groupPath, operation: 'DeleteScheduleGroup' },
    { method: 'GET', path: '/schedule-groups', operation: 'ListScheduleGroups' },
    { method: 'POST', path: tagsPath, operation: 'TagResource' },
    { method: 'DELETE', path: tagsPath, operation: 'UntagResource' },
    { method: 'GET', path: tagsPath, operation: 'ListTagsForResource' },
  ]),
  errors: commonErrors({
    action: 'scheduler',
    throttled: ['ThrottlingException', 429],
    denied: ['AccessDeniedException', 403],
    expiredToken: ['ExpiredTokenException', 403],
    unknownKey: ['UnrecognizedClientException', 403],
    unavailable: ['InternalServerException', 500],
    invalid: ['ValidationException', 400],
    unknownOperation: ['UnknownOperationException', 404],
  }),
  operations: {
    ...groupOperations,

    CreateSchedule: operation({
      mutates: true,
      input: SCHEDULE_INPUT,
      run(input, call) {
        const { region, now } = call;
        checkName(input.Name, 'name');
        const { Name, GroupName: group } = input;
        const { schedules } = groupOf(region, group);
        once(region.scheduler, input.ClientToken, ['create', input], () => {
          const { settings, dueAt } = settingsOf(input, call);
          if (schedules.has(Name))
            throw new AwsError('ConflictException', `Schedule ${Name} already exists.`, 409);
          schedules.set(Name, { name: Name, group, createdAt: now, changedAt: now, settings, dueAt });
        });
        return { ScheduleArn: scheduleArn(region, { group, name: Name }) };
      },
    }),

    UpdateSchedule: operation({
      mutates: true,
      input: SCHEDULE_INPUT,
      run(input, call) {
        const { region, now } = call;
        const schedule = scheduleOf(region, input);
        once(region.scheduler, input.ClientToken, ['update', input], () => {
          const { settings, dueAt } = settingsOf(input, call);
          schedule.settings = settings;
          schedule.dueAt = dueAt;
          schedule.changedAt = now;
        });
        return { ScheduleArn: scheduleArn(region, schedule) };
      },
    }),

    GetSchedule: operation({
      input: z.object({ Name: name, groupName: name.default('default') }),
      run(input, { region }) {
        const schedule = scheduleOf(region, { Name: input.Name, GroupName: input.groupName });
        return {
          Arn: scheduleArn(region, schedule),
          Name: schedule.name,
          GroupName: schedule.group,
          CreationDate: schedule.createdAt / 1000,
          LastModificationDate: schedule.changedAt / 1000,
          ...schedule.settings,
        };
      },
    }),

    DeleteSchedule: operation({
      mutates: true,
      input: z.object({ Name: name, groupName: name.default('default'), clientToken }),
      run(input, { region }) {
        const key = { Name: input.Name, GroupName: input.groupName };
        once(region.scheduler, input.clientToken, ['delete', key], () => {
          const schedule = scheduleOf(region, key);
          groupOf(region, schedule.group).schedules.delete(schedule.name);
        });
        return {};
      },
    }),

    ListSchedules: operation({
      input: z.object({
        ScheduleGroup: name.optional(),
        NamePrefix: name.optional(),
        State: z.enum(['ENABLED', 'DISABLED']).optional(),
        NextToken: z.string().optional(),
        MaxResults: z.coerce.number().int().min(1).max(100).default(100),
      }),
      run(input, { region }) {
        const groups: Iterable<ScheduleGroup> =
          input.ScheduleGroup === undefined
            ? region.scheduler.groups.values()
            : [groupOf(region, input.ScheduleGroup)];
        const found = [...groups]
          .flatMap(({ schedules }) => [...schedules.values()])
          .filter((one) => one.name.startsWith(input.NamePrefix ?? ''))
          .filter((one) => input.State === undefined || one.settings.State === input.State);
        const request = { operation: 'ListSchedules', size: input.MaxResults, token: input.NextToken };
        const page = pageOf(found, request, () => new AwsError('ValidationException', 'Invalid NextToken'));
        return { Schedules: page.items.map((one) => summaryOf(region, one)), NextToken: page.nextToken };
      },
    }),
  },
};

function scheduleOf(region: Region, key: { readonly Name: string; readonly GroupName: string }): Schedule {
  checkName(key.Name, 'name');
  checkName(key.GroupName, 'groupName');
  const schedule = groupOf(region, key.GroupName).schedules.get(key.Name);
  if (schedule === undefined) throw notFound(`Schedule ${key.Name} does not exist.`);
  return schedule;
}

function summaryOf(region: Region, schedule: Schedule): object {
  return {
    Arn: scheduleArn(region, schedule),
    Name: schedule.name,
    GroupName: schedule.group,
    State: schedule.settings.State,
    CreationDate: schedule.createdAt / 1000,
    LastModificationDate: schedule.changedAt / 1000,
    Target: { Arn: schedule.settings.Target.Arn },
  };
}
