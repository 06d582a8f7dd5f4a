/** What every ledger must do: the promises of the port, in the order of its methods. Run against each adapter. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Switch } from '../../src/core/dead-man.js';
import { LedgerError } from '../../src/core/errors.js';
import type { Event } from '../../src/core/events.js';
import type { Moment } from '../../src/core/instant.js';
import type {
  EntryDraft,
  Hold,
  Interval,
  IntervalMark,
  Ledger,
  Sighting,
  Stretch,
} from '../../src/core/ledger.js';

/** A ledger under test, fresh for each case. */
export interface LedgerUnderTest {
  readonly ledger: Ledger;
  /** Lets go of the ledger and opens what it kept again, as the next start of the daemon does. */
  reopen(): Ledger;
  dispose(): void;
}

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const AT: Moment = { wall: 1_767_603_600_123, boot: 1_125_010.5, bootId: 'boot-1' };
const LATER: Moment = { wall: 1_767_603_700_000, boot: 1_225_010, bootId: 'boot-2' };

const EC2: EntryDraft = {
  target: { kind: 'ec2', region: 'eu-central-1', instanceId: 'i-0123456789abcdef0' },
  account: ACCOUNT,
  by: 'lease',
  reason: 'nobody was there for 30 min – "away"',
  saved: { kind: 'ec2', running: true, transition: '' },
  at: AT,
};
const ECS: EntryDraft = {
  target: { kind: 'ecs', region: 'us-east-1', cluster: 'dev', service: 'web' },
  account: ACCOUNT,
  by: 'person',
  reason: 'stopped by udp 127.0.0.1:53211',
  saved: {
    kind: 'ecs',
    desired: 3,
    scalable: { min: 1, max: 6, suspended: { scaleIn: false, scaleOut: true, scheduled: false } },
  },
  at: AT,
};
const EKS: EntryDraft = {
  target: { kind: 'eks', region: 'us-east-1', cluster: 'dev', nodegroup: 'spot' },
  account: ACCOUNT,
  by: 'lease',
  reason: 'away',
  saved: { kind: 'eks', min: 1, desired: 2, max: 5 },
  at: AT,
};
const EC2_ID = 'ec2:eu-central-1:i-0123456789abcdef0';
const ECS_ID = 'ecs:us-east-1:dev:web';

