/** Ends presence leases before their time: for a NAP, a locked session, a machine about to sleep. */
import type { DroppedBy } from '../core/lease.js';
import type { Registered } from '../core/registry.js';
import type { TargetId } from '../core/target.js';
import type { Attendant } from './attendant.js';
import type { LeaseBook } from './lease-book.js';
import type { Standing } from './standings.js';

export interface DropsPorts {
  readonly book: LeaseBook;
  readonly attendant: Attendant;
  readonly registered: () => readonly Registered[];
  readonly standings: () => ReadonlyMap<TargetId, Standing>;
}

/** What became of the targets that were meant. */
export interface Dropped {
  readonly dropped: readonly TargetId[];
  /** Those that a hold keeps, and those that something else still needs. */
  readonly spared: readonly TargetId[];
}

export class Drops {
  readonly #ports: DropsPorts;

  constructor(ports: DropsPorts) {
    this.#ports = ports;
  }

  /**
   * Drops the presence leases of one registered and enabled target, or of all, at `at` in `boot` milliseconds. What is
   * on its way back for presence's sake turns round.
   */
  drop(how: { readonly only?: TargetId | undefined; readonly by: DroppedBy; readonly at: number }): Dropped {
    const { attendant, book, registered, standings } = this.#ports;
    const { only } = how;
    const meant = registered()
      .filter((entry) => entry.enabled && (only === undefined || entry.id === only))
      .map((entry) => entry.id);
    const spared = sparedOf(meant, standings());
    const dropped = meant.filter((id) => !spared.includes(id));
    book.drop(dropped, { by: how.by, at: how.at, everything: only === undefined });
    attendant.uncall((entry) => dropped.includes(entry.targetId) && entry.by === 'lease');
    for (const id of dropped) attendant.lookNow(id);
    return { dropped, spared };
  }
}

function sparedOf(
  meant: readonly TargetId[],
  standings: ReadonlyMap<TargetId, Standing>,
): readonly TargetId[] {
  const leases = (id: TargetId) => standings.get(id)?.leases ?? [];
  const isHeld = (id: TargetId) => leases(id).some(({ kind }) => kind === 'hold');
  // A dependent's lease keeps a target too, unless it is dropped along with it.
  const isKept = (id: TargetId) =>
    leases(id).some(({ kind, dependent }) =>
      dependent === undefined ? kind === 'hold' : !meant.includes(dependent) || isHeld(dependent),
    );
  return meant.filter(isKept);
}
