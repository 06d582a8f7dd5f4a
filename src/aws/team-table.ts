/**
 * A team's table in DynamoDB. Every write is an UpdateItem under a condition, so that one of many is first and a
 * request that was answered to nobody, or comes late, does no harm. Needs dynamodb:GetItem, BatchGetItem, UpdateItem,
 * DeleteItem and Scan; whoever makes the table also CreateTable, DescribeTable, PutItem and UpdateTimeToLive.
 */
import { randomUUID } from 'node:crypto';
import { OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { Claim, NapClaim, SharedTarget, TeamPlace, TeamReading, TeamTable } from '../core/team.js';
import type { Clients } from './clients.js';
import { createTeamCalls, type Update } from './team-calls.js';
import {
  EXPIRES,
  FORMAT,
  holderAttribute,
  type Item,
  kindOf,
  leasesValue,
  memberKey,
  number,
  snapshotValue,
  targetKey,
  text,
  toMember,
  toTarget,
} from './team-rows.js';
import { createTeamStore } from './team-store.js';

/**
 * How long a member's row outlives its last beat and its last lease before DynamoDB tidies it away, milliseconds. It
 * decides nothing: readers have long counted its leases down by then.
 */
const TIDY_AFTER_MS = 7 * 24 * 3_600_000;

/** Opens a team's table; nothing is loaded or asked before the first call. */
export function createTeamTable(options: {
  clients: Clients;
  clock: Clock;
  log: Logger;
  place: TeamPlace;
}): TeamTable {
  const { clients, clock, log, place } = options;
  const calls = createTeamCalls({ clients, clock, place });
  const store = createTeamStore({ clients, calls, clock, log, place });
  /** By this a process knows its own writes from those of a copied home. */
  const writer = randomUUID().slice(0, 8);

  /** A claim that was not granted may have been, its answer lost. */
  const claimed = (
    { item, isDone }: { item: Item | undefined; isDone: boolean },
    wanted: Pick<SharedTarget, 'state' | 'epoch'>,
  ): Claim => {
    if (!item) return 'lost';
    const { row, writer: by } = toTarget(item);
    const isMine = by === writer && row.epoch === wanted.epoch && row.state === wanted.state;
    return isDone || isMine ? row : 'lost';
  };

  /** What every claim sets, and what it asks of the row. */
  const claiming = (seen: SharedTarget, actor: string, state: 'napping' | 'restoring') => ({
    key: targetKey(seen.targetId),
    set: '#state = :state, #epoch = :next, #version = :later, #actor = :actor, #writer = :writer',
    condition: '#version = :version AND #epoch = :epoch',
    values: {
      ':state': text(state),
      ':epoch': number(seen.epoch),
      ':next': number(seen.epoch + 1),
      ':version': number(seen.version),
      ':later': number(seen.version + 1),
      ':actor': text(actor),
      ':writer': text(writer),
    },
  });

  return {
    create: (signal) => store.create(signal),

    async read(targets, signal) {
      await store.open(signal);
      const rows = await calls.getMany(targets.map(targetKey), signal);
      const shared = rows.map((item) => toTarget(item).row);
      const named = shared.flatMap(({ holders, actor }) =>
        actor === undefined ? holders : [...holders, actor],
      );
      const members = await calls.getMany(named.map(memberKey), signal);
      return { targets: shared, members: members.map((item) => toMember(item).row) };
    },

    async readAll(signal) {
      await store.open(signal);
      const all = await calls.scan(signal);
      const of = (kind: ReturnType<typeof kindOf>) => all.filter((item) => kindOf(item) === kind);
      return {
        targets: of('target').map((item) => toTarget(item).row),
        members: of('member').map((item) => toMember(item).row),
      } satisfies TeamReading;
    },

    async beat({ member, expected }, signal) {
      await store.open(signal);
      const longest = Math.max(0, ...Object.values(member.leases));
      const tidyAt = clock.now().wall + clients.aheadMs() + longest + TIDY_AFTER_MS;
      const { item, isDone } = await calls.update(
        {
          key: memberKey(member.id),
          set: `#kind = :kind, #format = :format, #name = :name, #machine = :machine, #seq = :seq, #leases = :leases, #writer = :writer, #${EXPIRES} = :expires`,
          condition: 'attribute_not_exists(#pk) OR (#seq = :expected AND #format = :format)',
          values: {
            ':kind': text('member'),
            ':format': number(FORMAT),
            ':name': text(member.name),
            ':machine': text(member.machine),
            ':seq': number(member.seq),
            ':leases': leasesValue(member.leases),
            ':writer': text(writer),
            ':expires': number(Math.ceil(tidyAt / 1_000)),
            ':expected': number(expected),
          },
        },
        signal,
      );
      if (isDone || !item) return isDone;
      const found = toMember(item);
      return found.writer === writer && isSame(found.row, member);
    },

    async member(id, signal) {
      await store.open(signal);
      const item = await calls.get(memberKey(id), signal);
      return item && toMember(item).row;
    },

    async removeMember(id, signal) {
      await store.open(signal);
      await calls.remove(memberKey(id), signal);
    },

    async enter(id, member, signal) {
      await store.open(signal);
      const { item, isDone } = await calls.update(
        {
          key: targetKey(id),
          set: '#kind = :kind, #format = :format, #state = if_not_exists(#state, :up), #epoch = if_not_exists(#epoch, :none), #version = if_not_exists(#version, :none) + :one, #holder = :seq',
          condition: 'attribute_not_exists(#pk) OR (#kind = :kind AND #format = :format)',
          names: { '#holder': holderAttribute(member.id) },
          values: {
            ':kind': text('target'),
            ':format': number(FORMAT),
            ':up': text('up'),
            ':none': number(0),
            ':one': number(1),
            ':seq': number(member.seq),
          },
        },
        signal,
      );
      // Where it was not done the row is not one of ours: reading it says what it is.
      const entered = item && toTarget(item).row;
      if (isDone && entered) return entered;
      throw new OperationError('failed', `The team's table could not be entered for ${id}`, {
        operation: 'dynamodb:UpdateItem',
        target: id,
      });
    },

    async leave(id, member, signal) {
      await store.open(signal);
      await calls.update(
        {
          key: targetKey(id),
          set: '#version = #version + :one',
          remove: '#holder',
          condition: '#holder <= :seq',
          names: { '#holder': holderAttribute(member.id) },
          values: { ':one': number(1), ':seq': number(member.seq) },
        },
        signal,
      );
    },

    async claimNap({ seen, actor, snapshot, over }: NapClaim, signal) {
      await store.open(signal);
      const base = claiming(seen, actor, 'napping');
      const gone = over.map((id, at) => [`#over${at}`, holderAttribute(id)] as const);
      const update: Update = {
        ...base,
        set: `${base.set}, #snapshot = if_not_exists(#snapshot, :snapshot)`,
        remove: gone.map(([name]) => name).join(', '),
        names: Object.fromEntries(gone),
        values: { ...base.values, ':snapshot': snapshotValue(snapshot) },
      };
      return claimed(await calls.update(update, signal), { state: 'napping', epoch: seen.epoch + 1 });
    },

    async claimRestore({ seen, actor }, signal) {
      await store.open(signal);
      const answer = await calls.update(claiming(seen, actor, 'restoring'), signal);
      return claimed(answer, { state: 'restoring', epoch: seen.epoch + 1 });
    },

    async settle({ targetId, epoch, state }, signal) {
      await store.open(signal);
      const { item, isDone } = await calls.update(
        {
          key: targetKey(targetId),
          set: '#state = :state, #version = #version + :one',
          remove: state === 'up' ? '#snapshot, #actor, #writer' : '',
          // What is up has no snapshot: a late word that it naps must not make it so again.
          condition: state === 'up' ? '#epoch = :epoch' : '#epoch = :epoch AND attribute_exists(#snapshot)',
          values: { ':state': text(state), ':epoch': number(epoch), ':one': number(1) },
        },
        signal,
      );
      return isDone && item ? toTarget(item).row : 'lost';
    },
  };
}

function isSame(one: object, other: object): boolean {
  const sorted = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, inner]) => [key, sorted(inner)])
      : value;
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}
