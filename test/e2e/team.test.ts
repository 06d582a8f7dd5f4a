/**
 * Two people, two screens, two daemons, one shared fleet in the sandbox and one table in dynalite: nothing naps while
 * one of them is there, one of the two naps it when both are gone, and the first to return has it back exactly.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startDynalite } from '../contracts/team-endpoint.js';
import { desktopSkipped, startXServer } from '../desktop/xserver.js';
import { allNap, SERVICES, standing, startFleet } from './fleet.js';
import { Program, until } from './program.js';
import { typeUntil } from './scene.js';

const SHARED = SERVICES.replaceAll(/^( {4}region: .*)$/gm, '$1\n    shared: true');
const settings = {
  activity_monitor: { inactivity_timeout_minutes: 0.4, warn_before_seconds: 1 },
  leases: { team: { heartbeat_seconds: 5 } },
};

interface Team {
  readonly members: readonly { readonly name: string; readonly holds: readonly string[] }[];
  readonly targets: readonly { readonly target: string; readonly state: string }[];
}

describe.skipIf(desktopSkipped)('a team', () => {
  it('shares a fleet: it naps after the last has gone, once, and is back for the first to return', async () => {
    const [here, there, sandbox, table] = await Promise.all([
      startXServer({}),
      startXServer({}),
      startFleet(),
      startDynalite(),
    ]);
    const before = standing(sandbox);
    const desks = await Promise.all(
      [here, there].map(async (x, at) => ({
        x,
        program: await Program.prepare({
          endpoint: sandbox.endpoint,
          services: SHARED,
          settings: {
            ...settings,
            leases: { team: { ...settings.leases.team, name: ['mina', 'joon'][at] } },
          },
          env: { DISPLAY: x.display, AWS_ENDPOINT_URL_DYNAMODB: table.url },
        }),
      })),
    );
    const [mina, joon] = desks as [(typeof desks)[0], (typeof desks)[0]];
    try {
      for (const { program, x } of desks) {
        await program.start();
        await typeUntil({ x }, 'it is signed in', async () => (await program.run('account')).exit === 0);
      }
      await mina.program.json('team', 'create');
      await joon.program.json('team', 'join');
      const team = () => mina.program.json<Team>('team', 'status');
      const isHeldBy =
        (...names: string[]) =>
        async () => {
          const { members } = await team();
          return names.every((name) => members.find((one) => one.name === name)?.holds.length === 3);
        };
      await typeUntil(mina, 'both hold all three', async () => {
        await joon.x.xdotool('key', 'shift');
        return isHeldBy('mina', 'joon')();
      });
      // Joon is gone for much longer than the timeout.
      const gone = performance.now();
      await typeUntil(mina, 'only Mina is here', () => performance.now() > gone + 32_000);
      expect(standing(sandbox)).toEqual(before);
      expect(sandbox.journal.entries().filter(({ operation }) => operation === 'StopInstances')).toEqual([]);
      await until('everything naps', () => allNap(sandbox), 90_000);
      const calls = () =>
        sandbox.journal.entries().filter(({ operation }) => /^(Stop|Start|Update)/.test(operation));
      await until('the table knows', async () =>
        (await team()).targets.every(({ state }) => state === 'napped'),
      );
      expect(
        calls()
          .map(({ operation }) => operation)
          .sort(),
      ).toEqual(['StopInstances', 'UpdateNodegroupConfig', 'UpdateService']);
      await typeUntil(
        joon,
        'it is back for Joon',
        () => isDeepStrictEqual(standing(sandbox), before),
        90_000,
      );
      await typeUntil(joon, 'the table knows', async () =>
        (await team()).targets.every(({ state }) => state === 'up'),
      );
      expect(calls()).toHaveLength(6);
      const { message } = await joon.program.json<{ message: string }>('team', 'leave');
      expect(message).toContain('left the team');
      expect((await team()).members.map(({ name }) => name)).not.toContain('joon');
    } finally {
      await Promise.all(desks.map(({ program }) => program.dispose()));
      await Promise.all([here.stop(), there.stop(), sandbox.close(), table.close()]);
    }
  });
});
