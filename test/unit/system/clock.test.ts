/** The real clock's promises that a test can see, and those of the fake that all other tests rely on. */
import { describe, expect, it } from 'vitest';
import { sleep, sleptBetween } from '../../../src/core/instant.js';
import { bootFromUptime, systemClock } from '../../../src/system/clock.js';
import { FakeClock, type Flush } from '../../fakes/clock.js';

describe('the machine clock', () => {
  const clock = systemClock();

  it('never goes back on mono and boot, and sees no sleep in a busy moment', () => {
    const first = clock.now();
    let last = first;
    for (let n = 0; n < 2_000; n += 1) {
      const now = clock.now();
      expect(now.mono).toBeGreaterThanOrEqual(last.mono);
      expect(now.boot).toBeGreaterThanOrEqual(last.boot);
      last = now;
    }
    // Uptime counts in steps of 10 ms; the first reading may have been that far behind.
    expect(sleptBetween(first, last)).toBeLessThanOrEqual(11);
  });

  it('has one identity for as long as the machine is up', () => {
    expect(clock.bootId).toMatch(/\S/);
    expect(systemClock().bootId).toBe(clock.bootId);
  });

  it.each(['darwin', 'win32', 'freebsd'] as const)('works without the clocks of Linux (%s)', (platform) => {
    const other = systemClock(platform);
    const { wall, mono, boot } = other.now();
    expect(Math.abs(wall - Date.now())).toBeLessThan(1_000);
    expect(boot).toBe(mono);
    expect(boot).toBeGreaterThan(0);
    expect(other.bootId).toMatch(/\S/);
  });

  it('never runs a timer early, and runs it once', async () => {
    for (const ms of [0, 1, 5]) {
      const set = performance.now();
      await new Promise<void>((resolve) => clock.after(ms, resolve));
      expect(performance.now() - set).toBeGreaterThanOrEqual(ms);
    }
  });

  it('waits for longer than setTimeout can, and can be cancelled twice', async () => {
    let ran = false;
    // setTimeout alone would take 2^31 ms for 1 ms.
    const cancel = clock.after(2 ** 31, () => {
      ran = true;
    });
    await new Promise<void>((resolve) => clock.after(20, resolve));
    cancel();
    cancel();
    expect(ran).toBe(false);
  });
});

describe('boot from a coarse uptime', () => {
  /** Reads true time in steps of 10 ms, and mono without what was slept. */
  function machine() {
    const at = { time: 100_003, slept: 0 };
    const boot = bootFromUptime(
      () => Math.floor(at.time / 10) * 10,
      () => at.time - at.slept - 50_000,
    );
    return { at, boot };
  }

  it('comes within the step at once and closer with every reading', () => {
    const { at, boot } = machine();
    expect(at.time - boot()).toBeLessThan(10);
    for (let n = 0; n < 20; n += 1) {
      at.time += 7;
      boot();
    }
    expect(at.time - boot()).toBeLessThanOrEqual(1);
  });

  it('jumps by what was slept', () => {
    const { at, boot } = machine();
    const before = boot();
    at.time += 3_600_000;
    at.slept += 3_600_000;
    expect(Math.abs(boot() - before - 3_600_000)).toBeLessThanOrEqual(10);
  });
});

describe.each<Flush>(['turn', 'promises'])('the fake clock (flush: %s)', (flush) => {
  it('runs timers in the order they are due, each at its time, promise chains in between', async () => {
    const clock = new FakeClock({ flush });
    const { mono } = clock.now();
    const seen: string[] = [];
    const note = (what: string) => seen.push(`${what}@${clock.now().mono - mono}`);
    clock.after(30, () => note('c'));
    const chain = async () => {
      note('a');
      for (let n = 0; n < 50; n += 1) await undefined;
      note('chain');
      await sleep(clock, 5);
      note('slept');
    };
    clock.after(10, () => void chain());
    clock.after(30, () => note('d'));
    clock.after(20, () => note('b'));
    await clock.advance(29);
    expect(seen).toEqual(['a@10', 'chain@10', 'slept@15', 'b@20']);
    await clock.advance(1);
    expect(seen.slice(4)).toEqual(['c@30', 'd@30']);
    expect(clock.pending).toBe(0);
  });

  it('lets chains run that were begun before, and those that timers beyond the end began', async () => {
    const clock = new FakeClock({ flush });
    let woke = false;
    const run = async () => {
      await undefined;
      await sleep(clock, 5);
      woke = true;
    };
    const running = run();
    await clock.advance(5);
    expect(woke).toBe(true);
    await running;
  });

  it('forgets cancelled timers, however many', async () => {
    const clock = new FakeClock({ flush });
    const ran: number[] = [];
    const cancels = Array.from({ length: 1_000 }, (_, n) => clock.after(1_000 - n, () => ran.push(n)));
    for (const [n, cancel] of cancels.entries()) if (n % 100 !== 0) cancel();
    cancels[1]?.();
    expect(clock.pending).toBe(10);
    expect(clock.nextDueIn).toBe(100);
    await clock.advance(1_000);
    expect(ran).toEqual([900, 800, 700, 600, 500, 400, 300, 200, 100, 0]);
    expect(clock.nextDueIn).toBeUndefined();
  });

  it('sleeps: mono stands still and no timer runs until waking time goes on', async () => {
    const clock = new FakeClock({ flush });
    const before = clock.now();
    let ran = 0;
    clock.after(10, () => ran++);
    clock.sleepMachine(60_000);
    const after = clock.now();
    expect([after.wall - before.wall, after.mono - before.mono, after.boot - before.boot]).toEqual([
      60_000, 0, 60_000,
    ]);
    expect(sleptBetween(before, after)).toBe(60_000);
    expect(ran).toBe(0);
    await clock.advance(10);
    expect(ran).toBe(1);
  });

  it('lets somebody set the wall clock alone', () => {
    const clock = new FakeClock({ flush });
    const { mono, boot } = clock.now();
    clock.setWall(5);
    expect(clock.now()).toEqual({ wall: 5, mono, boot });
  });

  it('reboots: another boot, its clocks from the start, no timer left', async () => {
    const clock = new FakeClock({ flush });
    const before = clock.now();
    const id = clock.bootId;
    let ran = false;
    const cancel = clock.after(10, () => {
      ran = true;
    });
    clock.reboot(30_000);
    expect(clock.bootId).not.toBe(id);
    expect(clock.now().wall).toBe(before.wall + 30_000);
    expect(clock.now().boot).toBeLessThan(before.boot);
    expect(clock.pending).toBe(0);
    cancel();
    expect(clock.pending).toBe(0);
    await clock.advance(100);
    expect(ran).toBe(false);
  });

  it('hands on what a timer throws', async () => {
    const clock = new FakeClock({ flush });
    clock.after(1, () => {
      throw new Error('from the timer');
    });
    await expect(clock.advance(1)).rejects.toThrow('from the timer');
  });
});
