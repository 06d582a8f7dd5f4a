/**
 * `kill -9` in the middle of a nap and of a restore, at every point that can be told from outside: what the next
 * start finds is finished, nothing is lost, and what comes back is exactly what was there.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { desktopSkipped, startXServer, type XServer } from '../desktop/xserver.js';
import { allNap, SERVICES, standing, startFleet } from './fleet.js';
import { Program, until } from './program.js';

interface Scene {
  readonly x: XServer;
  readonly sandbox: Sandbox;
  readonly program: Program;
  readonly before: unknown;
}

async function scene(play: (scene: Scene) => Promise<void>): Promise<void> {
  const [x, sandbox] = await Promise.all([startXServer(), startFleet()]);
  const program = await Program.prepare({
    endpoint: sandbox.endpoint,
    env: { DISPLAY: x.display },
    services: SERVICES,
  });
  try {
    await play({ x, sandbox, program, before: standing(sandbox) });
  } finally {
    await program.dispose();
    await Promise.all([x.stop(), sandbox.close()]);
  }
}

const told = (program: Program, text: string) => program.read('aws_monitor.log').split(text).length - 1;
const mutations = (sandbox: Sandbox) => sandbox.journal.entries().length;

/** After whatever happened: nobody is there, so all nap in the end; then a key, and all is as it was. */
async function finish({ x, sandbox, program, before }: Scene): Promise<void> {
  await until('everything naps', () => allNap(sandbox), 60_000);
  await until('the nap is on record', async () => (await program.udp('STATUS')).includes('napping\t3'));
  await bringBack({ x, sandbox, before });
}

async function bringBack({ x, sandbox, before }: Omit<Scene, 'program'>): Promise<void> {
  // A timeout of seconds would run out again under a slow restore: they keep typing.
  await until(
    'everything is back exactly',
    async () => (await x.xdotool('key', 'shift')) === '' && isDeepStrictEqual(standing(sandbox), before),
    60_000,
  );
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
