/**
 * Who owns which name on a bus. Signals carry the unique name of their sender only, so what a service says is told
 * apart from what anybody else says by this.
 */

/** A unique name; undefined while nobody owns it. */
type Owner = string | undefined;

export interface NamesOptions {
  /** Has the daemon tell of each change of a name's owner: `[name, old, new]`. Returns what ends it. */
  readonly watch: (name: string, fn: (args: readonly unknown[]) => void) => () => void;
  /** Asks for the owner; an error when there is none. Both tell in the order in which things happen. */
  readonly ask: (name: string, told: (reply: readonly unknown[] | Error) => void) => void;
}

interface Name {
  owner: Owner;
  /** Whether {@link owner} has been told yet. */
  known: boolean;
  readonly followers: Set<(owner: Owner) => void>;
  readonly unwatch: () => void;
  readonly ready: Promise<void>;
}

export class Names {
  readonly #options: NamesOptions;
  readonly #names = new Map<string, Name>();

  constructor(options: NamesOptions) {
    this.#options = options;
  }

  /** Whether `sender`, a unique name, is the one that is meant by `name`. */
  isOwnedBy(name: string, sender: string): boolean {
    // The daemon itself signs with its well-known name.
    return sender === name || this.#names.get(name)?.owner === sender;
  }

  /** From now on it is known who owns `name`; `fn` is told, at once and of every change. Resolves to what ends it. */
  async follow(name: string, fn: (owner: Owner) => void): Promise<() => void> {
    let known = this.#names.get(name);
    if (!known) {
      known = this.#watch(name);
      this.#names.set(name, known);
    }
    // One function may follow twice.
    const follower = (owner: Owner) => fn(owner);
    known.followers.add(follower);
    if (known.known) fn(known.owner);
    await known.ready;
    const { followers, unwatch } = known;
    return () => {
      if (!followers.delete(follower) || followers.size > 0) return;
      unwatch();
      this.#names.delete(name);
    };
  }

  #watch(name: string): Name {
    const followers = new Set<(owner: Owner) => void>();
    const told = (owner: Owner) => {
      watched.owner = owner;
      watched.known = true;
      for (const follower of [...followers]) follower(owner);
    };
    const unwatch = this.#options.watch(name, ([changed, , owner]) => {
      if (changed === name) told(typeof owner === 'string' && owner !== '' ? owner : undefined);
    });
    const ready = new Promise<void>((resolve) => {
      this.#options.ask(name, (reply) => {
        // A change that was told meanwhile is not older than this.
        const owner = reply instanceof Error ? undefined : reply[0];
        if (!watched.known) told(typeof owner === 'string' ? owner : undefined);
        resolve();
      });
    });
    const watched: Name = { owner: undefined, known: false, followers, unwatch, ready };
    return watched;
  }
}
