/** The enabled entries of the registry and who depends on whom, worked out once for each version of it. */
import { dependentsOf, type Registered } from '../core/registry.js';
import type { TargetId } from '../core/target.js';

/** What of the registry the leases need. */
interface RegistryInForce {
  /** The registry's own list: a new one is a new version. */
  readonly of: readonly Registered[];
  readonly entries: readonly Registered[];
  readonly dependents: ReadonlyMap<TargetId, ReadonlySet<TargetId>>;
  readonly names: ReadonlyMap<TargetId, string>;
}

export class InForce {
  readonly #registered: () => readonly Registered[];
  #last: RegistryInForce | undefined;

  constructor(registered: () => readonly Registered[]) {
    this.#registered = registered;
  }

  get(): RegistryInForce {
    const registered = this.#registered();
    if (this.#last?.of !== registered) {
      const entries = registered.filter((entry) => entry.enabled);
      this.#last = {
        of: registered,
        entries,
        dependents: dependentsOf(entries),
        names: new Map(entries.map((entry) => [entry.id, entry.name ?? entry.id])),
      };
    }
    return this.#last;
  }
}
