/**
 * `Control` over a small fleet held in memory, for tests of the doors: it keeps state like the real one, records
 * every call with who made it, fails once on demand, and can be made to keep callers waiting.
 */
import type {
  AccountView,
  Check,
  ClusterView,
  Control,
  Done,
  Explanation,
  HoldDone,
  NapDone,
  PlanView,
  RegisteredView,
  SensesView,
  ServiceList,
  ServiceView,
  Status,
} from '../../src/core/control.js';
import { CommandError } from '../../src/core/errors.js';
import type { Event } from '../../src/core/events.js';
import type { RegistrationDraft } from '../../src/core/registry.js';
import { type Kind, parseTargetId, type TargetId, targetId } from '../../src/core/target.js';
import { type FakeService, fakeClusters, fakeFleet, viewOf } from './fake-fleet.js';

/** Wall milliseconds at which everything in this fake happens: 2026-01-05T09:00:00Z. */
export const FAKE_NOW = Date.UTC(2026, 0, 5, 9);

interface FakeEntry {
  readonly draft: RegistrationDraft;
  heldUntil: number | undefined;
  napping: boolean;
}

type Verb = Exclude<keyof Control, 'subscribe'>;
interface Call {
  readonly verb: Verb;
  readonly by?: string | undefined;
  readonly given?: unknown;
}

export class FakeControl implements Control {
  readonly calls: Call[] = [];
  services: FakeService[] = fakeFleet();
  /** What `senses` answers. */
  sensed: SensesView = {
    sensors: [
      {
        sensor: 'keyboard',
        health: { state: 'watching', mechanism: 'a test' },
        wakes: true,
        lastActivity: FAKE_NOW - 5_000,
      },
    ],
    signals: [
      { signal: 'lock', health: { state: 'watching', mechanism: 'a test' } },
      { signal: 'suspend', health: { state: 'unavailable', reason: 'no system bus', cure: 'start dbus' } },
    ],
    locked: false,
  };
  /** What `doctor` answers. */
  checks: readonly Check[] = [
    { area: 'aws', name: 'credentials', result: 'warn', detail: 'none', cure: 'cloudnap login' },
  ];
  clusters: ClusterView[] = fakeClusters();
  failures: ServiceList['failures'] = [];
  state: Status = {
    presence: 'present',
    since: FAKE_NOW - 60_000,
    idleSeconds: 12.7,
    nextNapAt: FAKE_NOW + 1_800_000,
    targets: 0,
    napping: 0,
    conditions: [],
    version: '0.1.0',
    dryRun: false,
  };
  readonly #registered = new Map<TargetId, FakeEntry>();
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #events: Event[] = [];
  #failure: unknown;
  #gate: Promise<void> | undefined;

  /** The next call rejects with this, and does nothing. */
  failNext(error: unknown): void {
    this.#failure = error;
  }

