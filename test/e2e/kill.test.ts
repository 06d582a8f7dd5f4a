/**
 * `kill -9` in the middle of a nap and of a restore, at every point that can be told from outside: what the next
 * start finds is finished, nothing is lost, and what comes back is exactly what was there.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { desktopSkipped } from '../desktop/xserver.js';
import { allNap, standing } from './fleet.js';
import { until } from './program.js';
import { bringBack, type Scene, scene, told } from './scene.js';

const mutations = (sandbox: Sandbox) => sandbox.journal.entries().length;

/** After whatever happened: nobody is there, so all nap in the end; then a key, and all is as it was. */
async function finish(on: Scene): Promise<void> {
  await until('everything naps', () => allNap(on.sandbox), 60_000);
  await until('the nap is on record', async () => (await on.program.udp('STATUS')).includes('napping\t3'));
  await bringBack(on);
}

/** The calls a nap of the three kinds makes, and a restore: each changes one thing. */
const CALLS = [1, 2, 3, 4];

describe.skipIf(desktopSkipped).concurrent('a daemon killed with -9', () => {
  it('with the intent to nap written and AWS not yet asked', () =>
    scene(async (on) => {
      for (const operation of [
        'StopInstances',
        'RegisterScalableTarget',
        'UpdateService',
        'UpdateNodegroupConfig',
      ])
        on.sandbox.trouble.add({ effect: { kind: 'latency', ms: 60_000 }, operation, times: 'always' });
      await on.program.start();
      await until('the intents', () => told(on.program, 'is put to nap') === 3);
      await on.program.kill();
      on.sandbox.trouble.clear();
      expect(standing(on.sandbox)).toEqual(on.before);
      await on.program.start();
      await finish(on);
    }));

  it.each(CALLS)('after call %i of a nap took effect', (call) =>
    scene(async (on) => {
      await on.program.start();
      await until(`call ${call}`, () => mutations(on.sandbox) >= call);
      await on.program.kill();
      await on.program.start();
      await finish(on);
    }),
  );

  it('with everything napping', () =>
    scene(async (on) => {
      await on.program.start();
      await until('the naps', () => told(on.program, ' naps: ') === 3 && allNap(on.sandbox));
      await on.program.kill();
      const asleep = standing(on.sandbox);
      await on.program.start();
      await until('it has looked', async () =>
        (await on.program.udp('LIST_REGISTERED_SERVICES')).includes('stopped'),
      );
      expect(standing(on.sandbox)).toEqual(asleep);
      await bringBack(on);
    }));

  it.each(CALLS)('after call %i of a restore took effect', (call) =>
    scene(async (on) => {
      await on.program.start();
      await until('the naps', () => told(on.program, ' naps: ') === 3);
      const sofar = mutations(on.sandbox);
      await on.x.xdotool('key', 'shift');
      await until(`call ${call}`, () => mutations(on.sandbox) >= sofar + call);
      await on.program.kill();
      await on.program.start();
      await bringBack(on);
    }),
  );

  it('is restored by the next start alone where its restore was under way', () =>
    scene(async (on) => {
      await on.program.start();
      await until('the naps', () => told(on.program, ' naps: ') === 3);
      for (const operation of ['StartInstances', 'UpdateService', 'UpdateNodegroupConfig'])
        on.sandbox.trouble.add({ effect: { kind: 'latency', ms: 60_000 }, operation, times: 'always' });
      await on.x.xdotool('key', 'shift');
      await until('the intents', () => told(on.program, 'is being restored') === 3);
      await on.program.kill();
      on.sandbox.trouble.clear();
      await on.program.start();
      await until(
        'everything is back exactly',
        () => isDeepStrictEqual(standing(on.sandbox), on.before),
        60_000,
      );
    }));
});
