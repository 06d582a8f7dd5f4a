/**
 * What a person may ask of the daemon: the `Control` port. Explicit changes go through the same drivers and the
 * same ledger as automatic ones; questions are answered by `views`.
 */
import type {
  AccountView,
  Check,
  Control,
  Done,
  Explanation,
  NapDone,
  PlanView,
  RegisteredView,
  SensesView,
  ServiceList,
  Status,
} from '../core/control.js';
import { MAX_HOLD_MINUTES } from '../core/control.js';
import type { Observed } from '../core/driver.js';
import { CommandError, LedgerError, messageOf, OperationError } from '../core/errors.js';
import type { Event } from '../core/events.js';
import type { Clock, Instant } from '../core/instant.js';
import type { Entry, Ledger } from '../core/ledger.js';
import {
  type Registered,
  type RegistrationDraft,
  type Registry,
  resolveTarget,
  type SettingsSource,
} from '../core/registry.js';
import type { AwsSession } from '../core/session.js';
import type { Settings } from '../core/settings.js';
import { type Kind, type TargetId, targetId } from '../core/target.js';
import type { Accounts } from './accounts.js';
import type { Attendant } from './attendant.js';
import { checkUp } from './check-up.js';
import type { Journal } from './journal.js';
import type { LeaseBook, Standing } from './lease-book.js';
import type { MachineWatch } from './machine-watch.js';
import { isUp, type Sightings } from './sightings.js';
import { Views } from './views.js';

export interface CommandsPorts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly session: AwsSession;
  readonly journal: Journal;
  readonly accounts: Accounts;
  readonly sightings: Sightings;
  readonly attendant: Attendant;
  readonly book: LeaseBook;
  readonly machine: MachineWatch;
  readonly registry: Registry;
  readonly settingsSource: SettingsSource;
  readonly settings: () => Settings;
  readonly version: string;
  readonly presenceSince: () => number;
  readonly startedAt: Instant;
  readonly readSenses: () => Promise<void>;
  readonly standings: () => ReadonlyMap<TargetId, Standing>;
  readonly changed: () => void;
  readonly shutdown: () => void;
}

export class Commands implements Control {
  readonly #ports: CommandsPorts;
  readonly #views: Views;

  constructor(ports: CommandsPorts) {
    this.#ports = ports;
    this.#views = new Views(ports);
  }

  status(): Promise<Status> {
    return this.#views.status();
  }

  registered(): Promise<readonly RegisteredView[]> {
    return Promise.resolve(this.#views.registered());
  }

  async list(query: { kinds: readonly Kind[]; region?: string | undefined }): Promise<ServiceList> {
    await this.#signedIn();
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
      failures: failed.map(({ kind, region, thrown }) => ({ kind, region, message: messageOf(thrown) })),
    };
  }

