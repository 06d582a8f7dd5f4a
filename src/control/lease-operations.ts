/** The operations on leases that are kept elsewhere, for the desk's table. */
import { z } from 'zod';
import type { DeadManState, Desk, TeamState } from '../core/desk.js';
import { encodeDone, rfc3339 } from './encode.js';
import { nothing, word } from './operations.js';
import type { LeaseOperations, WireDeadMan, WireTeam } from './wire-leases.js';

interface LeaseOperation<Name extends keyof LeaseOperations> {
  readonly schema: z.ZodType<LeaseOperations[Name]['request']>;
  run(
    desk: Desk,
    request: LeaseOperations[Name]['request'],
    by: string,
  ): Promise<LeaseOperations[Name]['response']>;
}

const askedTeam = z.strictObject({ table: word.optional(), region: word.optional() });

export const LEASE_OPERATIONS: { readonly [Name in keyof LeaseOperations]: LeaseOperation<Name> } = {
  team: {
    schema: nothing,
    run: async ({ team }) => encodeTeam(await team.state()),
  },
  teamCreate: {
    schema: askedTeam,
    run: async ({ team }, place) => encodeTeam(await team.create(place)),
  },
  teamJoin: {
    schema: askedTeam,
    run: async ({ team }, place) => encodeTeam(await team.join(place)),
  },
  teamLeave: {
    schema: nothing,
    run: async ({ team }, _request, by) => encodeDone(await team.leave(by)),
  },
  deadMan: {
    schema: nothing,
    run: async ({ deadMan }) => encodeDeadMan(await deadMan.state()),
  },
  deadManTemplate: {
    schema: nothing,
    run: async ({ deadMan }) => ({ templates: await deadMan.template() }),
  },
  deadManEnable: {
    schema: nothing,
    run: async ({ deadMan }, _request, by) => encodeDeadMan(await deadMan.enable(by)),
  },
  deadManDisable: {
    schema: nothing,
    run: async ({ deadMan }, _request, by) => encodeDone(await deadMan.disable(by)),
  },
  deadManFire: {
    schema: z.strictObject({ target: word }),
    run: async ({ deadMan }, { target }, by) => {
      const { id, firesAt } = await deadMan.fire(target, by);
      return { target: id, fires_at: rfc3339(firesAt) };
    },
  },
};

function encodeTeam({ members, targets, cost, ...team }: TeamState): WireTeam {
  return {
    ...team,
    members: members.map(({ isSelf, ...member }) => ({ ...member, self: isSelf })),
    targets: targets.map(({ id, state, actor }) => ({ target: id, state, actor: actor ?? null })),
    cost: {
      writes_at_work: Math.round(cost.writesAtWork),
      writes_always: Math.round(cost.writesAlways),
      usd_at_work: cost.usdAtWork,
      usd_always: cost.usdAlways,
    },
  };
}

function encodeDeadMan({ enabled, graceMs, regions, targets }: DeadManState): WireDeadMan {
  return {
    enabled,
    grace_minutes: graceMs / 60_000,
    regions: regions.map(({ trouble, ...region }) => ({ ...region, trouble: trouble ?? null })),
    targets: targets.map(({ id, name, stopsAt, isArmed, lacks }) => ({
      target: id,
      name: name ?? null,
      stops_at: rfc3339(stopsAt),
      armed: isArmed,
      lacks: lacks ?? null,
    })),
  };
}
