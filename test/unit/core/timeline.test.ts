/** A timeline reckoned from what the ledger holds: cut to its period, in rows that do not overlap. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Interval, Stretch } from '../../../src/core/ledger.js';
import { SENSORS } from '../../../src/core/sensor.js';
import { timelineOf } from '../../../src/core/timeline.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const stretch = (what: Stretch['what'], from: number, until = from): Stretch => ({ what, from, until });
const interval = (
  state: Interval['state'],
  from: number,
  until: number,
  more: Partial<Interval> = {},
): Interval => ({
  targetId: 'ec2:eu-central-1:i-0aaa',
  account: '111122223333',
  state,
  size: 1,
  instanceType: undefined,
  from,
  until,
  ended: true,
  ...more,
});

function timeline(
  facts: { stretches?: readonly Stretch[]; intervals?: readonly Interval[] },
  [from, to] = [0, 24 * HOUR],
) {
  return timelineOf({
    from,
    to,
    stretches: [],
    intervals: [],
    nameOf: (id) => (id.endsWith('i-0bbb') ? 'api' : undefined),
    ...facts,
  });
}

describe('a timeline', () => {
  it('of nothing has a row for every sensor', () => {
    expect(timeline({})).toEqual({
      from: 0,
      to: 24 * HOUR,
      sensors: SENSORS.map((sensor) => ({ sensor, spans: [] })),
      presence: [],
      targets: [],
    });
  });

  it('is cut to its period; what happened once at its begin is in it, what ended there is not', () => {
    const { sensors, presence, targets } = timeline(
      {
        stretches: [
          stretch('keyboard', 0, 2 * HOUR),
          stretch('mouse', 0, HOUR),
          stretch('audio', HOUR),
          stretch('window', 2 * HOUR),
          stretch('present', 0, 9 * HOUR),
        ],
        intervals: [interval('running', 30 * MINUTE, 90 * MINUTE), interval('napping', 0, HOUR)],
      },
      [HOUR, 2 * HOUR],
    );
    expect(Object.fromEntries(sensors.map(({ sensor, spans }) => [sensor, spans]))).toEqual({
      keyboard: [{ from: HOUR, until: 2 * HOUR }],
      mouse: [],
      screen: [],
      window: [],
      audio: [{ from: HOUR, until: HOUR }],
    });
    expect(presence).toEqual([{ state: 'present', from: HOUR, until: 2 * HOUR }]);
    expect(targets.map(({ spans }) => spans)).toEqual([
      [{ state: 'running', from: HOUR, until: 90 * MINUTE }],
    ]);
  });

  it('tells activity once where a clock that was set back told it twice', () => {
    const { sensors } = timeline({
      stretches: [
        stretch('keyboard', 2 * HOUR, 3 * HOUR),
        stretch('keyboard', HOUR, 2 * HOUR),
        stretch('keyboard', 90 * MINUTE, 100 * MINUTE),
        stretch('keyboard', 4 * HOUR, 5 * HOUR),
      ],
    });
    expect(sensors[0]?.spans).toEqual([
      { from: HOUR, until: 3 * HOUR },
      { from: 4 * HOUR, until: 5 * HOUR },
    ]);
  });

  it('joins presence over a restart, leaves the gaps of sleep, and no instants', () => {
    const { presence } = timeline({
      stretches: [
        stretch('present', HOUR, 2 * HOUR),
        stretch('present', 2 * HOUR + 40_000, 3 * HOUR),
        stretch('present', 5 * HOUR),
        stretch('away', 5 * HOUR, 6 * HOUR),
        stretch('present', 5.5 * HOUR, 7 * HOUR),
      ],
    });
    expect(presence).toEqual([
      { state: 'present', from: HOUR, until: 3 * HOUR },
      { state: 'away', from: 5 * HOUR, until: 5.5 * HOUR },
      { state: 'present', from: 5.5 * HOUR, until: 7 * HOUR },
    ]);
  });

  it('has a row for each target and account, by name, whatever its size was meanwhile', () => {
    const { targets } = timeline({
      intervals: [
        interval('running', 0, HOUR),
        interval('running', HOUR + 5 * MINUTE, 2 * HOUR, { size: 2 }),
        interval('napping', 2 * HOUR, 5 * HOUR, { size: 2 }),
        interval('napping', 8 * HOUR, 9 * HOUR, { size: 2 }),
        interval('running', 0, HOUR, { account: '000000000000' }),
        interval('running', 0, HOUR, { targetId: 'ec2:eu-central-1:i-0bbb' }),
        interval('running', HOUR, HOUR, { targetId: 'ec2:eu-central-1:i-0ccc' }),
      ],
    });
    expect(targets.map(({ targetId, account, name }) => [targetId, account, name])).toEqual([
      ['ec2:eu-central-1:i-0bbb', '111122223333', 'api'],
      ['ec2:eu-central-1:i-0aaa', '000000000000', undefined],
      ['ec2:eu-central-1:i-0aaa', '111122223333', undefined],
    ]);
    expect(targets[2]?.spans).toEqual([
      { state: 'running', from: 0, until: 2 * HOUR },
      { state: 'napping', from: 2 * HOUR, until: 5 * HOUR },
      { state: 'napping', from: 8 * HOUR, until: 9 * HOUR },
    ]);
  });

  it('has rows in order and without overlaps, whatever the ledger holds', () => {
    const span = fc
      .tuple(fc.nat(100), fc.nat(30))
      .map(([at, length]) => ({ from: at * MINUTE, until: (at + length) * MINUTE }));
    const told = fc.record({ what: fc.constantFrom('keyboard', 'mouse', 'present', 'away'), span });
    const looked = fc.record({ state: fc.constantFrom('running', 'napping'), span });
    fc.assert(
      fc.property(fc.array(told), fc.array(looked), fc.nat(80), (stretches, intervals, begin) => {
        const from = begin * MINUTE;
        const to = from + 20 * MINUTE;
        const view = timeline(
          {
            stretches: stretches.map(({ what, span }) => ({ what, ...span }) as Stretch),
            intervals: intervals.map(({ state, span }) =>
              interval(state as 'running', span.from, span.until),
            ),
          },
          [from, to],
        );
        for (const spans of [view.presence, ...[...view.sensors, ...view.targets].map((row) => row.spans)]) {
          let end = from;
          for (const span of spans) {
            expect(span.from).toBeGreaterThanOrEqual(end);
            expect(span.until).toBeGreaterThanOrEqual(span.from);
            end = span.until;
          }
          expect(end).toBeLessThanOrEqual(to);
        }
        // No time is lost but that of which nothing is known.
        const known = (what: string, at: number) =>
          stretches.some((each) => each.what === what && each.span.from <= at && at < each.span.until);
        for (let at = from; at < to; at += MINUTE) {
          const isShown = view.presence.some((each) => each.from <= at && at < each.until);
          if (known('present', at) || known('away', at)) expect(isShown).toBe(true);
        }
      }),
    );
  });
});
