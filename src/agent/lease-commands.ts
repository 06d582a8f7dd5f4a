/** A person's word on leases: hold, release, nap. */
import { type Done, type HoldDone, MAX_HOLD_MINUTES, type NapDone } from '../core/control.js';
import { CommandError } from '../core/errors.js';
import type { Hold } from '../core/ledger.js';
import { type Registered, resolveTarget } from '../core/registry.js';
import { type TargetId, targetId } from '../core/target.js';
import type { ControlPorts } from './control-ports.js';
import { orRefuse } from './refusals.js';
import { isUp } from './sightings.js';

type LeaseCommandsPorts = Pick<
  ControlPorts,
  | 'deadMan'
  | 'journal'
  | 'accounts'
  | 'sightings'
  | 'entries'
  | 'attendant'
  | 'book'
  | 'registry'
  | 'drops'
  | 'clock'
  | 'changed'
>;

export class LeaseCommands {
  readonly #ports: LeaseCommandsPorts;

  constructor(ports: LeaseCommandsPorts) {
    this.#ports = ports;
  }

  /** See `Control.hold`. */
  async hold(command: { minutes: number; target?: string | undefined; by: string }): Promise<HoldDone> {
    if (!(command.minutes > 0 && command.minutes <= MAX_HOLD_MINUTES))
      throw new CommandError(
        'BAD_REQUEST',
        `a hold lasts more than 0 and at most ${MAX_HOLD_MINUTES} minutes (7 days)`,
        {
          hint: 'For longer, disable the service in services.yaml.',
        },
      );
    const { book, accounts, attendant, journal, registry } = this.#ports;
    const id = command.target === undefined ? undefined : this.#knownId(command.target);
    const account = accounts.known() ?? accounts.pinned();
    const { id: hold } = orRefuse(() =>
      book.addHold({ targetId: id, account, minutes: command.minutes, by: command.by }),
    );
    const covered = id === undefined ? undefined : withDependencies(id, registry.current());
    const called = attendant.call(
      (entry) => entry.by === 'lease' && (covered === undefined || covered.has(entry.targetId)),
      `a hold by ${command.by}`,
    );
    for (const entry of registry.current())
      if ((covered === undefined || covered.has(entry.id)) && book.withdraw(entry.id))
        journal.tell(
          'warning-withdrawn',
          `${entry.name ?? entry.id} does not nap now: a hold by ${command.by}.`,
          {
            targetId: entry.id,
          },
        );
    const what = id ?? 'everything';
    journal.tell(
      'hold',
      `${what} is kept awake for ${command.minutes} min by ${command.by}.`,
      id ? { targetId: id } : {},
    );
    // What AWS holds follows at once: the lid may close the next minute.
    this.#ports.deadMan.follow();
    this.#ports.changed();
    const restoring =
      called.length > 0 ? `; restoring ${called.map((entry) => entry.targetId).join(', ')}` : '';
    return { message: `${what} is kept awake for ${command.minutes} min${restoring}`, id, hold };
  }

  /** See `Control.release`. */
  async release(command: {
    target?: string | undefined;
    hold?: number | undefined;
    by: string;
  }): Promise<Done> {
    const { book, journal } = this.#ports;
    const id = command.target === undefined ? undefined : this.#id(command.target);
    const isMeant = (hold: Hold) =>
      (command.hold === undefined || hold.id === command.hold) && (id === undefined || hold.targetId === id);
    const gone = orRefuse(() => book.holds.remove(isMeant));
    for (const hold of gone)
      journal.tell(
        'hold-ended',
        `The hold by ${hold.askedBy} on ${hold.targetId ?? 'everything'} was released by ${command.by}.`,
      );
    this.#ports.changed();
    const message =
      gone.length === 0
        ? 'there was no hold to release'
        : `released ${gone.length} hold${gone.length > 1 ? 's' : ''}`;
    return { message, id };
  }

  /** See `Control.nap`. */
  async nap(command: { target?: string | undefined; by: string }): Promise<NapDone> {
    const { attendant, clock, drops, entries, journal, registry, sightings } = this.#ports;
    const id = command.target === undefined ? undefined : this.#id(command.target);
    if (id !== undefined && !registry.current().some((entry) => entry.enabled && entry.id === id))
      throw new CommandError('NOT_REGISTERED', `${id} is not registered, or disabled`, {
        hint: 'Register it, or stop it explicitly.',
      });
    const { dropped, spared } = drops.drop({ only: id, by: 'nap', at: clock.now().boot });
    // A person's word: it goes for what they started, too.
    sightings.unguard((target) => dropped.includes(target));
    const napping = dropped.filter((target) => {
      const last = attendant.lastStep(target);
      return last === undefined || isUp(last.observed) || entries.of(target) !== undefined;
    });
    const list = (ids: readonly TargetId[]) => (ids.length === 0 ? 'nothing' : ids.join(', '));
    const kept = spared.length > 0 ? `; held and spared: ${spared.join(', ')}` : '';
    journal.tell('command', `A nap was asked for by ${command.by}: ${list(napping)}${kept}.`);
    this.#ports.changed();
    return { message: `napping ${list(napping)}${kept}`, id, napping, spared };
  }

  #id(text: string): TargetId {
    return targetId(resolveTarget(text, this.#ports.registry.current()));
  }

  /** The id of a target that a hold can keep: a registered one, or one that is still owed. */
  #knownId(text: string): TargetId {
    const id = this.#id(text);
    const { registry, entries } = this.#ports;
    if (!registry.current().some((entry) => entry.id === id) && !entries.of(id))
      throw new CommandError('NOT_REGISTERED', `${id} is not registered`, { hint: 'Register it first.' });
    return id;
  }
}

/** A target and everything it depends on. */
function withDependencies(id: TargetId, registered: readonly Registered[]): ReadonlySet<TargetId> {
  const all = new Set<TargetId>([id]);
  for (const next of all)
    for (const dependency of registered.find((entry) => entry.id === next)?.dependsOn ?? [])
      all.add(dependency);
  return all;
}
