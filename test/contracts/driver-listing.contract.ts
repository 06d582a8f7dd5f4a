/** What every driver's `list` and `inspect` must do with more than one call can carry. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Target } from '../../src/core/target.js';
import { type Backend, HERE, openScene, type Scene } from './driver-world.js';

export function listingContract(backendOf: () => Backend): void {
  describe('a crowded region', () => {
    let scene: Scene;
    afterEach(() => scene.close());

    const many = <T>(count: number, make: (number: string) => T): T[] =>
      Array.from({ length: count }, (_, at) => make(String(at).padStart(5, '0')));
    const account = '123456789012';

    it('is listed and inspected whole: EC2', async () => {
      const { instances } = backendOf().crowd;
      const seeds = many(instances, (number) => ({ id: `i-${number}0000000000aa`, name: `n${number}` }));
      scene = await openScene(backendOf(), { account, regions: { [HERE]: { instances: seeds } } });
      const driver = scene.session.driver('ec2');
      const { services } = await driver.list(HERE);
      expect(new Set(services.map(({ name }) => name))).toEqual(new Set(seeds.map(({ name }) => name)));
      await inspectsAll(
        services.map(({ target }) => target),
        'ec2',
      );
    });

    it('is listed and inspected whole: ECS', async () => {
      const { services: count } = backendOf().crowd;
      const clusters = [
        { name: 'big', services: many(count, (number) => ({ name: `s${number}`, desired: 2 })) },
        ...many(count, (number) => ({ name: `c${number}` })),
      ];
      scene = await openScene(backendOf(), { account, regions: { [HERE]: { ecsClusters: clusters } } });
      const listing = await scene.session.driver('ecs').list(HERE);
      expect(new Set(listing.clusters)).toEqual(new Set(clusters.map(({ name }) => name)));
      expect(new Set(listing.services.map(({ id }) => id)).size).toBe(count);
      await inspectsAll(
        listing.services.map(({ target }) => target),
        'ecs',
      );
    });

    it('is listed and inspected whole: EKS', async () => {
      const { nodegroups: count } = backendOf().crowd;
      const groups = many(count, (number) => ({ name: `g${number}`, min: 0, desired: 1, max: 2 }));
      const clusters = [
        { name: 'big', nodegroups: groups },
        ...many(count, (number) => ({ name: `c${number}` })),
      ];
      scene = await openScene(backendOf(), { account, regions: { [HERE]: { eksClusters: clusters } } });
      const listing = await scene.session.driver('eks').list(HERE);
      expect(new Set(listing.clusters)).toEqual(new Set(clusters.map(({ name }) => name)));
      expect(new Set(listing.services.map(({ id }) => id)).size).toBe(count);
      await inspectsAll(
        listing.services.map(({ target }) => target),
        'eks',
      );
    });

    const inspectsAll = async (targets: readonly Target[], kind: Target['kind']) => {
      const seen = await scene.session.driver(kind).inspect(targets);
      expect([...seen.values()].every((one) => 'power' in one && one.power === 'on')).toBe(true);
      expect(seen.size).toBe(targets.length);
    };
  });
}
