/** What the drivers make of AWS's troubles and of states in between, which only the sandbox can show on demand. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, Fields, Observed } from '../../src/core/driver.js';
import { OperationError } from '../../src/core/errors.js';
import type { AwsSession } from '../../src/core/session.js';
import { type Target, targetId } from '../../src/core/target.js';
import { FakeClock } from '../fakes/clock.js';
import { type SandboxWorld, sandboxBackend } from './driver-sandbox.js';
import { fleet, HERE, sessionFor, words } from './driver-world.js';

const RUNNING: Fields = { kind: 'ec2', running: true, transition: '' };
const WORKERS: Fields = { kind: 'eks', min: 1, desired: 2, max: 4 };
const plain: Target = { kind: 'ecs', region: HERE, cluster: 'dev', service: 'plain' };
const workers: Target = { kind: 'eks', region: HERE, cluster: 'kube', nodegroup: 'workers' };

describe('the drivers in trouble', () => {
  let world: SandboxWorld;
  let session: AwsSession;
  let clock: FakeClock;
  let ec2: Driver;

  beforeEach(async () => {
    world = await sandboxBackend.open(fleet);
    clock = new FakeClock();
    session = sessionFor(world, { clock });
    ec2 = session.driver('ec2');
    // Signed in before any trouble begins.
    await session.identity();
  });
  afterEach(async () => {
    session.close();
    await world.close();
  });

  const instance = (name: string) =>
    ({ kind: 'ec2', region: HERE, instanceId: world.instance(name) }) as const satisfies Target;
  const napAll = (...names: string[]) =>
    ec2.nap(names.map((name) => ({ target: instance(name), saved: RUNNING })));
  const state = (name: string) =>
    world.sandbox
      .resources()
      .find(({ region }) => region === HERE)
      ?.instances.find((one) => one.name === name)?.state;
  const look = async (target: Target): Promise<Observed> => {
    const result = (await session.driver(target.kind).inspect([target])).get(targetId(target));
    if (!result || result instanceof OperationError) throw result ?? new Error('not observed');
    return result;
  };
  /** Lets time go by until the work is done, however often it waits. */
  const patiently = async <T>(work: Promise<T>): Promise<T> => {
    let done = false;
    const end = work.finally(() => {
      done = true;
    });
    end.catch(() => {});
    while (!done) await clock.advance(clock.nextDueIn ?? 0);
    return end;
  };

  it('waits out throttling that passes', async () => {
    world.sandbox.trouble.add({ effect: { kind: 'throttle' }, operation: 'StopInstances', times: 2 });
    const before = clock.now().mono;
    expect(words(await patiently(napAll('api')), [instance('api')])).toEqual(['accepted']);
    expect(clock.now().mono - before).toBeGreaterThanOrEqual(250 + 500);
  });

  it('gives throttling that lasts back to the caller, without bisecting the batch', async () => {
    world.sandbox.trouble.add({ effect: { kind: 'throttle' }, operation: 'StopInstances', times: 'always' });
    const outcomes = await patiently(napAll('api', 'db'));
    expect(words(outcomes, [instance('api'), instance('db')])).toEqual(['throttled', 'throttled']);
    expect(outcomes.get(targetId(instance('api')))).toMatchObject({
      operation: 'ec2:StopInstances',
      target: targetId(instance('api')),
    });
    expect(state('api')).toBe('running');
  });

  it('names the action that the policy does not allow', async () => {
    world.sandbox.trouble.add({ effect: { kind: 'deny' }, service: 'ecs', operation: 'UpdateService' });
    const saved: Fields = { kind: 'ecs', desired: 2, scalable: null };
    const outcome = (await session.driver('ecs').nap([{ target: plain, saved }])).get(targetId(plain));
    expect(outcome).toMatchObject({ fault: 'denied', operation: 'ecs:UpdateService' });
    expect((outcome as OperationError).hint).toContain('ecs:UpdateService');
  });

  it.each(['ec2', 'ecs', 'eks'] as const)('tells expired credentials, and looks again: %s', async (kind) => {
    world.sandbox.trouble.add({ effect: { kind: 'expired-token' }, service: kind });
    await expect(session.driver(kind).list(HERE)).rejects.toMatchObject({ fault: 'credentials' });
    await expect(session.driver(kind).list(HERE)).resolves.toBeDefined();
  });

  it.each(['ec2', 'ecs', 'eks'] as const)('survives an answer that is lost: %s', async (kind) => {
    const orders = {
      ec2: { target: instance('api'), saved: RUNNING },
      ecs: { target: plain, saved: { kind: 'ecs', desired: 2, scalable: null } },
      eks: { target: workers, saved: WORKERS },
    } as const;
    const operation = { ec2: 'StopInstances', ecs: 'UpdateService', eks: 'UpdateNodegroupConfig' }[kind];
    world.sandbox.trouble.add({ effect: { kind: 'lost-answer' }, operation });
    const outcomes = await patiently(session.driver(kind).nap([orders[kind]]));
    expect(words(outcomes, [orders[kind].target])).toEqual(['accepted']);
    await world.settle();
    expect((await look(orders[kind].target)).power).toBe('off');
  });

  it('tells AWS out of reach, and AWS failing', async () => {
    world.sandbox.trouble.add({
      effect: { kind: 'lost-request' },
      operation: 'StopInstances',
      times: 'always',
    });
    expect(words(await patiently(napAll('api')), [instance('api')])).toEqual(['unreachable']);
    world.sandbox.trouble.clear();
    world.sandbox.trouble.add({
      effect: { kind: 'unavailable' },
      operation: 'StopInstances',
      times: 'always',
    });
    const failed = await patiently(napAll('api', 'db'));
    expect(words(failed, [instance('api'), instance('db')])).toEqual(['failed', 'failed']);
  });

  it('gives a lack of capacity to the instance it hits alone', async () => {
    const names = ['api', 'db', 'worker'];
    await napAll(...names);
    await world.settle();
    const resource = world.instance('db');
    world.sandbox.trouble.add({
      effect: { kind: 'no-capacity' },
      operation: 'StartInstances',
      resource,
      times: 'always',
    });
    const orders = names.map((name) => ({ target: instance(name), saved: RUNNING, keep: [] }));
    expect(words(await ec2.restore(orders), names.map(instance))).toEqual([
      'accepted',
      'capacity',
      'accepted',
    ]);
  });

  it('never passes a part of a region off as all', async () => {
    world.sandbox.trouble.add({ effect: { kind: 'deny' }, operation: 'DescribeScalableTargets' });
    await expect(session.driver('ecs').list(HERE)).rejects.toMatchObject({
      fault: 'denied',
      operation: 'application-autoscaling:DescribeScalableTargets',
    });
  });

  it('keeps one unreadable region from hiding another', async () => {
    world.sandbox.trouble.add({ effect: { kind: 'deny' }, operation: 'DescribeInstances', region: HERE });
    const far: Target = { kind: 'ec2', region: 'us-east-1', instanceId: world.instance('far') };
    const seen = await ec2.inspect([instance('api'), far]);
    expect(seen.get(targetId(instance('api')))).toMatchObject({ fault: 'denied' });
    expect(seen.get(targetId(far))).toMatchObject({ power: 'on' });
  });

  it('lets an instance that is still stopping be, until it has stopped', async () => {
    await napAll('api');
    expect(await look(instance('api'))).toMatchObject({
      power: 'stopping',
      restoreWaits: expect.any(String),
    });
    const order = { target: instance('api'), saved: RUNNING, keep: [] };
    expect(words(await ec2.restore([order]), [order.target])).toEqual(['busy']);
    await world.settle();
    expect(words(await ec2.restore([order]), [order.target])).toEqual(['accepted']);
    const starting = await look(instance('api'));
    expect(starting).toMatchObject({ power: 'starting', napWaits: expect.any(String) });
    expect(ec2.missing(RUNNING, [], starting)).toEqual(['state']);
    expect(words(await napAll('api'), [order.target])).toEqual(['busy']);
  });

  it('does not call a start that falls back done, nor a person’s doing', async () => {
    await napAll('api');
    await world.settle();
    const left = (await look(instance('api'))).fields as Fields;
    world.sandbox.person('changeInstance', {
      region: HERE,
      instanceId: world.instance('api'),
      failsToStart: true,
    });
    await ec2.restore([{ target: instance('api'), saved: RUNNING, keep: [] }]);
    await world.settle();
    const seen = await look(instance('api'));
    expect(ec2.missing(RUNNING, [], seen)).toEqual(['state']);
    expect(ec2.stillOurs(RUNNING, left, seen.fields as Fields).taken).toBe(false);
  });

  it('knows a stop by a person from ours', async () => {
    await napAll('api');
    await world.settle();
    const left = (await look(instance('api'))).fields as Fields;
    const key = { region: HERE, instanceId: world.instance('api') };
    world.sandbox.person('startInstance', key);
    await world.settle();
    world.sandbox.person('stopInstance', key);
    await world.settle();
    const now = (await look(instance('api'))).fields as Fields;
    expect(ec2.stillOurs(RUNNING, left, now)).toEqual({ changed: ['state'], taken: true });
  });

  it('naps a persistent spot instance, and waits for its request before the start', async () => {
    const order = { target: instance('lasting'), saved: RUNNING, keep: [] };
    expect((await look(order.target)).refusal).toBeUndefined();
    await napAll('lasting');
    await world.settle();
    expect(words(await ec2.restore([order]), [order.target])).toEqual(['accepted']);
  });

  it('waits for a deployment, and naps all the same when told to', async () => {
    const key = { region: HERE, cluster: 'dev', service: 'plain' };
    world.sandbox.person('stallService', { ...key, stalled: true });
    world.sandbox.person('deployService', { ...key, taskDefinition: 'plain:2' });
    const seen = await look(plain);
    expect(seen.napWaits).toMatch(/deployment/);
    const ecs = session.driver('ecs');
    expect(ecs.untouched({ kind: 'ecs', desired: 2, scalable: null }, seen.fields as Fields)).toBe(true);
    const outcomes = await ecs.nap([{ target: plain, saved: seen.fields as Fields }]);
    expect(words(outcomes, [plain])).toEqual(['accepted']);
  });

  it('waits while a node group is updating, and answers busy to what comes too early', async () => {
    const eks = session.driver('eks');
    await eks.nap([{ target: workers, saved: WORKERS }]);
    const order = { target: workers, saved: WORKERS, keep: [] };
    expect(words(await eks.restore([order]), [workers])).toEqual(['busy']);
    await world.settle();
    expect(words(await eks.restore([order]), [workers])).toEqual(['accepted']);
    world.sandbox.person('changeNodegroup', {
      region: HERE,
      cluster: 'kube',
      nodegroup: 'workers',
      status: 'UPDATING',
    });
    expect(await look(workers)).toMatchObject({
      power: 'starting',
      napWaits: expect.any(String),
      restoreWaits: expect.any(String),
    });
  });
});
