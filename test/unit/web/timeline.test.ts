/** The timeline's own reckoning: days and weeks of the calendar, rows of bars, and where the arrow keys lead. */
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { WireTimeline } from '../../../src/control/wire-desk.js';
import {
  firstDayOf,
  fraction,
  nameOf,
  neighbour,
  periodAround,
  ticksOf,
  tickText,
} from '../../../web/src/timeline-period.js';
import {
  firstPlace,
  lengthOf,
  nearestBar,
  personRows,
  placeAfter,
  type Row,
  serviceRows,
} from '../../../web/src/timeline-rows.js';

const HOUR = 3_600_000;
const SUNDAY = 0;
const MONDAY = 1;

describe('periods', () => {
  let zone: string | undefined;
  beforeEach(() => {
    zone = process.env.TZ;
    process.env.TZ = 'America/New_York';
  });
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  const at = (...parts: [number, number, number, number?]) => new Date(...parts).getTime();

  it('begin at midnight, and weeks with the first day of the calendar', () => {
    const wednesday = at(2026, 0, 7, 14);
    expect(periodAround('day', wednesday, MONDAY)).toEqual({
      view: 'day',
      from: at(2026, 0, 7),
      to: at(2026, 0, 8),
    });
    expect(periodAround('week', wednesday, MONDAY).from).toBe(at(2026, 0, 5));
    expect(periodAround('week', wednesday, SUNDAY).from).toBe(at(2026, 0, 4));
    expect(periodAround('week', at(2026, 0, 4), SUNDAY).from).toBe(at(2026, 0, 4));
    expect(periodAround('week', at(2026, 0, 4), MONDAY).from).toBe(at(2025, 11, 29));
  });

  it('follow one another without a gap, also over the days that clocks are changed', () => {
    for (const view of ['day', 'week'] as const) {
      let period = periodAround(view, at(2026, 2, 1, 12), SUNDAY);
      for (let n = 0; n < 300; n += 1) {
        const next = neighbour(period, 1, SUNDAY);
        expect(next.from).toBe(period.to);
        expect(neighbour(next, -1, SUNDAY)).toEqual(period);
        period = next;
      }
    }
    const spring = periodAround('day', at(2026, 2, 8, 12), SUNDAY);
    expect(spring.to - spring.from).toBe(23 * HOUR);
    const hours = ticksOf(spring).map((tick) => new Date(tick.at).getHours());
    expect(hours).toEqual([0, 3, 6, 9, 12, 15, 18, 21]);
    expect(ticksOf(periodAround('week', spring.from, SUNDAY))).toHaveLength(7);
  });

  it('are called by their days', () => {
    const now = at(2026, 0, 7, 14);
    expect(nameOf(periodAround('day', now, MONDAY), now, 'en')).toBe('Wednesday, January 7');
    expect(nameOf(periodAround('day', now, MONDAY), now, 'ko')).toBe('1월 7일 수요일');
    expect(nameOf(periodAround('week', at(2025, 11, 30), MONDAY), now, 'en')).toMatch(/2025.*2026/);
    const [first] = ticksOf(periodAround('day', now, MONDAY));
    expect(first && tickText(first, 'day', 'en')).toMatch(/^12\sAM$/);
    expect(first && tickText(first, 'week', 'en')).toBe('Wed 7');
  });

  it('weeks begin as the language has it', () => {
    expect([firstDayOf('ko-KR'), firstDayOf('en-US'), firstDayOf('de-DE')]).toEqual([SUNDAY, SUNDAY, MONDAY]);
  });

  it('places are parts of them', () => {
    const period = periodAround('day', at(2026, 0, 7), MONDAY);
    expect([at(2026, 0, 6), at(2026, 0, 7, 6), at(2026, 0, 9)].map((each) => fraction(each, period))).toEqual(
      [0, 0.25, 1],
    );
  });
});

const ISO = (hours: number) => new Date(hours * HOUR).toISOString();
const span = (from: number, to: number) => ({ from: ISO(from), to: ISO(to) });

