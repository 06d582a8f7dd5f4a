/** A person's commands: each is given to the daemon as a door would, and what it is worth is told to the judges. */
import { CommandError } from '../../src/core/errors.js';
import type { Entry } from '../../src/core/ledger.js';
import { type Target, type TargetId, targetId } from '../../src/core/target.js';
import { Killed } from '../fakes/process.js';
import { type Court, openEntry } from './court.js';

export class Commands {
  readonly #court: Court;

  constructor(court: Court) {
    this.#court = court;
  }

  /** Starts, stops or scales a target, and waits for the answer. */
  async explicit(target: Target, verb: 'start' | 'stop' | 'scale', size: number | undefined): Promise<void> {
    const { rig, asked, episodes, guards, verdicts } = this.#court;
    const id = targetId(target);
    if (!rig.isRunning) return;
    const { control } = rig;
    verdicts.note(`command: ${verb} ${id} ${size ?? ''}`);
    asked.verbs.set(id, verb === 'scale' && (size ?? 1) === 0 ? 'stop' : verb);
    const by = 'a test';
    const account = rig.wire.signedIn;
    const open = openEntry(rig, id);
    if (verb !== 'stop' && open) episodes.of(open).meddled = true;
    const answer =
      verb === 'scale'
        ? control.scale({ target: id, size: size ?? 1, by })
        : verb === 'stop'
          ? control.stop({ target: id, by })
          : control.start({ target: id, ...(target.kind === 'ec2' ? {} : { size }), by });
    let isAnswered = false;
    const told = this.told(answer).then((done) => {
      isAnswered = true;
      const last = asked.verbs.get(id);
      if (last === 'stop') guards.guarded.delete(`${account} ${id}`);
      else if (done && asked.acted.has(id)) guards.started(account ?? '', id);
    });
    // A dead daemon does not answer, and AWS may be slow.
    for (let waited = 0; !isAnswered && waited < 120 && rig.isRunning; waited += 1)
      await rig.run(waited < 10 ? 0 : 1_000);
    if (isAnswered) await told;
    asked.acted.delete(id);
    asked.verbs.delete(id);
  }

  async hold(id: TargetId | undefined, minutes: number): Promise<void> {
    const { rig, episodes, truth, verdicts } = this.#court;
    if (!rig.isRunning) return;
    verdicts.note(`command: hold ${id ?? 'everything'} for ${minutes} min`);
    const covered = id === undefined ? undefined : this.#withDependencies(id);
    const covers = (entry: Entry) =>
      entry.by === 'lease' && (covered === undefined || covered.has(entry.targetId));
    // It may be restored before we are told that the hold was taken.
    episodes.meddled(covers);
    const done = await this.told(rig.control.hold({ target: id, minutes, by: 'a test' }));
    if (!done && rig.isRunning) return;
    // Of a hold whose daemon died over it nobody can tell how far it came.
    if (done) truth.hold(id, minutes, rig.ledger.holds().at(-1)?.account);
    episodes.cause(covers);
  }

  async release(id: TargetId | undefined): Promise<void> {
    const { rig, truth, verdicts } = this.#court;
    if (!rig.isRunning) return;
    verdicts.note(`command: release ${id ?? 'everything'}`);
    const done = await this.told(rig.control.release({ target: id, by: 'a test' }));
    // When the daemon died over it, it may have been written before.
    if (done || !rig.isRunning) truth.release(id);
  }

  async napNow(id: TargetId | undefined): Promise<void> {
    const { rig, guards, truth, verdicts } = this.#court;
    if (!rig.isRunning) return;
    verdicts.note(`command: nap ${id ?? 'everything'}`);
    const meant = rig.registry
      .current()
      .filter((entry) => entry.enabled && (id === undefined || entry.id === id))
      .map((entry) => entry.id);
    const held = meant.filter((one) => truth.isHeld(one));
    const answer = rig.control.nap({ target: id, by: 'a test' });
    // It naps before we are told that it does; what was spared is taken back then.
    const undrop = truth.dropped(meant, id === undefined);
    guards.unguard((one) => meant.includes(one));
    const done = await this.told(answer);
    const spared = done?.spared ?? meant;
    undrop(spared, done === undefined);
    for (const one of held)
      if (!spared.includes(one)) verdicts.fail(0, `NAP did not spare ${one}, which is held`);
  }

  async accept(account: string): Promise<void> {
    const { rig, verdicts } = this.#court;
    if (!rig.isRunning) return;
    verdicts.note(`command: accept ${account}`);
    await this.told(rig.control.acceptAccount(account));
  }

  /** What a command came to; undefined when it was refused. Any other failure is one of ours. */
  async told<T>(answer: Promise<T>): Promise<T | undefined> {
    const { verdicts } = this.#court;
    try {
      return await answer;
    } catch (thrown) {
      if (thrown instanceof CommandError) verdicts.note(`refused: ${thrown.code} ${thrown.message}`);
      else if (!(thrown instanceof Killed)) verdicts.fail(0, `a command failed: ${String(thrown)}`);
      return undefined;
    }
  }

  #withDependencies(id: TargetId): ReadonlySet<TargetId> {
    const all = new Set([id]);
    for (const one of all)
      for (const entry of this.#court.rig.registry.current())
        if (entry.id === one) for (const dependency of entry.dependsOn) all.add(dependency);
    return all;
  }
}
