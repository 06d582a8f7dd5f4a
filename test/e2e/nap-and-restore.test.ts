/** The product's one main job, on a real X server with real input, over the real wire protocols. */
import { describe, expect, it } from 'vitest';
import { desktopSkipped } from '../desktop/xserver.js';
import { allNap, INSTANCE, REGION } from './fleet.js';
import { until } from './program.js';
import { bringBack, type Scene, scene } from './scene.js';

const desk = (play: (on: Scene) => Promise<void>) => scene(play, { windowManager: true });
const presence = async ({ program }: Scene) => (await program.json('status')).presence;
const napping = ({ program }: Scene, count: number) =>
  until(`${count} on record`, async () => (await program.udp('STATUS')).includes(`napping\t${count}\n`));

describe.skipIf(desktopSkipped).concurrent('a person at an X server', () => {
  it('leaves, and all three kinds nap; presses a key, and they are exactly as they were', () =>
    desk(async (on) => {
      const { sandbox, program } = on;
      await program.start();
      await until('everything naps', () => allNap(sandbox));
      expect(await presence(on)).toBe('away');
      await napping(on, 3);
      expect(program.read('aws_monitor.log')).toMatch(/naps in .* unless somebody is there/);

      await bringBack(on);
      expect(program.read('aws_monitor.log')).toMatch(/somebody is back \(keyboard\)/);
      await napping(on, 0);
    }));

  it('keeps typing, and nothing naps', () =>
    desk(async ({ x, sandbox, program }) => {
      await program.start();
      const begin = performance.now();
      while (performance.now() - begin < 7_000)
        await x.xdotool('key', '--delay', '200', 'shift', 'ctrl', 'shift');
      expect(sandbox.journal.entries()).toEqual([]);
    }));

  it('is not seen in a nudge of the mouse, but in a movement and in a click', () =>
    desk(async (on) => {
      const { x, sandbox, program } = on;
      await program.start();
      await until('everything naps', () => allNap(sandbox));
      await x.xdotool('mousemove_relative', '1', '1');
      await x.xdotool('mousemove_relative', '--', '-1', '-1');
      // The click comes after the nudge: had the nudge counted, presence would have come from it.
      await napping(on, 3);
      expect(await presence(on)).toBe('away');
      await x.xdotool('click', '1');
      await until('presence by the mouse', () =>
        /somebody is back \(mouse\)/.test(program.read('aws_monitor.log')),
      );
    }));

  it('switching windows extends presence and does not end an absence', () =>
    desk(async (on) => {
      const { x, sandbox, program } = on;
      const [one, other] = [await x.openWindow(), await x.openWindow()];
      await program.start();
      await x.xdotool('key', 'shift');
      const begin = performance.now();
      while (performance.now() - begin < 6_000) {
        await one.activate();
        await other.activate();
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      expect(sandbox.journal.entries()).toEqual([]);
      await until('everything naps', () => allNap(sandbox));
      await one.activate();
      await other.activate();
      const { sensors } = await program.json<{ sensors: { sensor: string; last_activity: string | null }[] }>(
        'why',
        `ec2:${REGION}:${INSTANCE}`,
      );
      expect(sensors.find(({ sensor }) => sensor === 'window')?.last_activity).not.toBeNull();
      expect(await presence(on)).toBe('away');
      expect(allNap(sandbox)).toBe(true);
    }));
});