  start(command: { target: string; size?: number | undefined; by: string }): Promise<Done> {
    return this.#change(command.target, 'start', command.by, async (observed, account) => {
      const entry = this.#ourEntry(observed.id, account);
      if (entry) return this.#startNapping(observed, entry, command);
      return this.#startAwake(observed, account, command.size);
    });
  }

  stop(command: { target: string; by: string }): Promise<Done> {
    return this.#change(command.target, 'stop', command.by, (observed, account) =>
      this.#stop(observed, account, command.by),
    );
  }

  scale(command: { target: string; size: number; by: string }): Promise<Done> {
    return this.#change(command.target, `scale to ${command.size}`, command.by, async (observed, account) => {
      if (observed.target.kind === 'ec2')
        throw new CommandError('BAD_REQUEST', 'an EC2 instance has no size', { hint: 'Start or stop it.' });
      if (command.size === 0) return this.#stop(observed, account, command.by);
      const entry = this.#ourEntry(observed.id, account);
      if (entry) return this.#startNapping(observed, entry, command);
      return this.#resize(observed, account, command.size);
    });
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
    const { registry, journal, attendant } = this.#ports;
    const id = this.#id(command.target);
    const removed = await registry.remove(id);
    const owed = attendant.entryOf(removed.id)?.by === 'lease';
    journal.tell('registry', `${removed.id} was unregistered by ${command.by}.`, { targetId: removed.id });
    return {
      message: `unregistered ${removed.id}${owed ? '; it naps and is restored at the next presence' : ''}`,
      id: removed.id,
    };
  }

  async hold(command: { minutes: number; target?: string | undefined; by: string }): Promise<Done> {
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
    orRefuse(() => book.addHold({ targetId: id, account, minutes: command.minutes, by: command.by }));
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
    this.#ports.changed();
    const restoring =
      called.length > 0 ? `; restoring ${called.map((entry) => entry.targetId).join(', ')}` : '';
    return { message: `${what} is kept awake for ${command.minutes} min${restoring}`, id };
  }

  async release(command: { target?: string | undefined; by: string }): Promise<Done> {
    const { book, journal } = this.#ports;
    const id = command.target === undefined ? undefined : this.#id(command.target);
    const gone = orRefuse(() => book.removeHolds((hold) => id === undefined || hold.targetId === id));
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

  async nap(command: { target?: string | undefined; by: string }): Promise<NapDone> {
    const { book, attendant, sightings, journal, registry } = this.#ports;
    const id = command.target === undefined ? undefined : this.#id(command.target);
    const enabled = registry.current().filter((entry) => entry.enabled);
    const meant = enabled.filter((entry) => id === undefined || entry.id === id);
    if (id !== undefined && meant.length === 0)
      throw new CommandError('NOT_REGISTERED', `${id} is not registered, or disabled`, {
        hint: 'Register it, or stop it explicitly.',
      });
    const standings = this.#ports.standings();
    const held = (target: TargetId) =>
      standings.get(target)?.leases.some((lease) => lease.kind === 'hold') ?? false;
    // A dependent's lease keeps a target too, unless this very NAP drops it.
    const keeps = (target: TargetId) =>
      standings
        .get(target)
        ?.leases.some(({ kind, dependent }) =>
          dependent === undefined
            ? kind === 'hold'
            : !meant.some((entry) => entry.id === dependent) || held(dependent),
        ) ?? false;
    const spared = meant.filter((entry) => keeps(entry.id)).map((entry) => entry.id);
    const dropped = meant.map((entry) => entry.id).filter((target) => !spared.includes(target));
    book.drop(dropped, id === undefined);
    sightings.unguard((target) => dropped.includes(target));
    attendant.uncall((entry) => dropped.includes(entry.targetId) && entry.by === 'lease');
    for (const target of dropped) attendant.lookNow(target);
    const napping = dropped.filter((target) => {
      const last = attendant.lastStep(target);
      return last === undefined || isUp(last.observed) || attendant.entryOf(target) !== undefined;
    });
    const list = (ids: readonly TargetId[]) => (ids.length === 0 ? 'nothing' : ids.join(', '));
    const kept = spared.length > 0 ? `; held and spared: ${spared.join(', ')}` : '';
    journal.tell('command', `A nap was asked for by ${command.by}: ${list(napping)}${kept}.`);
    this.#ports.changed();
    return { message: `napping ${list(napping)}${kept}`, id, napping, spared };
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
    const { accounts, attendant } = this.#ports;
    const account = await accounts.current();
    const owed = new Map<string, number>();
    for (const entry of attendant.entries())
      if (entry.by === 'lease') owed.set(entry.account, (owed.get(entry.account) ?? 0) + 1);
    return {
      identity: account === undefined ? undefined : accounts.identity(),
      pinned: accounts.pinned(),
      owed: [...owed].map(([owner, targets]) => ({ account: owner, targets })),
    };
  }

  async acceptAccount(account: string): Promise<Done> {
    const signedIn = await this.#signedIn();
    if (signedIn !== account)
      throw new CommandError('REFUSED', `account ${signedIn} is signed in, not ${account}`, {
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

  /** The frame of every explicit change: read the real state with nobody else's hands on the target, then act. */
  async #change(
    text: string,
    what: string,
    by: string,
    act: (observed: Observed, account: string) => Promise<string>,
  ): Promise<Done> {
    const { attendant, journal, registry } = this.#ports;
    const target = resolveTarget(text, registry.current());
    const id = targetId(target);
    if (this.#ports.settings().aws.dryRun)
      throw new CommandError('REFUSED', `dry_run is on: ${id} is left as it is`, {
        hint: 'Set aws.dry_run to false in settings.json.',
      });
    return attendant.withTarget(target, async () => {
      try {
        const account = await this.#signedIn();
        const observed = await attendant.inspect(target, account);
        if (this.#ports.accounts.known() !== account)
          throw new CommandError(
            'REFUSED',
            `another account was signed in meanwhile: ${id} is left as it is`,
            {
              hint: 'Give the command again.',
            },
          );
        if (observed.power === 'gone')
          throw new CommandError('NOT_FOUND', `${id} does not exist in account ${account}`);
        const message = await act(observed, account);
        journal.tell('command', `${id}: ${what} asked for by ${by}: ${message}.`, { targetId: id });
        journal.flush();
        return { message, id };
      } catch (thrown) {
        throw commandErrorOf(thrown);
      }
    });
  }

  /** Starting a napping target is its restore; another size than the snapshot's is the person's word on it. */
  async #startNapping(
    observed: Observed,
    entry: Entry,
    command: { size?: number | undefined; by: string },
  ): Promise<string> {
    const { attendant, sightings, session } = this.#ports;
    const { id, target, fields } = observed;
    const driver = session.driver(target.kind);
    const ours = fields ? driver.stillOurs(entry.saved, entry.left, fields) : undefined;
    const keep = entry.phase === 'napped' ? (ours?.changed ?? []) : entry.keep;
    const calledBy = `start asked for by ${command.by}`;
    const size = target.kind === 'ec2' ? undefined : command.size;
    if (size !== undefined && (size !== driver.sizeOf(entry.saved) || keep.includes('desired'))) {
      if (target.kind === 'eks' && observed.restoreWaits !== undefined)
        throw new CommandError('REFUSED', `${id} cannot be scaled now: ${observed.restoreWaits}`, {
          hint: 'Try again when the update is over.',
        });
      // The size first: once it is written down as the person's, nobody else would ever set it.
      throwIfError(await driver.scale(target, size));
      attendant.beginRestore(entry, observed, {
        calledBy,
        keep: [...new Set([...keep, 'desired' as const])],
      });
      sightings.started(id, entry.account, size);
      return `started ${id} with ${size}`;
    }
    attendant.beginRestore(entry, observed, { calledBy, keep });
    sightings.started(id, entry.account, size);
    if (observed.restoreWaits !== undefined)
      return `${id} is started as soon as it can be: ${observed.restoreWaits}`;
    accepted(await driver.restore([{ target, saved: entry.saved, keep }]), id);
    return `restoring ${id} as it was`;
  }

  async #startAwake(observed: Observed, account: string, given: number | undefined): Promise<string> {
    const { sightings, registry } = this.#ports;
    const registered = registry.current().find((entry) => entry.id === observed.id);
    if (given === undefined && (observed.power === 'on' || observed.power === 'starting'))
      return `${observed.id} is ${observed.state} already`;
    if (observed.target.kind === 'ec2' && observed.restoreWaits !== undefined)
      throw new CommandError('REFUSED', `${observed.id} cannot be started now: ${observed.restoreWaits}`, {
        hint: 'Try again when it has stopped.',
      });
    const size = given ?? sightings.rememberedSize(observed.id, account) ?? registered?.desired ?? 1;
    return this.#resize(observed, account, size);
  }

  async #resize(observed: Observed, account: string, size: number): Promise<string> {
    throwIfError(await this.#ports.session.driver(observed.target.kind).scale(observed.target, size));
    this.#ports.sightings.started(observed.id, account, size);
    return observed.target.kind === 'ec2' ? `starting ${observed.id}` : `${observed.id} goes to ${size}`;
  }

  /** An explicit stop is a nap that presence does not undo: only a person's start does. */
  async #stop(observed: Observed, account: string, by: string): Promise<string> {
    const { attendant, sightings } = this.#ports;
    const { id } = observed;
    const open = this.#ourEntry(id, account);
    if (observed.refusal)
      throw new CommandError('REFUSED', `${id} is not stopped: ${observed.refusal.reason}`, {
        hint: observed.refusal.hint,
      });
    sightings.unguard((target) => target === id);
    if (open && open.phase !== 'restoring') {
      attendant.change(open, { by: 'person', calledBy: null });
      return `${id} naps already and stays so until it is started`;
    }
    if (!open && (observed.power === 'off' || observed.power === 'stopping'))
      return `${id} is ${observed.state} already`;
    const entry = open
      ? attendant.change(open, { phase: 'napping', by: 'person', calledBy: null })
      : attendant.open(observed, account, 'person', `stopped by ${by}`);
    const driver = this.#ports.session.driver(observed.target.kind);
    try {
      attendant.napAsked(id);
      accepted(await driver.nap([{ target: observed.target, saved: entry.saved }]), id);
    } catch (thrown) {
      if (!open && thrown instanceof OperationError && NOTHING_DONE.has(thrown.fault))
        await this.#takeBack(entry, account, `AWS did not stop it: ${messageOf(thrown)}`);
      throw thrown;
    }
    return `stopping ${id}`;
  }

  /** A stop that AWS refused: what the calls before the refused one have changed is given back. */
  async #takeBack(entry: Entry, account: string, why: string): Promise<void> {
    const { attendant, session } = this.#ports;
    const driver = session.driver(entry.target.kind);
    const now = await attendant.inspect(entry.target, account).catch(() => undefined);
    if (now?.fields && driver.untouched(entry.saved, now.fields)) attendant.close(entry, 'unneeded', why);
    else attendant.change(entry, { calledBy: why });
  }

  /** The open entry of this account. @throws CommandError when another account's stands in the way. */
  #ourEntry(id: TargetId, account: string): Entry | undefined {
    const entry = this.#ports.attendant.entryOf(id);
    if (entry && entry.account !== account)
      throw new CommandError(
        'REFUSED',
        `${id} naps in account ${entry.account}, but ${account} is signed in`,
        {
          hint: `Sign in to ${entry.account}.`,
        },
      );
    return entry;
  }

  async #signedIn(): Promise<string> {
    try {
      return await this.#ports.accounts.require();
    } catch (thrown) {
      if (thrown instanceof OperationError) this.#ports.accounts.lost(thrown);
      throw commandErrorOf(thrown);
    }
  }

  #id(text: string): TargetId {
    return targetId(resolveTarget(text, this.#ports.registry.current()));
  }

  /** The id of a target that a hold can keep: a registered one, or one that is still owed. */
  #knownId(text: string): TargetId {
    const id = this.#id(text);
    const { registry, attendant } = this.#ports;
    if (!registry.current().some((entry) => entry.id === id) && !attendant.entryOf(id))
      throw new CommandError('NOT_REGISTERED', `${id} is not registered`, { hint: 'Register it first.' });
    return id;
  }
}

