/** The records of a ledger as they are asked for at a door: periods as given, for savings the month so far unless told. */
import { describe, expect, it } from 'vitest';
import { recordsDesk } from '../../../src/boot/records.js';
import { performAtDesk } from '../../../src/control/desk.js';
import type { WireSavings, WireTimeline } from '../../../src/control/wire-desk.js';
import { FakeClock } from '../../fakes/clock.js';
import { FakeControl } from '../../fakes/fake-control.js';
import { fakeDesk } from '../../fakes/fake-desk.js';
import { MemoryLedger } from '../../fakes/memory-ledger.js';

const NOW = new Date(2026, 0, 5, 9).getTime();
const HOUR = 3_600_000;

/** Asks a desk over a ledger in which an instance has napped for ten hours. */
async function askFor<Answer>(
  operation: 'savings' | 'timeline',
  request: object,
  { ledger = new MemoryLedger(), writeActivity = () => {} } = {},
): Promise<Answer> {
  const mark = {
    targetId: 'ec2:us-east-1:i-0aaa',
    account: '123456789012',
    state: 'napping',
    size: 1,
    instanceType: 'm5.large',
  } as const;
  ledger.markIntervals([{ ...mark, at: NOW - 10 * HOUR }]);
  ledger.markIntervals([{ ...mark, at: NOW }]);
  const records = recordsDesk({
    ledger,
    clock: new FakeClock({ wall: NOW }),
    writeActivity,
    nameOf: (id) => (id === mark.targetId ? 'api' : undefined),
  });
  const desk = { ...fakeDesk(new FakeControl()), records };
  return (await performAtDesk(desk, operation, request, 'test')) as Answer;
}

const ask = (request: object) => askFor<WireSavings>('savings', request);

describe('savings asked for', () => {
  it('are those of the month so far', async () => {
    const { from, to, total } = await ask({});
    expect([from, to]).toEqual([new Date(2026, 0, 1).toISOString(), new Date(NOW).toISOString()]);
    expect(total.napping_hours).toBe(10);
    expect(total.saved).toBeCloseTo(0.96, 9);
  });

  it('are those of a period', async () => {
    const { total } = await ask({ from: new Date(NOW - 2 * HOUR).toISOString() });
    expect(total.napping_hours).toBe(2);
    expect((await ask({ to: '2026-01-02T00:00:00+09:00' })).targets).toEqual([]);
  });

  it.each([
    [{ from: 'yesterday' }],
    [{ from: '2027-01-01T00:00:00Z' }],
    [{ since: '2026-01-01T00:00:00Z' }],
    [{ to: 5 }],
  ])('%j is refused', async (request) => {
    await expect(ask(request)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('a timeline asked for', () => {
  const at = (hours: number) => new Date(NOW + hours * HOUR).toISOString();

  it('tells activity, presence and each target by name, up to what has just happened', async () => {
    const ledger = new MemoryLedger();
    ledger.markActivity([{ what: 'present', from: NOW - 8 * HOUR, until: NOW }]);
    const writeActivity = () =>
      ledger.markActivity([{ what: 'keyboard', from: NOW - HOUR, until: NOW - HOUR / 2 }]);
    const told = await askFor<WireTimeline>(
      'timeline',
      { from: at(-2), to: at(1) },
      { ledger, writeActivity },
    );
    expect(told).toEqual({
      from: at(-2),
      to: at(1),
      sensors: ['keyboard', 'mouse', 'screen', 'window', 'audio'].map((sensor) => ({
        sensor,
        spans: sensor === 'keyboard' ? [{ from: at(-1), to: at(-0.5) }] : [],
      })),
      presence: [{ state: 'present', from: at(-2), to: at(0) }],
      targets: [
        {
          target: 'ec2:us-east-1:i-0aaa',
          account: '123456789012',
          name: 'api',
          spans: [{ state: 'napping', from: at(-2), to: at(0) }],
        },
      ],
    });
  });

  it.each([
    [{}],
    [{ from: at(0) }],
    [{ from: at(0), to: at(-1) }],
    [{ from: at(0), to: at(33 * 24) }],
    [{ from: at(0), to: 'noon' }],
    [{ from: at(0), to: at(1), step: 5 }],
  ])('%j is refused', async (request) => {
    await expect(askFor('timeline', request)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});
