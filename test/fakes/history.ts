/**
 * The history of a person who works on weekdays, as a ledger would hold it: for looking at, and for measuring. The
 * same for the same period and number of targets.
 */
import type { IntervalMark, Stretch } from '../../src/core/ledger.js';
import { random as chance, type Random } from '../simulation/random.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TIMEOUT = 30 * MINUTE;
const ACCOUNT = '111122223333';

export interface History {
  readonly stretches: readonly Stretch[];
  /** In the order they are to be written. */
  readonly marks: readonly IntervalMark[];
}

/** Days of history up to `until`, wall milliseconds. */
export function historyOf({
  until,
  days,
  targets,
}: {
  until: number;
  days: number;
  targets: readonly IntervalMark['targetId'][];
}): History {
  const random = chance(7);
  const midnight = new Date(until).setHours(0, 0, 0, 0);
  const begin = midnight - (days - 1) * DAY;
  const stretches: Stretch[] = [];
  const here: { from: number; until: number }[] = [];
  for (let n = 0; n < days; n += 1) {
    const day = begin + n * DAY;
    const weekday = new Date(day + 12 * HOUR).getDay();
    if (weekday === 0 || (weekday === 6 && n % 2 === 0)) continue;
    const morning = day + 8.6 * HOUR + random.int(0, 50) * MINUTE;
    const noon = day + 12 * HOUR + random.int(0, 30) * MINUTE;
    const back = noon + random.int(45, 70) * MINUTE;
    const evening = day + 17.5 * HOUR + random.int(0, 90) * MINUTE;
    for (const [from, to] of [[morning, noon] as const, [back, evening] as const]) {
      if (from >= until) continue;
      here.push({ from, until: Math.min(to, until) });
      stretches.push(...activity(random, from, Math.min(to, until)));
    }
  }
  return {
    stretches: [...stretches, ...presence(here, begin, until)],
    marks: marks(here, begin, until, targets),
  };
}

/** Bursts of each sensor while somebody is at work. */
function activity(random: Random, from: number, until: number): readonly Stretch[] {
  const bursts = (what: Stretch['what'], longest: number, pause: number) => {
    const found: Stretch[] = [];
    for (let at = from; at < until; ) {
      const end = Math.min(until, at + random.int(0, longest * 60) * 1_000);
      found.push({ what, from: at, until: end });
      at = end + (60 + random.int(0, pause * 60)) * 1_000;
    }
    return found;
  };
  return [
    ...bursts('keyboard', 14, 6),
    ...bursts('mouse', 9, 5),
    ...bursts('window', 3, 12),
    ...bursts('audio', 50, 120),
  ];
}

/** Present while at work and for the timeout after it; on most nights the machine sleeps, and nobody knows. */
function presence(
  here: readonly { from: number; until: number }[],
  begin: number,
  until: number,
): readonly Stretch[] {
  const found: Stretch[] = [];
  let at = begin;
  for (const [i, stay] of here.entries()) {
    const woke = Math.max(at, stay.from - (i % 3 === 0 ? 5 * HOUR : 20 * MINUTE));
    if (woke > at + 2 * HOUR) found.push({ what: 'away', from: at, until: at + 2 * HOUR });
    found.push({
      what: i % 5 === 4 ? 'locked' : 'away',
      from: woke > at + 2 * HOUR ? woke : at,
      until: stay.from,
    });
    at = Math.min(until, stay.until + TIMEOUT);
    found.push({ what: 'present', from: stay.from, until: at });
  }
  if (until > at) found.push({ what: 'away', from: at, until });
  return found.filter((stretch) => stretch.until > stretch.from);
}

/** Every target runs while somebody is here, some a little longer, and naps in between; each is looked at now and then. */
function marks(
  here: readonly { from: number; until: number }[],
  begin: number,
  until: number,
  targets: readonly IntervalMark['targetId'][],
): readonly IntervalMark[] {
  return targets.flatMap((targetId, n) => {
    const mark = (state: 'running' | 'napping', at: number): IntervalMark => ({
      targetId,
      account: ACCOUNT,
      state,
      size: 1 + (n % 3),
      instanceType: targetId.startsWith('ec2:') ? 'm5.large' : undefined,
      at: Math.min(at, until),
    });
    const late = (n % 4) * 9 * MINUTE;
    const found = [mark('napping', begin)];
    for (const [i, stay] of here.entries()) {
      const up = stay.from + MINUTE * (1 + (n % 3));
      const next = here[i + 1]?.from ?? Number.POSITIVE_INFINITY;
      const down = stay.until + TIMEOUT + late + 2 * MINUTE;
      if (up < until && found.at(-1)?.state === 'napping')
        found.push(mark('napping', up - MINUTE), mark('running', up));
      if (down < Math.min(until, next)) found.push(mark('running', down - MINUTE), mark('napping', down));
    }
    const last = found.at(-1);
    if (last) found.push({ ...last, at: until });
    return found.sort((a, b) => a.at - b.at);
  });
}
