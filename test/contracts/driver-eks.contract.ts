/** What the driver for EKS must do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, EksFields, Observed } from '../../src/core/driver.js';
import { OperationError } from '../../src/core/errors.js';
import { type EksTarget, targetId } from '../../src/core/target.js';
import { type Backend, HERE, only, openScene, type Scene, THERE, words } from './driver-world.js';

const group = (nodegroup: string, cluster = 'kube', region = HERE): EksTarget => ({
  kind: 'eks',
  region,
  cluster,
  nodegroup,
});
const workers = group('workers');
const far = group('nodes', 'far', THERE);
const WORKERS: EksFields = { kind: 'eks', min: 1, desired: 2, max: 4 };
const FAR: EksFields = { kind: 'eks', min: 0, desired: 1, max: 3 };

export function eksContract(backendOf: () => Backend): void {
  describe('EKS', () => {
    let scene: Scene;
    let driver: Driver;

    beforeEach(async () => {
      scene = await openScene(backendOf(), only('eksClusters'));
      driver = scene.session.driver('eks');
    });
    afterEach(() => scene.close());

    const look = async (target: EksTarget): Promise<Observed & { fields: EksFields }> => {
      const result = (await driver.inspect([target])).get(targetId(target));
      if (!result || result instanceof OperationError) throw result ?? new Error('not observed');
      return result as Observed & { fields: EksFields };
    };
    const asPerson = async (scalingConfig: { minSize?: number; desiredSize?: number; maxSize?: number }) => {
      const eks = scene.plain.eks(HERE);
      await eks.updateNodegroupConfig({ clusterName: 'kube', nodegroupName: 'workers', scalingConfig });
      await scene.world.settle();
    };

    it('inspects groups of several clusters and regions, those that are missing among them', async () => {
      const asked = [workers, far, group('nothing'), group('workers', 'nowhere')];
      const seen = await driver.inspect(asked);
      expect(asked.map((one) => (seen.get(targetId(one)) as Observed).power)).toEqual([
        'on',
        'on',
        'gone',
        'gone',
      ]);
      expect(seen.get(targetId(workers))).toMatchObject({
        state: 'ACTIVE',
        fields: WORKERS,
        counts: { desired: 2, running: 2, min: 1, max: 4 },
      });
      expect(seen.get(targetId(group('nothing')))).toMatchObject({ state: 'missing', fields: undefined });
    });

    it('lists a region whole, empty clusters too', async () => {
      const { services, clusters } = await driver.list(HERE);
      expect([...clusters].sort()).toEqual(['bare', 'kube']);
      expect(services.map(({ id }) => id).sort()).toEqual(
        [group('autoscaled'), group('system'), workers].map(targetId).sort(),
      );
    });

    it('naps and restores in two regions, exactly', async () => {
      const orders = [
        { target: workers, saved: WORKERS },
        { target: far, saved: FAR },
      ];
      expect(words(await driver.nap(orders), [workers, far])).toEqual(['accepted', 'accepted']);
      await scene.world.settle();
      expect(await scene.plain.nodegroup(workers)).toEqual({ min: 0, desired: 0, max: 4 });
      expect(await scene.plain.nodegroup(far)).toEqual({ min: 0, desired: 0, max: 3 });
      for (const { target, saved } of orders) {
        const { power, fields } = await look(target);
        expect(power).toBe('off');
        expect(driver.napApplied(saved, fields)).toBe(true);
        expect(driver.stillOurs(saved, undefined, fields)).toEqual({ changed: [], taken: false });
      }

      const back = orders.map((order) => ({ ...order, keep: [] }));
      expect(words(await driver.restore(back), [workers, far])).toEqual(['accepted', 'accepted']);
      await scene.world.settle();
      expect(await scene.plain.nodegroup(workers)).toEqual({ min: 1, desired: 2, max: 4 });
      expect(await scene.plain.nodegroup(far)).toEqual({ min: 0, desired: 1, max: 3 });
      expect(driver.missing(WORKERS, [], await look(workers))).toEqual([]);
    });

    it('does nothing twice', async () => {
      const order = { target: workers, saved: WORKERS };
      await driver.nap([order]);
      expect(words(await driver.nap([order]), [workers])).toEqual(['accepted']);
      await scene.world.settle();
      expect(await scene.plain.nodegroup(workers)).toEqual({ min: 0, desired: 0, max: 4 });
      await driver.restore([{ ...order, keep: [] }]);
      expect(words(await driver.restore([{ ...order, keep: [] }]), [workers])).toEqual(['accepted']);
      await scene.world.settle();
      expect(await scene.plain.nodegroup(workers)).toEqual({ min: 1, desired: 2, max: 4 });
    });

    it('finishes a nap that stopped half way', async () => {
      await asPerson({ minSize: 0 });
      expect(driver.napApplied(WORKERS, (await look(workers)).fields)).toBe(false);
      expect(words(await driver.nap([{ target: workers, saved: WORKERS }]), [workers])).toEqual(['accepted']);
      await scene.world.settle();
      expect(await scene.plain.nodegroup(workers)).toEqual({ min: 0, desired: 0, max: 4 });
    });

    it('leaves alone what a person has changed, and puts the bounds back around it', async () => {
      const saved: EksFields = { kind: 'eks', min: 2, desired: 2, max: 4 };
      await driver.nap([{ target: workers, saved }]);
      await scene.world.settle();
      await asPerson({ desiredSize: 1, maxSize: 6 });
      const ours = driver.stillOurs(saved, { ...saved, min: 0, desired: 0 }, (await look(workers)).fields);
      expect(ours).toEqual({ changed: ['desired', 'max'], taken: true });
      const outcomes = await driver.restore([{ target: workers, saved, keep: ours.changed }]);
      expect(words(outcomes, [workers])).toEqual(['accepted']);
      await scene.world.settle();
      expect(await scene.plain.nodegroup(workers)).toEqual({ min: 1, desired: 1, max: 6 });
      expect(driver.missing(saved, ours.changed, await look(workers))).toEqual([]);
    });

    it('scales on demand: lowers a minimum that is in the way, and stops at the maximum', async () => {
      expect(await driver.scale(workers, 4)).toBe('accepted');
      await scene.world.settle();
      expect(await scene.plain.nodegroup(workers)).toEqual({ min: 1, desired: 4, max: 4 });
      expect(await driver.scale(workers, 0)).toBe('accepted');
      await scene.world.settle();
      expect(await scene.plain.nodegroup(workers)).toEqual({ min: 0, desired: 0, max: 4 });
      expect(await driver.scale(workers, 5)).toMatchObject({ fault: 'refused', target: targetId(workers) });
      expect(await driver.scale(group('nothing'), 1)).toMatchObject({ fault: 'missing' });
    });

    it('refuses Karpenter’s host, and the Cluster Autoscaler’s groups unless the registry lifts it', async () => {
      const [system, autoscaled] = [group('system'), group('autoscaled')];
      expect((await look(workers)).refusal).toBeUndefined();
      expect((await look(system)).refusal).toMatchObject({ reason: expect.stringMatching(/Karpenter/) });
      expect((await look(system)).refusal?.lifts).toBeUndefined();
      expect((await look(autoscaled)).refusal).toMatchObject({
        reason: expect.stringMatching(/Cluster Autoscaler/),
        lifts: 'autoscaler',
      });
      const outcomes = await driver.nap([
        { target: system, saved: { kind: 'eks', min: 2, desired: 2, max: 2 } },
        { target: autoscaled, saved: { kind: 'eks', min: 1, desired: 1, max: 5 } },
        { target: group('nothing'), saved: WORKERS },
      ]);
      // Whether the registry lifts it is for the caller to weigh, so the driver does as it is told.
      expect(words(outcomes, [system, autoscaled, group('nothing')])).toEqual([
        'refused',
        'accepted',
        'missing',
      ]);
      await scene.world.settle();
      expect(await scene.plain.nodegroup(system)).toEqual({ min: 2, desired: 2, max: 2 });
      expect(await scene.plain.nodegroup(autoscaled)).toEqual({ min: 0, desired: 0, max: 5 });
    });
  });
}