export function ledgerContract(name: string, make: () => LedgerUnderTest): void {
  describe(`${name}: the ledger's contract`, () => {
    let subject: LedgerUnderTest;
    let ledger: Ledger;
    beforeEach(() => {
      subject = make();
      ledger = subject.ledger;
    });
    afterEach(() => subject.dispose());

    describe('entries', () => {
      it('opens one with its snapshot exactly as given, for each kind, oldest first', () => {
        const opened = [EC2, ECS, EKS].map((draft) => ledger.open(draft));
        expect(opened[0]).toEqual({
          id: opened[0]?.id,
          targetId: EC2_ID,
          target: EC2.target,
          account: ACCOUNT,
          by: 'lease',
          reason: EC2.reason,
          saved: EC2.saved,
          left: undefined,
          phase: 'napping',
          calledBy: undefined,
          keep: [],
          openedAt: AT,
        });
        expect(ledger.openEntries()).toEqual(opened);
        expect(subject.reopen().openEntries()).toEqual(opened);
      });

      it('keeps a service without a scalable target apart from one with', () => {
        ledger.open({ ...ECS, saved: { kind: 'ecs', desired: 1, scalable: null } });
        expect(subject.reopen().openEntries()[0]?.saved).toEqual({ kind: 'ecs', desired: 1, scalable: null });
      });

      it('refuses a second open entry of a target, of another account too, and leaves the first alone', () => {
        const first = ledger.open(EC2);
        const second: EntryDraft = { ...EC2, saved: { kind: 'ec2', running: false, transition: 'x' } };
        expect(() => ledger.open(second)).toThrow(LedgerError);
        expect(() => ledger.open({ ...second, account: OTHER })).toThrow(LedgerError);
        expect(ledger.openEntries()).toEqual([first]);
      });

      it('refuses a target that its name would not lead back to', () => {
        const target = { kind: 'ecs', region: 'us-east-1', cluster: 'a:b', service: 'c' } as const;
        expect(() => ledger.open({ ...ECS, target })).toThrow(LedgerError);
        expect(ledger.openEntries()).toEqual([]);
      });

      it('changes what it is told to and nothing else', () => {
        const { id, ...rest } = ledger.open(ECS);
        const left = {
          kind: 'ecs',
          desired: 0,
          scalable: { min: 0, max: 6, suspended: { scaleIn: true, scaleOut: true, scheduled: true } },
        } as const;
        expect(ledger.change(id, { phase: 'napped', left })).toEqual({ id, ...rest, phase: 'napped', left });
        expect(ledger.change(id, { calledBy: 'waking activity' }).calledBy).toBe('waking activity');
        expect(ledger.change(id, { phase: 'restoring', keep: ['max', 'suspended.scaleIn'] }).calledBy).toBe(
          'waking activity',
        );
        const last = ledger.change(id, { calledBy: null, by: 'lease' });
        expect(last).toEqual({
          id,
          ...rest,
          phase: 'restoring',
          left,
          calledBy: undefined,
          keep: ['max', 'suspended.scaleIn'],
          by: 'lease',
        });
        expect(subject.reopen().openEntries()).toEqual([last]);
      });

      it('changes nothing when told nothing', () => {
        const entry = ledger.open(EC2);
        expect(ledger.change(entry.id, {})).toEqual(entry);
      });

      it('closes an entry, after which the target may have another', () => {
        const first = ledger.open(EC2);
        const other = ledger.open(ECS);
        ledger.close(first.id, 'restored', 'back as it was', LATER);
        expect(ledger.openEntries()).toEqual([other]);
        const second = ledger.open({ ...EC2, at: LATER });
        expect(second.id).not.toBe(first.id);
        expect(subject.reopen().openEntries()).toEqual([other, second]);
      });

      it.each(['restored', 'overridden', 'deleted', 'unneeded'] as const)('closes as %s', (outcome) => {
        ledger.close(ledger.open(EC2).id, outcome, 'because', LATER);
        expect(subject.reopen().openEntries()).toEqual([]);
      });

      it('neither changes nor closes what is not open', () => {
        const { id } = ledger.open(EC2);
        ledger.close(id, 'restored', 'back', LATER);
        const other = ledger.open(ECS);
        for (const gone of [id, id + 1_000]) {
          expect(() => ledger.change(gone, { phase: 'restoring' })).toThrow(LedgerError);
          expect(() => ledger.close(gone, 'deleted', 'gone', LATER)).toThrow(LedgerError);
        }
        expect(ledger.openEntries()).toEqual([other]);
      });
    });

    describe('holds', () => {
      const everything: Omit<Hold, 'id'> = {
        targetId: undefined,
        account: undefined,
        createdAt: AT,
        durationMs: 7_200_000.5,
        askedBy: 'cli',
      };
      const one: Omit<Hold, 'id'> = {
        ...everything,
        targetId: ECS_ID,
        account: ACCOUNT,
        askedBy: 'udp 127.0.0.1:5',
      };

      it('keeps them, in the order they were asked for, until they are removed', () => {
        const added = [ledger.addHold(everything), ledger.addHold(one), ledger.addHold(one)];
        expect(added.map(({ id, ...hold }) => hold)).toEqual([everything, one, one]);
        expect(new Set(added.map((hold) => hold.id)).size).toBe(3);
        ledger = subject.reopen();
        expect(ledger.holds()).toEqual(added);
        ledger.removeHolds([added[0]!.id, added[2]!.id, 987_654]);
        expect(subject.reopen().holds()).toEqual([added[1]]);
      });

      it('tell anew when they were given, and nothing else of them changes', () => {
        const [first, second] = [ledger.addHold(one), ledger.addHold(everything)];
        const createdAt = { wall: 1_700_000_123_456, boot: -5_000.5, bootId: 'another boot' };
        ledger.anchorHold(first.id, createdAt);
        expect(subject.reopen().holds()).toEqual([{ ...first, createdAt }, second]);
      });

      it('pass over an anchor for one that is gone', () => {
        const hold = ledger.addHold(one);
        ledger.removeHolds([hold.id]);
        ledger.anchorHold(hold.id, one.createdAt);
        expect(ledger.holds()).toEqual([]);
      });

      it('passes over what is gone, and over nothing', () => {
        const hold = ledger.addHold(one);
        ledger.removeHolds([]);
        ledger.removeHolds([hold.id]);
        ledger.removeHolds([hold.id]);
        expect(ledger.holds()).toEqual([]);
      });
    });

    describe('sightings', () => {
      const seen: Sighting = {
        targetId: ECS_ID,
        account: ACCOUNT,
        fields: ECS.saved,
        up: true,
        guarded: false,
        size: 3,
      };

      it('replaces that of the same target and account, and no other', () => {
        const elsewhere: Sighting = { ...seen, account: OTHER, up: false, guarded: true, size: undefined };
        const instance: Sighting = { ...seen, targetId: EC2_ID, fields: EC2.saved, size: 1 };
        ledger.see([seen, elsewhere, instance]);
        const again: Sighting = {
          ...seen,
          fields: { kind: 'ecs', desired: 0, scalable: null },
          up: false,
          guarded: true,
        };
        ledger.see([again]);
        ledger.see([]);
        const kept = subject.reopen().sightings();
        expect(kept).toHaveLength(3);
        expect(kept).toEqual(expect.arrayContaining([again, elsewhere, instance]));
      });
    });

    describe('intervals', () => {
      const mark = (at: number, more: Partial<IntervalMark> = {}): IntervalMark => ({
        targetId: EC2_ID,
        account: ACCOUNT,
        state: 'running',
        size: 1,
        instanceType: 't3.large',
        at,
        ...more,
      });
      const all = () => ledger.intervals(0, Number.MAX_SAFE_INTEGER);
      const shape = (intervals: readonly Interval[]) =>
        intervals.map(({ state, size, from, until, ended }) => ({ state, size, from, until, ended }));

      it('begins one at the first mark and prolongs it while nothing changes', () => {
        ledger.markIntervals([mark(1_000)]);
        ledger.markIntervals([mark(2_000)]);
        ledger = subject.reopen();
        ledger.markIntervals([mark(9_000)]);
        expect(all()).toEqual([
          {
            targetId: EC2_ID,
            account: ACCOUNT,
            state: 'running',
            size: 1,
            instanceType: 't3.large',
            from: 1_000,
            until: 9_000,
            ended: false,
          },
        ]);
      });

      it.each([
        ['state', { state: 'napping' }],
        ['size', { size: 2 }],
        ['type', { instanceType: 't3.small' }],
        ['type being unknown', { instanceType: undefined }],
      ] as const)(
        'a changed %s ends it where it was last known to go on, and begins another',
        (_what, more) => {
          ledger.markIntervals([mark(1_000)]);
          ledger.markIntervals([mark(2_000)]);
          ledger.markIntervals([mark(9_000, more)]);
          const changed = mark(9_000, more);
          expect(shape(all())).toEqual([
            { state: 'running', size: 1, from: 1_000, until: 2_000, ended: true },
            { state: changed.state, size: changed.size, from: 9_000, until: 9_000, ended: false },
          ]);
        },
      );

      it('counts up to the change when the old state is marked there first', () => {
        ledger.markIntervals([mark(1_000)]);
        ledger.markIntervals([mark(5_000), mark(5_000, { state: 'napping' })]);
        expect(shape(all())).toEqual([
          { state: 'running', size: 1, from: 1_000, until: 5_000, ended: true },
          { state: 'napping', size: 1, from: 5_000, until: 5_000, ended: false },
        ]);
      });

      it('ends the open one without a state, once', () => {
        ledger.markIntervals([mark(1_000), mark(2_000)]);
        ledger.markIntervals([mark(3_000, { state: undefined })]);
        ledger.markIntervals([mark(4_000, { state: undefined })]);
        ledger.markIntervals([mark(5_000)]);
        expect(shape(all())).toEqual([
          { state: 'running', size: 1, from: 1_000, until: 2_000, ended: true },
          { state: 'running', size: 1, from: 5_000, until: 5_000, ended: false },
        ]);
      });

      it('follows a wall clock that is set back, into the interval or before it', () => {
        ledger.markIntervals([mark(5_000), mark(9_000)]);
        ledger.markIntervals([mark(7_000)]);
        expect(shape(all())).toEqual([
          { state: 'running', size: 1, from: 5_000, until: 7_000, ended: false },
        ]);
        ledger.markIntervals([mark(2_000)]);
        expect(shape(all())).toEqual([
          { state: 'running', size: 1, from: 2_000, until: 2_000, ended: false },
          { state: 'running', size: 1, from: 5_000, until: 7_000, ended: true },
        ]);
      });

      it('keeps targets and accounts apart', () => {
        const other = mark(1_000, { account: OTHER, state: 'napping' });
        const service = mark(1_000, { targetId: ECS_ID, size: 3, instanceType: undefined });
        ledger.markIntervals([mark(1_000), other, service]);
        ledger.markIntervals([mark(2_000), { ...other, at: 3_000 }, { ...service, at: 4_000 }]);
        expect(all().map(({ targetId, account, until }) => [targetId, account, until])).toEqual(
          expect.arrayContaining([
            [EC2_ID, ACCOUNT, 2_000],
            [EC2_ID, OTHER, 3_000],
            [ECS_ID, ACCOUNT, 4_000],
          ]),
        );
        expect(all()).toHaveLength(3);
      });

      it('finds those that touch [from, to)', () => {
        ledger.markIntervals([mark(1_000), mark(2_000), mark(2_000, { size: 2 }), mark(3_000, { size: 2 })]);
        const sizes = (from: number, to: number) => ledger.intervals(from, to).map(({ size }) => size);
        expect(sizes(0, 1_000)).toEqual([]);
        expect(sizes(0, 1_001)).toEqual([1]);
        expect(sizes(1_500, 1_600)).toEqual([1]);
        expect(sizes(1_999, 2_001)).toEqual([1, 2]);
        expect(sizes(2_000, 2_001)).toEqual([2]);
        expect(sizes(3_000, 9_000)).toEqual([]);
      });

      it('finds one that has only just begun', () => {
        ledger.markIntervals([mark(1_000)]);
        expect(ledger.intervals(1_000, 1_001)).toHaveLength(1);
        expect(ledger.intervals(1_001, 2_000)).toHaveLength(0);
      });
    });

    describe('the activity history', () => {
      const typed = (from: number, until: number): Stretch => ({ what: 'keyboard', from, until });
      const all = () => ledger.activity(0, Number.MAX_SAFE_INTEGER);

      it('keeps what each sensor told and what presence was, by the begin', () => {
        const stretches: Stretch[] = [
          { what: 'present', from: 1_000, until: 9_000 },
          { what: 'audio', from: 2_000.5, until: 2_000.5 },
          { what: 'keyboard', from: 4_000, until: 5_000 },
          { what: 'mouse', from: 4_000, until: 6_000 },
          { what: 'away', from: 9_000, until: 9_000 },
        ];
        ledger.markActivity(stretches.toReversed());
        ledger.markActivity([]);
        ledger = subject.reopen();
        expect(all()).toEqual(stretches);
      });

      it('prolongs a stretch that is told again, and never shortens it', () => {
        ledger.markActivity([typed(1_000, 2_000)]);
        ledger.markActivity([typed(1_000, 4_000), typed(1_000, 3_000)]);
        ledger.markActivity([{ ...typed(1_000, 8_000), what: 'mouse' }]);
        expect(all()).toEqual([typed(1_000, 4_000), { ...typed(1_000, 8_000), what: 'mouse' }]);
      });

      it('leaves overlaps as they are: a wall clock may have been set back', () => {
        ledger.markActivity([typed(5_000, 9_000), typed(4_000, 6_000)]);
        expect(all()).toEqual([typed(4_000, 6_000), typed(5_000, 9_000)]);
      });

      it('gives those that touch the window', () => {
        const at = [typed(1_000, 2_000), typed(3_000, 3_000), typed(4_000, 6_000)] as const;
        ledger.markActivity(at);
        expect(ledger.activity(0, 1_000)).toEqual([]);
        expect(ledger.activity(0, 1_001)).toEqual([at[0]]);
        expect(ledger.activity(1_999, 3_000)).toEqual([at[0]]);
        expect(ledger.activity(2_000, 3_000)).toEqual([]);
        expect(ledger.activity(3_000, 4_000)).toEqual([at[1]]);
        expect(ledger.activity(5_000, 5_500)).toEqual([at[2]]);
        expect(ledger.activity(6_000, 9_000)).toEqual([]);
      });

      it('keeps ninety days at the least', () => {
        const day = 24 * 3_600_000;
        for (let n = 0; n <= 90; n += 1)
          ledger.markActivity(
            Array.from({ length: 20 }, (_, m) => typed(AT.wall + n * day + m, AT.wall + n * day + m)),
          );
        ledger = subject.reopen();
        ledger.markActivity([typed(AT.wall + 90 * day + 10, AT.wall + 90 * day + 10)]);
        expect(all().length).toBeGreaterThanOrEqual(90 * 20);
        expect(all()[0]?.from).toBeGreaterThanOrEqual(AT.wall);
      });
    });

    describe('history', () => {
      const event = (at: number, more: Partial<Event> = {}): Event => ({
        type: 'napped',
        at,
        message: `event of ${at} – “quoted”, 한국어`,
        level: 'info',
        ...more,
      });

      it('gives the newest first, by the order they were told in, up to the limit', () => {
        ledger.record([event(3), event(1, { level: 'error', targetId: EC2_ID })]);
        // The wall clock was set back: what was told last is still the newest.
        ledger.record([event(0, { type: 'presence', level: 'warn' })]);
        ledger.record([]);
        ledger = subject.reopen();
        expect(ledger.history({ limit: 10 })).toEqual([
          event(0, { type: 'presence', level: 'warn' }),
          event(1, { level: 'error', targetId: EC2_ID }),
          event(3),
        ]);
        expect(ledger.history({ limit: 1 })).toEqual([event(0, { type: 'presence', level: 'warn' })]);
        expect(ledger.history({ limit: 0 })).toEqual([]);
      });

      it('gives those of one target', () => {
        ledger.record([
          event(1, { targetId: EC2_ID }),
          event(2, { targetId: ECS_ID }),
          event(3),
          event(4, { targetId: EC2_ID }),
        ]);
        expect(ledger.history({ targetId: EC2_ID, limit: 10 }).map(({ at }) => at)).toEqual([4, 1]);
        expect(ledger.history({ targetId: EC2_ID, limit: 1 }).map(({ at }) => at)).toEqual([4]);
      });
    });

    describe('switches', () => {
      const held = (more: Partial<Switch> = {}): Switch => ({
        targetId: ECS_ID,
        target: ECS.target,
        account: ACCOUNT,
        owner: '0a1b2c3d',
        phase: 'arming',
        firesAt: 1_767_603_660_000,
        before: undefined,
        saved: ECS.saved,
        ...more,
      });

      it('keeps each as written last, of every account and owner', () => {
        expect(ledger.switches()).toEqual([]);
        ledger.keepSwitch(held());
        ledger.keepSwitch(held({ account: OTHER }));
        ledger.keepSwitch(held({ owner: 'team' }));
        const moved = held({ phase: 'armed', firesAt: 1_767_603_960_000, before: 1_767_603_660_000 });
        ledger.keepSwitch(moved);
        ledger = subject.reopen();
        expect(ledger.switches()).toHaveLength(3);
        expect(ledger.switches()).toEqual(
          expect.arrayContaining([moved, held({ account: OTHER }), held({ owner: 'team' })]),
        );
      });

      it('forgets one and no other', () => {
        ledger.keepSwitch(held());
        ledger.keepSwitch(held({ owner: 'team' }));
        ledger.dropSwitch(held());
        ledger.dropSwitch(held({ account: OTHER }));
        expect(subject.reopen().switches()).toEqual([held({ owner: 'team' })]);
      });
    });

    describe('the installation', () => {
      it('has one name for ever', () => {
        const name = ledger.installation(() => 0.5);
        expect(name).toBe('80000000');
        expect(subject.reopen().installation(() => 0.1)).toBe(name);
      });
    });

    describe('the pinned account', () => {
      it('is none until it is pinned, and may move on', () => {
        expect(ledger.pinnedAccount()).toBeUndefined();
        ledger.pinAccount(ACCOUNT);
        ledger = subject.reopen();
        expect(ledger.pinnedAccount()).toBe(ACCOUNT);
        ledger.pinAccount(OTHER);
        expect(subject.reopen().pinnedAccount()).toBe(OTHER);
      });
    });
  });
}
