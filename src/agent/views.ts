/** Answers to questions: status, plan, why. Read from what is known; nothing here changes anything. */
import type {
  Explanation,
  LeaseView,
  PlanView,
  RegisteredView,
  SensesView,
  SensorView,
  ServiceView,
  Status,
} from '../core/control.js';
import type { Observed } from '../core/driver.js';
import { LedgerError, OperationError } from '../core/errors.js';
import type { Event } from '../core/events.js';
import { napDueAt } from '../core/lease.js';
import { isRefused } from '../core/plan.js';
import { priceOf } from '../core/prices.js';
import type { Registered } from '../core/registry.js';
import { SENSORS } from '../core/sensor.js';
import { type Target, type TargetId, targetId } from '../core/target.js';
import type { ControlPorts } from './control-ports.js';
import { isUp } from './sightings.js';
import type { Standing } from './standings.js';

/** The sensors are read for a status at most this often: a status asked a thousand times a second costs one read. */
const SENSES_FRESH_MS = 1_000;

/** Events that are something done to a target. */
const ACTIONS = new Set([
  'nap',
  'napped',
  'restore',
  'restored',
  'closed',
  'command',
  'failed',
  'refused',
  'dry-run',
]);

export class Views {
  readonly #ports: ControlPorts;
  #sensesReadAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #status: Promise<Status> | undefined;

  constructor(ports: ControlPorts) {
    this.#ports = ports;
  }

