/**
 * What the daemon asks of AWS, judged as it asks: naps only of what may nap, now (invariants 1, 5, 6, 7), restores
 * only of what napped, for a reason (4), each with its intent and its snapshot in the ledger before (2, 3).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../../src/core/ledger.js';
import { type TargetId, targetId } from '../../src/core/target.js';
import type { Request } from '../fakes/world-api.js';
import type { VerbCall } from '../fakes/world-session.js';
import { type Court, openEntry } from './court.js';
import { show } from './verdicts.js';

export class Calls {
  readonly #court: Court;
  /** When the daemon was last told that the machine is awake after a sleep, true milliseconds. */
  #wokeAt = Number.NEGATIVE_INFINITY;

  constructor(court: Court) {
    this.#court = court;
  }

  /** The daemon was told that the machine is awake after a sleep. */
  woke(): void {
    this.#wokeAt = this.#court.rig.now;
  }

  /** A driver is about to be given something to do. */
  verb(call: VerbCall): void {
    const { rig, asked, episodes, verdicts } = this.#court;
    const id = targetId(call.target);
    const commanded = asked.verbs.get(id);
    verdicts.note(`→ ${call.verb} ${id}${commanded ? ' by command' : ''}`);
    if (rig.settings.current().aws.dryRun && !commanded) verdicts.fail(0, `${call.verb} of ${id} in dry_run`);
    if (commanded !== undefined) asked.acted.add(id);
    if (call.verb === 'scale') {
      if (commanded === undefined) verdicts.fail(1, `${id} was scaled though nobody asked for it`);
      return;
    }
    const entry = openEntry(rig, id);
    if (!entry) {
      verdicts.fail(call.verb === 'nap' ? 2 : 4, `${call.verb} of ${id} without an open entry`);
      return;
    }
    if (!isDeepStrictEqual(call.order?.saved, entry.saved))
      verdicts.fail(
        3,
        `${call.verb} of ${id} with ${show(call.order?.saved)}, saved is ${show(entry.saved)}`,
      );
    const episode = episodes.of(entry);
    if (entry.phase !== 'restoring' && call.verb === 'restore') episode.unwritten = true;
    if (call.verb === 'nap') this.#checkNap(entry, commanded !== undefined);
    else if (!episode.cause && !episode.meddled && commanded === undefined)
      verdicts.fail(4, `${id} is restored though nothing called for it`);
  }

  /** A request that changes something is sent. */
  sending(request: Request, verbs: ReadonlyMap<TargetId, VerbCall>): void {
    const { asked, verdicts } = this.#court;
    for (const [id, { verb, startedAt }] of verbs)
      if (verb === 'nap' && startedAt < this.#wokeAt && !asked.verbs.has(id))
        verdicts.fail(7, `${request.operation} of ${id} was sent after a sleep for a nap decided before it`);
  }

  #checkNap(entry: Entry, commanded: boolean): void {
    const { rig, episodes, guards, truth, verdicts } = this.#court;
    const id = entry.targetId;
    const episode = episodes.of(entry);
    if (entry.phase !== 'napping') verdicts.fail(2, `nap of ${id} without its intent written`);
    if (commanded) {
      episode.fresh = false;
      return;
    }
    if (episode.cause) verdicts.fail(7, `the nap of ${id} goes on though it was called back`);
    if (entry.by === 'person') return;
    const registered = rig.registry.current().find((known) => known.id === id);
    if (!registered?.enabled) verdicts.fail(1, `nap of ${id}, which is not registered and enabled`);
    if (rig.ledger.pinnedAccount() !== entry.account)
      verdicts.fail(1, `nap of ${id} in account ${entry.account}, which is not the pinned one`);
    if (!truth.isKnown && !truth.isNappedByPerson(id))
      verdicts.fail(6, `nap of ${id} while presence is unknown`);
    // Half done, as far as anybody can tell: a person may have changed it to just what a nap begins with.
    if ((episode.touched || episode.meddled) && !episode.fresh) return;
    const forbidden = truth.forbids(id);
    if (forbidden) verdicts.fail(7, `nap of ${id}: ${forbidden}`);
    if (guards.guarded.has(`${entry.account} ${id}`))
      verdicts.fail(5, `nap of ${id}, which a person started or scaled`);
    episode.fresh = false;
  }
}
