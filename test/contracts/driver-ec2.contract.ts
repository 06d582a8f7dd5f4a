/** What the driver for EC2 must do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, Fields, Observed } from '../../src/core/driver.js';
import { OperationError } from '../../src/core/errors.js';
import { type Ec2Target, targetId } from '../../src/core/target.js';
import { type Backend, fleet, HERE, only, openScene, type Scene, THERE, words } from './driver-world.js';

const RUNNING: Fields = { kind: 'ec2', running: true, transition: '' };

export function ec2Contract(backendOf: () => Backend): void {
  describe('EC2', () => {
    let scene: Scene;
    let driver: Driver;

    beforeEach(async () => {
      scene = await openScene(backendOf(), only('instances'));
      driver = scene.session.driver('ec2');
    });
    afterEach(() => scene.close());

    const target = (name: string, region = HERE): Ec2Target => ({
      kind: 'ec2',
      region,
      instanceId: scene.world.instance(name),
    });
    const absent: Ec2Target = { kind: 'ec2', region: HERE, instanceId: 'i-0fffffffffffffff0' };
    const malformed: Ec2Target = { kind: 'ec2', region: HERE, instanceId: 'i-nonsense' };
    const look = async (of: Ec2Target): Promise<Observed> => {
      const result = (await driver.inspect([of])).get(targetId(of));
      if (!result || result instanceof OperationError) throw result ?? new Error('not observed');
      return result;
    };
    const napAll = (targets: readonly Ec2Target[]) =>
      driver.nap(targets.map((one) => ({ target: one, saved: RUNNING })));
    const restoreAll = (targets: readonly Ec2Target[]) =>
      driver.restore(targets.map((one) => ({ target: one, saved: RUNNING, keep: [] })));

    it('inspects instances of several regions, those that are missing among them', async () => {
      const asked = [target('api'), absent, target('old'), malformed, target('dead'), target('far', THERE)];
      const seen = await driver.inspect(asked);
      expect(asked.map((one) => (seen.get(targetId(one)) as Observed).power)).toEqual([
        'on',
        'gone',
        'off',
        'gone',
        'gone',
        'on',
      ]);
      expect(seen.get(targetId(target('api')))).toMatchObject({
        id: `ec2:${HERE}:${scene.world.instance('api')}`,
        state: 'running',
        name: 'api',
        instanceType: expect.any(String),
        fields: { kind: 'ec2', running: true },
      });
      expect(seen.get(targetId(absent))).toMatchObject({ state: 'missing', fields: undefined });
    });

    it('lists a region whole, without what is terminated', async () => {
      const { services, clusters } = await driver.list(HERE);
      const names = fleet.regions[HERE]?.instances?.map(({ name }) => name).filter((name) => name !== 'dead');
      expect(services.map(({ name }) => name).sort()).toEqual(names?.sort());
      expect(clusters).toEqual([]);
      expect((await driver.list(THERE)).services.map(({ name }) => name)).toEqual(['far']);
    });

    it('naps and restores in two regions, exactly', async () => {
      const targets = [target('api'), target('db'), target('far', THERE)];
      expect(words(await napAll(targets), targets)).toEqual(['accepted', 'accepted', 'accepted']);
      await scene.world.settle();
      for (const one of targets) {
        expect(await scene.plain.instanceState(one)).toBe('stopped');
        const { power, fields } = await look(one);
        expect(power).toBe('off');
        expect(driver.napApplied(RUNNING, fields as Fields)).toBe(true);
        expect(driver.stillOurs(RUNNING, fields, fields as Fields)).toEqual({ changed: [], taken: false });
      }
      expect(await scene.plain.instanceState(target('worker'))).toBe('running');

      expect(words(await restoreAll(targets), targets)).toEqual(['accepted', 'accepted', 'accepted']);
      await scene.world.settle();
      for (const one of targets) {
        expect(await scene.plain.instanceState(one)).toBe('running');
        expect(driver.missing(RUNNING, [], await look(one))).toEqual([]);
      }
    });

    it('does nothing twice', async () => {
      const targets = [target('api')];
      await napAll(targets);
      await scene.world.settle();
      const left = (await look(target('api'))).fields;
      expect(words(await napAll(targets), targets)).toEqual(['accepted']);
      await scene.world.settle();
      expect((await look(target('api'))).fields).toEqual(left);
      await restoreAll(targets);
      await scene.world.settle();
      expect(words(await restoreAll(targets), targets)).toEqual(['accepted']);
      expect(await scene.plain.instanceState(target('api'))).toBe('running');
    });

    it('loses nothing of a batch to bad members', async () => {
      // Protected only after it was looked at, so that it is StopInstances that fails, for the whole batch.
      const targets = [target('api'), target('db'), absent, target('worker'), malformed];
      await driver.inspect(targets);
      await scene.world.protect(HERE, scene.world.instance('db'));
      expect(words(await napAll(targets), targets)).toEqual([
        'accepted',
        'refused',
        'missing',
        'accepted',
        'missing',
      ]);
      await scene.world.settle();
      expect(await scene.plain.instanceState(target('api'))).toBe('stopped');
      expect(await scene.plain.instanceState(target('db'))).toBe('running');
      expect(await scene.plain.instanceState(target('worker'))).toBe('stopped');
    });

    it('finishes a batch of which a part was stopped already', async () => {
      const targets = [target('api'), target('db')];
      await scene.plain.ec2(HERE).stopInstances({ InstanceIds: [scene.world.instance('api')] });
      expect(words(await napAll(targets), targets)).toEqual(['accepted', 'accepted']);
      await scene.world.settle();
      expect(await scene.plain.instanceState(target('db'))).toBe('stopped');
    });

    it('leaves alone what a person keeps, and what did not run', async () => {
      const targets = [target('old')];
      const saved: Fields = { kind: 'ec2', running: false, transition: '' };
      const outcomes = await driver.restore([{ target: target('old'), saved, keep: [] }]);
      expect(words(outcomes, targets)).toEqual(['accepted']);
      const kept = await driver.restore([{ target: target('old'), saved: RUNNING, keep: ['state'] }]);
      expect(words(kept, targets)).toEqual(['accepted']);
      await scene.world.settle();
      expect(await scene.plain.instanceState(target('old'))).toBe('stopped');
    });

    it('sees that a person has started it', async () => {
      await napAll([target('api')]);
      await scene.world.settle();
      const left = (await look(target('api'))).fields as Fields;
      await scene.plain.ec2(HERE).startInstances({ InstanceIds: [scene.world.instance('api')] });
      await scene.world.settle();
      const now = (await look(target('api'))).fields as Fields;
      expect(driver.stillOurs(RUNNING, left, now)).toEqual({ changed: ['state'], taken: true });
    });

    it('starts and stops on demand, and knows no other size', async () => {
      expect(await driver.scale(target('old'), 1)).toBe('accepted');
      expect(await driver.scale(target('api'), 0)).toBe('accepted');
      await scene.world.settle();
      expect(await scene.plain.instanceState(target('old'))).toBe('running');
      expect(await scene.plain.instanceState(target('api'))).toBe('stopped');
      expect(await driver.scale(target('api'), 2)).toMatchObject({ fault: 'refused' });
      expect(await driver.scale(absent, 1)).toMatchObject({ fault: 'missing', target: targetId(absent) });
    });

    it('refuses, with the reason, what must not be stopped', async () => {
      const cases = [
        ['protected', 'guarded', /protection/],
        ['member', 'member', /web-asg/],
        ['managed', 'managed', /eks\.amazonaws\.com/],
        ['store', 'store', /instance store/],
        ['once', 'once', /spot/],
      ] as const;
      for (const [refusal, name, reason] of cases) {
        const { refusal: why } = await look(target(name));
        if (!backendOf().refusals.has(refusal)) {
          expect(why, name).toBeUndefined();
          continue;
        }
        expect(why, name).toMatchObject({ reason: expect.stringMatching(reason) });
        expect(words(await napAll([target(name)]), [target(name)]), name).toEqual(['refused']);
        expect(await driver.scale(target(name), 0), name).toMatchObject({ fault: 'refused' });
        expect(await scene.plain.instanceState(target(name)), name).toBe('running');
      }
      expect((await look(target('api'))).refusal).toBeUndefined();
    });

    it('rejects when it is aborted, and only then', async () => {
      const gone = AbortSignal.abort(new Error('enough'));
      await expect(driver.list(HERE, gone)).rejects.toThrow('enough');
      await expect(driver.inspect([target('api')], gone)).rejects.toThrow('enough');
      await expect(driver.nap([{ target: target('api'), saved: RUNNING }], gone)).rejects.toThrow('enough');
      expect(await scene.plain.instanceState(target('api'))).toBe('running');
    });
  });
}
