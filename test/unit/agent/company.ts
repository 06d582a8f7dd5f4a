/** Whole agents of a team on small shared services of each kind. Times are short, as at a desk. */

import type { Settings } from '../../../src/core/settings.js';
import { type TargetId, targetId } from '../../../src/core/target.js';
import { type Colleague, Company } from '../../fakes/company.js';
import { DEFAULT_SETTINGS } from '../../fakes/fake-files.js';
import type { Life } from '../../fakes/process.js';
import { ACCOUNT } from '../../fakes/rig.js';
import { ALL, entriesOf, MINUTE, SECOND, TIMEOUT, WARNING } from './desk.js';

/** How often members beat. */
export const BEAT = MINUTE;
/** After this long without anybody everything naps: the lease, a heartbeat, and the calls. */
export const NAPS_IN = TIMEOUT + BEAT + 2 * MINUTE;

export interface OfficeOptions {
  readonly names?: readonly string[];
  readonly settings?: Partial<Settings>;
  /** An own service of the first colleague's too. */
  readonly ids?: readonly TargetId[];
}

/** Colleagues with clocks that agree in nothing, and one of each kind of service, shared. */
export class Office extends Company {
  readonly atFirst: Readonly<Record<TargetId, unknown>>;
  readonly #options: OfficeOptions;
  readonly targets = ALL;
  readonly ids = ALL.map(targetId);

  constructor(options: OfficeOptions = {}) {
    super();
    this.#options = options;
    for (const target of this.targets) {
      if (target.kind === 'ec2') this.world.addInstance(ACCOUNT, target);
      else if (target.kind === 'eks')
        this.world.addNodegroup(ACCOUNT, target, { min: 1, desired: 2, max: 4 });
      else
        this.world.addService(ACCOUNT, target, target.service === 'api' ? 3 : 2, {
          scalable:
            target.service === 'api'
              ? { min: 2, max: 5, suspended: { scaleIn: false, scaleOut: false, scheduled: true } }
              : null,
        });
    }
    this.atFirst = this.everything();
  }

  /** Hires somebody and starts their agent. */
  async arrives(name: string, prepare?: (life: Life) => void): Promise<Colleague> {
    const number = this.colleagues.length;
    const colleague = this.hire(name, {
      registered: entriesOf(this.targets.map((target) => ({ target, shared: true }))),
      settings: {
        timeoutMs: TIMEOUT,
        warnMs: WARNING,
        ...this.#options.settings,
        team: { ...DEFAULT_SETTINGS.team, enabled: true, heartbeatMs: BEAT },
      },
      startsAt: { wall: this.now + (number - 1) * 47 * MINUTE, boot: 3_600_000 + number * 1_234_567 },
    });
    await colleague.start(prepare);
    return colleague;
  }

  /** Agents of everybody named, each at their keyboard, everything read once. */
  static async of(names: readonly string[], options: OfficeOptions = {}) {
    const office = new Office(options);
    for (const name of names) await office.arrives(name);
    await office.pass(SECOND);
    for (const colleague of office.colleagues) await office.types(colleague);
    await office.pass(30 * SECOND);
    return office;
  }

  colleague(name: string): Colleague {
    const found = this.colleagues.find((one) => one.name === name);
    if (!found) throw new Error(`${name} is not here`);
    return found;
  }

  /** Somebody types, once or for `ms`. */
  async types(who: Colleague, ms = 0): Promise<void> {
    await who.catchUp();
    who.rig.machine.use('keyboard', ms);
    await who.rig.clock.flush();
  }

  isOff(): boolean {
    return this.ids.every((id) => this.world.isOff(ACCOUNT, id));
  }

  isUp(): boolean {
    return JSON.stringify(this.everything()) === JSON.stringify(this.atFirst);
  }

  /** Who asked AWS for changes of a verb, once each, by target. */
  whoDid(verb: 'nap' | 'restore'): Readonly<Record<TargetId, readonly string[]>> {
    return Object.fromEntries(
      this.ids.map((id) => [
        id,
        [...new Set(this.changes.filter((one) => one.id === id && one.verb === verb).map(({ by }) => by))],
      ]),
    );
  }

  /** Changes of a verb that led nowhere: from a state to the same. */
  idle(): readonly string[] {
    return this.changes
      .filter(({ from, to }) => JSON.stringify(from) === JSON.stringify(to))
      .map(({ by, id, operation }) => `${by}: ${operation} of ${id}`);
  }
}
