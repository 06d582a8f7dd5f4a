/** What others do meanwhile: people in the console, other accounts, AWS on a bad day. At a real X server. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { DEMO_KEY, OTHER_ACCOUNT } from '../../src/sandbox/credentials.js';
import { desktopSkipped } from '../desktop/xserver.js';
import { allNap, INSTANCE, REGION, standing } from './fleet.js';
import { until } from './program.js';
import { bringBack, conditions, type Scene, scene, told, typeUntil } from './scene.js';

const API = `ec2:${REGION}:${INSTANCE}`;
const SERVICE = { region: REGION, cluster: 'dev', service: 'search' };

const region = ({ sandbox }: Scene) => sandbox.resources()[0];
const instance = (on: Scene) => region(on)?.instances[0]?.state;
const search = (on: Scene) => region(on)?.services[0];
const workers = (on: Scene) => region(on)?.nodegroups[0];
const calls = ({ sandbox }: Scene) => sandbox.journal.entries().map(({ operation }) => operation);
const napping = ({ program }: Scene, count: number) =>
  until(
    `${count} on record`,
    async () => (await program.udp('STATUS')).includes(`napping\t${count}\n`),
    60_000,
  );
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function asleep(on: Scene): Promise<void> {
  await on.program.start();
  await until('everything naps', () => allNap(on.sandbox), 60_000);
  await napping(on, 3);
  await until('the naps are told', () => told(on.program, ' naps: ') === 3);
}

describe.skipIf(desktopSkipped).concurrent('a person in the console', () => {
  it('who starts an instance that naps keeps it, until they are back and gone again', () =>
    scene(
      async (on) => {
        await asleep(on);
        on.sandbox.person('startInstance', { region: REGION, instanceId: INSTANCE });
        await napping(on, 2);
        expect(told(on.program, 'is no longer ours to restore')).toBe(1);
        await pause(4_000);
        expect(instance(on)).toBe('running');
        expect(calls(on).filter((call) => call === 'StopInstances')).toHaveLength(1);
        const why = await on.program.json<{ next: string; snapshot: unknown }>('why', API);
        expect(why.snapshot).toBeNull();
        expect(why.next).toMatch(/person/);
        await bringBack(on);
        await until('it naps again', () => instance(on) === 'stopped', 60_000);
      },
      { settings: { aws: { service_state_check_interval_minutes: 0.02 } } },
    ));

  it('who raises a maximum while the service naps finds it raised, and the rest as it was', () =>
    scene(async (on) => {
      await asleep(on);
      on.sandbox.person('changeScalableTarget', { ...SERVICE, max: 9 });
      await typeUntil(on, 'the tasks are back', () => search(on)?.running === 3);
      await typeUntil(on, 'its other fields are back', () =>
        isDeepStrictEqual(search(on)?.scalable, {
          min: 2,
          max: 9,
          suspended: { dynamicScalingIn: false, dynamicScalingOut: false, scheduledScaling: true },
        }),
      );
      await typeUntil(on, 'it is told', () => told(on.program, 'is no longer ours to restore') === 1);
      await typeUntil(on, 'nothing is owed', async () =>
        (await on.program.udp('STATUS')).includes('napping\t0\n'),
      );
    }));

  it('who scales a service that naps keeps that size, and its bounds come back', () =>
    scene(async (on) => {
      await asleep(on);
      on.sandbox.person('setDesiredCount', { ...SERVICE, desiredCount: 1 });
      await typeUntil(
        on,
        'the bounds are back',
        () => search(on)?.scalable?.min === 2 || search(on)?.scalable?.max === 6,
      );
      await typeUntil(on, 'the instance is back', () => instance(on) === 'running');
      await typeUntil(on, 'nothing is owed', async () =>
        (await on.program.udp('STATUS')).includes('napping\t0\n'),
      );
      expect(search(on)?.scalable?.suspended).toEqual({
        dynamicScalingIn: false,
        dynamicScalingOut: false,
        scheduledScaling: true,
      });
      expect(calls(on).filter((call) => call === 'UpdateService')).toHaveLength(1);
    }));

  it('who deploys while the service naps has made no override', () =>
    scene(async (on) => {
      await asleep(on);
      on.sandbox.person('deployService', { ...SERVICE, taskDefinition: 'search:2' });
      await typeUntil(on, 'the tasks are back', () => search(on)?.running === 3);
      await typeUntil(on, 'nothing is owed', async () =>
        (await on.program.udp('STATUS')).includes('napping\t0\n'),
      );
      expect(told(on.program, 'is no longer ours to restore')).toBe(0);
      expect(search(on)).toMatchObject({
        desired: 3,
        taskDefinition: 'search:2',
        scalable: { min: 2, max: 6 },
      });
    }));

  it('who terminates an instance and deletes a service leaves nothing owed of them, with a notice', () =>
    scene(async (on) => {
      await asleep(on);
      on.sandbox.person('terminateInstance', { region: REGION, instanceId: INSTANCE });
      on.sandbox.person('deleteService', SERVICE);
      await typeUntil(on, 'the nodes are back', () => workers(on)?.nodes === 2);
      await typeUntil(on, 'nothing is owed', async () =>
        (await on.program.udp('STATUS')).includes('napping\t0\n'),
      );
      expect(told(on.program, 'it no longer exists in AWS')).toBe(2);
      expect(calls(on)).not.toContain('StartInstances');
    }));

  it('who stopped an instance before we could finds it stopped when they come back', () =>
    scene(async (on) => {
      on.sandbox.person('stopInstance', { region: REGION, instanceId: INSTANCE });
      await on.program.start();
      await until('the other two nap', () => workers(on)?.nodes === 0 && search(on)?.running === 0, 60_000);
      await napping(on, 2);
      await typeUntil(on, 'they are back', () => workers(on)?.nodes === 2 && search(on)?.running === 3);
      expect(instance(on)).toBe('stopped');
      expect(calls(on)).not.toContain('StartInstances');
    }));

  it('who is back while it is still stopping waits for it, and then has it', () =>
    scene(async (on) => {
      await on.program.start();
      await until('it is stopping', () => instance(on) === 'stopping', 60_000);
      await bringBack(on);
    }));
});

describe.skipIf(desktopSkipped).concurrent('another account', () => {
  it('has nothing applied or closed in it, is shown, and can be accepted; what is owed waits for its own', () =>
    scene(async (on) => {
      const { sandbox, program } = on;
      await asleep(on);
      sandbox.setAccount(DEMO_KEY.accessKeyId, OTHER_ACCOUNT);
      sandbox.journal.clear();
      const all = async () => Object.values(await conditions(program)).join('\n');
      await typeUntil(on, 'a condition names both', async () => {
        const shown = await all();
        return shown.includes(OTHER_ACCOUNT) && shown.includes('111122223333');
      });
      expect(calls(on)).toEqual([]);
      expect(await program.udp('STATUS')).toContain('napping\t3\n');
      expect((await program.run('account', 'accept', '111122223333')).exit).toBe(5);
      expect((await program.run('account', 'accept', OTHER_ACCOUNT)).exit).toBe(0);
      const account = await program.json('account');
      expect(account).toMatchObject({
        pinned: OTHER_ACCOUNT,
        owed: [{ account: '111122223333', targets: 3 }],
      });
      expect(calls(on)).toEqual([]);

      sandbox.setAccount(DEMO_KEY.accessKeyId, '111122223333');
      await bringBack(on);
      await typeUntil(on, 'nothing is owed', async () =>
        (await program.udp('STATUS')).includes('napping\t0\n'),
      );
      await typeUntil(on, 'it asks to be accepted again', async () => (await all()).includes(OTHER_ACCOUNT));
    }));
});

describe.skipIf(desktopSkipped).concurrent('AWS on a bad day', () => {
  it('with credentials that have expired: shown, and everything goes on by itself when they are good again', () =>
    scene(async (on) => {
      const { sandbox, program } = on;
      await asleep(on);
      sandbox.trouble.add({ effect: { kind: 'expired-token' }, times: 'always' });
      await typeUntil(on, 'the condition', async () => 'credentials' in (await conditions(program)));
      expect(await program.udp('LIST_EC2', 20_000)).toMatch(/^ERROR NOT_SIGNED_IN /);
      sandbox.trouble.clear();
      await bringBack(on);
      await typeUntil(on, 'no condition', async () => !('credentials' in (await conditions(program))));
    }));

  it('with throttling, servers down, and calls lost before and after they were applied', () =>
    scene(async (on) => {
      const { trouble } = on.sandbox;
      const CHANGES = [
        'StopInstances',
        'UpdateService',
        'UpdateNodegroupConfig',
        'RegisterScalableTarget',
        'StartInstances',
      ];
      const worsen = () => {
        for (const operation of CHANGES)
          for (const kind of ['throttle', 'lost-answer', 'unavailable', 'lost-request'] as const)
            trouble.add({ effect: { kind }, operation, times: 2 });
        trouble.add({ effect: { kind: 'throttle' }, operation: 'DescribeInstances', times: 3 });
      };
      worsen();
      await on.program.start();
      await until('everything naps', () => allNap(on.sandbox), 100_000);
      await napping(on, 3);
      trouble.clear();
      worsen();
      await bringBack(on);
    }));

  it('for one target: the others nap and come back, and the one is shown with its reason', () =>
    scene(async (on) => {
      const { sandbox, program } = on;
      sandbox.trouble.add({ effect: { kind: 'deny' }, operation: 'StopInstances', times: 'always' });
      await program.start();
      await until('the other two nap', () => workers(on)?.nodes === 0 && search(on)?.running === 0, 60_000);
      expect(instance(on)).toBe('running');
      const shown = (await conditions(program))[`target:${API}`];
      expect(shown).toMatch(/api could not be napped/);
      sandbox.trouble.clear();
      sandbox.trouble.add({ effect: { kind: 'deny' }, operation: 'UpdateService', times: 'always' });
      await typeUntil(
        on,
        'the other two are back',
        () => workers(on)?.nodes === 2 && instance(on) === 'running',
      );
      sandbox.trouble.clear();
      await bringBack(on);
    }));
});

describe.skipIf(desktopSkipped)('what must not nap', () => {
  const ALL = `ec2_instances:
  - {instance_id: i-0c3e7a9f1d5b42683, region: ${REGION}, name: protected}
  - {instance_id: i-0d4f8b0a2e6c53794, region: ${REGION}, name: member}
  - {instance_id: i-01c7e3d5b9f086a27, region: us-west-2, name: spot}
  - {instance_id: i-02d8f4e6c0a197b38, region: us-west-2, name: store}
  - {instance_id: i-0a1c5e7d9b3f20461, region: ${REGION}, name: api}
ecs_services:
  - {cluster_name: dev, service_name: log-agent, region: ${REGION}, name: daemon}
eks_nodegroups:
  - {cluster_name: dev-kubernetes, nodegroup_name: autoscaled, region: ${REGION}, name: autoscaled}
`;
  it('stays, and why says so with the reason', async () =>
    scene(
      async (on) => {
        const before = standing(on.sandbox) as { instances: { id: string }[] }[];
        await on.program.start();
        await until('the one that may naps', () => instance(on) === 'stopped', 60_000);
        for (const [name, reason] of [
          ['protected', /protect/i],
          ['member', /Auto Scaling group/],
          ['spot', /spot/i],
          ['store', /instance.store/i],
          ['daemon', /DAEMON/],
          ['autoscaled', /Cluster Autoscaler/],
        ] as const) {
          const why = await on.program.json<{ next: string; observed: { refusal: { reason: string } } }>(
            'why',
            name,
          );
          expect(why.observed.refusal.reason).toMatch(reason);
          expect(why.next).toMatch(reason);
        }
        const { services } = await on.program.json<{ services: { target: string; refusal?: object }[] }>(
          'list',
        );
        expect(services.filter(({ refusal }) => refusal).map(({ target }) => target)).toEqual(
          expect.arrayContaining([`ec2:${REGION}:i-0d4f8b0a2e6c53794`, `ecs:${REGION}:dev:log-agent`]),
        );
        const still = (fleet: typeof before) =>
          fleet.map((each) => ({ ...each, instances: each.instances.filter(({ id }) => id !== INSTANCE) }));
        expect(still(standing(on.sandbox) as typeof before)).toEqual(still(before));
      },
      { services: ALL, fleet: 'demo' },
    ));
});
