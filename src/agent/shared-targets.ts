/**
 * Shared targets between the team's table and this agent's ledger: entries are brought in line with the table before
 * anything is decided, naps and restores get their leave from it first, and how they ended is told to it last. A
 * target that is not shared passes through untouched.
 */
import type { Driver, Observed } from '../core/driver.js';
import { CommandError } from '../core/errors.js';
import type { Entry, Outcome } from '../core/ledger.js';
import type { Registered } from '../core/registry.js';
import type { TargetId } from '../core/target.js';
import type { TeamAdvice } from '../core/team-leases.js';
import type { Entries } from './entries.js';
import type { Journal } from './journal.js';
import type { Team } from './team.js';
import type { Grant } from './team-claims.js';

export interface SharedTargetsPorts {
  readonly team: Team;
  readonly entries: Entries;
  readonly journal: Journal;
  readonly registered: () => readonly Registered[];
  /** Whether somebody is here, or has asked for this target: what a teammate napped is then brought back. */
  readonly isNeeded: (id: TargetId) => boolean;
}

/** Leave to change a target, or why there is none now. */
export type Leave =
  /** AWS is asked before this instant, in `boot` milliseconds, or leave is asked for again. */
  | { readonly may: true; readonly before: number }
  /** The entry is open by now: the target is to be looked at again. */
  | { readonly may: 'look' }
  | { readonly may: false; readonly why: string };

export class SharedTargets {
  readonly #ports: SharedTargetsPorts;
  /** The epoch in which each target was last sighted. */
  readonly #sightedIn = new Map<TargetId, number>();
  /** What the table advised last on each target, until it was acted on. */
  readonly #advice = new Map<TargetId, TeamAdvice>();

  constructor(ports: SharedTargetsPorts) {
    this.#ports = ports;
  }

  /** Asks the table about these targets; to be called before they are read. */
  async consult(ids: readonly TargetId[]): Promise<void> {
    const { entries, isNeeded, team } = this.#ports;
    const asked = ids.filter((id) => team.isShared(id));
    if (asked.length === 0) return;
    const advice = await team.consult(
      asked.map((id) => {
        const entry = entries.of(id);
        const kind = entry === undefined ? 'none' : entry.by === 'person' ? 'person' : 'nap';
        return { id, entry: kind, isNeeded: isNeeded(id) };
      }),
    );
    for (const [id, advised] of advice) this.#advice.set(id, advised);
  }

  /**
   * Whether the team has napped or restored a target since it was last sighted, or is at it. One that was sighted in
   * the very epoch in which it naps and is up now was started by a person, or by a teammate who cannot tell.
   */
  explains(id: TargetId): boolean {
    const row = this.#ports.team.isShared(id) ? this.#ports.team.row(id) : undefined;
    if (row === undefined) return false;
    const isUnderWay = row.state === 'napping' || row.state === 'restoring';
    return isUnderWay || row.epoch !== this.#sightedIn.get(id);
  }

  /** A target has been sighted: what is different at the next sighting has happened after. */
  sighted(id: TargetId): void {
    const row = this.#ports.team.row(id);
    if (row) this.#sightedIn.set(id, row.epoch);
  }

  /** Shared targets whose entry, or want of one, is not what the table's last word says: to be looked at. */
  unaligned(): readonly TargetId[] {
    const { entries, isNeeded, registered, team } = this.#ports;
    return registered().flatMap(({ id }) => {
      const row = team.isShared(id) ? team.row(id) : undefined;
      const entry = entries.of(id);
      if (!row || entry?.by === 'person') return [];
      const isOff = row.state !== 'up';
      return (entry ? !isOff || !team.isActor(id) : isOff && isNeeded(id)) ? [id] : [];
    });
  }

