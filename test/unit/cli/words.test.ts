/** What is typed, as values: durations, times of day, targets, sizes; and values as words again. */
import { describe, expect, it } from 'vitest';
import { minutesUntil, parseMinutes } from '../../../src/cli/duration.js';
import { lengthOf, timeOf, when } from '../../../src/cli/moments.js';
import { clean } from '../../../src/cli/paint.js';
import { anySize } from '../../../src/cli/sizes.js';
import { knownTarget, newTarget } from '../../../src/cli/targets.js';
import { cut, pad, widthOf } from '../../../src/cli/width.js';

const badRequest = expect.objectContaining({ code: 'BAD_REQUEST' });

describe('durations', () => {
  it.each([
    ['90m', 90],
    ['90min', 90],
    ['2h', 120],
    ['1h30m', 90],
    ['1h 30m', 90],
    ['3d', 4320],
    ['45', 45],
    ['0.5', 0.5],
    ['1.5h', 90],
    ['90s', 1.5],
    [' 2H ', 120],
    ['7d', 10_080],
  ])('%s is %d minutes', (text, minutes) => expect(parseMinutes(text)).toBeCloseTo(minutes));

  it.each(['', 'soon', '2x', 'h', '-5', '1h-30m', '2h!', '0', '0m', '8d', '10081', 'Infinity', '1e9'])(
    '"%s" is refused',
    (text) => expect(() => parseMinutes(text)).toThrow(badRequest),
  );

  const noon = new Date(2026, 4, 14, 12, 0, 0).getTime();
  it.each([
    ['18:30', 390],
    ['12:01', 1],
    ['12:00', 24 * 60],
    ['9:00', 21 * 60],
    ['00:00', 12 * 60],
  ])('until %s at noon is %d minutes', (text, minutes) => expect(minutesUntil(text, noon)).toBe(minutes));
  it.each(['24:00', '12', '7:5', 'noon', ''])('"%s" is no time of day', (text) =>
    expect(() => minutesUntil(text, noon)).toThrow(badRequest),
  );
});

describe('targets', () => {
  const instance = { kind: 'ec2', region: 'eu-west-1', instanceId: 'i-0abc' };
  it.each([
    ['ec2:eu-west-1:i-0abc', instance],
    ['ec2 i-0abc eu-west-1', instance],
    ['EC2 i-0abc eu-west-1', instance],
    ['ecs dev api eu-west-1', { kind: 'ecs', region: 'eu-west-1', cluster: 'dev', service: 'api' }],
    ['eks:us-east-1:dev:pool', { kind: 'eks', region: 'us-east-1', cluster: 'dev', nodegroup: 'pool' }],
    ['eks dev pool us-east-1', { kind: 'eks', region: 'us-east-1', cluster: 'dev', nodegroup: 'pool' }],
  ])('"%s" is registered as such', (words, target) => expect(newTarget(words.split(' '))).toEqual(target));

  it.each([
    'ec2',
    'ec2 i-0abc',
    'ec2 eu-west-1 i-0abc',
    'ecs dev eu-west-1',
    'rds db eu-west-1',
    'dev-web',
    'ec2:i-0abc',
    'ec2:eu-west-1:i-0abc extra',
    'ecs arn:aws:ecs:eu-west-1:1:cluster/dev api eu-west-1',
  ])('"%s" cannot be registered', (words) => expect(() => newTarget(words.split(' '))).toThrow(badRequest));

  it('passes a name on, and makes parts a name', () => {
    expect(knownTarget(['dev-web'])).toBe('dev-web');
    expect(knownTarget(['ecs', 'dev', 'api', 'eu-west-1'])).toBe('ecs:eu-west-1:dev:api');
    expect(() => knownTarget(['dev-web', 'eu-west-1'])).toThrow(badRequest);
  });

  it('reads sizes', () => {
    expect(anySize('0')).toBe(0);
    for (const word of ['-1', '1.5', 'two', '', undefined]) expect(() => anySize(word)).toThrow(badRequest);
  });
});

describe('moments', () => {
  it.each([
    [-5, '0 s'],
    [45_000, '45 s'],
    [120_000, '2 min'],
    [250_000, '4 min 10 s'],
    [725_000, '12 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [86_400_000 * 3 + 3_600_000 * 4, '3 d 4 h'],
  ])('%d ms is %s', (ms, words) => expect(lengthOf(ms)).toBe(words));

  const now = new Date(2026, 4, 14, 18, 20, 0).getTime();
  it.each([
    [now + 720_000, 'in 12 min, at 18:32'],
    [now - 180_000, '3 min ago, at 18:17'],
    [now + 400, 'now'],
    [new Date(2026, 4, 15, 9, 0).getTime(), 'in 14 h 40 min, at Fri 15 May 09:00'],
    [new Date(2026, 4, 16, 18, 20).getTime(), 'in 2 d, on Sat 16 May 18:20'],
  ])('%d is %s', (at, words) => expect(when(at, now)).toBe(words));

  it('names the year where it is another one', () => {
    expect(timeOf(new Date(2025, 11, 31, 23, 59).getTime(), now)).toBe('Wed 31 Dec 2025 23:59');
  });
});

describe('texts on a terminal', () => {
  it('cuts and pads by the columns they take', () => {
    expect(widthOf('절전 a')).toBe(6);
    expect(cut('abcdef', 4)).toBe('abc…');
    expect(cut('절전모드', 5)).toBe('절전…');
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abc', 0)).toBe('');
    expect(pad('절', 4)).toBe('절  ');
  });

  it('takes no escape sequence from outside', () => {
    expect(clean('a\u001b[31mb\nc\td\u009be')).toBe('a [31mb c d e');
  });
});
