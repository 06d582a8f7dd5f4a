/** What AWS's clock shows, from the dates of its answers. */
import { describe, expect, it } from 'vitest';
import { createAwsClock } from '../../../src/aws/aws-clock.js';
import { FakeClock } from '../../fakes/clock.js';

const HOUR = 3_600_000;

/** AWS is `aheadMs` ahead of the machine; an answer takes `there` and `back`, and its date has whole seconds. */
function scene(aheadMs: number) {
  const clock = new FakeClock({ wall: Date.UTC(2026, 0, 5, 9, 0, 0, 250) });
  const aws = createAwsClock(clock);
  const trueAhead = clock.now().wall + aheadMs - clock.now().boot;
  const answer = async (there: number, back: number) => {
    const sent = clock.now();
    await clock.advance(there);
    const date = new Date(clock.now().boot + trueAhead).toUTCString();
    await clock.advance(back);
    aws.read(date, sent);
  };
  /** How far off it is. */
  const off = () => Math.abs(aws.aheadMs() - (clock.now().boot + trueAhead - clock.now().wall));
  return { clock, aws, answer, off };
}

describe('the clock of AWS', () => {
  it('is taken for ours before anything is known', () => {
    const { aws } = scene(HOUR);
    expect(aws.aheadMs()).toBe(0);
    aws.read(undefined, { wall: 0, mono: 0, boot: 0 });
    aws.read('soon', { wall: 0, mono: 0, boot: 0 });
    expect(aws.aheadMs()).toBe(0);
  });

  it.each([0, 3 * HOUR, -3 * HOUR, 730])('is known to a second when it is %i ms ahead', async (aheadMs) => {
    const { answer, off } = scene(aheadMs);
    await answer(120, 40);
    expect(off()).toBeLessThan(1_000);
  });

  it('is told by the quickest of recent answers', async () => {
    const { answer, off } = scene(HOUR);
    await answer(10, 10);
    await answer(9_000, 50);
    expect(off()).toBeLessThan(1_000);
  });

  it('is told by newer answers once the quickest is old', async () => {
    const { clock, aws, answer } = scene(HOUR);
    await answer(10, 10);
    const before = aws.aheadMs();
    await clock.advance(16 * 60_000);
    // A quartz that has drifted shows in whatever comes next.
    aws.read(new Date(clock.now().wall + HOUR + 5_000).toUTCString(), {
      ...clock.now(),
      boot: clock.now().boot - 400,
    });
    expect(aws.aheadMs() - before).toBeGreaterThan(3_500);
  });

  it('stays known through sleep and through a wall clock that is set', async () => {
    const { clock, answer, off } = scene(-HOUR);
    await answer(50, 50);
    clock.sleepMachine(8 * HOUR);
    expect(off()).toBeLessThan(1_000);
    clock.setWall(clock.now().wall + 72 * HOUR);
    expect(off()).toBeLessThan(1_000);
  });
});
