/** What a person may ask about the team: to make it, to join and leave it, and to see who is there. */
import type { TeamDesk, TeamState } from '../core/desk.js';
import { CommandError } from '../core/errors.js';
import type { Registered } from '../core/registry.js';
import type { AwsSession } from '../core/session.js';
import type { TeamSettings } from '../core/settings.js';
import type { TeamPlace, TeamReading } from '../core/team.js';
import { teamCost } from '../core/team-cost.js';
import { nameOf } from '../core/team-leases.js';
import type { Accounts } from './accounts.js';
import type { Journal } from './journal.js';
import { commandErrorOf, signedIn } from './refusals.js';
import type { Team } from './team.js';

export interface TeamDeskPorts {
  readonly accounts: Accounts;
  readonly journal: Journal;
  readonly session: AwsSession;
  readonly team: Team;
  readonly self: () => string;
  readonly registered: () => readonly Registered[];
  readonly settings: () => TeamSettings;
  /** Writes `leases.team`; resolved means it is in force. @throws CommandError */
  readonly choose: (chosen: TeamPlace & { readonly enabled: boolean }) => Promise<void>;
}

/** The desk of one agent. Every method rejects with CommandError. */
export function teamDesk(ports: TeamDeskPorts): TeamDesk {
  const { accounts, choose, journal, registered, self, session, settings, team } = ports;

  const placeOf = async (asked: Parameters<TeamDesk['create']>[0]): Promise<TeamPlace> => {
    const { table, region } = settings();
    const usual = region ?? (await session.regions())[0] ?? 'us-east-1';
    return { table: asked.table ?? table, region: asked.region ?? usual };
  };

  const stateOf = (place: TeamPlace, { members, targets }: TeamReading): TeamState => {
    const { enabled, heartbeatMs } = settings();
    const called = (id: string | undefined) => {
      const member = members.find((one) => one.id === id);
      return member && nameOf(member);
    };
    return {
      enabled,
      ...place,
      members: members.map(({ id, name, machine, leases }) => ({
        name,
        machine,
        isSelf: id === self(),
        holds: targets.flatMap(({ targetId, holders }) =>
          holders.includes(id) && (leases[targetId] ?? 0) > 0 ? [targetId] : [],
        ),
      })),
      targets: targets.map(({ targetId, state, actor }) => ({ id: targetId, state, actor: called(actor) })),
      shared: registered().flatMap(({ id, shared }) => (shared ? [id] : [])),
      cost: teamCost(Math.max(1, members.length), heartbeatMs),
    };
  };

  const NOBODY: TeamReading = { members: [], targets: [] };

  const state = async (): Promise<TeamState> => {
    await signedIn(accounts);
    const place = await placeOf({});
    if (!settings().enabled) return stateOf(place, NOBODY);
    try {
      return stateOf(place, await session.team(place).readAll());
    } catch (thrown) {
      throw commandErrorOf(thrown);
    }
  };

  const enter = async (place: TeamPlace, prepare: () => Promise<unknown>): Promise<TeamState> => {
    try {
      await prepare();
    } catch (thrown) {
      throw commandErrorOf(thrown);
    }
    await choose({ ...place, enabled: true });
    journal.tell('command', `This machine is in the team of table ${place.table} in ${place.region}.`);
    return state();
  };

  return {
    state,

    async create(asked) {
      await signedIn(accounts);
      const place = await placeOf(asked);
      return enter(place, () => session.team(place).create());
    },

    async join(asked) {
      await signedIn(accounts);
      const place = await placeOf(asked);
      // That it is there, and a team's, is seen before anything is written to settings.json.
      return enter(place, () => session.team(place).readAll());
    },

    async leave(by) {
      await signedIn(accounts);
      if (!settings().enabled)
        throw new CommandError('REFUSED', 'This machine is in no team', {
          hint: 'See "cloudnap team status".',
        });
      const place = await placeOf({});
      try {
        await team.withdraw();
      } catch (thrown) {
        throw commandErrorOf(thrown);
      }
      await choose({ ...place, enabled: false });
      journal.tell('command', `The team was left by ${by}.`);
      return { message: `left the team of table ${place.table}; the table stays for the others` };
    },
  };
}
