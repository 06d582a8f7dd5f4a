/**
 * The dead-man's switch, from outside: installed by the command line in the sandbox's CloudFormation, armed in its
 * Scheduler, and when the daemon is killed with -9 while somebody is there, AWS stops the fleet on time. The next
 * daemon knows it as ours, and a key brings everything back exactly.
 */
import { describe, expect, it } from 'vitest';
import { desktopSkipped } from '../desktop/xserver.js';
import { allNap, standing } from './fleet.js';
import { until } from './program.js';
import { bringBack, conditions, type Scene, scene, told, typeUntil } from './scene.js';

const MINUTE = 60_000;

interface DeadMan {
  readonly enabled: boolean;
  readonly regions: readonly { readonly region: string; readonly installed: boolean }[];
  readonly targets: readonly {
    readonly target: string;
    readonly stops_at: string | null;
    readonly armed: boolean;
  }[];
}

const status = ({ program }: Pick<Scene, 'program'>) => program.json<DeadMan>('dead-man', 'status');

async function armed(on: Scene): Promise<DeadMan> {
  let last: DeadMan | undefined;
  await typeUntil(on, 'every switch is armed', async () => {
    last = await status(on);
    return last.targets.length === 3 && last.targets.every((target) => target.armed);
  });
  if (!last) throw new Error('nobody looked');
  return last;
}

// Long enough that nothing naps by itself while commands run, on a slow machine too.
const TIMEOUT_MINUTES = 2;
const settings = {
  activity_monitor: { inactivity_timeout_minutes: TIMEOUT_MINUTES, warn_before_seconds: 1 },
};

describe.skipIf(desktopSkipped).concurrent("the dead-man's switch", () => {
  it('stops the fleet on time after kill -9, and a key brings it back exactly', () =>
    scene(
      async (on) => {
        const { program, sandbox, passInAws, before } = on;
        await program.start();
        await typeUntil(on, 'it is signed in', async () => (await program.run('account')).exit === 0);
        const enabled = await program.json<DeadMan>('dead-man', 'enable');
        expect(enabled.enabled).toBe(true);
        const { targets } = await armed(on);
        const due = targets.map(({ stops_at }) => Date.parse(stops_at ?? ''));
        const lease = TIMEOUT_MINUTES * MINUTE;
        for (const at of due) {
          expect(at - Date.now()).toBeGreaterThan(lease + 8 * MINUTE);
          expect(at - Date.now()).toBeLessThan(lease + 12 * MINUTE);
        }
        await program.kill();
        passInAws(Math.min(...due) - Date.now() - 1.5 * MINUTE);
        expect(standing(sandbox)).toEqual(before);
        passInAws(3 * MINUTE);
        await until('AWS has stopped everything', () => allNap(sandbox));
        const firings = sandbox.journal.entries().filter(({ schedule }) => schedule !== undefined);
        expect(firings.map(({ operation }) => operation).sort()).toEqual([
          'RegisterScalableTarget',
          'StopInstances',
          'UpdateNodegroupConfig',
          'UpdateService',
        ]);
        passInAws(8 * 60 * MINUTE);
        await program.start();
        await until('it knows all three as ours', () => told(program, "by its dead-man's switch") === 3);
        expect(allNap(sandbox)).toBe(true);
        await bringBack(on);
        await until('that is on record', async () => (await program.udp('STATUS')).includes('napping\t0'));
        await armed(on);
      },
      { settings },
    ));

  it('says at once what cannot be armed, and disable leaves nothing in the account', () =>
    scene(
      async (on) => {
        const { program, sandbox } = on;
        await program.start();
        const has = (text: string) => async () =>
          ((await conditions(program))['dead-man'] ?? '').includes(text);
        await program.run('config', 'set', 'leases.dead_man.enabled', 'true');
        await typeUntil(on, 'that nothing is installed', has('nothing is installed'));
        const template = await program.run('dead-man', 'enable', '--template');
        expect(JSON.parse(template.stdout)).toHaveProperty('Resources');
        expect((await program.run('dead-man', 'test')).exit).toBe(1);
        await program.json('dead-man', 'enable');
        await armed(on);
        expect(await conditions(program)).not.toHaveProperty('dead-man');
        const why = await program.run('why', 'api');
        expect(why.stdout).toContain('should this computer be gone, AWS stops it in');
        expect((await program.run('plan')).stdout).toContain('AWS STOPS IT');
        expect((await program.run('doctor')).stdout).toMatch(/dead-man: armed for 3 of 3/);
        expect((await program.run('dead-man', 'test')).exit).toBe(0);
        const { message } = await program.json<{ message: string }>('dead-man', 'disable');
        expect(message).toContain('nothing of it is left in AWS');
        const after = await status(on);
        expect(after.enabled).toBe(false);
        expect(after.regions.filter(({ installed }) => installed)).toEqual([]);
        expect(sandbox.journal.entries().map(({ operation }) => operation)).toContain('DeleteStack');
      },
      { settings },
    ));
});
