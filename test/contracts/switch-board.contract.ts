/** The contract of the dead-man's switch: one suite, run against every AWS that there is to be had, and the fake. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SwitchBoard, SwitchOrder } from '../../src/core/dead-man.js';
import type { Fields, Observed } from '../../src/core/driver.js';
import { OperationError } from '../../src/core/errors.js';
import type { AwsSession } from '../../src/core/session.js';
import type { Ec2Target, EcsTarget, EksTarget, Target } from '../../src/core/target.js';
import { targetId } from '../../src/core/target.js';
import { HERE, THERE, words } from './driver-world.js';

const MINUTE = 60_000;
const OWNER = '6d0c1f9e5b7a4d2c';

/** What a backend can show, as data. */
export interface SwitchBackend {
  readonly name: string;
  /** Schedules fire when they are due. */
  readonly fires: boolean;
  /** Open a world with nothing installed. */
  open(): Promise<SwitchWorld>;
}

export interface SwitchWorld {
  readonly session: AwsSession;
  readonly targets: {
    readonly instance: Ec2Target;
    readonly other: Ec2Target;
    /** In another region. */
    readonly far: Ec2Target;
    /** One that does not exist. */
    readonly absent: Ec2Target;
    readonly autoscaled: EcsTarget;
    readonly plain: EcsTarget;
    readonly nodegroup: EksTarget;
  };
  /** AWS's clock, milliseconds. */
  now(): number;
  /** The wall clock of the machine that the session is on. */
  wall(): number;
  /** Time goes by in AWS. */
  pass(ms: number): void;
  /** Somebody deletes the schedule that stops a target. */
  lose(owner: string, target: Target): Promise<void>;
  close(): Promise<void>;
}

