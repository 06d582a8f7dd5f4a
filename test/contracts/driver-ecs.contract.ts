/** What the driver for ECS must do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver, EcsFields, FieldName, Observed } from '../../src/core/driver.js';
import { OperationError } from '../../src/core/errors.js';
import { type EcsTarget, targetId } from '../../src/core/target.js';
import { type Backend, HERE, only, openScene, type Scene, THERE, words } from './driver-world.js';

const service = (name: string, cluster = 'dev', region = HERE): EcsTarget => ({
  kind: 'ecs',
  region,
  cluster,
  service: name,
});
const web = service('web');
const plain = service('plain');
const far = service('far', 'test', THERE);

/** The fleet's `web` before anything happened; a person has suspended its scheduled scaling. */
const WEB: EcsFields = {
  kind: 'ecs',
  desired: 2,
  scalable: { min: 1, max: 4, suspended: { scaleIn: false, scaleOut: false, scheduled: true } },
};
const PLAIN: EcsFields = { kind: 'ecs', desired: 2, scalable: null };

/** The same as a client that is not ours reads it. */
const read = (desired: number, min: number, max: number, [scaleIn, scaleOut, scheduled]: boolean[]) => ({
  desired,
  scalable: {
    min,
    max,
    DynamicScalingInSuspended: scaleIn,
    DynamicScalingOutSuspended: scaleOut,
    ScheduledScalingSuspended: scheduled,
  },
});
const WEB_READ = read(2, 1, 4, [false, false, true]);
const WEB_NAPPING = read(0, 0, 4, [true, true, true]);

