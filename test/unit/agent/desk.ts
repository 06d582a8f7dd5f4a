/**
 * A desk to test the agent at: a rig with one small service of each kind, registered, and a record of everything
 * that was asked of AWS. Times are short: away after five minutes, warned one minute before.
 */
import { CommandError } from '../../../src/core/errors.js';
import type { Event, EventType } from '../../../src/core/events.js';
import type { Entry } from '../../../src/core/ledger.js';
import type { Registered, RegistrationDraft } from '../../../src/core/registry.js';
import type { SensorName } from '../../../src/core/sensor.js';
import type { Settings } from '../../../src/core/settings.js';
import { type Target, type TargetId, targetId } from '../../../src/core/target.js';
import { registered } from '../../fakes/fake-files.js';
import type { Life } from '../../fakes/process.js';
import { ACCOUNT, Rig, type RigWatcher } from '../../fakes/rig.js';
import { isService } from '../../fakes/world.js';
import type { Trouble } from '../../fakes/world-session.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const TIMEOUT = 5 * MINUTE;
export const WARNING = 60 * SECOND;

const REGION = 'eu-central-1';
export const WEB = { kind: 'ec2', region: REGION, instanceId: 'i-web' } as const;
export const API = { kind: 'ecs', region: REGION, cluster: 'main', service: 'api' } as const;
export const JOBS = { kind: 'ecs', region: REGION, cluster: 'main', service: 'jobs' } as const;
export const WORKERS = { kind: 'eks', region: REGION, cluster: 'k8s', nodegroup: 'workers' } as const;
export const ALL: readonly Target[] = [WEB, API, JOBS, WORKERS];

export const web = targetId(WEB);
export const api = targetId(API);
export const jobs = targetId(JOBS);
export const workers = targetId(WORKERS);

/** A request that reached AWS and would change something. */
export interface Change {
  readonly id: TargetId;
  readonly operation: string;
  readonly verb: 'nap' | 'restore' | 'scale' | undefined;
  /** True milliseconds. */
  readonly at: number;
  readonly account: string;
  /** What a snapshot would hold before and after. */
  readonly from: unknown;
  readonly to: unknown;
  /** The open entry of the target at that instant. */
  readonly entry: Entry | undefined;
  /** What was off at that instant, and what had ended every change under way. */
  readonly off: readonly TargetId[];
  readonly settled: readonly TargetId[];
}

export interface DeskOptions {
  /** What there is in AWS; all of it is registered unless `drafts` say otherwise. */
  readonly targets?: readonly Target[];
  readonly drafts?: readonly RegistrationDraft[];
  readonly settings?: Partial<Settings>;
}

export class Desk {
  readonly rig: Rig;
  readonly changes: Change[] = [];
  /** Every reading of targets: when, and which. */
  readonly readings: { readonly at: number; readonly targets: readonly Target[] }[] = [];

  /** What a snapshot of everything would have held at first. */
  readonly atFirst: Readonly<Record<string, unknown>>;
  /** Every life of the daemon, the first one first. */
  readonly lives: Life[] = [];

  constructor(options: DeskOptions = {}) {
    const { targets = ALL, drafts = targets.map((target) => ({ target })) } = options;
    this.rig = new Rig({
      settings: { timeoutMs: TIMEOUT, warnMs: WARNING, ...options.settings },
      registered: entriesOf(drafts),
    });
    for (const target of targets) this.#add(target);
    this.atFirst = this.everything();
    this.rig.watcher = this.#watcher();
  }

  get control() {
    return this.rig.control;
  }

  start(prepare: (life: Life) => void = () => {}): Promise<void> {
    return this.rig.start((life) => {
      this.lives.push(life);
      prepare(life);
    });
  }

  /** Starts, with the person typing, and everything read once. */
  async begin(): Promise<void> {
    await this.start();
    await this.use();
    await this.pass(10 * SECOND);
  }

  /** Somebody uses a sensor, once or for `ms`. */
  async use(sensor: SensorName = 'keyboard', ms = 0): Promise<void> {
    this.rig.machine.use(sensor, ms);
    await this.rig.clock.flush();
  }

  /** Lets time go by. */
  pass(ms: number): Promise<void> {
    return this.rig.run(ms);
  }

  /** Lets time go by from timer to timer for as long as the daemon lives. */
  async live(ms: number): Promise<void> {
    const { rig } = this;
    const end = rig.now + ms;
    for (let left = ms; left > 0 && rig.isRunning; left = end - rig.now)
      await rig.run(Math.min(left, rig.clock.nextDueIn ?? left));
  }

  /** Until everything registered naps and that is confirmed. */
  async nap(): Promise<void> {
    await this.pass(TIMEOUT + 2 * MINUTE);
  }

