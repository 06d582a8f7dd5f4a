/**
 * What each target was last seen as, durably: so that what a person did is noticed even over a restart, the size
 * to start with is remembered, and every stretch of running and napping is on record.
 */
import type { Driver, Observed } from '../core/driver.js';
import { LedgerError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Entry, Ledger, Sighting } from '../core/ledger.js';
import { isPersonsWord } from '../core/plan.js';
import type { Registered } from '../core/registry.js';
import type { Kind, TargetId } from '../core/target.js';
import type { Journal } from './journal.js';

export interface SightingsPorts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'sightings' | 'see' | 'markIntervals'>;
  readonly journal: Journal;
  readonly driver: (kind: Kind) => Driver;
}

export class Sightings {
  readonly #ports: SightingsPorts;
  readonly #known = new Map<string, Sighting>();

  /** @throws LedgerError when what was seen cannot be read. */
  constructor(ports: SightingsPorts) {
    this.#ports = ports;
    for (const sighting of ports.ledger.sightings())
      this.#known.set(key(sighting.targetId, sighting.account), sighting);
  }

  /** Takes note of a target as it is now; notices a person's word while no entry of ours explains the change. */
  see(
    observed: Observed,
    entry: Entry | undefined,
    account: string,
    registered: Registered | undefined,
  ): void {
    if (!observed.fields) return;
    const before = this.#known.get(key(observed.id, account));
    const size = this.#ports.driver(observed.target.kind).sizeOf(observed.fields);
    const up = isUp(observed);
    const persons =
      before !== undefined &&
      entry === undefined &&
      isPersonsWord(before, { up, size, autoscaled: isAutoscaled(observed, registered) });
    if (persons && !before.guarded)
      this.#ports.journal.tell(
        'notice',
        `${this.#ports.journal.nameOf(observed.id)} was started or scaled by somebody; it is not napped until presence has been renewed once more.`,
        { targetId: observed.id },
      );
    this.#write({
      targetId: observed.id,
      account,
      fields: observed.fields,
      up,
      guarded: persons || (before?.guarded ?? false),
      size: size > 0 ? size : before?.size,
    });
  }

  /** Brings the intervals up to date with what was seen and what the ledger holds. */
  reckon(
    observed: Observed,
    entry: Entry | undefined,
    account: string,
    registered: Registered | undefined,
  ): void {
    if (!registered && !entry) return;
    const driver = this.#ports.driver(observed.target.kind);
    const napping = entry?.phase === 'napped' && entry.by === 'lease';
    const fields = napping ? entry.saved : observed.fields;
    const state = napping ? 'napping' : isUp(observed) ? 'running' : undefined;
    this.#guard(() =>
      this.#ports.ledger.markIntervals([
        {
          targetId: observed.id,
          account,
          state,
          size: fields ? driver.sizeOf(fields) : 0,
          instanceType: observed.instanceType,
          at: this.#ports.clock.now().wall,
        },
      ]),
    );
  }

  /** A person has started or scaled this target: it is theirs until presence has been renewed. */
  guard(observed: Observed, account: string): void {
    const before = this.#known.get(key(observed.id, account));
    if (before) this.#write({ ...before, guarded: isUp(observed) || before.guarded });
  }

  /** The same by a command of ours, which is known to be a person's even before AWS shows it. */
  started(id: TargetId, account: string, size: number | undefined): void {
    const before = this.#known.get(key(id, account));
    if (before) this.#write({ ...before, guarded: true, up: true, size: size ?? before.size });
  }

  /** Presence has been renewed for these targets, or a person wants them to nap: the guard is over. */
  unguard(match: (id: TargetId) => boolean): void {
    for (const sighting of this.#known.values())
      if (sighting.guarded && match(sighting.targetId)) this.#write({ ...sighting, guarded: false });
  }

  isGuarded(id: TargetId, account: string): boolean {
    return this.#known.get(key(id, account))?.guarded ?? false;
  }

  /** The last size above zero this target was seen with. */
  rememberedSize(id: TargetId, account: string): number | undefined {
    return this.#known.get(key(id, account))?.size;
  }

  #write(sighting: Sighting): void {
    const at = key(sighting.targetId, sighting.account);
    const before = this.#known.get(at);
    this.#known.set(at, sighting);
    if (before && JSON.stringify(before) === JSON.stringify(sighting)) return;
    this.#guard(() => this.#ports.ledger.see([sighting]));
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#ports.journal.raise(
        'ledger',
        thrown.message,
        'Nothing is napped until the ledger can be written again.',
      );
    }
  }
}

function key(id: TargetId, account: string): string {
  return `${account} ${id}`;
}

/** Whether it runs or was told to. */
export function isUp(observed: Pick<Observed, 'power'>): boolean {
  return observed.power === 'on' || observed.power === 'starting';
}

/** Whether an autoscaler may change its size, so that a new size is nobody's word. */
function isAutoscaled(observed: Observed, registered: Registered | undefined): boolean {
  if (observed.fields?.kind === 'ecs') return observed.fields.scalable !== null;
  return (
    observed.fields?.kind === 'eks' &&
    (observed.refusal?.lifts === 'autoscaler' || (registered?.autoscalerOurs ?? false))
  );
}
