/** What the messages about naps are to say, if anything, as things stand: one function for each. Pure. */
import type { NoticeSlot } from './desktop.js';
import type { NoticeAbout, NoticeContent, NoticeFacts, NoticeMemory } from './notice-facts.js';
import { isQuiet } from './quiet-hours.js';
import type { TargetId } from './target.js';

/** What a slot is to show. */
export interface Wanted {
  readonly slot: NoticeSlot;
  readonly say: 'nothing' | 'as it was' | Said;
  /** Milliseconds after which it may be something else though nothing happens. */
  readonly againInMs?: number;
}

export interface Said {
  /** Messages about the same keep a distance. */
  readonly about: NoticeAbout;
  /** Tells contents apart: the same is not shown again. */
  readonly key: string;
  readonly content: NoticeContent;
  /** It is not shown, and no news afterwards. */
  readonly isSpent?: boolean;
  /** Wall milliseconds of the nap that is warned of. */
  readonly napAt?: number;
  /** Ids of the conditions it tells of. */
  readonly troubles?: readonly string[];
}

/** A nap that is put off by less is the same nap. */
export const SAME_NAP_MS = 5_000;

/** That naps come. */
export function warning(facts: NoticeFacts): Wanted {
  const { now, presence } = facts;
  const warned = facts.targets.flatMap(({ id, name, warnedNapAt }) =>
    warnedNapAt === undefined ? [] : [{ id, name, warnedNapAt }],
  );
  if (warned.length === 0) return { slot: 'warning', say: 'nothing' };
  // Nobody is there to be warned at night; somebody who is, must be.
  if (presence !== 'present' && isNight(facts)) return { slot: 'warning', say: 'as it was' };
  const napAt = Math.min(...warned.map(({ warnedNapAt }) => warnedNapAt));
  const names = warned.map(({ name }) => name);
  const content = { slot: 'warning' as const, names, inMs: Math.max(0, napAt - now.wall) };
  return {
    slot: 'warning',
    say: { about: 'warning', key: keyOf(warned.map(({ id }) => id)), content, napAt },
  };
}

/** What naps, what comes back, and what came back. */
export function naps({ napped, coming, back }: NoticeMemory, facts: NoticeFacts): Wanted {
  const failing = new Set(facts.conditions.map(({ targetId }) => targetId));
  const failed = [...coming].filter((id) => failing.has(id));
  const names = (ids: Iterable<TargetId>) => [...ids].map((id) => nameOf(id, facts));
  const wanted = (ids: string, content: NoticeContent & { slot: 'naps' }): Wanted => {
    const { about } = content;
    // Nothing of it has to be known at once, and by the morning it is no news.
    return { slot: 'naps', say: { about, key: `${about} ${ids}`, content, isSpent: isNight(facts) } };
  };
  if (coming.size > failed.length) {
    const ids = [...new Set([...coming, ...back])];
    const isWelcome = facts.presence === 'present';
    return wanted(keyOf(ids), {
      slot: 'naps',
      about: 'restoring',
      names: names(ids),
      isWelcome,
    });
  }
  if (back.size > 0 || failed.length > 0)
    return wanted(`${keyOf(back)}; failed: ${keyOf(failed)}`, {
      slot: 'naps',
      about: 'restored',
      names: names(back),
      failed: names(failed),
    });
  if (napped.size > 0) return wanted(keyOf(napped), { slot: 'naps', about: 'napping', names: names(napped) });
  return { slot: 'naps', say: 'nothing' };
}

function isNight({ quietHours, minuteOfDay }: NoticeFacts): boolean {
  return isQuiet(quietHours, minuteOfDay);
}

function keyOf(ids: Iterable<TargetId>): string {
  return [...ids].sort().join(' ');
}

function nameOf(target: TargetId, { targets }: NoticeFacts): string {
  return targets.find(({ id }) => id === target)?.name ?? target;
}
