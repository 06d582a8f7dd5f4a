/** What keeps a target and for how long, at a real X server: warnings, timeouts, holds, NAP, order, dry_run, unknown. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { desktopSkipped, startXServer } from '../desktop/xserver.js';
import { allNap, INSTANCE, REGION, SERVICES, standing } from './fleet.js';
import { until } from './program.js';
import { bringBack, conditions, type Scene, scene, told } from './scene.js';

const API = `ec2:${REGION}:${INSTANCE}`;
const SEARCH = `ecs:${REGION}:dev:search`;
const LONG = { settings: { activity_monitor: { inactivity_timeout_minutes: 30 } } };

const region = ({ sandbox }: Scene) => sandbox.resources()[0];
const instance = (on: Scene) => region(on)?.instances[0]?.state;
const search = (on: Scene) => region(on)?.services[0];
const workers = (on: Scene) => region(on)?.nodegroups[0];
const calls = ({ sandbox }: Scene) => sandbox.journal.entries().map(({ operation }) => operation);
const napping = ({ program }: Scene, count: number) =>
  until(`${count} on record`, async () => (await program.udp('STATUS')).includes(`napping\t${count}\n`));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(desktopSkipped).concurrent('a lease', () => {
  it('ends with a warning, which a hold withdraws; when it is released, another comes first', () =>
    scene(
      async (on) => {
        await on.program.start();
        await until('the warnings', () => told(on.program, 'naps in') >= 3);
        expect(calls(on)).toEqual([]);
        expect(await on.program.udp('HOLD:5')).toMatch(/^OK HOLD 0\n/);
        await until('they are withdrawn', () => told(on.program, 'does not nap now') === 3);
        await pause(5_000);
        expect(calls(on)).toEqual([]);
        expect(await on.program.udp('RELEASE')).toMatch(/^OK RELEASE 0\n/);
        await until('new warnings', () => told(on.program, 'naps in') >= 6);
        await until('everything naps', () => allNap(on.sandbox));
      },
      { settings: { activity_monitor: { inactivity_timeout_minutes: 0.1, warn_before_seconds: 3 } } },
    ));

  it('is of each target’s own timeout', () =>
    scene(
      async (on) => {
        await on.program.start();
        await until('the instance naps', () => instance(on) === 'stopped');
        await napping(on, 1);
        await pause(1_000);
        expect(search(on)?.desired).toBe(3);
        expect(workers(on)?.desired).toBe(2);
        await bringBack(on);
      },
      { ...LONG, services: SERVICES.replace('name: api', 'inactivity_timeout_minutes: 0.05\n    name: api') },
    ));

  it('extends to what it depends on, which stops last and comes up first', () =>
    scene(
      async (on) => {
        const { sandbox, program } = on;
        await program.start();
        await until('everything naps', () => allNap(sandbox));
        await napping(on, 3);
        const stops = sandbox.journal.entries();
        const stopped = stops.find(({ operation }) => operation === 'StopInstances')?.at ?? Number.NaN;
        const emptied = stops.find(({ operation }) => operation === 'UpdateService')?.at ?? Number.NaN;
        expect(emptied).toBeGreaterThan(stopped + 500);
        sandbox.journal.clear();
        await bringBack(on);
        const order = calls(on).filter((call) => call === 'StartInstances' || call === 'UpdateService');
        expect(order).toEqual(['UpdateService', 'StartInstances']);

        expect(await program.udp(`HOLD:5:${API}`)).toMatch(/^OK /);
        await until('the third naps', () => workers(on)?.nodes === 0);
        await pause(1_500);
        expect(search(on)?.desired).toBe(3);
        const { leases } = await program.json<{ leases: { holder: string; live: boolean }[] }>('why', SEARCH);
        expect(leases).toContainEqual(
          expect.objectContaining({ holder: expect.stringContaining('api'), live: true }),
        );
      },
      { services: SERVICES.replace('name: api', `depends_on: ["${SEARCH}"]\n    name: api`) },
    ));

  it('is dropped by NAP, which spares what is held; the hand that gave it wakes nothing, a later one does', () =>
    scene(async (on) => {
      const { x, program } = on;
      await program.start();
      await x.xdotool('key', 'shift');
      await program.udp(`HOLD:60:${SEARCH}`);
      const reply = await program.udp('NAP');
      const given = performance.now();
      expect(reply).toMatch(/^OK NAP 0\n/);
      expect(reply).toContain(SEARCH);
      while (performance.now() < given + 4_000) {
        await x.xdotool('key', 'shift');
        await pause(100);
      }
      expect(instance(on)).toBe('stopped');
      expect(told(program, 'somebody is back')).toBe(0);
      expect(search(on)?.desired).toBe(3);
      await pause(Math.max(0, given + 6_500 - performance.now()));
      expect(instance(on)).toBe('stopped');
      await program.udp('RELEASE');
      await bringBack(on);
    }, LONG));

  it('of unknown length while no sensor works: nothing naps, and a new one begins when it works again', () =>
    scene(
      async (on) => {
        const { x, program } = on;
        await program.start();
        await x.kill();
        await until('unknown', async () => (await program.udp('STATUS')).includes('presence\tunknown'));
        expect(await conditions(program)).toHaveProperty('presence-unknown');
        await pause(6_000);
        expect(calls(on)).toEqual([]);
        const again = await startXServer({ display: x.display });
        try {
          await until('present', async () => (await program.udp('STATUS')).includes('presence\tpresent'));
          const known = performance.now();
          expect(await conditions(program)).not.toHaveProperty('presence-unknown');
          await until('the first call', () => calls(on).length > 0);
          // A full timeout of 4.8 s; the time of telling it may come late.
          expect(performance.now() - known).toBeGreaterThan(3_500);
          await until('everything naps', () => allNap(on.sandbox));
          await napping(on, 3);
          await bringBack({ ...on, x: again });
        } finally {
          await again.stop();
        }
      },
      { settings: { activity_monitor: { inactivity_timeout_minutes: 0.08 } } },
    ));
});

describe.skipIf(desktopSkipped).concurrent('dry_run', () => {
  it('tells each decision once, opens nothing, and refuses explicit changes', () =>
    scene(
      async (on) => {
        const { program } = on;
        await program.start();
        await until('the decisions', () => told(program, 'would nap') === 3);
        await pause(2_000);
        expect(told(program, 'would nap')).toBe(3);
        expect(calls(on)).toEqual([]);
        expect(await program.udp('STATUS')).toContain('napping\t0\n');
        expect(await program.udp(`STOP_EC2:${INSTANCE}:${REGION}`)).toMatch(/^ERROR REFUSED .*dry_run/);
        expect(await program.udp(`STOP_ECS:dev:search:${REGION}`)).toMatch(/^ERROR REFUSED .*dry_run/);
        expect(await program.udp(`SCALE_EKS:k8s:workers:${REGION}:1`)).toMatch(/^ERROR REFUSED .*dry_run/);
        expect((await program.run('ec2', 'stop', INSTANCE, REGION)).exit).toBe(5);
        expect(calls(on)).toEqual([]);
      },
      { settings: { aws: { dry_run: true } } },
    ));

  it('leaves what is owed open, with a condition, until it is off', () =>
    scene(async (on) => {
      const { x, program, sandbox } = on;
      await program.start();
      await until('everything naps', () => allNap(sandbox));
      await napping(on, 3);
      const asleep = standing(sandbox);
      program.write('settings.json', program.settings({ aws: { dry_run: true } }));
      await until('the condition', async () =>
        Object.values(await conditions(program)).some((message) => /dry_run/.test(message)),
      );
      await x.xdotool('key', 'shift');
      await pause(2_000);
      expect(standing(sandbox)).toEqual(asleep);
      expect(await program.udp('STATUS')).toContain('napping\t3\n');
      program.write('settings.json', program.settings({}));
      await until('no condition', async () =>
        Object.values(await conditions(program)).every((message) => !/dry_run/.test(message)),
      );
      await bringBack(on);
    }));
});

describe.skipIf(desktopSkipped).concurrent('a target that leaves the registry while it naps', () => {
  it.each([
    [
      'by UNREGISTER',
      async ({ program }: Scene) => void (await program.udp(`UNREGISTER_EC2:${INSTANCE}:${REGION}`)),
    ],
    [
      'by being disabled',
      async ({ program }: Scene) =>
        program.write('services.yaml', SERVICES.replace('name: api', 'enabled: false\n    name: api')),
    ],
  ])('%s is restored once at the next presence, then left alone', (_, leave) =>
    scene(async (on) => {
      const { program, sandbox, before } = on;
      await program.start();
      await until('everything naps', () => allNap(sandbox));
      await napping(on, 3);
      await leave(on);
      await until('it has left', async () => (await program.udp('STATUS')).includes('targets\t2\n'));
      await pause(1_000);
      expect(instance(on)).toBe('stopped');
      await bringBack(on);
      expect(isDeepStrictEqual(standing(sandbox), before)).toBe(true);
      await until('the other two nap again', () => search(on)?.desired === 0 && workers(on)?.desired === 0);
      expect(instance(on)).toBe('running');
    }),
  );
});
