/**
 * What reaches AWS, judged field by field as it does: only by a verb (invariant 1), with an open entry in that account
 * (2), to what is owed and nothing else (4), and never over what a person has set (5).
 */
import type { FieldName, Fields } from '../../src/core/driver.js';
import type { TargetId } from '../../src/core/target.js';
import type { Request } from '../fakes/world-api.js';
import type { VerbCall } from '../fakes/world-session.js';
import { type Court, openEntry } from './court.js';
import { changes, plain } from './owed.js';
import { show } from './verdicts.js';

/** One field of one target that a verb has changed. */
interface Effect {
  readonly account: string;
  readonly id: TargetId;
  readonly verb: VerbCall;
  readonly field: FieldName;
  readonly was: number | boolean;
  readonly is: number | boolean;
}

export class Effects {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  /** A request changes something by `apply`, on behalf of the verb that is under way on each target. */
  changing(
    request: Request,
    account: string,
    verbs: ReadonlyMap<TargetId, VerbCall>,
    apply: () => unknown,
  ): unknown {
    const { rig, verdicts } = this.#court;
    const { world } = rig;
    const before = request.changes.map((id) => [id, world.fields(account, id)] as const);
    const result = apply();
    for (const [id, from] of before) {
      const to = world.fields(account, id);
      const verb = verbs.get(id);
      if (verb) this.#changed(account, verb, request.operation, { id, from, to });
      else verdicts.fail(1, `${request.operation} of ${id}, which no verb was told to change`);
    }
    return result;
  }

  #changed(
    account: string,
    verb: VerbCall,
    operation: string,
    { id, from, to }: { id: TargetId; from: Fields | undefined; to: Fields | undefined },
  ): void {
    const { rig, owed, verdicts } = this.#court;
    verdicts.note(`! ${operation} ${id}: ${show(from)} → ${show(to)}`);
    const record = owed.of(account, id);
    for (const [field, was, is] of changes(from, to)) {
      if (verb.verb === 'scale') {
        record.owed.delete(field);
        record.left.delete(field);
        // Theirs, but they gave it through us: that we go on from it is no harm.
        record.personal.set(field, { value: is, at: rig.now, untraceable: true });
        continue;
      }
      this.#checkField({ account, id, verb, field, was, is });
    }
  }

  #checkField({ account, id, verb, field, was, is }: Effect): void {
    const { rig, asked, episodes, guards, owed, verdicts } = this.#court;
    const readAt = Math.min(verb.startedAt, guards.readAt(id) ?? verb.startedAt);
    const record = owed.of(account, id);
    const entry = openEntry(rig, id);
    const episode = entry && episodes.of(entry);
    const saved = plain(verb.order?.saved).get(field);
    const personal = record.personal.get(field);
    const commanded = asked.verbs.has(id);
    // A change that came after the last look could not be known of.
    const isTraceable = personal && !personal.untraceable && !episode?.unwritten;
    if (isTraceable && personal.at < readAt && !commanded) {
      const asSaved = entry?.phase === 'napping' && personal.value === saved;
      if (!asSaved) verdicts.fail(5, `${id}: ${field}, set to ${personal.value} by a person, was made ${is}`);
    }
    if (entry?.account !== account)
      verdicts.fail(2, `${id} was changed in account ${account} without an open entry there`);
    if (episode) episode.touched = true;
    // Bounds give way to a size that a person keeps, and a size to their bounds: AWS would bend them otherwise.
    const givesWay = record.personal.size > 0;
    const isRaced = record.before.some((one) => one.at >= readAt) || episode?.raced;
    if (verb.verb === 'nap') {
      if (!record.owed.has(field)) record.owed.set(field, isRaced && saved !== undefined ? saved : was);
    } else if (!record.owed.has(field) && !isRaced && !commanded && !givesWay && !episode?.unwritten) {
      verdicts.fail(4, `${id}: ${field} was restored to ${is}, but no nap had changed it`);
    }
    record.personal.delete(field);
    const goal = record.owed.get(field);
    const fallsBack = field === 'state' && rig.world.instance(account, id)?.startFails;
    if (goal === is && !fallsBack) record.owed.delete(field);
    else if (verb.verb === 'restore' && goal !== undefined && goal !== is) {
      // Bounds give way to a size that a person keeps.
      if (record.personal.size === 0 && !commanded)
        verdicts.fail(4, `${id}: ${field} was restored to ${is} instead of ${goal}`);
      record.owed.delete(field);
    }
    record.left.set(field, is);
  }
}
