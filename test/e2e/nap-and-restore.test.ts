/** The product's one main job, on a real X server with real input, over the real wire protocols. */
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/index.js';
import { desktopSkipped, startXServer, type XServer } from '../desktop/xserver.js';
import { allNap, INSTANCE, REGION, SERVICES, standing, startFleet } from './fleet.js';
import { Program, until } from './program.js';

describe.skipIf(desktopSkipped)('a person at an X server', () => {
  let x: XServer;
  let sandbox: Sandbox;
  let program: Program;

  beforeEach(async () => {
    [x, sandbox] = await Promise.all([startXServer({ windowManager: true }), startFleet()]);
    program = await Program.prepare({
      endpoint: sandbox.endpoint,
      env: { DISPLAY: x.display },
      services: SERVICES,
    });
  });

  afterEach(async () => {
    await program?.dispose();
    await Promise.all([x?.stop(), sandbox?.close()]);
  });

  const presence = async () => (await program.json('status')).presence;

  it('leaves, and all three kinds nap; presses a key, and they are exactly as they were', async () => {
    const before = standing(sandbox);
    await program.start();
    await until('everything naps', () => allNap(sandbox));
    expect(await presence()).toBe('away');
    await until('the nap is on record', async () => (await program.udp('STATUS')).includes('napping\t3'));
    expect(program.read('aws_monitor.log')).toMatch(/naps in .* unless somebody is there/);

    await x.xdotool('key', 'shift');
    await until('everything is back', () => isDeepStrictEqual(standing(sandbox), before));
    expect(program.read('aws_monitor.log')).toMatch(/somebody is back \(keyboard\)/);
    await until('nothing is owed', async () => (await program.udp('STATUS')).includes('napping\t0'));
  });

  it('keeps typing, and nothing naps', async () => {
    await program.start();
    const begin = performance.now();
    while (performance.now() - begin < 7_000)
      await x.xdotool('key', '--delay', '200', 'shift', 'ctrl', 'shift');
    expect(sandbox.journal.entries()).toEqual([]);
  });

  it('is not seen in a nudge of the mouse, but in a movement and in a click', async () => {
    await program.start();
    await until('everything naps', () => allNap(sandbox));
    await x.xdotool('mousemove_relative', '1', '1');
    await x.xdotool('mousemove_relative', '--', '-1', '-1');
    // The click comes after the nudge: had the nudge counted, presence would have come from it.
    await until('the nap is on record', async () => (await program.udp('STATUS')).includes('napping\t3'));
    expect(await presence()).toBe('away');
    await x.xdotool('click', '1');
    await until('presence by the mouse', () =>
      /somebody is back \(mouse\)/.test(program.read('aws_monitor.log')),
    );
  });

  it('switching windows extends presence and does not end an absence', async () => {
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
    expect(await presence()).toBe('away');
    expect(allNap(sandbox)).toBe(true);
  });
});
