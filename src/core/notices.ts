/**
 * Decides what is told on the desktop, purely. Events are noted as they come; when a moment has passed they are held
 * against how things stand, so that many at once are one message, and one that is over before it is told is none.
 *
 * There are three messages: that a nap comes (and can be put off), what naps and what comes back, and what needs a
 * person. Quiet hours hold back everything but what cannot wait and somebody is there to see: a nap that comes, a
 * restore that fails, a dead-man's switch that is not armed.
 */
import type { NoticeSlot } from './desktop.js';
import type { Event } from './events.js';
import type { NoticeContent, NoticeFacts, NoticeMemory, Shown } from './notice-facts.js';
import { naps, SAME_NAP_MS, type Said, type Wanted, warning } from './notice-slots.js';
import { standingTroubles, trouble } from './notice-troubles.js';
import type { TargetId } from './target.js';

export interface NoticeDecision {
  readonly memory: NoticeMemory;
  readonly show: readonly NoticeContent[];
  readonly withdraw: readonly NoticeSlot[];
  /** Milliseconds after which to decide again though nothing has happened; undefined: not needed. */
  readonly againInMs: number | undefined;
}

export const NOTHING_NOTED: NoticeMemory = {
  napped: new Set(),
  coming: new Set(),
  back: new Set(),
  troubles: new Map(),
  shown: new Map(),
};

/** Between two messages about the same, so that what grows does so in steps. A warning cannot wait. */
const GAP_MS: Readonly<Record<NoticeSlot, number>> = { warning: 0, naps: 5_000, trouble: 60_000 };

/** Takes note of an event. */
export function noted(memory: NoticeMemory, { targetId: id, type }: Event): NoticeMemory {
  if (id === undefined) return memory;
  const { napped, coming, back } = memory;
  switch (type) {
    case 'nap':
      // Another absence: what came back before it is no news any more.
      return {
        ...memory,
        napped: plus(napped, id),
        back: coming.size === 0 ? new Set() : minus(back, id),
      };
    case 'napped':
      // One that was on its way back, and was not needed after all.
      return coming.has(id) ? { ...memory, napped: plus(napped, id), coming: minus(coming, id) } : memory;
    case 'restore':
      return { ...memory, napped: minus(napped, id), coming: plus(coming, id), back: minus(back, id) };
    case 'restored':
      return { ...memory, napped: minus(napped, id), coming: minus(coming, id), back: plus(back, id) };
    case 'closed':
      return { ...memory, napped: minus(napped, id), coming: minus(coming, id) };
    default:
      return memory;
  }
}

/** Holds what was noted against how things stand. */
export function decideNotices(before: NoticeMemory, facts: NoticeFacts): NoticeDecision {
  const noticed = { ...before, troubles: standingTroubles(before.troubles, facts) };
  const slots = [warning(facts), naps(noticed, facts), trouble(noticed, facts)];
  const judged = slots.map((wanted) => judge(wanted, before.shown.get(wanted.slot), facts.now.boot));
  const againInMs = Math.min(...judged.map((one) => one.againInMs));
  const troubles = new Map(noticed.troubles);
  for (const id of judged.flatMap(({ show }) => show?.troubles ?? []))
    troubles.set(id, { since: troubles.get(id)?.since, toldAt: facts.now.boot });
  return {
    memory: {
      ...noticed,
      troubles,
      shown: new Map(judged.flatMap(({ slot, shown }) => (shown ? [[slot, shown]] : []))),
    },
    show: judged.flatMap(({ show }) => (show ? [show.content] : [])),
    withdraw: judged.flatMap(({ slot, withdraw }) => (withdraw ? [slot] : [])),
    againInMs: Number.isFinite(againInMs) ? againInMs : undefined,
  };
}

/** What comes of one slot. */
interface Judged {
  readonly slot: NoticeSlot;
  readonly show?: Said;
  readonly withdraw?: boolean;
  readonly shown: Shown | undefined;
  readonly againInMs: number;
}

function judge(
  { slot, say, againInMs = Number.POSITIVE_INFINITY }: Wanted,
  last: Shown | undefined,
  boot: number,
): Judged {
  const stays = { slot, shown: last, againInMs };
  if (say === 'as it was') return stays;
  if (say === 'nothing') {
    if (last?.key === undefined) return stays;
    return { ...stays, withdraw: true, shown: { ...last, key: undefined } };
  }
  const { about, key, napAt } = say;
  const isSame = last?.key === key && Math.abs((napAt ?? 0) - (last.napAt ?? 0)) < SAME_NAP_MS;
  if (isSame) return stays;
  if (say.isSpent) return { ...stays, shown: { about, key, at: last?.at ?? Number.NEGATIVE_INFINITY } };
  const gap = last?.about === about ? last.at + GAP_MS[slot] - boot : 0;
  if (gap > 0) return { ...stays, againInMs: Math.min(againInMs, gap) };
  return { ...stays, show: say, shown: { about, key, at: boot, napAt } };
}

function plus(ids: ReadonlySet<TargetId>, id: TargetId): ReadonlySet<TargetId> {
  return new Set([...ids, id]);
}

function minus(ids: ReadonlySet<TargetId>, id: TargetId): ReadonlySet<TargetId> {
  return new Set([...ids].filter((other) => other !== id));
}
