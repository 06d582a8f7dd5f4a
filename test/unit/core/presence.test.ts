/** What the sensors add up to: when each last spoke, when a waking one did, and whether any could tell a return. */
import { describe, expect, it } from 'vitest';
import {
  isKnown,
  isWaking,
  newPresence,
  type Presence,
  withActivity,
  withGrant,
  withHealth,
  withLock,
  withoutLock,
} from '../../../src/core/presence.js';
import type { Activity, SensorHealth, SensorName } from '../../../src/core/sensor.js';
import { DEFAULT_SETTINGS } from '../../fakes/fake-files.js';

const RULES = DEFAULT_SETTINGS.sensors;
const WATCHING: SensorHealth = { state: 'watching', mechanism: 'a test' };
const OFF: SensorHealth = { state: 'off' };
const BROKEN: SensorHealth = { state: 'unavailable', reason: 'it broke', cure: 'mend it' };

function activity(sensor: SensorName, boot: number): Activity {
  return { sensor, at: { wall: 0, mono: 0, boot }, began: boot };
}

describe('activity', () => {
  const told = (...activities: [SensorName, number][]): Presence =>
    activities.reduce(
      (presence, [sensor, at]) => withActivity(presence, activity(sensor, at), RULES),
      newPresence(1_000),
    );

  it.each<[string, [SensorName, number][], Partial<Presence>]>([
    [
      'none yet: the start is what weak activity is measured from',
      [],
      { lastWaking: undefined, anchor: 1_000 },
    ],
    ['a key', [['keyboard', 5_000]], { last: { keyboard: 5_000 }, lastWaking: 5_000, anchor: 5_000 }],
    [
      'a weak sensor wakes nobody',
      [['audio', 5_000]],
      { last: { audio: 5_000 }, lastWaking: undefined, anchor: 1_000 },
    ],
    [
      'the last of several',
      [
        ['keyboard', 5_000],
        ['mouse', 7_000],
        ['window', 9_000],
      ],
      { last: { keyboard: 5_000, mouse: 7_000, window: 9_000 }, lastWaking: 7_000, anchor: 7_000 },
    ],
    [
      'a report that comes late moves nothing back',
      [
        ['keyboard', 7_000],
        ['keyboard', 5_000],
        ['mouse', 6_000],
      ],
      { last: { keyboard: 7_000, mouse: 6_000 }, lastWaking: 7_000, anchor: 7_000 },
    ],
    ['from before the start', [['mouse', 200]], { last: { mouse: 200 }, lastWaking: 200, anchor: 1_000 }],
  ])('%s', (_what, activities, expected) => {
    expect(told(...activities)).toMatchObject(expected);
  });

  it('is waking by the rules in force, not by its name', () => {
    const rules = {
      ...RULES,
      audio: { ...RULES.audio, wakes: true },
      mouse: { ...RULES.mouse, wakes: false },
    };
    const presence = withActivity(newPresence(0), activity('audio', 10), rules);
    expect(presence.lastWaking).toBe(10);
    expect(withActivity(presence, activity('mouse', 20), rules).lastWaking).toBe(10);
  });
});

it('a grant moves what weak activity is measured from, forwards only, and is no activity', () => {
  const presence = withGrant(newPresence(1_000), 4_000);
  expect(presence).toMatchObject({ anchor: 4_000, lastWaking: undefined, last: {} });
  expect(withGrant(presence, 2_000).anchor).toBe(4_000);
});

describe('known', () => {
  const withAll = (health: Partial<Record<SensorName, SensorHealth>>): Presence =>
    Object.entries(health).reduce(
      (presence, [sensor, state]) => withHealth(presence, sensor as SensorName, state),
      newPresence(0),
    );

  it.each<[string, Partial<Record<SensorName, SensorHealth>>, boolean]>([
    ['nothing has reported yet', {}, false],
    ['one waking sensor watches', { keyboard: BROKEN, mouse: WATCHING }, true],
    ['only weak sensors watch', { keyboard: BROKEN, mouse: OFF, audio: WATCHING, window: WATCHING }, false],
    ['all broken', { keyboard: BROKEN, mouse: BROKEN }, false],
  ])('%s', (_what, health, known) => {
    expect(isKnown(withAll(health), RULES)).toBe(known);
  });

  it('a waking sensor that watches but is not enabled tells nothing', () => {
    const rules = {
      ...RULES,
      keyboard: { ...RULES.keyboard, enabled: false },
      mouse: { ...RULES.mouse, wakes: false },
    };
    const presence = withAll({ keyboard: WATCHING, mouse: WATCHING });
    expect(isKnown(presence, rules)).toBe(false);
    expect(isWaking('keyboard', rules)).toBe(false);
    expect(isWaking('mouse', rules)).toBe(false);
    expect(isWaking('keyboard', RULES)).toBe(true);
  });

  it('follows the last report of each sensor', () => {
    const broken = withHealth(withAll({ keyboard: WATCHING }), 'keyboard', BROKEN);
    expect(isKnown(broken, RULES)).toBe(false);
    expect(isKnown(withHealth(broken, 'keyboard', WATCHING), RULES)).toBe(true);
  });
});

describe('a lock', () => {
  const key = (boot: number, began = boot): Activity => ({ ...activity('keyboard', boot), began });
  const under = (...activities: Activity[]): Presence =>
    activities.reduce(
      (presence, one) => withActivity(presence, one, RULES),
      withLock(withActivity(newPresence(0), key(5_000), RULES), 10_000),
    );

  it.each<readonly [string, readonly Activity[], Activity | undefined]>([
    ['nothing', [], undefined],
    ['the hand that locked', [key(10_500), key(14_999)], undefined],
    ['the hand that locked, and goes on', [key(60_000, 14_999)], undefined],
    ['a key 5 s later', [key(15_000)], key(15_000)],
    ['the last of several', [key(20_000), key(30_000)], key(30_000)],
    ['a report that comes late', [key(30_000), key(20_000)], key(30_000)],
    ['weak activity', [activity('audio', 30_000)], undefined],
  ])('keeps in mind %s, and nothing is renewed', (_what, activities, waking) => {
    const presence = under(...activities);
    expect(presence).toMatchObject({ lastWaking: 5_000, anchor: 5_000, lock: { since: 10_000 } });
    expect(presence.lock?.waking).toEqual(waking);
  });

  it('stays as it is when it is told again, and is gone when it is over', () => {
    const presence = under(key(20_000));
    expect(withLock(presence, 25_000)).toBe(presence);
    expect(withoutLock(presence).lock).toBeUndefined();
  });

  it('hides from nobody that a sensor has spoken', () => {
    expect(under(key(20_000), activity('audio', 30_000)).last).toEqual({ keyboard: 20_000, audio: 30_000 });
  });
});
