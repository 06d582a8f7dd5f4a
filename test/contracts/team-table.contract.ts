/** What every team's table must do: the promises of the port, in the order of its methods. Run against each adapter. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TargetId } from '../../src/core/target.js';
import type { Member, SharedSnapshot, SharedTarget, TeamTable } from '../../src/core/team.js';

/** A place where tables can be made. */
export interface TeamTableBackend {
  /**
   * A table under a name that nobody has used yet, not made yet, by so many clients as if each were a process of its
   * own. What `lost` says of a client's next write is that it is applied and its answer lost.
   */
  open(clients: number): Promise<{
    readonly clients: readonly TeamTable[];
    /** Has the answer to the next write of a client lost. */
    loseNext(client: number): void;
  }>;
  close(): Promise<void>;
}

const WEB: TargetId = 'ec2:eu-central-1:i-0123456789abcdef0';
const API: TargetId = 'ecs:eu-central-1:main:api';
const WORKERS: TargetId = 'eks:eu-central-1:kube:workers';

const SNAPSHOT: SharedSnapshot = {
  saved: {
    kind: 'ecs',
    desired: 2,
    scalable: { min: 1, max: 4, suspended: { scaleIn: false, scaleOut: true, scheduled: false } },
  },
  account: '123456789012',
  reason: 'nobody is there – „away“',
};
const INSTANCE: SharedSnapshot = { ...SNAPSHOT, saved: { kind: 'ec2', running: true, transition: '' } };
const NODES: SharedSnapshot = { ...SNAPSHOT, saved: { kind: 'eks', min: 1, desired: 2, max: 3 } };

const MINUTES_30 = 1_800_000;

function member(id: string, seq: number, leases: Member['leases'] = { [API]: MINUTES_30 }): Member {
  return { id, name: '김민아', machine: `${id}-laptop`, seq, leases };
}

function granted(claim: SharedTarget | 'lost'): SharedTarget {
  if (claim === 'lost') throw new Error('The claim was lost');
  return claim;
}