/** Faults after which it is sure that AWS has changed nothing. */
const NOTHING_DONE = new Set(['refused', 'denied', 'credentials', 'missing', 'busy']);

function accepted(outcomes: ReadonlyMap<TargetId, 'accepted' | OperationError>, id: TargetId): void {
  throwIfError(
    outcomes.get(id) ??
      new OperationError('failed', 'it was not answered for', { operation: 'unknown', target: id }),
  );
}

function throwIfError(outcome: 'accepted' | OperationError): void {
  if (outcome !== 'accepted') throw outcome;
}

/** A target and everything it depends on. */
function withDependencies(id: TargetId, registered: readonly Registered[]): ReadonlySet<TargetId> {
  const all = new Set<TargetId>([id]);
  for (const next of all)
    for (const dependency of registered.find((entry) => entry.id === next)?.dependsOn ?? [])
      all.add(dependency);
  return all;
}

/** Runs what needs the ledger; a ledger that fails is a command refused. */
function orRefuse<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw commandErrorOf(thrown);
  }
}

/** Any failure as what a command is answered with. */
function commandErrorOf(thrown: unknown): unknown {
  if (thrown instanceof LedgerError)
    return new CommandError('REFUSED', `the ledger cannot be used: ${thrown.message}`, {
      hint: 'Run "cloudnap doctor".',
      cause: thrown,
    });
  if (!(thrown instanceof OperationError)) return thrown;
  const code =
    thrown.fault === 'credentials'
      ? 'NOT_SIGNED_IN'
      : thrown.fault === 'missing'
        ? 'NOT_FOUND'
        : thrown.fault === 'refused'
          ? 'REFUSED'
          : 'AWS_ERROR';
  return new CommandError(code, thrown.message, { hint: thrown.hint, cause: thrown });
}
