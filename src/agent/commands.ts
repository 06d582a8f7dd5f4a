/**
 * What a person may ask of the daemon: the `Control` port. Questions are answered by `views`, explicit changes and
 * leases have rooms of their own; what is left here is small.
 */
import type {
  AccountView,
  Check,
  Control,
  Done,
  Explanation,
  HoldDone,
  NapDone,
  PlanView,
  RegisteredView,
  SensesView,
  ServiceList,
  Status,
} from '../core/control.js';
import { CommandError, messageOf, OperationError } from '../core/errors.js';
import type { Event } from '../core/events.js';
import { type RegistrationDraft, resolveTarget } from '../core/registry.js';
import { type Kind, type TargetId, targetId } from '../core/target.js';
import { Changes } from './changes.js';
import { checkUp } from './check-up.js';
import type { ControlPorts } from './control-ports.js';
import { LeaseCommands } from './lease-commands.js';
import { commandErrorOf, orRefuse, signedIn } from './refusals.js';
import { Views } from './views.js';

export class Commands implements Control {
  readonly #ports: ControlPorts;
  readonly #views: Views;
  readonly #changes: Changes;
  readonly #leases: LeaseCommands;

  constructor(ports: ControlPorts) {
    this.#ports = ports;
    this.#views = new Views(ports);
    this.#changes = new Changes(ports);
    this.#leases = new LeaseCommands(ports);
  }

  status(): Promise<Status> {
    return this.#views.status();
  }

  registered(): Promise<readonly RegisteredView[]> {
    return Promise.resolve(this.#views.registered());
  }

  async list(query: { kinds: readonly Kind[]; region?: string | undefined }): Promise<ServiceList> {
    await signedIn(this.#ports.accounts);
    const { session } = this.#ports;
    const regions = query.region === undefined ? await session.regions() : [query.region];
    const asked = query.kinds.flatMap((kind) => regions.map((region) => ({ kind, region })));
    const answers = await Promise.all(
      asked.map(async ({ kind, region }) => {
        try {
          return { kind, region, listing: await session.driver(kind).list(region) };
        } catch (thrown) {
          return { kind, region, thrown };
        }
      }),
    );
    const failed = answers.flatMap((answer) => ('thrown' in answer ? [answer] : []));
    const first = failed[0];
    if (first && failed.length === answers.length) throw commandErrorOf(first.thrown);
    return {
      services: answers.flatMap((answer) =>
        'listing' in answer ? answer.listing.services.map((service) => this.#views.service(service)) : [],
      ),
      clusters: answers.flatMap(({ kind, region, ...answer }) =>
        kind !== 'ec2' && 'listing' in answer
          ? answer.listing.clusters.map((name) => ({ kind, region, name }))
          : [],
      ),
      failures: failed.map(({ kind, region, thrown }) => ({
        kind,
        region,
        message: messageOf(thrown),
        hint: thrown instanceof OperationError ? thrown.hint : undefined,
      })),
    };
  }

  start(command: { target: string; size?: number | undefined; by: string }): Promise<Done> {
    return this.#changes.start(command);
  }

  stop(command: { target: string; by: string }): Promise<Done> {
    return this.#changes.stop(command);
  }

  scale(command: { target: string; size: number; by: string }): Promise<Done> {
    return this.#changes.scale(command);
  }

  async register(draft: RegistrationDraft, by: string): Promise<Done> {
    const { registry, journal, accounts } = this.#ports;
    const added = await registry.add(draft);
    journal.tell('registry', `${added.id} was registered by ${by}; it gets one full timeout.`, {
      targetId: added.id,
    });
    accounts.follow();
    return { message: `registered ${added.id}`, id: added.id };
  }

  async unregister(command: { target: string; by: string }): Promise<Done> {
    const { registry, journal, entries } = this.#ports;
    const id = this.#id(command.target);
    const removed = await registry.remove(id);
    const owed = entries.of(removed.id)?.by === 'lease';
    journal.tell('registry', `${removed.id} was unregistered by ${command.by}.`, { targetId: removed.id });
    return {
      message: `unregistered ${removed.id}${owed ? '; it naps and is restored at the next presence' : ''}`,
      id: removed.id,
    };
  }

  hold(command: { minutes: number; target?: string | undefined; by: string }): Promise<HoldDone> {
    return this.#leases.hold(command);
  }

  release(command: Parameters<Control['release']>[0]): Promise<Done> {
    return this.#leases.release(command);
  }

  nap(command: { target?: string | undefined; by: string }): Promise<NapDone> {
    return this.#leases.nap(command);
  }

  plan(): Promise<readonly PlanView[]> {
    return Promise.resolve(this.#views.plan());
  }

  async why(target: string): Promise<Explanation> {
    return this.#views.why(resolveTarget(target, this.#ports.registry.current()));
  }

  senses(): Promise<SensesView> {
    return this.#views.senses();
  }

  doctor(): Promise<readonly Check[]> {
    return checkUp(this.#ports);
  }

  async account(): Promise<AccountView> {
    const { accounts, entries } = this.#ports;
    const account = await accounts.current();
    const owed = new Map<string, number>();
    for (const entry of entries.all())
      if (entry.by === 'lease') owed.set(entry.account, (owed.get(entry.account) ?? 0) + 1);
    return {
      identity: account === undefined ? undefined : accounts.identity(),
      pinned: accounts.pinned(),
      owed: [...owed].map(([owner, targets]) => ({ account: owner, targets })),
    };
  }

  async acceptAccount(account: string): Promise<Done> {
    const current = await signedIn(this.#ports.accounts);
    if (current !== account)
      throw new CommandError('REFUSED', `account ${current} is signed in, not ${account}`, {
        hint: `Sign in to ${account} first.`,
      });
    orRefuse(() => this.#ports.accounts.accept(account));
    this.#ports.changed();
    return { message: `account ${account} is pinned` };
  }

  async history(query: { target?: string | undefined; limit: number }): Promise<readonly Event[]> {
    const { ledger, journal } = this.#ports;
    journal.flush();
    const targetId = query.target === undefined ? undefined : this.#id(query.target);
    return orRefuse(() => ledger.history({ targetId, limit: query.limit }));
  }

  subscribe(listener: (event: Event) => void): () => void {
    return this.#ports.journal.subscribe(listener);
  }

  async shutdown(): Promise<Done> {
    this.#ports.shutdown();
    return { message: 'ending' };
  }

  #id(text: string): TargetId {
    return targetId(resolveTarget(text, this.#ports.registry.current()));
  }
}