export function teamTableContract(name: string, make: () => Promise<TeamTableBackend>): void {
  describe(`${name}: the contract of a team's table`, () => {
    let backend: TeamTableBackend;
    let mine: TeamTable;
    let hers: TeamTable;
    let loseNext: (client: number) => void;
    beforeAll(async () => {
      backend = await make();
    });
    afterAll(() => backend.close());
    beforeEach(async () => {
      const opened = await backend.open(2);
      [mine, hers] = opened.clients as [TeamTable, TeamTable];
      loseNext = (client) => opened.loseNext(client);
    });

    /** A target that both have read as it is now. */
    const entered = async (id: TargetId = API, seq = 1): Promise<SharedTarget> => {
      await mine.beat({ member: member('me', seq), expected: seq - 1 });
      return mine.enter(id, { id: 'me', seq });
    };

    describe('the table', () => {
      it('is made once; whoever makes it again finds it', async () => {
        expect(await mine.create()).toBe('created');
        expect(await mine.create()).toBe('found');
        expect(await hers.create()).toBe('found');
        expect(await hers.readAll()).toEqual({ targets: [], members: [] });
      });

      it('is missing before, with the cure', async () => {
        await expect(mine.read([API])).rejects.toMatchObject({ name: 'OperationError', fault: 'missing' });
        await expect(mine.beat({ member: member('me', 1), expected: 0 })).rejects.toMatchObject({
          fault: 'missing',
        });
      });

      it('rejects with the reason when aborted', async () => {
        await mine.create();
        const reason = new Error('enough');
        await expect(mine.read([API], AbortSignal.abort(reason))).rejects.toBe(reason);
      });
    });

    describe('members', () => {
      beforeEach(async () => void (await mine.create()));

      it('beat one after the other, and are read as they were written', async () => {
        expect(await mine.member('me')).toBeUndefined();
        expect(await mine.beat({ member: member('me', 41), expected: 40 })).toBe(true);
        const second = member('me', 42, { [API]: 1, [WEB]: 604_800_000 });
        expect(await mine.beat({ member: second, expected: 41 })).toBe(true);
        expect(await hers.member('me')).toEqual(second);
        expect((await hers.readAll()).members).toEqual([second]);
      });

      it('may hold nothing, and have any name', async () => {
        const odd = { ...member('me', 1, {}), name: ' "#:seq"\n', machine: '' };
        expect(await mine.beat({ member: odd, expected: 0 })).toBe(true);
        expect(await hers.member('me')).toEqual(odd);
      });

      it('find out that another beats in their name', async () => {
        await mine.beat({ member: member('me', 1), expected: 0 });
        expect(await hers.beat({ member: member('me', 1), expected: 0 })).toBe(false);
        expect(await hers.beat({ member: member('me', 3, {}), expected: 2 })).toBe(false);
        expect(await hers.member('me')).toEqual(member('me', 1));
      });

      it('beat again as if nothing had happened when the answer was lost', async () => {
        await mine.beat({ member: member('me', 1), expected: 0 });
        loseNext(0);
        const beat = { member: member('me', 2), expected: 1 };
        await mine.beat(beat).catch(() => {});
        expect(await mine.beat(beat)).toBe(true);
        // Another lease under the same number would be counted from the beat before.
        expect(await mine.beat({ member: member('me', 2, { [API]: 5 }), expected: 1 })).toBe(false);
        expect(await mine.beat({ member: member('me', 3), expected: 2 })).toBe(true);
      });

      it('go on after their row was tidied away', async () => {
        await mine.beat({ member: member('me', 7), expected: 6 });
        await mine.removeMember('me');
        await mine.removeMember('me');
        expect(await mine.member('me')).toBeUndefined();
        expect(await mine.beat({ member: member('me', 8), expected: 7 })).toBe(true);
      });
    });

    describe('holders', () => {
      beforeEach(async () => void (await mine.create()));

      it('enter a target that nobody knew of, which is then up', async () => {
        const row = await entered();
        expect(row).toEqual({
          targetId: API,
          state: 'up',
          epoch: 0,
          version: row.version,
          actor: undefined,
          holders: ['me'],
          snapshot: undefined,
        });
        expect((await hers.read([API])).targets).toEqual([row]);
      });

      it('enter beside others and again, each time with a new version', async () => {
        const first = await entered();
        const second = await hers.enter(API, { id: 'mina', seq: 9 });
        const third = await hers.enter(API, { id: 'mina', seq: 10 });
        expect([...third.holders].sort()).toEqual(['me', 'mina']);
        expect(second.version).toBeGreaterThan(first.version);
        expect(third.version).toBeGreaterThan(second.version);
      });

      it('leave, all of them, and once more', async () => {
        await entered();
        await hers.enter(API, { id: 'mina', seq: 9 });
        await mine.leave(API, { id: 'me', seq: 1 });
        expect((await hers.read([API])).targets[0]?.holders).toEqual(['mina']);
        await hers.leave(API, { id: 'mina', seq: 9 });
        const [row] = (await hers.read([API])).targets;
        expect(row?.holders).toEqual([]);
        await hers.leave(API, { id: 'mina', seq: 9 });
        await hers.leave(WEB, { id: 'mina', seq: 9 });
        expect((await hers.read([API, WEB])).targets).toEqual([row]);
      });

      it('are not taken away by a leave from before they came back', async () => {
        await entered(API, 1);
        await entered(API, 2);
        await mine.leave(API, { id: 'me', seq: 1 });
        expect((await hers.read([API])).targets[0]?.holders).toEqual(['me']);
      });
    });

    describe('reading', () => {
      beforeEach(async () => void (await mine.create()));

      it('gives the targets asked for that are there, and who holds or acts on them', async () => {
        await entered(API);
        await hers.beat({ member: member('mina', 5, { [WEB]: 1 }), expected: 4 });
        await hers.beat({ member: member('tom', 5, {}), expected: 4 });
        const web = await hers.enter(WEB, { id: 'mina', seq: 5 });
        granted(await hers.claimNap({ seen: web, actor: 'tom', snapshot: INSTANCE, over: [] }));
        const reading = await mine.read([WEB, WORKERS]);
        expect(reading.targets.map(({ targetId }) => targetId)).toEqual([WEB]);
        expect(reading.members.map(({ id }) => id).sort()).toEqual(['mina', 'tom']);
        expect(await mine.read([])).toEqual({ targets: [], members: [] });
      });

      it('gives more than a request takes', async () => {
        const ids = Array.from({ length: 105 }, (_, at): TargetId => `ec2:eu-central-1:i-${at}`);
        await mine.beat({ member: member('me', 1), expected: 0 });
        for (let at = 0; at < ids.length; at += 15)
          await Promise.all(ids.slice(at, at + 15).map((id) => mine.enter(id, { id: 'me', seq: 1 })));
        const reading = await hers.read(ids);
        expect(new Set(reading.targets.map(({ targetId }) => targetId))).toEqual(new Set(ids));
        expect(reading.members).toEqual([member('me', 1)]);
        expect((await hers.readAll()).targets).toHaveLength(105);
      });
    });

    describe('claims', () => {
      beforeEach(async () => void (await mine.create()));

      it('begin an epoch each: nap, napped, restore, up', async () => {
        const up = await entered();
        const napping = granted(await mine.claimNap({ seen: up, actor: 'me', snapshot: SNAPSHOT, over: [] }));
        expect(napping).toMatchObject({ state: 'napping', epoch: 1, actor: 'me', snapshot: SNAPSHOT });
        const napped = granted(await mine.settle({ targetId: API, epoch: 1, state: 'napped' }));
        expect(napped).toMatchObject({ state: 'napped', epoch: 1, actor: 'me', snapshot: SNAPSHOT });
        const restoring = granted(await hers.claimRestore({ seen: napped, actor: 'mina' }));
        expect(restoring).toMatchObject({ state: 'restoring', epoch: 2, actor: 'mina', snapshot: SNAPSHOT });
        const back = granted(await hers.settle({ targetId: API, epoch: 2, state: 'up' }));
        expect(back).toMatchObject({ state: 'up', epoch: 2, actor: undefined, snapshot: undefined });
        expect((await mine.read([API])).targets).toEqual([back]);
      });

      it('keep the snapshots of every kind exactly', async () => {
        for (const [id, snapshot] of [
          [API, SNAPSHOT],
          [API, { ...SNAPSHOT, saved: { kind: 'ecs', desired: 0, scalable: null } }],
          [WEB, INSTANCE],
          [WORKERS, NODES],
        ] as const) {
          const seen = await mine.enter(id, { id: 'me', seq: 1 });
          const claim = granted(await mine.claimNap({ seen, actor: 'me', snapshot, over: [] }));
          expect(claim.snapshot).toEqual(snapshot);
          granted(await mine.settle({ targetId: id, epoch: claim.epoch, state: 'up' }));
        }
      });

      it('never replace a snapshot while the target is not up', async () => {
        const up = await entered();
        const half = granted(await hers.claimNap({ seen: up, actor: 'mina', snapshot: SNAPSHOT, over: [] }));
        const other = { ...SNAPSHOT, saved: { kind: 'ecs', desired: 0, scalable: null } } as const;
        const taken = granted(await mine.claimNap({ seen: half, actor: 'me', snapshot: other, over: [] }));
        expect(taken).toMatchObject({ state: 'napping', epoch: 2, actor: 'me', snapshot: SNAPSHOT });
      });

      it('take those away whose leases are over, and nobody else', async () => {
        await entered();
        await hers.enter(API, { id: 'mina', seq: 1 });
        const seen = await hers.enter(API, { id: 'tom', seq: 1 });
        const claim = await mine.claimNap({ seen, actor: 'me', snapshot: SNAPSHOT, over: ['mina', 'tom'] });
        expect(granted(claim).holders).toEqual(['me']);
      });

      it.each(['enter', 'leave', 'claim', 'settle'])(
        'are lost once there was a(n) %s since',
        async (what) => {
          const up = await entered();
          const napping = granted(
            await mine.claimNap({ seen: up, actor: 'me', snapshot: SNAPSHOT, over: [] }),
          );
          if (what === 'enter') await hers.enter(API, { id: 'mina', seq: 1 });
          if (what === 'leave') await mine.leave(API, { id: 'me', seq: 1 });
          if (what === 'claim') granted(await hers.claimRestore({ seen: napping, actor: 'mina' }));
          if (what === 'settle') granted(await mine.settle({ targetId: API, epoch: 1, state: 'napped' }));
          const [before] = (await mine.read([API])).targets;
          expect(await mine.claimRestore({ seen: napping, actor: 'me' })).toBe('lost');
          expect(await hers.claimNap({ seen: napping, actor: 'mina', snapshot: SNAPSHOT, over: [] })).toBe(
            'lost',
          );
          expect((await mine.read([API])).targets[0]).toEqual(before);
        },
      );

      it('are lost on a target without a row', async () => {
        const seen = { ...(await entered()), targetId: WEB } as const;
        expect(await mine.claimNap({ seen, actor: 'me', snapshot: INSTANCE, over: [] })).toBe('lost');
        expect((await mine.read([WEB])).targets).toEqual([]);
      });

      it('are granted again when the answer was lost, even if somebody has entered since', async () => {
        const seen = await entered();
        const claim = { seen, actor: 'me', snapshot: SNAPSHOT, over: [] };
        loseNext(0);
        await mine.claimNap(claim).catch(() => {});
        await hers.enter(API, { id: 'mina', seq: 1 });
        const napping = granted(await mine.claimNap(claim));
        expect(napping).toMatchObject({ state: 'napping', epoch: 1, actor: 'me' });
        loseNext(0);
        await mine.claimRestore({ seen: napping, actor: 'me' }).catch(() => {});
        expect(granted(await mine.claimRestore({ seen: napping, actor: 'me' }))).toMatchObject({ epoch: 2 });
        expect(await mine.claimNap(claim)).toBe('lost');
      });

      it('are nobody else’s, not even in the same name', async () => {
        const seen = await entered();
        const claim = { seen, actor: 'me', snapshot: SNAPSHOT, over: [] };
        granted(await mine.claimNap(claim));
        expect(await hers.claimNap(claim)).toBe('lost');
      });

      it('can be settled again, and not once another epoch has begun', async () => {
        const seen = await entered();
        granted(await mine.claimNap({ seen, actor: 'me', snapshot: SNAPSHOT, over: [] }));
        const end = { targetId: API, epoch: 1, state: 'napped' } as const;
        loseNext(0);
        await mine.settle(end).catch(() => {});
        const napped = granted(await mine.settle(end));
        expect(napped).toMatchObject({ state: 'napped', snapshot: SNAPSHOT });
        granted(await hers.claimRestore({ seen: napped, actor: 'mina' }));
        expect(await mine.settle(end)).toBe('lost');
        expect(await mine.settle({ ...end, state: 'up' })).toBe('lost');
        granted(await hers.settle({ targetId: API, epoch: 2, state: 'up' }));
        expect(await hers.settle({ targetId: API, epoch: 2, state: 'napped' })).toBe('lost');
        expect(granted(await hers.settle({ targetId: API, epoch: 2, state: 'up' }))).toMatchObject({
          state: 'up',
        });
        expect(await hers.settle({ targetId: WEB, epoch: 0, state: 'up' })).toBe('lost');
      });
    });

    it('gives exactly one of many that claim at once what they claim, over and over', async () => {
      const { clients } = await backend.open(6);
      await clients[0]?.create();
      await Promise.all(clients.map((client, at) => client.enter(API, { id: `m${at}`, seq: 1 })));
      let [seen] = (await clients[0]!.read([API])).targets;
      for (let round = 0; round < 6; round += 1) {
        const from = seen!;
        const claims = await Promise.all(
          clients.map((client, at) =>
            round % 2 === 0
              ? client.claimNap({ seen: from, actor: `m${at}`, snapshot: SNAPSHOT, over: [] })
              : client.claimRestore({ seen: from, actor: `m${at}` }),
          ),
        );
        const won = claims.filter((claim) => claim !== 'lost');
        expect(won).toHaveLength(1);
        expect(won[0]).toMatchObject({ epoch: round + 1, actor: `m${claims.indexOf(won[0]!)}` });
        [seen] = (await clients[0]!.read([API])).targets;
        expect(seen).toEqual(won[0]);
      }
    });

    it('lets many enter, beat and leave at once and loses none', async () => {
      const { clients } = await backend.open(8);
      await clients[0]?.create();
      await Promise.all(
        clients.map(async (client, at) => {
          for (let seq = 1; seq <= 3; seq += 1) {
            expect(await client.beat({ member: member(`m${at}`, seq), expected: seq - 1 })).toBe(true);
            await client.enter(API, { id: `m${at}`, seq });
          }
          if (at % 2 === 0) await client.leave(API, { id: `m${at}`, seq: 3 });
        }),
      );
      const { targets, members } = await clients[0]!.readAll();
      expect([...(targets[0]?.holders ?? [])].sort()).toEqual(['m1', 'm3', 'm5', 'm7']);
      expect(targets[0]?.version).toBe(8 * 3 + 4);
      expect(members.map(({ seq }) => seq)).toEqual(Array(8).fill(3));
    });
  });
}