  /** Whoever asks before the answer is made shares it: a burst of questions costs one look at every target. */
  status(): Promise<Status> {
    this.#status ??= this.#makeStatus().finally(() => {
      this.#status = undefined;
    });
    return this.#status;
  }

  async #makeStatus(): Promise<Status> {
    await this.#freshSenses();
    const { book, clock, journal, registry, entries, version, startedAt } = this.#ports;
    const now = clock.now();
    const naps = this.plan().flatMap((row) => (row.action === 'nap' && row.at !== undefined ? [row.at] : []));
    const active = book.presence.lastWaking ?? startedAt.boot;
    return {
      presence: book.state(),
      since: this.#ports.presenceSince(),
      idleSeconds: Math.max(0, (now.boot - active) / 1000),
      nextNapAt: naps.length > 0 ? Math.min(...naps) : undefined,
      targets: registry.current().filter((entry) => entry.enabled).length,
      napping: entries.all().filter((entry) => entry.by === 'lease').length,
      conditions: journal.conditions(),
      version,
      dryRun: this.#ports.settings().aws.dryRun,
    };
  }

  registered(): readonly RegisteredView[] {
    const standings = this.#ports.standings();
    return this.#ports.registry.current().map((entry) => {
      const observed = this.#ports.attendant.lastStep(entry.id)?.observed;
      return {
        ...(observed
          ? this.service(observed)
          : { id: entry.id, target: entry.target, state: 'unknown', registered: true }),
        name: entry.name,
        description: entry.description,
        enabled: entry.enabled,
        leaseUntil: this.#keptUntil(standings.get(entry.id)),
        leases: this.#keptBy(standings.get(entry.id)),
        phase: this.#ports.entries.of(entry.id)?.phase,
      };
    });
  }

  /** What AWS shows, with what the registry says of it. */
  service(observed: Observed): ServiceView {
    const registered = this.#registered(observed.id);
    return {
      id: observed.id,
      target: observed.target,
      registered: registered !== undefined,
      name: registered?.name ?? observed.name,
      description: registered?.description,
      power: observed.power,
      state: observed.state,
      counts: observed.counts,
      instanceType: observed.instanceType,
      refusal: observed.refusal,
    };
  }

  plan(): readonly PlanView[] {
    const standings = this.#ports.standings();
    return this.#ports.registry.current().map((entry) => this.#planned(entry, standings.get(entry.id)));
  }

  async why(target: Target): Promise<Explanation> {
    await this.#freshSenses();
    const { attendant, book, entries } = this.#ports;
    const id = targetId(target);
    const registered = this.#registered(id);
    const standing = this.#ports.standings().get(id);
    const entry = entries.of(id);
    const last = attendant.lastStep(id);
    const observed = last?.observed ?? (await this.#lookOnce(target));
    const planned = registered ? this.#planned(registered, standing) : undefined;
    const next = planned?.reason ?? last?.step.why ?? 'it is not registered: nothing happens to it by itself';
    return {
      id,
      registered: registered !== undefined,
      enabled: registered?.enabled ?? false,
      presence: book.state(),
      leases: standing ? this.#leases(standing) : [],
      sensors: this.#sensors(),
      observed: observed && this.service(observed),
      snapshot: entry && {
        phase: entry.phase,
        takenAt: entry.openedAt.wall,
        reason: entry.reason,
        saved: entry.saved,
      },
      lastAction: this.#lastAction(id),
      deadMan: this.#deadMan(id),
      next,
    };
  }

  /** How every sensor and signal is doing. */
  async senses(): Promise<SensesView> {
    await this.#freshSenses();
    const { machine } = this.#ports;
    return { sensors: this.#sensors(), signals: machine.signals(), locked: machine.locked };
  }

  /** Reads a target that nobody has looked at; undefined when that is not possible now. */
  async #lookOnce(target: Target): Promise<Observed | undefined> {
    const { accounts, session } = this.#ports;
    if ((await accounts.current()) === undefined) return undefined;
    const found = (await session.driver(target.kind).inspect([target])).get(targetId(target));
    return found instanceof OperationError ? undefined : found;
  }

  /** What happens to one registered target if nothing else happens. */
  #planned(entry: Registered, standing: Standing | undefined): PlanView {
    const { attendant, entries, sightings, accounts, book } = this.#ports;
    const last = attendant.lastStep(entry.id);
    const observed = last?.observed;
    const open = entries.of(entry.id);
    const row = (action: PlanView['action'], reason: string, at?: number): PlanView => ({
      id: entry.id,
      name: entry.name,
      state: observed?.state ?? 'unknown',
      action,
      at,
      reason,
      warned: standing?.warnedAt !== undefined,
      waits: last?.step.do === 'wait' ? last.step.why : undefined,
      savesUsdPerHour: observed && savesUsdPerHour(observed),
      awsStopsAt: this.#ports.deadMan.stopsAt(entry.id),
    });
    if (open?.calledBy !== undefined) return row('restore', open.calledBy);
    if (open?.phase === 'napped')
      return row(
        'none',
        `it naps (${open.reason}) and is restored ${open.by === 'lease' ? 'when somebody is back' : 'by an explicit start'}`,
      );
    if (open?.phase === 'napping') return row('none', `it is being put to nap: ${open.reason}`);
    if (!entry.enabled || !standing) return row('none', 'it is disabled in services.yaml');
    if (!observed) return row('none', 'its state has not been read yet');
    if (!isUp(observed)) return row('none', `it does not run (${observed.state}), and not by us`);
    if (observed.refusal && isRefused(observed, entry.autoscalerOurs))
      return row('keep', observed.refusal.reason);
    const account = accounts.known();
    if (account !== undefined && sightings.isGuarded(entry.id, account))
      return row('keep', 'a person started or scaled it; it stays until they are back once');
    if (account !== accounts.pinned()) return row('keep', 'the account signed in is not the pinned one');
    if (standing.due === undefined && book.state() === 'unknown')
      return row('keep', 'presence is unknown: nothing is stopped');
    const { clock } = this.#ports;
    const now = clock.now().boot;
    const at =
      standing.due === undefined
        ? standing.warnedAt === undefined
          ? Math.max(standing.expiresAt, now + standing.warnMs)
          : napDueAt(standing.expiresAt, standing.warnedAt, standing.warnMs)
        : now;
    const dry = this.#ports.settings().aws.dryRun ? ' (dry_run: only told, not done)' : '';
    const because =
      standing.wantedBy === undefined
        ? 'nobody needs it any more'
        : `the last lease on it is ${standing.wantedBy}`;
    return row('nap', `${because}${dry}`, this.#wall(at));
  }

  #leases(standing: Standing): readonly LeaseView[] {
    const now = this.#ports.clock.now().boot;
    return standing.leases.map((lease) => ({
      holder: lease.holder,
      kind: lease.kind,
      ...(lease.hold === undefined ? {} : { hold: lease.hold }),
      ...(lease.dependent === undefined ? {} : { dependent: lease.dependent }),
      until: Number.isFinite(lease.expiresAt) ? this.#wall(lease.expiresAt) : undefined,
      live: now < lease.expiresAt,
    }));
  }

  /** The live ones, the one that ends last first. */
  #keptBy(standing: Standing | undefined): readonly LeaseView[] {
    if (!standing) return [];
    const end = ({ until = Number.POSITIVE_INFINITY }: LeaseView) => until;
    return this.#leases(standing)
      .filter(({ live }) => live)
      .sort((a, b) => (end(a) === end(b) ? 0 : end(b) - end(a)));
  }

  #deadMan(id: TargetId): Explanation['deadMan'] {
    const { deadMan } = this.#ports;
    const [stopsAt, lacks] = [deadMan.stopsAt(id), deadMan.lacks(id)];
    return stopsAt === undefined && lacks === undefined ? undefined : { stopsAt, lacks };
  }

  #sensors(): readonly SensorView[] {
    const { presence } = this.#ports.book;
    return SENSORS.map((sensor) => {
      const last = presence.last[sensor];
      return {
        sensor,
        health: presence.health[sensor] ?? { state: 'off' },
        wakes: this.#ports.settings().sensors[sensor].wakes,
        lastActivity: last === undefined ? undefined : this.#wall(last),
      };
    });
  }

  #lastAction(id: TargetId): Event | undefined {
    const { ledger, journal } = this.#ports;
    journal.flush();
    try {
      return ledger.history({ targetId: id, limit: 50 }).find((event) => ACTIONS.has(event.type));
    } catch (thrown) {
      if (thrown instanceof LedgerError) return undefined;
      throw thrown;
    }
  }

  async #freshSenses(): Promise<void> {
    const now = this.#ports.clock.now().mono;
    if (now - this.#sensesReadAt < SENSES_FRESH_MS) return;
    this.#reading ??= this.#ports.readSenses().finally(() => {
      this.#sensesReadAt = this.#ports.clock.now().mono;
      this.#reading = undefined;
    });
    await this.#reading;
  }

  #registered(id: TargetId): Registered | undefined {
    return this.#ports.registry.current().find((entry) => entry.id === id);
  }

  /** The end of the last live lease that has one; that of presence has none while presence is unknown. */
  #keptUntil(standing: Standing | undefined): number | undefined {
    const now = this.#ports.clock.now().boot;
    const ends = (standing?.leases ?? []).map((lease) => lease.expiresAt);
    const last = Math.max(...ends.filter((end) => Number.isFinite(end) && end > now));
    return Number.isFinite(last) ? this.#wall(last) : undefined;
  }

  /** A boot instant as people read it. */
  #wall(boot: number): number {
    const now = this.#ports.clock.now();
    return now.wall + (boot - now.boot);
  }
}

/** What AWS bills an hour for what runs of it now; undefined where there is no price, or nothing runs. */
function savesUsdPerHour(observed: Observed): number | undefined {
  if (!isUp(observed)) return undefined;
  const price = priceOf(observed.target, observed.instanceType);
  return price && price.usdPerHour * (observed.counts?.desired ?? 1);
}