  /** Whether any of these targets is shared. */
  any(ids: readonly TargetId[]): boolean {
    return ids.some((id) => this.#ports.team.isShared(id));
  }

  /**
   * Brings the entry of a target in line with the table. Returns why it is to be left alone for now; undefined: it is
   * decided about like any other. @throws LedgerError
   */
  async align(driver: Driver, observed: Observed, account: string): Promise<string | undefined> {
    const { entries, journal, team } = this.#ports;
    const { id } = observed;
    const advice = this.#advice.get(id);
    if (!advice || !team.isShared(id)) return undefined;
    this.#advice.delete(id);
    const entry = entries.of(id);
    switch (advice.do) {
      case 'go-on':
        return undefined;
      case 'wait':
        return `${team.actorOf(id)} is at work on it`;
      case 'let-go':
        if (entry) entries.close(entry, 'handed-over', `${team.actorOf(id)} has taken it over`);
        return undefined;
      case 'call': {
        if (!entry) return undefined;
        const isBack = driver.missing(entry.saved, entry.keep, observed).length === 0;
        if (isBack) entries.close(entry, 'restored', 'a teammate has brought it back');
        else if (entry.calledBy === undefined) entries.call(entry, 'the team has it up again');
        return undefined;
      }
      case 'adopt': {
        const why = await this.#adopt(observed, account, advice.called);
        const adopted = entries.of(id);
        if (adopted && advice.called && adopted.calledBy === undefined)
          entries.call(adopted, `somebody is back; ${journal.nameOf(id)} was napped in the team`);
        return why;
      }
    }
  }

  /** Leave to nap a target. */
  async mayNap(observed: Observed, account: string, reason: string): Promise<Leave> {
    const { entries, team } = this.#ports;
    const { id, fields } = observed;
    if (!team.isShared(id) || !fields) return ALWAYS;
    const saved = entries.of(id)?.saved ?? fields;
    const grant = await team.claimNap(id, { saved, account, reason });
    if (!grant.granted) return { may: false, why: grant.why };
    if (grant.isNew || entries.of(id) || grant.saved === undefined)
      return { may: true, before: grant.actBefore };
    // Somebody's nap is finished by us: what it saved is the snapshot, whatever is seen now.
    entries.adopt(observed.target, { account, saved: grant.saved, reason });
    return { may: 'look' };
  }

  /** Leave to restore a target. */
  async mayRestore(id: TargetId): Promise<Leave> {
    const { entries, team } = this.#ports;
    if (!team.isShared(id)) return ALWAYS;
    const grant = await team.claimRestore(id, { owed: entries.of(id)?.by === 'lease' });
    return grant.granted ? { may: true, before: grant.actBefore } : { may: false, why: grant.why };
  }

  /**
   * For a person who starts a target: what a teammate napped becomes ours to give back, and the team knows of it.
   * @throws CommandError REFUSED while a teammate is at work on it
   */
  async takeUp(observed: Observed, account: string): Promise<Entry | undefined> {
    const { entries, team } = this.#ports;
    const { id, target } = observed;
    // What was read last may be from before a teammate began.
    await team.consult([{ id, entry: 'none', isNeeded: true }]);
    const row = team.isShared(id) ? team.row(id) : undefined;
    if (!row || row.state === 'up') return entries.of(id);
    const grant = await team.claimRestore(id, { owed: entries.of(id)?.by === 'lease' });
    if (!grant.granted) throw refused(id, grant.why);
    if (entries.of(id) || grant.saved === undefined) return entries.of(id);
    return entries.adopt(target, { account, saved: grant.saved, reason: row.snapshot?.reason ?? 'napped' });
  }

  /** A nap was confirmed: it is for the team to know. */
  napped(id: TargetId): void {
    this.#ports.team.settle(id, 'napped');
  }

  /** An entry has ended: the target is up again, or nobody's to restore. */
  ended({ targetId }: Entry, outcome: Outcome): void {
    if (outcome !== 'handed-over') this.#ports.team.settle(targetId, 'up');
  }

  async #adopt(observed: Observed, account: string, called: boolean): Promise<string | undefined> {
    const { entries, team } = this.#ports;
    const { id, target } = observed;
    const snapshot = team.row(id)?.snapshot;
    if (!snapshot) return undefined;
    if (snapshot.account !== account) return `it naps in account ${snapshot.account}`;
    const { saved, reason } = snapshot;
    const grant: Grant = called
      ? await team.claimRestore(id, { owed: false })
      : await team.claimNap(id, { saved, account, reason });
    if (!grant.granted) return grant.why;
    entries.adopt(target, { account, saved: grant.saved ?? saved, reason });
    return undefined;
  }
}

const ALWAYS: Leave = { may: true, before: Number.POSITIVE_INFINITY };

function refused(id: TargetId, why: string): CommandError {
  return new CommandError('REFUSED', `${id} cannot be started now: ${why}`, {
    hint: 'Try again in a minute.',
  });
}
