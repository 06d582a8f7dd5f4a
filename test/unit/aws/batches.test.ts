import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bisect, chunks, eachItsOwn, fewAtOnce, groupBy } from '../../../src/aws/batches.js';
import { type Fault, OperationError } from '../../../src/core/errors.js';
import { type Target, type TargetId, targetId } from '../../../src/core/target.js';

const failure = (fault: Fault) => new OperationError(fault, 'no', { operation: 'ec2:StopInstances' });

describe('bisect', () => {
  it('loses exactly the bad members, whichever they are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 50 }), async (bad) => {
        const done: number[] = [];
        const lost: number[] = [];
        await bisect(
          [...bad.keys()],
          async (part) => {
            if (part.some((at) => bad[at])) throw failure('refused');
            done.push(...part);
          },
          (part) => lost.push(...part),
        );
        expect(done.every((at) => !bad[at])).toBe(true);
        expect(lost.every((at) => bad[at])).toBe(true);
        expect(done.length + lost.length).toBe(bad.length);
      }),
    );
  });

  it('asks few times for one bad member of fifty', async () => {
    let calls = 0;
    await bisect(
      [...Array(50).keys()],
      async (part) => {
        calls += 1;
        if (part.includes(17)) throw failure('refused');
      },
      () => {},
    );
    expect(calls).toBeLessThanOrEqual(13);
  });

  it('does not split what hits whatever is asked', async () => {
    const lost: (readonly number[])[] = [];
    const throttled = async () => {
      throw failure('throttled');
    };
    await bisect([1, 2, 3], throttled, (part) => lost.push(part));
    expect(lost).toEqual([[1, 2, 3]]);
  });

  it('passes on what is no failure of AWS', async () => {
    const broken = async () => {
      throw new TypeError('a mistake of ours');
    };
    await expect(bisect([1, 2], broken, () => {})).rejects.toThrow('a mistake of ours');
  });
});

describe('a failure of a part', () => {
  const targets: Target[] = ['i-1', 'i-2'].map((instanceId) => ({
    kind: 'ec2',
    region: 'eu-central-1',
    instanceId,
  }));

  it('becomes the result of each that has none yet', async () => {
    const results = new Map<TargetId, string | OperationError>([['ec2:eu-central-1:i-1', 'fine']]);
    await eachItsOwn(targets, results, async () => {
      throw failure('denied');
    });
    expect(results.get('ec2:eu-central-1:i-1')).toBe('fine');
    expect(results.get('ec2:eu-central-1:i-2')).toMatchObject({
      fault: 'denied',
      target: targetId(targets[1]!),
    });
  });
});

describe('work, a few at a time', () => {
  it('keeps the order and never does more than four at once', async () => {
    let running = 0;
    let most = 0;
    const results = await fewAtOnce([...Array(20).keys()], async (at) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return at * 2;
    });
    expect(results).toEqual([...Array(20).keys()].map((at) => at * 2));
    expect(most).toBe(4);
  });

  it('begins nothing more after a failure', async () => {
    const begun: number[] = [];
    const work = async (at: number) => {
      begun.push(at);
      await Promise.resolve();
      throw new Error('enough');
    };
    await expect(fewAtOnce([...Array(20).keys()], work)).rejects.toThrow('enough');
    expect(begun.length).toBe(4);
  });
});

describe('splitting', () => {
  it('cuts pieces and groups in order', () => {
    expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
    expect(chunks([], 2)).toEqual([]);
    expect(groupBy(['a1', 'b1', 'a2'], (text) => text[0]!)).toEqual([['a1', 'a2'], ['b1']]);
  });
});
