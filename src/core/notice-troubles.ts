/** Which conditions are told on the desktop, and when: those that need a person, once they have stood for a while. */
import type { Condition } from './events.js';
import type { NoticeFacts, NoticeMemory, Trouble } from './notice-facts.js';
import type { Wanted } from './notice-slots.js';
import { isQuiet, untilQuietEnds } from './quiet-hours.js';

/** A condition that is over sooner was a hiccup: a network that comes up after a sleep, a call that is tried again. */
const STANDS_MS = 20_000;
/** One that was over and is back is told again after this long at the earliest. */
const AGAIN_MS = 60 * 60_000;

/** Conditions that stay until a person does something; of others the dashboard and the log tell. */
const NEEDS_PERSON =
  /^(credentials|account|owed-elsewhere|presence-unknown|ledger|settings-file|services-file|internal|(target|dead-man|team)([:-].*)?)$/;
/** Money is lost without it, and nobody would notice. */
const CANNOT_WAIT = /^dead-man([:-].*)?$/;

/** Whether a condition is one that needs a person. */
export function needsPerson({ id }: Pick<Condition, 'id'>): boolean {
  return NEEDS_PERSON.test(id);
}

/** The troubles that stand now, and those told of lately. */
export function standingTroubles(
  before: NoticeMemory['troubles'],
  { conditions, now }: NoticeFacts,
): NoticeMemory['troubles'] {
  const troubles = new Map<string, Trouble>();
  for (const [id, { toldAt }] of before)
    if (toldAt !== undefined && now.boot - toldAt < AGAIN_MS) troubles.set(id, { since: undefined, toldAt });
  for (const { id } of conditions.filter(needsPerson)) {
    const known = before.get(id);
    troubles.set(id, { since: known?.since ?? now.boot, toldAt: known?.toldAt });
  }
  return troubles;
}

/** The message of what needs a person. `memory` has the {@link standingTroubles}. */
export function trouble({ troubles, coming }: NoticeMemory, facts: NoticeFacts): Wanted {
  const { now, presence, quietHours, minuteOfDay } = facts;
  const isNight = isQuiet(quietHours, minuteOfDay);
  const owed = new Set([...coming].map((target) => `target:${target}`));
  const isUrgent = (id: string) => presence === 'present' && (CANNOT_WAIT.test(id) || owed.has(id));

  let againInMs = Number.POSITIVE_INFINITY;
  const told: Condition[] = [];
  let isNews = false;
  for (const condition of facts.conditions) {
    const { since, toldAt } = troubles.get(condition.id) ?? {};
    if (since === undefined) continue;
    const stood = now.boot - since;
    const isKnown = toldAt !== undefined && (toldAt >= since || since - toldAt < AGAIN_MS);
    if (stood < STANDS_MS) againInMs = Math.min(againInMs, STANDS_MS - stood);
    else if (!isNight || isUrgent(condition.id)) {
      told.push(condition);
      isNews ||= !isKnown;
    } else if (quietHours && !isKnown)
      againInMs = Math.min(againInMs, untilQuietEnds(quietHours, minuteOfDay));
  }
  const ids = told.map(({ id }) => id);
  if (ids.length === 0) return { slot: 'trouble', say: 'nothing', againInMs };
  if (!isNews) return { slot: 'trouble', say: 'as it was', againInMs };
  const content = {
    slot: 'trouble' as const,
    conditions: told.map(({ message, hint }) => ({ message, hint })),
    isUrgent: ids.some(isUrgent),
  };
  return {
    slot: 'trouble',
    say: { about: 'trouble', key: ids.join(' '), content, troubles: ids },
    againInMs,
  };
}