export function switchBoardContract(backend: SwitchBackend): void {
  describe(`the switch board in ${backend.name}`, () => {
    let world: SwitchWorld;
    let board: SwitchBoard;
    let first: number | undefined;
    beforeEach(async () => {
      first = undefined;
      world = await backend.open();
      board = world.session.switches();
      await world.session.identity();
    });
    afterEach(() => world.close());

    /** A whole minute, about so many from when this was first asked in a test. */
    const inMinutes = (minutes: number) => {
      first ??= Math.ceil(world.now() / MINUTE) * MINUTE;
      return first + minutes * MINUTE;
    };
    const look = async (target: Target): Promise<Observed> => {
      const seen = (await world.session.driver(target.kind).inspect([target])).get(targetId(target));
      if (!seen || seen instanceof OperationError) throw seen ?? new Error('not observed');
      return seen;
    };
    const order = async (target: Target, firesAt: number, more: Partial<SwitchOrder> = {}) => {
      const saved: Fields = (await look(target)).fields ?? { kind: 'ec2', running: true, transition: '' };
      return { target, owner: OWNER, firesAt, saved, isHeld: false, ...more };
    };
    const all = () => Object.values(world.targets);
    const arm = async (orders: readonly SwitchOrder[]) =>
      words(
        await board.arm(orders),
        orders.map(({ target }) => target),
      );
    const held = async (owner?: string) => Object.fromEntries(await board.held(HERE, owner));

    describe('what is installed', () => {
      it('is nothing at first, and nothing works', async () => {
        const { instance } = world.targets;
        expect(await board.stack(HERE)).toBeUndefined();
        expect(await held(OWNER)).toEqual({});
        expect(await arm([await order(instance, inMinutes(5))])).toEqual(['refused']);
        expect(words(await board.disarm([{ target: instance, owner: OWNER }]), [instance])).toEqual([
          'accepted',
        ]);
      });

      it('covers the targets of each region, and is read back', async () => {
        const stacks = await board.install(all());
        expect(stacks.map(({ region }) => region).sort()).toEqual([HERE, THERE].sort());
        for (const stack of stacks) {
          const covered = all().filter(({ region }) => region === stack.region);
          expect([...stack.covers].sort()).toEqual(covered.map(targetId).sort());
          expect(stack.trouble).toBeUndefined();
          expect(await board.stack(stack.region)).toEqual(stack);
        }
      });

      it('grows with what is registered, and again is no change', async () => {
        const { instance, other, plain } = world.targets;
        await board.install([instance]);
        const [grown] = await board.install([other, plain]);
        expect(grown?.covers).toEqual([instance, other, plain].map(targetId));
        expect(await board.install([plain])).toEqual([grown]);
      });

      it('is gone with every schedule once it is removed, however often', async () => {
        const { instance, autoscaled } = world.targets;
        await board.install([instance, autoscaled]);
        await arm([
          await order(instance, inMinutes(5)),
          await order(autoscaled, inMinutes(5), { owner: 'other' }),
        ]);
        await board.uninstall(HERE);
        expect(await board.stack(HERE)).toBeUndefined();
        expect(await held()).toEqual({});
        await board.uninstall(HERE);
        expect(await arm([await order(instance, inMinutes(5))])).toEqual(['refused']);
      });

      it('is the template that is shown', () => {
        const { instance, autoscaled, nodegroup } = world.targets;
        const text = board.template([instance, autoscaled, nodegroup]);
        expect(JSON.parse(text)).toMatchObject({ AWSTemplateFormatVersion: '2010-09-09' });
        for (const name of [instance.instanceId, 'dev/web', 'kube/workers']) expect(text).toContain(name);
        expect(() => board.template(all())).toThrow(/one region/);
      });
    });

    describe('a switch', () => {
      beforeEach(async () => {
        await board.install(all());
      });

      it('is held for every kind, as ordered, and in its owner’s name', async () => {
        const at = inMinutes(5);
        const mine = all().filter(({ region }) => region === HERE);
        const orders = await Promise.all(mine.map((target) => order(target, at)));
        expect(await arm(orders)).toEqual(orders.map(() => 'accepted'));
        const all_ = Object.fromEntries(mine.map((target) => [targetId(target), at]));
        expect(await held(OWNER)).toEqual(all_);
        expect(await held()).toEqual(all_);
        // A name that begins alike is another's.
        expect(await held(OWNER.slice(0, -1))).toEqual({});
        expect(await board.held(THERE, OWNER)).toEqual(new Map());
      });

      it('is moved, later and earlier', async () => {
        const { autoscaled } = world.targets;
        const id = targetId(autoscaled);
        await arm([await order(autoscaled, inMinutes(5))]);
        for (const minutes of [30, 10]) {
          expect(await arm([await order(autoscaled, inMinutes(minutes), { isHeld: true })])).toEqual([
            'accepted',
          ]);
          expect(await held(OWNER)).toEqual({ [id]: inMinutes(minutes) });
        }
      });

      it('is made anew where its first answer was lost', async () => {
        const { instance } = world.targets;
        await arm([await order(instance, inMinutes(5))]);
        expect(await arm([await order(instance, inMinutes(9))])).toEqual(['accepted']);
        expect(await held(OWNER)).toEqual({ [targetId(instance)]: inMinutes(9) });
      });

      it('that is held no more is told and not made', async () => {
        const { instance, other } = world.targets;
        await arm([await order(instance, inMinutes(5)), await order(other, inMinutes(5))]);
        await world.lose(OWNER, instance);
        const orders = await Promise.all(
          [instance, other].map((one) => order(one, inMinutes(8), { isHeld: true })),
        );
        expect(await arm(orders)).toEqual(['missing', 'accepted']);
        expect(await held(OWNER)).toEqual({ [targetId(other)]: inMinutes(8) });
      });

      it('of a target that is not covered is refused, and costs no other', async () => {
        const { instance } = world.targets;
        const stranger: Target = { kind: 'ecs', region: HERE, cluster: 'dev', service: 'new' };
        const saved: Fields = { kind: 'ecs', desired: 2, scalable: null };
        const orders = [
          { target: stranger, owner: OWNER, firesAt: inMinutes(5), saved, isHeld: false },
          await order(instance, inMinutes(5)),
        ];
        expect(await arm(orders)).toEqual(['refused', 'accepted']);
        expect(await held(OWNER)).toEqual({ [targetId(instance)]: inMinutes(5) });
      });

      it('that is shared is never moved to an earlier minute', async () => {
        const { autoscaled } = world.targets;
        const id = targetId(autoscaled);
        const shared = (minutes: number, isHeld = true) =>
          order(autoscaled, inMinutes(minutes), { owner: 'team', isHeld });
        expect(await arm([await shared(10, false)])).toEqual(['accepted']);
        expect(await arm([await shared(7)])).toEqual(['accepted']);
        expect(await held('team')).toEqual({ [id]: inMinutes(10) });
        expect(await arm([await shared(15)])).toEqual(['accepted']);
        expect(await held('team')).toEqual({ [id]: inMinutes(15) });
        await world.lose('team', autoscaled);
        expect(await arm([await shared(20)])).toEqual(['missing']);
      });

      it('is deleted, its owner’s alone, however often', async () => {
        const { autoscaled } = world.targets;
        await arm([
          await order(autoscaled, inMinutes(5)),
          await order(autoscaled, inMinutes(6), { owner: 'other' }),
        ]);
        for (let times = 0; times < 2; times += 1) {
          const outcomes = await board.disarm([{ target: autoscaled, owner: OWNER }]);
          expect(words(outcomes, [autoscaled])).toEqual(['accepted']);
          expect(await held()).toEqual({ [targetId(autoscaled)]: inMinutes(6) });
        }
      });

      it('is not asked for once the caller has given up', async () => {
        const gone = AbortSignal.abort(new Error('enough'));
        const orders = [await order(world.targets.instance, inMinutes(5))];
        await expect(board.arm(orders, gone)).rejects.toThrow('enough');
        expect(await held()).toEqual({});
      });

      it('knows AWS’s clock to about a second', async () => {
        await held();
        const awsNow = world.session.switches().aheadMs() + world.wall();
        expect(Math.abs(awsNow - world.now())).toBeLessThan(1_500);
      });
    });

    // What never fires can only be asked what it holds: so it is with moto.
    if (backend.fires)
      describe('a switch that is due', () => {
        beforeEach(async () => {
          await board.install(all());
        });

        it('stops each kind as a nap would, not before, and is gone', async () => {
          const at = inMinutes(5);
          const { instance, autoscaled, plain, nodegroup } = world.targets;
          const mine = [instance, autoscaled, plain, nodegroup];
          const orders = await Promise.all(mine.map((target) => order(target, at)));
          await arm(orders);
          world.pass(at - MINUTE - 1 - world.now());
          for (const { target, saved } of orders)
            expect(
              world.session.driver(target.kind).untouched(saved, (await look(target)).fields as Fields),
            ).toBe(true);
          world.pass(10 * MINUTE);
          for (const { target, saved } of orders) {
            const { power, fields, stoppedAt } = await look(target);
            expect(`${target.kind} ${power}`).toBe(`${target.kind} off`);
            expect(world.session.driver(target.kind).napApplied(saved, fields as Fields)).toBe(true);
            if (target.kind !== 'eks') expect(stoppedAt).toBeGreaterThanOrEqual(at);
          }
          expect(await held()).toEqual({});
          expect(
            await arm([{ ...(orders[0] as SwitchOrder), firesAt: inMinutes(60), isHeld: true }]),
          ).toEqual(['missing']);
        });

        it('stops an autoscaled service in a minute, too', async () => {
          // Ten seconds to the minute before: no time for what should come then.
          world.pass(50_000 - (world.now() % MINUTE) + MINUTE);
          const soon = await order(world.targets.autoscaled, inMinutes(1));
          expect(await arm([soon])).toEqual(['accepted']);
          world.pass(10 * MINUTE);
          const { power, fields } = await look(soon.target);
          expect(power).toBe('off');
          expect(world.session.driver('ecs').napApplied(soon.saved, fields as Fields)).toBe(true);
        });

        it('stops nothing once it was moved or deleted', async () => {
          const { instance, other, autoscaled } = world.targets;
          const at = inMinutes(5);
          const orders = await Promise.all([instance, other, autoscaled].map((target) => order(target, at)));
          await arm(orders);
          await board.disarm([{ target: other, owner: OWNER }]);
          await arm(
            [instance, autoscaled].map((target, index) => ({
              ...(orders[index === 0 ? 0 : 2] as SwitchOrder),
              target,
              firesAt: at + 60 * MINUTE,
              isHeld: true,
            })),
          );
          world.pass(30 * MINUTE);
          for (const { target, saved } of orders)
            expect(
              world.session.driver(target.kind).untouched(saved, (await look(target)).fields as Fields),
            ).toBe(true);
        });

        it('stops the others where one cannot be stopped', async () => {
          const { instance, absent } = world.targets;
          await arm([await order(absent, inMinutes(5)), await order(instance, inMinutes(5))]);
          world.pass(20 * MINUTE);
          expect((await look(instance)).power).toBe('off');
        });
      });
  });
}
