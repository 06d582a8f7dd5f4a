/**
 * The daemon is killed at every single boundary of a nap and of a restore: before and after each write to the ledger
 * and each change in AWS. Another one is started, and whether the person comes back at once or stays away, nothing
 * is lost, nothing is changed twice, and everything ends exactly as it was.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Target } from '../../../src/core/target.js';
import { ALL, API, Desk, JOBS, MINUTE, SECOND, TIMEOUT, WEB, WORKERS } from './desk.js';

// Hundreds of days each; the machine may have other work.
vi.setConfig({ testTimeout: 120_000 });

/** A day at the desk: everything naps, the person comes back, everything is restored. Ends early with the daemon. */
async function day(desk: Desk): Promise<void> {
  await desk.use();
  await desk.live(TIMEOUT + 2 * MINUTE);
  await desk.use();
  await desk.live(2 * MINUTE);
}

/** Where each boundary of a day without a death is. */
async function boundaries(targets: readonly Target[]): Promise<readonly string[]> {
  const desk = new Desk({ targets });
  await desk.start();
  await day(desk);
  expect(desk.outcomes()).toEqual(targets.map(() => 'restored'));
  const places = desk.lives[0]?.places ?? [];
  const writes = ['open', 'change', 'close', 'see', 'markIntervals', 'record', 'pinAccount'];
  for (const what of [
    ...writes.map((write) => `ledger.${write}`),
    ...desk.changes.map((one) => one.operation),
  ])
    expect(places).toEqual(expect.arrayContaining([`before ${what}`, `after ${what}`]));
  return places;
}

/** The same day until the daemon dies at the `n`th boundary, and another one started in its place. */
async function dieAt(
  n: number,
  place: string,
  targets: readonly Target[],
  down: (desk: Desk) => Promise<void>,
): Promise<Desk> {
  const desk = new Desk({ targets });
  await desk.start((life) => life.killAtBoundary(n));
  await day(desk);
  expect(desk.lives[0]?.diedAt, `boundary ${n}`).toBe(place);
  desk.rig.machine.unplug();
  await down(desk);
  await desk.start();
  return desk;
}

/** That every request had its intent written, changed something, and led from the saved state and back to it. */
function checkChanges(desk: Desk, where: string): void {
  for (const [id, saved] of Object.entries(desk.atFirst)) {
    let now: unknown = saved;
    for (const { operation, verb, from, to, entry } of desk.changes.filter((change) => change.id === id)) {
      const what = `${where}: ${operation} of ${id}`;
      expect(from, `${what} finds what the last left`).toEqual(now);
      expect(to, `${what} changes something`).not.toEqual(from);
      expect(entry?.saved, `${what} has its snapshot`).toEqual(saved);
      expect(entry?.phase, `${what} has its intent`).toBe(verb === 'nap' ? 'napping' : 'restoring');
      now = to;
    }
    expect(desk.everything()[id], `${where}: ${id} is as it was`).toEqual(saved);
  }
}

const KINDS: readonly (readonly [string, readonly Target[]])[] = [
  ['an instance', [WEB]],
  ['a service with a scalable target', [API]],
  ['a plain service', [JOBS]],
  ['a node group', [WORKERS]],
  ['all of them together', ALL],
];

const DOWNS: readonly (readonly [string, (desk: Desk) => Promise<void>])[] = [
  ['and is started again at once', (desk) => desk.pass(10 * SECOND)],
  ['with the machine, which boots anew', async (desk) => desk.rig.reboot(2 * MINUTE)],
];

describe.each(KINDS)('%s: the daemon dies', (_what, targets) => {
  describe.each(DOWNS)('%s', (_how, down) => {
    it('while the person is there', async () => {
      for (const [at, place] of (await boundaries(targets)).entries()) {
        const where = `killed at boundary ${at + 1}, ${place}`;
        const desk = await dieAt(at + 1, place, targets, down);
        await desk.use();
        await desk.pass(2 * MINUTE);
        expect(desk.rig.ledger.openEntries(), where).toEqual([]);
        expect(desk.outcomes().length, `${where}: one entry for each`).toBeLessThanOrEqual(targets.length);
        expect(desk.rig.logged, where).toEqual([]);
        checkChanges(desk, where);
      }
    });

    it('and the person stays away until everything naps', async () => {
      for (const [at, place] of (await boundaries(targets)).entries()) {
        const where = `killed at boundary ${at + 1}, ${place}`;
        const desk = await dieAt(at + 1, place, targets, down);
        await desk.pass(TIMEOUT + 3 * MINUTE);
        for (const target of targets) expect(desk.isOff(target), `${where}: it naps`).toBe(true);
        await desk.use();
        await desk.pass(2 * MINUTE);
        expect(desk.rig.ledger.openEntries(), where).toEqual([]);
        expect(desk.rig.logged, where).toEqual([]);
        checkChanges(desk, where);
      }
    });
  });
});

describe.each(KINDS)('%s: the daemon dies over a nap that is still on its way', (_what, targets) => {
  it('the next one waits for it before it lets go, and gives back what it stopped', async () => {
    const desk = new Desk({ targets });
    await desk.begin();
    desk.rig.wire.latency = (request) => (request.changes.length > 0 ? 20 * SECOND : 0);
    await desk.live(TIMEOUT - 5 * SECOND);
    desk.rig.kill();
    expect(desk.rig.ledger.openEntries()).toHaveLength(targets.length);
    expect(desk.changes, 'nothing has arrived yet').toEqual([]);
    desk.rig.wire.latency = () => 0;
    await desk.start();
    await desk.use();
    await desk.pass(2 * MINUTE);
    expect(desk.changes.length, 'it did arrive').toBeGreaterThan(0);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(desk.rig.ledger.openEntries()).toEqual([]);
  });
});