  fields(target: Target, account = ACCOUNT): unknown {
    return this.rig.world.fields(account, targetId(target));
  }

  /** The same for everything there is, by name. */
  everything(): Readonly<Record<string, unknown>> {
    const { world } = this.rig;
    return Object.fromEntries(
      world.all(ACCOUNT).map((id) => [id, structuredClone(world.fields(ACCOUNT, id))]),
    );
  }

  isOff(target: Target): boolean {
    return this.rig.world.isOff(ACCOUNT, targetId(target));
  }

  entry(id: TargetId): Entry | undefined {
    return this.rig.ledger.openEntries().find((entry) => entry.targetId === id);
  }

  /** How the entries of a target, or of all, ended; oldest first. */
  outcomes(id?: TargetId): readonly string[] {
    return this.rig.ledger.closed.flatMap(({ entry, outcome }) =>
      id === undefined || entry.targetId === id ? [outcome] : [],
    );
  }

  changesOf(id: TargetId): readonly Change[] {
    return this.changes.filter((change) => change.id === id);
  }

  /** Events of some types, oldest first. */
  told(types: EventType | readonly EventType[], id?: TargetId): readonly Event[] {
    const wanted = new Set<EventType>(typeof types === 'string' ? [types] : types);
    return this.rig.events.filter(
      (event) => wanted.has(event.type) && (id === undefined || event.targetId === id),
    );
  }

  /** Forgets what has happened so far, to look at what comes next. */
  forget(): void {
    this.changes.length = 0;
    this.readings.length = 0;
    this.rig.events.length = 0;
  }

  async conditions(): Promise<readonly string[]> {
    return (await this.control.status()).conditions.map((condition) => condition.id);
  }

  /** What goes wrong with requests that `match`, until it is set anew. */
  trouble(
    trouble: Trouble | undefined,
    match: (operation: string, changes: readonly TargetId[]) => boolean,
  ): void {
    this.rig.wire.trouble = (request) => (match(request.operation, request.changes) ? trouble : undefined);
  }

  #add(target: Target): void {
    const { world } = this.rig;
    if (target.kind === 'ec2') world.addInstance(ACCOUNT, target);
    else if (target.kind === 'eks') world.addNodegroup(ACCOUNT, target, { min: 1, desired: 2, max: 4 });
    else
      world.addService(ACCOUNT, target, target.service === 'api' ? 3 : 2, {
        scalable:
          target.service === 'api'
            ? { min: 2, max: 5, suspended: { scaleIn: false, scaleOut: false, scheduled: true } }
            : null,
      });
  }

  #watcher(): RigWatcher {
    const { rig } = this;
    return {
      event() {},
      wrote() {},
      verb() {},
      activity() {},
      health() {},
      read() {},
      sending() {},
      reading: (targets) => {
        this.readings.push({ at: rig.now, targets });
      },
      changing: (request, account, verbs, apply) => {
        const { world } = rig;
        const before = request.changes.map((id) => structuredClone(world.fields(account, id)));
        const off = world.all(account).filter((id) => world.isOff(account, id));
        const settled = world.all(account).filter((id) => (world.get(account, id)?.until ?? 0) <= rig.now);
        const result = apply();
        for (const [at, id] of request.changes.entries())
          this.changes.push({
            id,
            operation: request.operation,
            verb: verbs.get(id)?.verb,
            at: rig.now,
            account,
            from: before[at],
            to: structuredClone(world.fields(account, id)),
            entry: this.entry(id),
            off,
            settled,
          });
        return result;
      },
    };
  }
}

/** Registry entries, each of which may depend on those before it by name. */
export function entriesOf(drafts: readonly RegistrationDraft[]): readonly Registered[] {
  const entries: Registered[] = [];
  for (const draft of drafts) entries.push(registered(draft, entries));
  return entries;
}

/** The service behind a target, for hands other than ours. */
export function serviceOf(desk: Desk, id: TargetId) {
  const found = desk.rig.world.get(ACCOUNT, id);
  if (!found || !isService(found)) throw new Error(`${id} is no service`);
  return found;
}

/** The instance behind a target. */
export function instanceOf(desk: Desk, id: TargetId) {
  const found = desk.rig.world.instance(ACCOUNT, id);
  if (!found) throw new Error(`${id} is no instance`);
  return found;
}

/** The code and message a command was answered with when it could not be done. */
export async function refusal(answer: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await answer;
  } catch (thrown) {
    if (thrown instanceof CommandError) return { code: thrown.code, message: thrown.message };
    throw thrown;
  }
  throw new Error('the command was done');
}
