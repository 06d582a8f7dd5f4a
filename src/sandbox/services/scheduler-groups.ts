/** EventBridge Scheduler's groups and their tags; schedules themselves have no tags. */
import { z } from 'zod';
import { AwsError } from '../errors.js';
import { pageOf } from '../paging.js';
import { operation } from '../service.js';
import {
  beginGroupDeletion,
  createGroup,
  DEFAULT_GROUP,
  groupArn,
  once,
  type ScheduleGroup,
} from '../state/schedules.js';
import type { Region } from '../state/world.js';
import { checkName, clientToken, invalid, name } from './scheduler-input.js';

const tags = z.array(z.object({ Key: z.string().min(1).max(128), Value: z.string().min(1).max(256) }));

export const groupOperations = {
  CreateScheduleGroup: operation({
    mutates: true,
    input: z.object({ Name: name, Tags: tags.max(200).default([]), ClientToken: clientToken }),
    run(input, { region, now }) {
      const { Name, Tags, ClientToken } = input;
      checkName(Name, 'name');
      once(region.scheduler, ClientToken, ['create group', input], () => {
        if (region.scheduler.groups.has(Name))
          throw new AwsError('ConflictException', `Schedule group ${Name} already exists.`, 409);
        region.scheduler.groups.set(Name, createGroup(Name, tagsOf(Tags), now));
      });
      return { ScheduleGroupArn: groupArn(region, Name) };
    },
  }),

  GetScheduleGroup: operation({
    input: z.object({ Name: name }),
    run: ({ Name }, { region }) => groupJson(region, describedGroup(region, Name)),
  }),

  DeleteScheduleGroup: operation({
    mutates: true,
    input: z.object({ Name: name, clientToken }),
    run({ Name, clientToken: token }, { region, now, delays }) {
      once(region.scheduler, token, ['delete group', Name], () => {
        if (Name === DEFAULT_GROUP) throw invalid('The default schedule group cannot be deleted.');
        const group = describedGroup(region, Name);
        if (group.state === 'ACTIVE') beginGroupDeletion(group, now, delays.scheduleGroupDeletion);
      });
      return {};
    },
  }),

  ListScheduleGroups: operation({
    input: z.object({
      NamePrefix: name.optional(),
      NextToken: z.string().optional(),
      MaxResults: z.coerce.number().int().min(1).max(100).default(100),
    }),
    run(input, { region }) {
      const found = [...region.scheduler.groups.values()].filter((group) =>
        group.name.startsWith(input.NamePrefix ?? ''),
      );
      const request = { operation: 'ListScheduleGroups', size: input.MaxResults, token: input.NextToken };
      const page = pageOf(found, request, () => invalid('Invalid NextToken'));
      return {
        ScheduleGroups: page.items.map((group) => groupJson(region, group)),
        NextToken: page.nextToken,
      };
    },
  }),

  TagResource: operation({
    mutates: true,
    input: z.object({ ResourceArn: z.string(), Tags: tags }),
    run({ ResourceArn, Tags }, { region, now }) {
      const group = taggedGroup(region, ResourceArn);
      Object.assign(group.tags, tagsOf(Tags));
      group.changedAt = now;
      return {};
    },
  }),

  UntagResource: operation({
    mutates: true,
    input: z.object({ ResourceArn: z.string(), TagKeys: z.union([z.string(), z.array(z.string())]) }),
    run({ ResourceArn, TagKeys }, { region, now }) {
      const group = taggedGroup(region, ResourceArn);
      for (const key of [TagKeys].flat()) delete group.tags[key];
      group.changedAt = now;
      return {};
    },
  }),

  ListTagsForResource: operation({
    input: z.object({ ResourceArn: z.string() }),
    run: ({ ResourceArn }, { region }) => ({
      Tags: Object.entries(taggedGroup(region, ResourceArn).tags).map(([Key, Value]) => ({ Key, Value })),
    }),
  }),
};

/** The group for what is in it: one that is being deleted takes nothing more, and gives nothing. */
export function groupOf(region: Region, groupName: string): ScheduleGroup {
  checkName(groupName, 'groupName');
  const group = region.scheduler.groups.get(groupName);
  if (group === undefined) throw notFound(`Schedule group ${groupName} does not exist.`);
  if (group.state === 'DELETING')
    throw new AwsError('ConflictException', `Schedule group ${groupName} is being deleted.`, 409);
  return group;
}

/** The scheduler's word for what is not there. */
export function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404);
}

function describedGroup(region: Region, groupName: string): ScheduleGroup {
  checkName(groupName, 'name');
  const group = region.scheduler.groups.get(groupName);
  if (group === undefined) throw notFound(`Schedule group ${groupName} does not exist.`);
  return group;
}

function taggedGroup(region: Region, arn: string): ScheduleGroup {
  const group = [...region.scheduler.groups.values()].find((one) => groupArn(region, one.name) === arn);
  if (group === undefined) throw notFound(`Resource ${arn} does not exist.`);
  return group;
}

function groupJson(region: Region, group: ScheduleGroup): object {
  return {
    Arn: groupArn(region, group.name),
    Name: group.name,
    State: group.state,
    CreationDate: group.createdAt / 1000,
    LastModificationDate: group.changedAt / 1000,
  };
}

function tagsOf(list: readonly { readonly Key: string; readonly Value: string }[]): Record<string, string> {
  return Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
}