const TOLD: WireTimeline = {
  ...span(0, 24),
  presence: [
    { state: 'present', ...span(8, 12) },
    { state: 'away', ...span(12, 13) },
  ],
  sensors: [
    { sensor: 'keyboard', spans: [span(8, 9), span(10, 11)] },
    { sensor: 'mouse', spans: [] },
    { sensor: 'audio', spans: [span(11, 11)] },
  ],
  targets: [
    {
      target: 'ec2:eu-central-1:i-0aaa',
      account: '1',
      name: 'api',
      spans: [
        { state: 'napping', ...span(0, 8) },
        { state: 'running', ...span(8, 24) },
      ],
    },
    { target: 'ecs:eu-central-1:dev:web', account: '1', name: null, spans: [] },
  ],
};

describe('rows', () => {
  it('are presence, and the sensors that told anything', () => {
    expect(personRows(TOLD).map(({ id, bars }) => [id, bars.length])).toEqual([
      ['presence', 2],
      ['keyboard', 2],
      ['audio', 1],
    ]);
    expect(lengthOf(personRows(TOLD), 'present')).toBe(4 * HOUR);
  });

  it('are the services by what they are called; the account where there are two', () => {
    expect(serviceRows(TOLD).map(({ name, detail }) => [name, detail])).toEqual([
      ['api', 'ec2:eu-central-1:i-0aaa'],
      ['ecs:eu-central-1:dev:web', undefined],
    ]);
    const [first, second] = TOLD.targets;
    const both = { ...TOLD, targets: [first, { ...second, account: '2' }] } as WireTimeline;
    expect(serviceRows(both).map(({ detail }) => detail)).toEqual(['ec2:eu-central-1:i-0aaa · 1', '2']);
    expect(lengthOf(serviceRows(TOLD), 'napping')).toBe(8 * HOUR);
  });
});

describe('the arrow keys', () => {
  const bars = (...spans: [number, number][]): Row => ({
    id: String(spans),
    of: 'target',
    bars: spans.map(([from, to]) => ({ kind: 'running', from, to })),
  });
  const rows = [bars([0, 4], [6, 8], [20, 30]), bars(), bars([1, 2], [9, 10], [22, 24])];

  test.each([
    ['ArrowRight', [0, 0], [0, 1]],
    ['ArrowRight', [0, 2], undefined],
    ['ArrowLeft', [0, 1], [0, 0]],
    ['ArrowLeft', [0, 0], undefined],
    ['Home', [0, 2], [0, 0]],
    ['Home', [0, 0], undefined],
    ['End', [0, 0], [0, 2]],
    ['ArrowDown', [0, 0], [2, 0]],
    ['ArrowDown', [0, 1], [2, 1]],
    ['ArrowDown', [0, 2], [2, 2]],
    ['ArrowUp', [2, 1], [0, 1]],
    ['ArrowUp', [0, 1], undefined],
    ['ArrowDown', [2, 1], undefined],
    ['Enter', [0, 0], undefined],
  ] as const)('%s from %j leads to %j', (key, [row, bar], to) => {
    expect(placeAfter(rows, { row, bar }, key)).toEqual(to && { row: to[0], bar: to[1] });
  });

  it('begin at what happened last in the first row that has anything', () => {
    expect(firstPlace(rows)).toEqual({ row: 0, bar: 2 });
    expect(firstPlace([bars(), bars([1, 2])])).toEqual({ row: 1, bar: 0 });
    expect(firstPlace([bars()])).toBeUndefined();
  });

  it('and the pointer find the bar at an instant, or one near enough', () => {
    const [first] = rows;
    const found = (at: number, within?: number) => nearestBar(first?.bars ?? [], at, within);
    expect([found(3), found(7), found(12), found(25)]).toEqual([0, 1, 1, 2]);
    expect([found(9, 2), found(12, 2), found(30.5, 0)]).toEqual([1, undefined, undefined]);
    expect(nearestBar([], 1)).toBeUndefined();
  });
});
