/**
 * What the daemon writes down: a snapshot of what was there (invariant 2), never replaced while it is open (3), of
 * nothing that was stopped already (4); and closed only when nothing is owed (8).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Fields } from '../../src/core/driver.js';
import type { Entry, EntryChange, EntryDraft, Outcome } from '../../src/core/ledger.js';
import { type Court, openEntry } from './court.js';
import { isSize, plain } from './owed.js';
import { show } from './verdicts.js';

export class EntryRules {
  /** How many entries were opened for a nap, and how many of them were closed as restored. */
  naps = 0;
  restores = 0;
  /** How many of the naps a lock or a sleep ahead has called for. */
  napsByLock = 0;
  napsBySuspend = 0;
  readonly #court: Court;
  readonly #saved = new Map<number, Fields>();

  constructor(court: Court) {
    this.#court = court;
  }

  /** Something was written to the ledger. */
  wrote(method: string, args: readonly unknown[], result: unknown): void {
    const { rig, verdicts } = this.#court;
    if (method === 'open') this.#opened(args[0] as EntryDraft, result as Entry);
    if (method === 'change') this.#changed(args[0] as number, args[1] as EntryChange, result as Entry);
    if (method === 'close') this.#closed(args[0] as number, args[1] as Outcome, String(args[2]));
    for (const entry of rig.ledger.openEntries()) {
      const saved = this.#saved.get(entry.id);
      if (saved && !isDeepStrictEqual(saved, entry.saved))
        verdicts.fail(3, `the snapshot of ${entry.targetId} was replaced`);
    }
  }

  /** What stays owed in an account, in words; empty when everything is back. */
  outstanding(account: string): readonly string[] {
    const { rig, owed } = this.#court;
    const entries = rig.ledger
      .openEntries()
      .filter((entry) => entry.account === account && entry.by === 'lease')
      .map((entry) => {
        const record = owed.of(account, entry.targetId);
        return `${entry.targetId} is ${entry.phase}, owed ${JSON.stringify([...record.owed])}`;
      });
    const lost = rig.world.all(account).flatMap((id) => {
      const record = owed.of(account, id);
      if (record.owed.size === 0 || openEntry(rig, id)) return [];
      return [`${id} is owed ${JSON.stringify([...record.owed])} and has no entry`];
    });
    return [...entries, ...lost];
  }

  #opened(draft: EntryDraft, entry: Entry): void {
    const { rig, episodes, guards, owed, verdicts } = this.#court;
    const { account, targetId: id } = entry;
    verdicts.note(`+ entry ${entry.id} ${id} by ${draft.by}: ${show(draft.saved)}`);
    this.naps += 1;
    if (draft.reason === 'the session is locked') this.napsByLock += 1;
    if (draft.reason === 'the machine is about to sleep') this.napsBySuspend += 1;
    this.#saved.set(entry.id, structuredClone(draft.saved));
    const now = rig.world.fields(account, id);
    episodes.begin(entry, { raced: !isDeepStrictEqual(now, draft.saved) });
    const record = owed.of(account, id);
    const readAt = guards.readAt(id) ?? 0;
    const seen = [now, ...record.before.filter((one) => one.at >= readAt).map((one) => one.fields)].map(
      plain,
    );
    // Size and bounds are told by two requests: each field is as it was at some instant since the look began.
    const isSeen = [...plain(draft.saved)].every(([field, value]) =>
      seen.some((fields) => fields.get(field) === value),
    );
    if (!isSeen) verdicts.fail(2, `the snapshot of ${id} is ${show(draft.saved)}, but it was ${show(now)}`);
    if ([...plain(draft.saved)].some(([field, value]) => isSize(field) && !value))
      verdicts.fail(4, `${id} was stopped already when it was napped`);
    if (record.owed.size > 0 && draft.by === 'lease')
      verdicts.fail(3, `a new snapshot of ${id} while ${[...record.owed.keys()]} of an older one is owed`);
    record.personal.clear();
    record.left.clear();
  }

  #changed(id: number, change: EntryChange, entry: Entry): void {
    const { asked, episodes, verdicts } = this.#court;
    const episode = episodes.of(entry);
    verdicts.note(`~ entry ${id} ${entry.targetId} ${JSON.stringify(change)}`);
    if (change.calledBy && asked.verbs.has(entry.targetId)) episode.cause = true;
    if (change.phase === 'napping' && change.calledBy === null) {
      episode.fresh = true;
      episode.cause = false;
    }
    // A restore under way may be finished: it is an interrupted step.
    else if (change.calledBy === null && entry.phase !== 'restoring') episode.cause = false;
  }

  #closed(id: number, outcome: Outcome, reason: string): void {
    const { rig, episodes, guards, owed, verdicts } = this.#court;
    const entry = rig.ledger.closed.at(-1)?.entry;
    if (entry?.id !== id) throw new Error('the ledger closed another entry');
    const { targetId: target, account } = entry;
    verdicts.note(`- entry ${id} ${target} ${outcome}: ${reason}`);
    if (outcome === 'restored') this.restores += 1;
    this.#saved.delete(id);
    episodes.end(id);
    const record = owed.of(account, target);
    if (outcome === 'deleted') {
      if (rig.world.fields(account, target)) verdicts.fail(8, `${target} was given up though it exists`);
    } else if (record.owed.size > 0)
      verdicts.fail(8, `${target} was closed as ${outcome}, but ${[...record.owed]} is owed`);
    const isRun = [...record.personal].some(([field, { value }]) => isSize(field) && Boolean(value));
    if (outcome === 'overridden' && isRun) guards.guard(`${account} ${target}`);
    record.owed.clear();
  }
}