export function ecsContract(backendOf: () => Backend): void {
  describe('ECS', () => {
    let scene: Scene;
    let driver: Driver;

    beforeEach(async () => {
      scene = await openScene(backendOf(), only('ecsClusters'));
      driver = scene.session.driver('ecs');
    });
    afterEach(() => scene.close());

    const look = async (target: EcsTarget): Promise<Observed & { fields: EcsFields }> => {
      const result = (await driver.inspect([target])).get(targetId(target));
      if (!result || result instanceof OperationError) throw result ?? new Error('not observed');
      return result as Observed & { fields: EcsFields };
    };
    const napWeb = () => driver.nap([{ target: web, saved: WEB }]);
    const restoreWeb = (keep: readonly FieldName[] = []) =>
      driver.restore([{ target: web, saved: WEB, keep }]);

    it('inspects services of several clusters and regions, those that are missing among them', async () => {
      const asked = [web, plain, far, service('nothing'), service('web', 'nowhere')];
      const seen = await driver.inspect(asked);
      expect(asked.map((one) => (seen.get(targetId(one)) as Observed).power)).toEqual([
        'on',
        'on',
        'on',
        'gone',
        'gone',
      ]);
      expect(seen.get(targetId(web))).toMatchObject({
        state: 'ACTIVE',
        fields: WEB,
        counts: { desired: 2, running: 2, min: 1, max: 4 },
        napWaits: undefined,
      });
      expect(seen.get(targetId(plain))).toMatchObject({ fields: PLAIN });
      expect(seen.get(targetId(service('nothing')))).toMatchObject({ state: 'missing', fields: undefined });
    });

    it('lists a region whole, empty clusters too', async () => {
      const { services, clusters } = await driver.list(HERE);
      expect([...clusters].sort()).toEqual(['dev', 'empty']);
      expect(services.map(({ id }) => id).sort()).toEqual(
        [service('agent'), plain, web].map(targetId).sort(),
      );
      expect(services.find(({ id }) => id === targetId(web))?.fields).toEqual(WEB);
      expect((await driver.list('ap-northeast-1')).services).toEqual([]);
    });

    it('naps and restores exactly, a person’s own suspension and services without a scalable target too', async () => {
      const orders = [
        { target: web, saved: WEB },
        { target: plain, saved: PLAIN },
        { target: far, saved: PLAIN },
      ];
      const targets = orders.map(({ target }) => target);
      expect(words(await driver.nap(orders), targets)).toEqual(['accepted', 'accepted', 'accepted']);
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual(WEB_NAPPING);
      expect(await scene.plain.service(plain)).toEqual({ desired: 0, scalable: undefined });
      expect(await scene.plain.service(far)).toEqual({ desired: 0, scalable: undefined });
      for (const { target, saved } of orders) {
        const { power, fields } = await look(target);
        expect(power).toBe('off');
        expect(driver.napApplied(saved, fields)).toBe(true);
        expect(driver.stillOurs(saved, undefined, fields)).toEqual({ changed: [], taken: false });
      }

      const back = orders.map((order) => ({ ...order, keep: [] }));
      expect(words(await driver.restore(back), targets)).toEqual(['accepted', 'accepted', 'accepted']);
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual(WEB_READ);
      expect(await scene.plain.service(plain)).toEqual({ desired: 2, scalable: undefined });
      expect(await scene.plain.service(far)).toEqual({ desired: 2, scalable: undefined });
      for (const { target, saved } of orders) {
        const seen = await look(target);
        expect(seen.power).toBe('on');
        expect(driver.missing(saved, [], seen)).toEqual([]);
        expect(driver.untouched(saved, seen.fields)).toBe(true);
      }
    });

    it('does nothing twice', async () => {
      await napWeb();
      await scene.world.settle();
      expect(words(await napWeb(), [web])).toEqual(['accepted']);
      expect(await scene.plain.service(web)).toEqual(WEB_NAPPING);
      await restoreWeb();
      await scene.world.settle();
      expect(words(await restoreWeb(), [web])).toEqual(['accepted']);
      expect(await scene.plain.service(web)).toEqual(WEB_READ);
    });

    it('finishes a nap of which only the first call was made', async () => {
      await scene.plain.register(web, { min: 0, suspended: [true, true, true] });
      expect(driver.napApplied(WEB, (await look(web)).fields)).toBe(false);
      expect(words(await napWeb(), [web])).toEqual(['accepted']);
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual(WEB_NAPPING);
    });

    it('finishes a restore of which only the first call was made', async () => {
      await napWeb();
      await scene.world.settle();
      await scene.plain.ecs(HERE).updateService({ cluster: 'dev', service: 'web', desiredCount: 2 });
      expect(driver.missing(WEB, [], await look(web))).toEqual([
        'min',
        'suspended.scaleIn',
        'suspended.scaleOut',
      ]);
      expect(words(await restoreWeb(), [web])).toEqual(['accepted']);
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual(WEB_READ);
    });

    it('leaves alone the fields that a person has changed', async () => {
      await napWeb();
      await scene.world.settle();
      await scene.plain.register(web, { max: 9, suspended: [true, false, true] });
      const { fields } = await look(web);
      const { changed, taken } = driver.stillOurs(WEB, undefined, fields);
      expect({ changed, taken }).toEqual({ changed: ['max', 'suspended.scaleOut'], taken: false });
      await restoreWeb(changed);
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual(read(2, 1, 9, [false, false, true]));
      expect(driver.missing(WEB, changed, await look(web))).toEqual([]);
    });

    it('puts bounds back around a size that is a person’s, without bending it', async () => {
      const saved: EcsFields = { ...WEB, scalable: { ...WEB.scalable!, min: 2 } };
      await driver.nap([{ target: web, saved }]);
      await scene.world.settle();
      await scene.plain.ecs(HERE).updateService({ cluster: 'dev', service: 'web', desiredCount: 1 });
      const ours = driver.stillOurs(saved, undefined, (await look(web)).fields);
      expect(ours).toEqual({ changed: ['desired'], taken: true });
      await driver.restore([{ target: web, saved, keep: ours.changed }]);
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual(read(1, 1, 4, [false, false, true]));
      expect(driver.missing(saved, ours.changed, await look(web))).toEqual([]);
    });

    it('restores the size where the scalable target was removed meanwhile', async () => {
      await napWeb();
      await scene.world.settle();
      await scene.plain.scaling(HERE).deregisterScalableTarget({
        ServiceNamespace: 'ecs',
        ScalableDimension: 'ecs:service:DesiredCount',
        ResourceId: 'service/dev/web',
      });
      expect(words(await restoreWeb(), [web])).toEqual(['accepted']);
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual({ desired: 2, scalable: undefined });
      expect(driver.missing(WEB, [], await look(web))).toEqual([]);
    });

    it('scales on demand: lowers a minimum that is in the way, and stops at the maximum', async () => {
      expect(await driver.scale(web, 3)).toBe('accepted');
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual(read(3, 1, 4, [false, false, true]));
      expect(await driver.scale(web, 0)).toBe('accepted');
      await scene.world.settle();
      expect(await scene.plain.service(web)).toEqual(read(0, 0, 4, [false, false, true]));
      expect(await driver.scale(web, 5)).toMatchObject({ fault: 'refused', target: targetId(web) });
      expect(await driver.scale(plain, 7)).toBe('accepted');
      expect(driver.sizeOf((await look(plain)).fields)).toBe(7);
      expect(await driver.scale(service('nothing'), 1)).toMatchObject({ fault: 'missing' });
    });

    it('refuses DAEMON services, without holding up the others', async () => {
      const agent = service('agent');
      expect((await look(agent)).refusal?.reason).toMatch(/DAEMON/);
      const outcomes = await driver.nap([
        { target: agent, saved: PLAIN },
        { target: service('nothing'), saved: PLAIN },
        { target: plain, saved: PLAIN },
      ]);
      expect(words(outcomes, [agent, service('nothing'), plain])).toEqual(['refused', 'missing', 'accepted']);
      expect(await driver.scale(agent, 0)).toMatchObject({ fault: 'refused' });
      await scene.world.settle();
      expect((await scene.plain.service(plain)).desired).toBe(0);
    });
  });
}