  /** Calls from now on are recorded at once but wait until the returned function is called. */
  block(): () => void {
    let open = () => {};
    this.#gate = new Promise((resolve) => {
      open = resolve;
    });
    return () => {
      this.#gate = undefined;
      open();
    };
  }

  /** Lets something happen. */
  emit(event: Event): void {
    this.#events.unshift(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** How many listen to the events. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** How often a verb was called. */
  count(verb: Verb): number {
    return this.calls.filter((call) => call.verb === verb).length;
  }

  async status(): Promise<Status> {
    await this.#enter({ verb: 'status' });
    const entries = [...this.#registered.values()];
    return {
      ...this.state,
      targets: entries.length,
      napping: entries.filter((entry) => entry.napping).length,
    };
  }

  async list(query: { kinds: readonly Kind[]; region?: string | undefined }): Promise<ServiceList> {
    await this.#enter({ verb: 'list', given: query });
    const wanted = (kind: Kind, region: string) =>
      query.kinds.includes(kind) && (query.region === undefined || query.region === region);
    return {
      services: this.services
        .filter(({ target }) => wanted(target.kind, target.region))
        .map((service) => this.#view(service)),
      clusters: this.clusters.filter(({ kind, region }) => wanted(kind, region)),
      failures: this.failures,
    };
  }

  async registered(): Promise<readonly RegisteredView[]> {
    await this.#enter({ verb: 'registered' });
    return [...this.#registered].map(([id, entry]) => {
      const service = this.services.find(({ target }) => targetId(target) === id);
      const { target, name, description } = entry.draft;
      const view = service ? this.#view(service) : { id, target, registered: true, state: 'unknown' };
      return {
        ...view,
        name,
        description,
        enabled: entry.draft.enabled ?? true,
        leaseUntil: entry.heldUntil,
        phase: entry.napping ? 'napped' : undefined,
        leases: [],
      };
    });
  }

  async start(command: { target: string; size?: number | undefined; by: string }): Promise<Done> {
    await this.#enter({ verb: 'start', by: command.by, given: command });
    const service = this.#find(command.target);
    service.size = command.size ?? 1;
    service.state = service.target.kind === 'ec2' ? 'pending' : 'ACTIVE';
    return { message: `Starting ${targetId(service.target)}`, id: targetId(service.target) };
  }

  async stop(command: { target: string; by: string }): Promise<Done> {
    await this.#enter({ verb: 'stop', by: command.by, given: command });
    const service = this.#find(command.target);
    service.size = 0;
    if (service.target.kind === 'ec2') service.state = 'stopping';
    return { message: `Stopping ${targetId(service.target)}`, id: targetId(service.target) };
  }

  async scale(command: { target: string; size: number; by: string }): Promise<Done> {
    await this.#enter({ verb: 'scale', by: command.by, given: command });
    const service = this.#find(command.target);
    service.size = command.size;
    const id = targetId(service.target);
    return { message: `Scaling ${id} to ${command.size}`, id };
  }

  async register(draft: RegistrationDraft, by: string): Promise<Done> {
    await this.#enter({ verb: 'register', by, given: draft });
    const id = targetId(draft.target);
    if (this.#registered.has(id))
      throw new CommandError('ALREADY_REGISTERED', `${id} is registered already`, {
        hint: 'Edit services.yaml to change its entry.',
      });
    this.#registered.set(id, { draft, heldUntil: undefined, napping: false });
    return { message: `Registered ${id}`, id };
  }

  async unregister(command: { target: string; by: string }): Promise<Done> {
    await this.#enter({ verb: 'unregister', by: command.by, given: command });
    const [id] = this.#entry(command.target);
    this.#registered.delete(id);
    return { message: `Unregistered ${id}`, id };
  }

  async hold(command: { minutes: number; target?: string | undefined; by: string }): Promise<HoldDone> {
    await this.#enter({ verb: 'hold', by: command.by, given: command });
    const covered = this.#covered(command.target);
    for (const [, entry] of covered) {
      entry.heldUntil = FAKE_NOW + command.minutes * 60_000;
      entry.napping = false;
    }
    return {
      message: `Held for ${command.minutes} minutes`,
      id: command.target === undefined ? undefined : covered[0]?.[0],
      hold: this.count('hold'),
    };
  }

  async release(command: Parameters<Control['release']>[0]): Promise<Done> {
    await this.#enter({ verb: 'release', by: command.by, given: command });
    const covered = this.#covered(command.target);
    for (const [, entry] of covered) entry.heldUntil = undefined;
    return { message: 'Released', id: command.target === undefined ? undefined : covered[0]?.[0] };
  }

  async nap(command: { target?: string | undefined; by: string }): Promise<NapDone> {
    await this.#enter({ verb: 'nap', by: command.by, given: command });
    const covered = this.#covered(command.target);
    const spared = covered.filter(([, entry]) => entry.heldUntil !== undefined);
    const napping = covered.filter(([, entry]) => entry.heldUntil === undefined);
    for (const [, entry] of napping) entry.napping = true;
    return {
      message: `Napping ${napping.length}, spared ${spared.length}`,
      id: command.target === undefined ? undefined : covered[0]?.[0],
      napping: napping.map(([id]) => id),
      spared: spared.map(([id]) => id),
    };
  }

  async plan(): Promise<readonly PlanView[]> {
    await this.#enter({ verb: 'plan' });
    return [...this.#registered.keys()].map((id) => ({
      id,
      state: 'running',
      action: 'nap',
      at: FAKE_NOW + 1_800_000,
      reason: 'nobody is there',
      warned: false,
      waits: undefined,
      savesUsdPerHour: undefined,
      awsStopsAt: undefined,
    }));
  }

  async why(target: string): Promise<Explanation> {
    await this.#enter({ verb: 'why', given: target });
    const service = this.#find(target);
    const id = targetId(service.target);
    return {
      id,
      registered: this.#registered.has(id),
      enabled: true,
      presence: this.state.presence,
      leases: [
        { holder: 'presence', kind: 'presence', until: FAKE_NOW + 1_800_000, live: true },
        { holder: 'start of the daemon', kind: 'presence', until: undefined, live: false },
      ],
      sensors: [
        {
          sensor: 'keyboard',
          health: { state: 'watching', mechanism: 'fake' },
          wakes: true,
          lastActivity: FAKE_NOW,
        },
        { sensor: 'screen', health: { state: 'off' }, wakes: false, lastActivity: undefined },
      ],
      observed: this.#view(service),
      snapshot: {
        phase: 'napped',
        takenAt: FAKE_NOW,
        reason: 'away',
        saved: { kind: 'ec2', running: true, transition: '' },
      },
      lastAction: this.#events[0],
      deadMan: undefined,
      next: 'It naps in 30 minutes if nothing happens.',
    };
  }

  async senses(): Promise<SensesView> {
    await this.#enter({ verb: 'senses' });
    return this.sensed;
  }

  async doctor(): Promise<readonly Check[]> {
    await this.#enter({ verb: 'doctor' });
    return this.checks;
  }

  async account(): Promise<AccountView> {
    await this.#enter({ verb: 'account' });
    return {
      identity: { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/dev' },
      pinned: undefined,
      owed: [],
    };
  }

  async acceptAccount(account: string): Promise<Done> {
    await this.#enter({ verb: 'acceptAccount', given: account });
    return { message: `Pinned ${account}` };
  }

  async history(query: { target?: string | undefined; limit: number }): Promise<readonly Event[]> {
    await this.#enter({ verb: 'history', given: query });
    return this.#events
      .filter((event) => query.target === undefined || event.targetId === query.target)
      .slice(0, query.limit);
  }

  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async shutdown(): Promise<Done> {
    await this.#enter({ verb: 'shutdown' });
    return { message: 'Ending' };
  }

  async #enter(call: Call): Promise<void> {
    this.calls.push(call);
    const failure = this.#failure;
    this.#failure = undefined;
    await this.#gate;
    if (failure !== undefined) throw failure;
  }

  #view(service: FakeService): ServiceView {
    return viewOf(service, this.#registered.get(targetId(service.target))?.draft);
  }

  /** The service a target's text names. @throws CommandError as the real one does. */
  #find(text: string): FakeService {
    const named = [...this.#registered].find(([, entry]) => entry.draft.name === text)?.[0] ?? text;
    const service = this.services.find(({ target }) => targetId(target) === named);
    if (service) return service;
    throw parseTargetId(named)
      ? new CommandError('NOT_FOUND', `${named} does not exist`)
      : new CommandError('BAD_REQUEST', `"${named}" names no target`);
  }

  #entry(text: string): [TargetId, FakeEntry] {
    const found = [...this.#registered].find(([id, entry]) => id === text || entry.draft.name === text);
    if (found) return found;
    throw new CommandError('NOT_REGISTERED', `${text} is not registered`);
  }

  #covered(target: string | undefined): [TargetId, FakeEntry][] {
    return target === undefined ? [...this.#registered] : [this.#entry(target)];
  }
}
