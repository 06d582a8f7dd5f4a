/** The dead-man's switch in trouble, in the sandbox: what AWS refuses, loses, and has had changed by others. */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DeleteScheduleGroupCommand,
  GetScheduleCommand,
  ListSchedulesCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stopSchedule } from '../../src/aws/switch-calls.js';
import type { SwitchBoard, SwitchOrder } from '../../src/core/dead-man.js';
import { OperationError } from '../../src/core/errors.js';
import { type Ec2Target, type Target, targetId } from '../../src/core/target.js';
import { DEMO_KEY } from '../../src/sandbox/index.js';
import { HERE, sessionFor, words } from './driver-world.js';
import { inSandbox, type SandboxSwitchWorld } from './switch-worlds.js';

const MINUTE = 60_000;
const OWNER = 'desk';

describe('a switch board in trouble', () => {
  let world: SandboxSwitchWorld;
  let board: SwitchBoard;
  let plain: SchedulerClient;
  beforeEach(async () => {
    world = await inSandbox.open();
    await world.session.identity();
    board = world.session.switches();
    plain = new SchedulerClient({ region: HERE, endpoint: world.sandbox.endpoint, credentials: DEMO_KEY });
  });
  afterEach(async () => {
    plain.destroy();
    await world.close();
  });

  const at = (minutes: number) => (Math.ceil(world.now() / MINUTE) + minutes) * MINUTE;
  const orderOf = (target: Target, firesAt: number, more: Partial<SwitchOrder> = {}): SwitchOrder => ({
    target,
    owner: OWNER,
    firesAt,
    saved: { kind: 'ec2', running: true, transition: '' },
    isHeld: false,
    ...more,
  });
  const armOne = async (target: Target, firesAt: number, more: Partial<SwitchOrder> = {}) =>
    (await board.arm([orderOf(target, firesAt, more)])).get(targetId(target));
  const stackStatus = async () => {
    const client = new CloudFormationClient({
      region: HERE,
      endpoint: world.sandbox.endpoint,
      credentials: DEMO_KEY,
    });
    const answer = await client.send(new DescribeStacksCommand({})).finally(() => client.destroy());
    return answer.Stacks?.map(({ StackStatus }) => StackStatus);
  };
  const failure = async (work: Promise<unknown>): Promise<OperationError> => {
    const thrown = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(thrown instanceof OperationError)) throw new Error(`expected a failure, got ${String(thrown)}`);
    return thrown;
  };

  describe('while it is installed', () => {
    it('tells which permission was missing, and leaves nothing half made', async () => {
      world.sandbox.trouble.add({ effect: { kind: 'deny' }, service: 'iam', operation: 'CreateRole' });
      const error = await failure(board.install([world.targets.instance]));
      expect(error).toMatchObject({ operation: 'cloudformation:CreateStack', fault: 'failed' });
      expect(error.message).toMatch(/Stop1: .*iam:CreateRole/);
      expect(error.hint).toContain('docs/dead-man.md');
      expect(await board.stack(HERE)).toBeUndefined();
      await board.install([world.targets.instance]);
      expect((await board.stack(HERE))?.trouble).toBeUndefined();
    });

    it('that cannot grow stays what it was, and its switches stay armed', async () => {
      const { instance, other } = world.targets;
      await board.install([instance]);
      await armOne(instance, at(5));
      world.sandbox.trouble.add({ effect: { kind: 'deny' }, service: 'iam', operation: 'PutRolePolicy' });
      const error = await failure(board.install([other]));
      expect(error.message).toContain('iam:PutRolePolicy');
      expect(await stackStatus()).toEqual(['UPDATE_ROLLBACK_COMPLETE']);
      expect(await board.stack(HERE)).toMatchObject({ covers: [targetId(instance)], trouble: undefined });
      expect(await armOne(instance, at(8), { isHeld: true })).toBe('accepted');
      expect(await armOne(other, at(8))).toMatchObject({ fault: 'refused' });
      expect((await board.install([other]))[0]?.covers).toHaveLength(2);
    });

    it('waits for what another has begun', async () => {
      const { instance, other } = world.targets;
      const session = sessionFor(
        { endpoint: world.sandbox.endpoint, keys: DEMO_KEY },
        { clock: world.clock },
      );
      await session.identity();
      await board.install([instance]);
      const both = await Promise.allSettled([
        session.switches().install([world.targets.plain]),
        board.install([other]),
      ]);
      session.close();
      const done = both.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
      expect(done.length).toBeGreaterThan(0);
      // Whoever came second waited, or is refused: what was promised is not taken back.
      const covers = (await board.stack(HERE))?.covers;
      for (const stack of done) expect(covers).toEqual(expect.arrayContaining([...stack.covers]));
    });

    it('refuses more than a template holds, rather than to allow more than is registered', async () => {
      const long = (n: number): Target => ({
        kind: 'ecs',
        region: HERE,
        cluster: 'c'.repeat(200),
        service: `${n}`.padEnd(250, 's'),
      });
      const error = await failure(board.install(Array.from({ length: 120 }, (_, n) => long(n))));
      expect(error).toMatchObject({ fault: 'refused', message: expect.stringContaining('120 targets') });
      expect(await board.stack(HERE)).toBeUndefined();
    });
  });

  describe('once it is installed', () => {
    beforeEach(async () => {
      await board.install([world.targets.instance, world.targets.other, world.targets.plain]);
    });

    it('says that the group is gone, and makes it anew', async () => {
      const { instance } = world.targets;
      await plain.send(new DeleteScheduleGroupCommand({ Name: 'cloudnap' }));
      world.pass(10 * MINUTE);
      expect((await board.stack(HERE))?.trouble).toContain('group');
      expect(await armOne(instance, at(5))).toMatchObject({ fault: 'refused' });
      await board.install([instance]);
      expect(await armOne(instance, at(5))).toBe('accepted');
      expect((await board.stack(HERE))?.covers).toHaveLength(3);
    });

    it('says what is to be allowed', async () => {
      world.sandbox.trouble.add({
        effect: { kind: 'deny' },
        service: 'scheduler',
        operation: 'CreateSchedule',
      });
      expect(await armOne(world.targets.instance, at(5))).toMatchObject({
        fault: 'denied',
        hint: expect.stringContaining('iam:PassRole'),
      });
    });

    it('sees what somebody has changed by hand, and takes it back', async () => {
      const { instance, other } = world.targets;
      await armOne(instance, at(5));
      await armOne(other, at(5));
      const { Schedules = [] } = await plain.send(new ListSchedulesCommand({ GroupName: 'cloudnap' }));
      expect(Schedules).toHaveLength(2);
      const byHand = stopSchedule({ target: instance, owner: OWNER }, at(5), await roleArn(instance));
      await plain.send(new UpdateScheduleCommand({ ...byHand, State: 'DISABLED' }));
      expect([...(await board.held(HERE, OWNER)).keys()]).toEqual([targetId(other)]);
      expect(await armOne(instance, at(6), { isHeld: true })).toBe('accepted');
      expect((await board.held(HERE, OWNER)).size).toBe(2);
    });

    it('arms by what is there when an answer was lost', async () => {
      const { instance } = world.targets;
      world.sandbox.trouble.add({
        effect: { kind: 'lost-answer' },
        service: 'scheduler',
        operation: 'CreateSchedule',
      });
      const firesAt = at(5);
      expect(await armOne(instance, firesAt)).toBe('accepted');
      expect(await board.held(HERE, OWNER)).toEqual(new Map([[targetId(instance), firesAt]]));
    });

    it('lets the latest lease of a team win, however their calls cross', async () => {
      const { instance } = world.targets;
      const peer = sessionFor({ endpoint: world.sandbox.endpoint, keys: DEMO_KEY }, { clock: world.clock });
      await peer.identity();
      const start = at(0);
      const shared = (minutes: number, isHeld = true) =>
        orderOf(instance, start + minutes * MINUTE, { owner: 'team', isHeld });
      await board.arm([shared(10, false)]);
      // The same reading, then two writes: the earlier one may come last.
      const outcomes = await Promise.all([board.arm([shared(40)]), peer.switches().arm([shared(20)])]);
      peer.close();
      for (const outcome of outcomes) expect(words(outcome, [instance])).toEqual(['accepted']);
      expect(await board.held(HERE, 'team')).toEqual(new Map([[targetId(instance), start + 40 * MINUTE]]));
    });

    it('spares a region that throttles, and gets there', async () => {
      world.sandbox.trouble.add({ effect: { kind: 'throttle' }, service: 'scheduler', times: 3 });
      expect(await armOne(world.targets.instance, at(5))).toBe('accepted');
    });

    it('fails by itself where one cannot be armed', async () => {
      const { instance, other } = world.targets;
      world.sandbox.trouble.add({
        effect: { kind: 'error', code: 'ValidationException' },
        service: 'scheduler',
        operation: 'CreateSchedule',
        resource: stopSchedule({ target: instance, owner: OWNER }, 0, '').Name,
        times: 'always',
      });
      const outcomes = await board.arm([instance, other].map((one) => orderOf(one, at(5))));
      // Just installed: AWS may not know the role everywhere yet, so it is worth another try.
      expect(words(outcomes, [instance, other])).toEqual(['busy', 'accepted']);
      world.pass(5 * MINUTE);
      expect(await armOne(instance, at(5))).toMatchObject({ fault: 'refused' });
    });

    it('belongs to the account it was installed in', async () => {
      world.sandbox.setAccount(DEMO_KEY.accessKeyId, '210987654321');
      await world.session.identity();
      expect(await board.stack(HERE)).toBeUndefined();
      expect(await armOne(world.targets.instance, at(5))).toMatchObject({ fault: 'refused' });
    });
  });

  it('keeps its pace with hundreds of targets', async () => {
    const targets: Ec2Target[] = Array.from({ length: 300 }, (_, n) => ({
      kind: 'ec2',
      region: HERE,
      instanceId: `i-${n.toString(16).padStart(17, '0')}`,
    }));
    await board.install(targets);
    const before = world.now();
    const firesAt = at(30);
    const outcomes = await board.arm(targets.map((target) => orderOf(target, firesAt)));
    expect(new Set(outcomes.values())).toEqual(new Set(['accepted']));
    // A write and a reading of each: at most 250 a second may be counted on.
    const seconds = (world.now() - before) / 1_000;
    expect(seconds).toBeGreaterThan((2 * targets.length) / 250);
    expect(seconds).toBeLessThan((2 * targets.length) / 50);
    expect((await board.held(HERE, OWNER)).size).toBe(targets.length);
  });

  async function roleArn(target: Ec2Target): Promise<string> {
    const { Name } = stopSchedule({ target, owner: OWNER }, 0, '');
    const held = await plain.send(new GetScheduleCommand({ GroupName: 'cloudnap', Name }));
    return held.Target?.RoleArn ?? '';
  }
});
