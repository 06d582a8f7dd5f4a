/**
 * What each target was last seen as, durably: so that what a person did is noticed even over a restart, the size
 * to start with is remembered, and every stretch of running and napping is on record.
 */
import type { Driver, Observed } from '../core/driver.js';
import { LedgerError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Entry, IntervalMark, Ledger, Sighting } from '../core/ledger.js';
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

/** One target as it was just read, with what the ledger and the registry say of it. */
export interface LookedAt {
  readonly observed: Observed;
  readonly entry: Entry | undefined;
  readonly registered: Registered | undefined;
  /** A teammate's nap or restore explains whatever has changed since the last look. */
  readonly isTeams: boolean;
}

export class Sightings {
  readonly #ports: SightingsPorts;
  readonly #known = new Map<string, Sighting>();
  readonly #unwritten = new Map<string, Sighting>();

  /** @throws LedgerError when what was seen cannot be read. */
  constructor(ports: SightingsPorts) {
    this.#ports = ports;
    for (const sighting of ports.ledger.sightings())
      this.#known.set(key(sighting.targetId, sighting.account), sighting);
  }

  /**
   * Takes note of targets as they are now, in two writes however many they are: notices a person's word where no
   * entry of ours explains a change, and brings the intervals up to date.
   */
  see(looks: readonly LookedAt[], account: string): void {
    const changed = looks
      .flatMap((look) => this.#sighting(look, account))
      .filter((sighting) => this.#remember(sighting));
    this.#store(changed);
    this.reckon(looks, account);
  }

  /** Brings the intervals up to date with what was seen and what the ledger holds of it by now. */
  reckon(looks: readonly LookedAt[], account: string): void {
    const marks = looks
      .filter(({ registered, entry }) => registered || entry)
      .map((look) => this.#mark(look, account));
    if (marks.length > 0) this.#guard(() => this.#ports.ledger.markIntervals(marks));
  }

  #sighting({ observed, entry, registered, isTeams }: LookedAt, account: string): readonly Sighting[] {
    if (!observed.fields) return [];
    const before = this.#known.get(key(observed.id, account));
    const size = this.#ports.driver(observed.target.kind).sizeOf(observed.fields);
    const up = isUp(observed);
    const persons =
      before !== undefined &&
      entry === undefined &&
      !isTeams &&
      isPersonsWord(before, { up, size, autoscaled: isAutoscaled(observed, registered) });
    if (persons && !before.guarded)
      this.#ports.journal.tell(
        'notice',
        `${this.#ports.journal.nameOf(observed.id)} was started or scaled by somebody; it is not napped until presence has been renewed once more.`,
        { targetId: observed.id },
      );
    return [
      {
        targetId: observed.id,
        account,
        fields: observed.fields,
        up,
        guarded: persons || (before?.guarded ?? false),
        size: size > 0 ? size : before?.size,
      },
    ];
  }

  #mark({ observed, entry }: LookedAt, account: string): IntervalMark {
    const driver = this.#ports.driver(observed.target.kind);
    const napping = entry?.phase === 'napped' && entry.by === 'lease';
    const fields = napping ? entry.saved : observed.fields;
    return {
      targetId: observed.id,
      account,
      state: napping ? 'napping' : isUp(observed) ? 'running' : undefined,
      size: fields ? driver.sizeOf(fields) : 0,
      instanceType: observed.instanceType,
      at: this.#ports.clock.now().wall,
    };
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
    if (this.#remember(sighting)) this.#store([sighting]);
  }

  /** Writes what is new, and what could not be written before: a guard must not be lost with the process. */
  #store(changed: readonly Sighting[]): void {
    for (const sighting of changed) this.#unwritten.set(key(sighting.targetId, sighting.account), sighting);
    if (this.#unwritten.size === 0) return;
    this.#guard(() => {
      this.#ports.ledger.see([...this.#unwritten.values()]);
      this.#unwritten.clear();
    });
  }

  /** Keeps a sighting in mind. Returns whether it says anything new. */
  #remember(sighting: Sighting): boolean {
    const at = key(sighting.targetId, sighting.account);
    const before = this.#known.get(at);
    this.#known.set(at, sighting);
    return before === undefined || JSON.stringify(before) !== JSON.stringify(sighting);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#ports.journal.ledgerFailed(thrown);
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
