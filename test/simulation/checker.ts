/**
 * The eight invariants of DESIGN, checked on everything that reaches the world or the ledger. It shares no code
 * with the decisions it judges: what counts is told by `truth.ts`, what is owed by `owed.ts`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { FieldName, Fields } from '../../src/core/driver.js';
import { CommandError } from '../../src/core/errors.js';
import type { Event } from '../../src/core/events.js';
import type { Entry, EntryChange, EntryDraft, Outcome, Sighting } from '../../src/core/ledger.js';
import type { SensorName } from '../../src/core/sensor.js';
import type { SignalName } from '../../src/core/session-signals.js';
import { type Target, type TargetId, targetId } from '../../src/core/target.js';
import { Killed } from '../fakes/process.js';
import type { Rig, RigWatcher } from '../fakes/rig.js';
import type { Request } from '../fakes/world-api.js';
import type { VerbCall } from '../fakes/world-session.js';
import { changes, isSize, Owed, plain } from './owed.js';
import { Truth } from './truth.js';

/** One broken promise. */
export interface Violation {
  /** The number of the invariant in DESIGN; 0: a promise of SPEC beside them. */
  readonly invariant: number;
  readonly at: number;
  readonly message: string;
}

/** What the checker knows of an open entry beside what the ledger holds. */
interface Episode {
  /** It has changed something in AWS. */
  touched: boolean;
  /** The nap was decided anew and its time is still to be checked. */
  fresh: boolean;
  /** Something that may bring it back has happened. */
  cause: boolean;
  /** A person has changed something of it: then the rest may be put back. */
  meddled: boolean;
  /** It was given back while the disk was full: the record is behind, and later changes cannot be told from ours. */
  unwritten: boolean;
  /** A person changed it while its snapshot was being taken: whose change it was then nobody can tell. */
  raced: boolean;
}

/** Told too often to be worth a line in bad weather. */
const QUIET = new Set(['condition', 'condition-over', 'failed']);

const KEPT_LINES = 4_000;

/** What was there when a reading began. */
interface Look {
  /** `ACCOUNT TARGET` */
  readonly key: string;
  readonly at: number;
  readonly fields: Fields | undefined;
}

export class Checker implements RigWatcher {
  readonly violations: Violation[] = [];
  readonly truth: Truth;
  readonly owed = new Owed();
  /** The last things that happened, for whoever reads of a violation. */
  readonly trace: string[] = [];
  /** `ACCOUNT TARGET` whose person's start or scaling Cloudnap has had the chance to see. */
  readonly guarded = new Set<string>();
  /** How many entries were opened for a nap, and how many of them were closed as restored. */
  naps = 0;
  restores = 0;
  /** How many of the naps a lock or a sleep ahead has called for. */
  napsByLock = 0;
  napsBySuspend = 0;
  readonly #rig: Rig;
  readonly #episodes = new Map<number, Episode>();
  readonly #saved = new Map<number, Fields>();
  readonly #readAt = new Map<TargetId, number>();
  /** Readings under way, by target, and the last that came to its end, by account and target. */
  readonly #looking = new Map<TargetId, Look>();
  readonly #sighted = new Map<string, Look>();
  readonly #meddledAt = new Map<string, number>();
  /** Guards that are not in the ledger yet, with what the ledger last saw: they die with the daemon. */
  readonly #unwrittenGuards = new Map<string, Look | undefined>();
  /** When the daemon was last told that the machine is awake after a sleep. */
  #wokeAt = Number.NEGATIVE_INFINITY;
  /** What a person is asking for by command at this moment. */
  readonly #commands = new Map<TargetId, 'start' | 'stop' | 'scale'>();
  /** Targets for which a command has asked something of AWS. */
  readonly #acted = new Set<TargetId>();

  constructor(rig: Rig) {
    this.#rig = rig;
    this.truth = new Truth(rig);
    rig.watcher = this;
    rig.registry.onChange(() => this.truth.registryChanged());
    let settings = JSON.stringify(rig.settings.current());
    rig.settings.onChange(() => {
      const changed = JSON.stringify(rig.settings.current());
      if (changed !== settings) this.truth.settingsChanged();
      settings = changed;
    });
  }

  // What happens around the daemon.

  note(text: string): void {
    this.trace.push(`${(this.#rig.now / 60_000).toFixed(2)} ${text}`);
    if (this.trace.length > KEPT_LINES) this.trace.splice(0, KEPT_LINES / 2);
  }

  /** A person or AWS itself does something to a target. */
  meddle(account: string, id: TargetId, isPerson: boolean, what: string, work: () => void): void {
    const { world, ledger, now } = this.#rig;
    const from = world.fields(account, id);
    work();
    const to = world.fields(account, id);
    this.note(`${isPerson ? 'person' : 'AWS'}: ${what} ${id}: ${show(from)} → ${show(to)}`);
    const entry = ledger.openEntries().find((open) => open.targetId === id && open.account === account);
    const traceless = entry?.left === undefined;
    const isRestoring = entry?.phase === 'restoring';
    this.owed.others({ account, id, at: now, isPerson, traceless, isRestoring }, from, to);
    if (isPerson && changes(from, to).some(([field]) => isSize(field)))
      this.#meddledAt.set(`${account} ${id}`, now);
    if (isPerson && entry) this.#episode(entry).meddled = true;
  }

  /** A daemon begins. Called before it starts. */
  began(): void {
    this.#commands.clear();
    for (const [key, seen] of this.#unwrittenGuards) {
      this.guarded.delete(key);
      if (seen) this.#sighted.set(key, seen);
    }
    this.#unwrittenGuards.clear();
    // What was not written down died with the daemon.
    for (const entry of this.#rig.ledger.openEntries())
      if (entry.calledBy === undefined && entry.phase === 'napping') this.#episode(entry).cause = false;
    this.truth.began();
  }

  /** The machine sleeps. */
  sleep(ms: number): void {
    this.note(`the machine sleeps for ${ms} ms`);
    this.#rig.sleep(ms);
    this.truth.slept(ms);
  }

  /** The session is locked or unlocked. */
  lock(isLocked: boolean): void {
    if (isLocked === this.truth.isLocked) return;
    this.note(`the session is ${isLocked ? 'locked' : 'unlocked'}`);
    // What was typed until now was typed before the lock, or under it.
    this.#rig.machine.read();
    if (isLocked) this.truth.session({ isLocked });
    this.#rig.session.lock(isLocked);
    // The sensors are read by the daemon before it takes the lock for gone.
    if (!isLocked) this.#heed(this.truth.session({ isLocked }));
  }

  /** A signal breaks or is mended. */
  signal(signal: SignalName, isBroken: boolean): void {
    this.note(`the ${signal} signal ${isBroken ? 'breaks' : 'is mended'}`);
    if (signal === 'lock') this.truth.session({ isTold: !isBroken });
    if (isBroken) this.#rig.session.break(signal);
    else this.#rig.session.mend(signal);
  }

  /**
   * The machine is about to sleep. It waits for the daemon, or no longer than `patience`; then it sleeps, or not
   * after all (`ms` 0), and the daemon is told that it is awake, or not.
   */
  async suspend(how: { patience: number; ms: number; isTold: boolean }): Promise<void> {
    const rig = this.#rig;
    const { delayMaxMs, isHeldBack } = rig.session;
    this.note(`a sleep of ${how.ms} ms is announced${isHeldBack ? '' : ', too late'}`);
    const announcedAt = rig.now;
    let isReleased = false;
    let hasSlept = false;
    const released = rig.session.suspend().then(() => {
      isReleased = true;
      this.truth.over('suspend');
      const waited = rig.now - announcedAt;
      if (rig.isRunning && isHeldBack && delayMaxMs > 0 && !hasSlept && waited >= delayMaxMs)
        this.#fail(0, 'the machine waited for the daemon for nothing');
    });
    const isInTime = isHeldBack && delayMaxMs > 500;
    const isHeeded = isInTime && rig.isRunning && rig.settings.current().onSuspend === 'nap';
    if (isHeeded && this.truth.isKnown) this.truth.droppedBy('suspend');
    await rig.clock.flush();
    while (!isReleased && rig.isRunning && rig.now - announcedAt < how.patience) await rig.run(100);
    if (isReleased) await released;
    hasSlept = how.ms > 0;
    if (hasSlept) this.sleep(how.ms);
    if (!how.isTold) return;
    if (how.ms > 2_000 && rig.isRunning && rig.session.isTelling('suspend')) this.#wokeAt = rig.now;
    rig.session.resume();
    this.truth.over('suspend');
  }

  /** A person starts, stops or scales a target by command, and waits for the answer. */
  async explicit(target: Target, verb: 'start' | 'stop' | 'scale', size: number | undefined): Promise<void> {
    const id = targetId(target);
    if (!this.#rig.isRunning) return;
    const { control } = this.#rig;
    this.note(`command: ${verb} ${id} ${size ?? ''}`);
    this.#commands.set(id, verb === 'scale' && (size ?? 1) === 0 ? 'stop' : verb);
    const by = 'a test';
    const account = this.#rig.wire.signedIn;
    const open = this.#rig.ledger.openEntries().find((entry) => entry.targetId === id);
    if (verb !== 'stop' && open) this.#episode(open).meddled = true;
    const answer =
      verb === 'scale'
        ? control.scale({ target: id, size: size ?? 1, by })
        : verb === 'stop'
          ? control.stop({ target: id, by })
          : control.start({ target: id, ...(target.kind === 'ec2' ? {} : { size }), by });
    let isAnswered = false;
    const told = this.#told(answer).then((done) => {
      isAnswered = true;
      const last = this.#commands.get(id);
      if (last === 'stop') this.guarded.delete(`${account} ${id}`);
      else if (done && this.#acted.has(id)) {
        const key = `${account} ${id}`;
        this.#guard(key);
        // What came of a command is known without a look at it.
        const fields = this.#rig.world.fields(account ?? '', id);
        this.#sighted.set(key, { key, at: this.#rig.now, fields });
      }
    });
    // A dead daemon does not answer, and AWS may be slow.
    for (let waited = 0; !isAnswered && waited < 120 && this.#rig.isRunning; waited += 1)
      await this.#rig.run(waited < 10 ? 0 : 1_000);
    if (isAnswered) await told;
    this.#acted.delete(id);
    this.#commands.delete(id);
  }

  async hold(id: TargetId | undefined, minutes: number): Promise<void> {
    if (!this.#rig.isRunning) return;
    this.note(`command: hold ${id ?? 'everything'} for ${minutes} min`);
    const covered = id === undefined ? undefined : this.#withDependencies(id);
    const covers = (entry: Entry) =>
      entry.by === 'lease' && (covered === undefined || covered.has(entry.targetId));
    // It may be restored before we are told that the hold was taken.
    for (const entry of this.#rig.ledger.openEntries())
      if (covers(entry)) this.#episode(entry).meddled = true;
    const done = await this.#told(this.#rig.control.hold({ target: id, minutes, by: 'a test' }));
    if (!done && this.#rig.isRunning) return;
    // Of a hold whose daemon died over it nobody can tell how far it came.
    if (done) this.truth.hold(id, minutes, this.#rig.ledger.holds().at(-1)?.account);
    this.cause(covers);
  }

  async release(id: TargetId | undefined): Promise<void> {
    if (!this.#rig.isRunning) return;
    this.note(`command: release ${id ?? 'everything'}`);
    const done = await this.#told(this.#rig.control.release({ target: id, by: 'a test' }));
    // When the daemon died over it, it may have been written before.
    if (done || !this.#rig.isRunning) this.truth.release(id);
  }

  async napNow(id: TargetId | undefined): Promise<void> {
    if (!this.#rig.isRunning) return;
    this.note(`command: nap ${id ?? 'everything'}`);
    const meant = this.#rig.registry
      .current()
      .filter((entry) => entry.enabled && (id === undefined || entry.id === id))
      .map((entry) => entry.id);
    const held = meant.filter((one) => this.truth.isHeld(one));
    const answer = this.#rig.control.nap({ target: id, by: 'a test' });
    // It naps before we are told that it does; what was spared is taken back then.
    const undrop = this.truth.dropped(meant, id === undefined);
    this.#unguard((one) => meant.includes(one));
    const done = await this.#told(answer);
    const spared = done?.spared ?? meant;
    undrop(spared, done === undefined);
    for (const one of held)
      if (!spared.includes(one)) this.#fail(0, `NAP did not spare ${one}, which is held`);
  }

  async accept(account: string): Promise<void> {
    if (!this.#rig.isRunning) return;
    this.note(`command: accept ${account}`);
    await this.#told(this.#rig.control.acceptAccount(account));
  }

  /** What a command came to; undefined when it was refused. Any other failure is one of ours. */
  async #told<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (thrown) {
      if (thrown instanceof CommandError) this.note(`refused: ${thrown.code} ${thrown.message}`);
      else if (!(thrown instanceof Killed)) this.#fail(0, `a command failed: ${String(thrown)}`);
      return undefined;
    }
  }

  #unguard(match: (id: TargetId) => boolean): void {
    for (const key of [...this.guarded])
      if (match(key.slice(key.indexOf(' ') + 1) as TargetId)) this.guarded.delete(key);
  }

  #withDependencies(id: TargetId): ReadonlySet<TargetId> {
    const all = new Set([id]);
    for (const one of all)
      for (const entry of this.#rig.registry.current())
        if (entry.id === one) for (const dependency of entry.dependsOn) all.add(dependency);
    return all;
  }

  /** What may bring an open entry back, by whom it covers. */
  cause(covers: (entry: Entry) => boolean): void {
    for (const entry of this.#rig.ledger.openEntries()) if (covers(entry)) this.#episode(entry).cause = true;
  }

  activity(sensor: SensorName, began: number, at: number): void {
    const rig = this.#rig;
    if (!rig.isRunning) return;
    this.#heed(this.truth.activity(sensor, rig.trueTime(began), rig.trueTime(at)));
  }

  /** Somebody is back, for some targets. */
  #heed(heeded: ((id: TargetId) => boolean) | undefined): void {
    if (!heeded || !this.#rig.isRunning) return;
    this.#unguard(heeded);
    this.cause((entry) => entry.by === 'lease' && heeded(entry.targetId));
    for (const entry of this.#rig.ledger.openEntries())
      if (this.truth.mayBeSpared(entry.targetId)) this.#episode(entry).meddled = true;
  }

  health(): void {
    this.truth.health();
  }

  event(event: Event): void {
    if (!QUIET.has(event.type)) this.note(`· ${event.type}: ${event.message}`);
    if (!event.targetId) return;
    if (event.type === 'warning') this.truth.warned(event.targetId);
    if (event.type === 'warning-withdrawn') this.truth.withdrawn(event.targetId);
  }

  // What the daemon does to AWS.

  reading(targets: readonly Target[]): void {
    const { world, wire, now } = this.#rig;
    for (const target of targets) {
      const id = targetId(target);
      this.#readAt.set(id, now);
      const account = wire.signedIn;
      if (account !== undefined)
        this.#looking.set(id, { key: `${account} ${id}`, at: now, fields: world.fields(account, id) });
    }
  }

  read(targets: readonly Target[]): void {
    for (const target of targets) {
      const id = targetId(target);
      const look = this.#looking.get(id);
      if (!look) continue;
      const before = this.#sighted.get(look.key);
      this.#sighted.set(look.key, look);
      const meddledAt = this.#meddledAt.get(look.key) ?? Number.NEGATIVE_INFINITY;
      if (!before || meddledAt <= before.at || this.#entryOf(id)) continue;
      const isAutoscaled = this.#isAutoscaled(look.key.slice(0, look.key.indexOf(' ')), id);
      if (isStarted(before.fields, look.fields, isAutoscaled)) this.#guard(look.key, before);
    }
  }

  /** Whether a person runs it, as far as anybody can tell: the daemon may have thrown a look away that we count. */
  mayBeGuarded(account: string, id: TargetId): boolean {
    const key = `${account} ${id}`;
    const sighting = this.#rig.ledger
      .sightings()
      .find((seen) => seen.account === account && seen.targetId === id);
    return this.guarded.has(key) || (this.#meddledAt.has(key) && (sighting?.guarded ?? false));
  }

  /** Guards what a person runs; until that is written, no longer than the daemon lives. */
  #guard(key: string, seen?: Look): void {
    this.guarded.add(key);
    this.#unwrittenGuards.set(key, seen);
  }

  #entryOf(id: TargetId): Entry | undefined {
    return this.#rig.ledger.openEntries().find((entry) => entry.targetId === id);
  }

  /** Whether an autoscaler may change its size, so that a new size is nobody's word. */
  #isAutoscaled(account: string, id: TargetId): boolean {
    const { world, registry } = this.#rig;
    const isOurs = registry.current().find((entry) => entry.id === id)?.autoscalerOurs ?? false;
    const tags = world.nodegroup(account, id)?.tags ?? {};
    return isOurs || Object.keys(tags).length > 0 || world.service(account, id)?.scalable != null;
  }

  verb(call: VerbCall): void {
    const id = targetId(call.target);
    const commanded = this.#commands.get(id);
    this.note(`→ ${call.verb} ${id}${commanded ? ' by command' : ''}`);
    if (this.#rig.settings.current().aws.dryRun && !commanded)
      this.#fail(0, `${call.verb} of ${id} in dry_run`);
    if (commanded !== undefined) this.#acted.add(id);
    if (call.verb === 'scale') {
      if (commanded === undefined) this.#fail(1, `${id} was scaled though nobody asked for it`);
      return;
    }
    const entry = this.#rig.ledger.openEntries().find((open) => open.targetId === id);
    if (!entry) {
      this.#fail(call.verb === 'nap' ? 2 : 4, `${call.verb} of ${id} without an open entry`);
      return;
    }
    if (!isDeepStrictEqual(call.order?.saved, entry.saved))
      this.#fail(3, `${call.verb} of ${id} with ${show(call.order?.saved)}, saved is ${show(entry.saved)}`);
    if (entry.phase !== 'restoring' && call.verb === 'restore') this.#episode(entry).unwritten = true;
    if (call.verb === 'nap') this.#checkNap(entry, commanded !== undefined);
    else if (!this.#episode(entry).cause && !this.#episode(entry).meddled && commanded === undefined)
      this.#fail(4, `${id} is restored though nothing called for it`);
  }

  #checkNap(entry: Entry, commanded: boolean): void {
    const id = entry.targetId;
    const episode = this.#episode(entry);
    if (entry.phase !== 'napping') this.#fail(2, `nap of ${id} without its intent written`);
    if (commanded) {
      episode.fresh = false;
      return;
    }
    if (episode.cause) this.#fail(7, `the nap of ${id} goes on though it was called back`);
    if (entry.by === 'person') return;
    const registered = this.#rig.registry.current().find((known) => known.id === id);
    if (!registered?.enabled) this.#fail(1, `nap of ${id}, which is not registered and enabled`);
    if (this.#rig.ledger.pinnedAccount() !== entry.account)
      this.#fail(1, `nap of ${id} in account ${entry.account}, which is not the pinned one`);
    if (!this.truth.isKnown && !this.truth.isNappedByPerson(id))
      this.#fail(6, `nap of ${id} while presence is unknown`);
    // Half done, as far as anybody can tell: a person may have changed it to just what a nap begins with.
    if ((episode.touched || episode.meddled) && !episode.fresh) return;
    const forbidden = this.truth.forbids(id);
    if (forbidden) this.#fail(7, `nap of ${id}: ${forbidden}`);
    if (this.guarded.has(`${entry.account} ${id}`))
      this.#fail(5, `nap of ${id}, which a person started or scaled`);
    episode.fresh = false;
  }

  sending(request: Request, verbs: ReadonlyMap<TargetId, VerbCall>): void {
    for (const [id, { verb, startedAt }] of verbs)
      if (verb === 'nap' && startedAt < this.#wokeAt && !this.#commands.has(id))
        this.#fail(7, `${request.operation} of ${id} was sent after a sleep for a nap decided before it`);
  }

  changing(
    request: Request,
    account: string,
    verbs: ReadonlyMap<TargetId, VerbCall>,
    apply: () => unknown,
  ): unknown {
    const { world } = this.#rig;
    const before = request.changes.map((id) => [id, world.fields(account, id)] as const);
    const result = apply();
    for (const [id, from] of before) {
      const to = world.fields(account, id);
      const verb = verbs.get(id);
      if (!verb) this.#fail(1, `${request.operation} of ${id}, which no verb was told to change`);
      else this.#changed(account, id, verb, request.operation, from, to);
    }
    return result;
  }

  #changed(
    account: string,
    id: TargetId,
    verb: VerbCall,
    operation: string,
    from: Fields | undefined,
    to: Fields | undefined,
  ): void {
    const differing = changes(from, to);
    this.note(`! ${operation} ${id}: ${show(from)} → ${show(to)}`);
    const record = this.owed.of(account, id);
    const readAt = Math.min(verb.startedAt, this.#readAt.get(id) ?? verb.startedAt);
    for (const [field, was, is] of differing) {
      if (verb.verb === 'scale') {
        record.owed.delete(field);
        record.left.delete(field);
        // Theirs, but they gave it through us: that we go on from it is no harm.
        record.personal.set(field, { value: is, at: this.#rig.now, untraceable: true });
        continue;
      }
      this.#checkField(account, id, verb, field, was, is, readAt);
    }
  }

  #checkField(
    account: string,
    id: TargetId,
    verb: VerbCall,
    field: FieldName,
    was: number | boolean,
    is: number | boolean,
    readAt: number,
  ): void {
    const record = this.owed.of(account, id);
    const entry = this.#rig.ledger.openEntries().find((open) => open.targetId === id);
    const saved = plain(verb.order?.saved).get(field);
    const personal = record.personal.get(field);
    const commanded = this.#commands.has(id);
    // A change that came after the last look could not be known of.
    const isTraceable = personal && !personal.untraceable && !(entry && this.#episode(entry).unwritten);
    if (isTraceable && personal.at < readAt && !commanded) {
      const asSaved = entry?.phase === 'napping' && personal.value === saved;
      if (!asSaved) this.#fail(5, `${id}: ${field}, set to ${personal.value} by a person, was made ${is}`);
    }
    if (entry?.account !== account)
      this.#fail(2, `${id} was changed in account ${account} without an open entry there`);
    if (entry) this.#episode(entry).touched = true;
    // Bounds give way to a size that a person keeps, and a size to their bounds: AWS would bend them otherwise.
    const givesWay = record.personal.size > 0;
    const isRaced = record.before.some((one) => one.at >= readAt) || (entry && this.#episode(entry).raced);
    if (verb.verb === 'nap') {
      if (!record.owed.has(field)) record.owed.set(field, isRaced && saved !== undefined ? saved : was);
    } else if (!record.owed.has(field) && !isRaced && !commanded && !givesWay) {
      this.#fail(4, `${id}: ${field} was restored to ${is}, but no nap had changed it`);
    }
    record.personal.delete(field);
    const goal = record.owed.get(field);
    const fallsBack = field === 'state' && this.#rig.world.instance(account, id)?.startFails;
    if (goal === is && !fallsBack) record.owed.delete(field);
    else if (verb.verb === 'restore' && goal !== undefined && goal !== is) {
      // Bounds give way to a size that a person keeps.
      if (record.personal.size === 0 && !commanded)
        this.#fail(4, `${id}: ${field} was restored to ${is} instead of ${goal}`);
      record.owed.delete(field);
    }
    record.left.set(field, is);
  }

  // What the daemon writes down.

  wrote(method: string, args: readonly unknown[], result: unknown): void {
    if (method === 'see')
      for (const { account, targetId: id } of args[0] as readonly Sighting[])
        this.#unwrittenGuards.delete(`${account} ${id}`);
    if (method === 'open') this.#opened(args[0] as EntryDraft, result as Entry);
    if (method === 'change') this.#entryChanged(args[0] as number, args[1] as EntryChange, result as Entry);
    if (method === 'close') this.#closed(args[0] as number, args[1] as Outcome, String(args[2]));
    for (const entry of this.#rig.ledger.openEntries()) {
      const saved = this.#saved.get(entry.id);
      if (saved && !isDeepStrictEqual(saved, entry.saved))
        this.#fail(3, `the snapshot of ${entry.targetId} was replaced`);
    }
  }

  #opened(draft: EntryDraft, entry: Entry): void {
    const { world } = this.#rig;
    const { account, targetId: id } = entry;
    this.note(`+ entry ${entry.id} ${id} by ${draft.by}: ${show(draft.saved)}`);
    this.naps += 1;
    if (draft.reason === 'the session is locked') this.napsByLock += 1;
    if (draft.reason === 'the machine is about to sleep') this.napsBySuspend += 1;
    this.#saved.set(entry.id, structuredClone(draft.saved));
    this.#episodes.set(entry.id, {
      touched: false,
      fresh: true,
      cause: false,
      meddled: false,
      unwritten: false,
      raced: !isDeepStrictEqual(world.fields(account, id), draft.saved),
    });
    const record = this.owed.of(account, id);
    const now = world.fields(account, id);
    const readAt = this.#readAt.get(id) ?? 0;
    const seen = [now, ...record.before.filter((one) => one.at >= readAt).map((one) => one.fields)];
    if (!seen.some((fields) => isDeepStrictEqual(fields, draft.saved)))
      this.#fail(2, `the snapshot of ${id} is ${show(draft.saved)}, but it was ${show(now)}`);
    if ([...plain(draft.saved)].some(([field, value]) => isSize(field) && !value))
      this.#fail(4, `${id} was stopped already when it was napped`);
    if (record.owed.size > 0 && draft.by === 'lease')
      this.#fail(3, `a new snapshot of ${id} while ${[...record.owed.keys()]} of an older one is owed`);
    record.personal.clear();
    record.left.clear();
  }

  #entryChanged(id: number, change: EntryChange, entry: Entry): void {
    const episode = this.#episode(entry);
    this.note(`~ entry ${id} ${entry.targetId} ${JSON.stringify(change)}`);
    if (change.calledBy && this.#commands.has(entry.targetId)) episode.cause = true;
    if (change.phase === 'napping' && change.calledBy === null) {
      episode.fresh = true;
      episode.cause = false;
    }
    // A restore under way may be finished: it is an interrupted step.
    else if (change.calledBy === null && entry.phase !== 'restoring') episode.cause = false;
  }

  #closed(id: number, outcome: Outcome, reason: string): void {
    const entry = this.#rig.ledger.closed.at(-1)?.entry;
    if (entry?.id !== id) throw new Error('the ledger closed another entry');
    const { targetId: target, account } = entry;
    this.note(`- entry ${id} ${target} ${outcome}: ${reason}`);
    if (outcome === 'restored') this.restores += 1;
    this.#saved.delete(id);
    this.#episodes.delete(id);
    const record = this.owed.of(account, target);
    if (outcome === 'deleted') {
      if (this.#rig.world.fields(account, target)) this.#fail(8, `${target} was given up though it exists`);
    } else if (record.owed.size > 0)
      this.#fail(8, `${target} was closed as ${outcome}, but ${[...record.owed]} is owed`);
    const isRun = [...record.personal].some(([field, { value }]) => isSize(field) && Boolean(value));
    if (outcome === 'overridden' && isRun) this.#guard(`${account} ${target}`);
    record.owed.clear();
  }

  /** What stays owed in an account, in words; empty when everything is back. */
  outstanding(account: string): readonly string[] {
    const entries = this.#rig.ledger
      .openEntries()
      .filter((entry) => entry.account === account && entry.by === 'lease')
      .map((entry) => {
        const { owed } = this.owed.of(account, entry.targetId);
        return `${entry.targetId} is ${entry.phase}, owed ${JSON.stringify([...owed])}`;
      });
    const lost = this.#rig.world.all(account).flatMap((id) => {
      const { owed } = this.owed.of(account, id);
      const open = this.#rig.ledger.openEntries().some((entry) => entry.targetId === id);
      return owed.size > 0 && !open ? [`${id} is owed ${JSON.stringify([...owed])} and has no entry`] : [];
    });
    return [...entries, ...lost];
  }

  fail(invariant: number, message: string): void {
    this.#fail(invariant, message);
  }

  #fail(invariant: number, message: string): void {
    this.note(`VIOLATION ${invariant}: ${message}`);
    this.violations.push({ invariant, at: this.#rig.now, message });
  }

  #episode(entry: Entry): Episode {
    let episode = this.#episodes.get(entry.id);
    if (!episode) {
      episode = {
        touched: false,
        fresh: true,
        cause: false,
        meddled: false,
        unwritten: false,
        raced: false,
      };
      this.#episodes.set(entry.id, episode);
    }
    return episode;
  }
}

/** Whether what was seen next shows that somebody started it or gave it another size that no autoscaler would. */
function isStarted(before: Fields | undefined, now: Fields | undefined, isAutoscaled: boolean): boolean {
  if (!before || !now) return false;
  const size = (fields: Fields) => Number([...plain(fields)].find(([field]) => isSize(field))?.[1] ?? 0);
  if (size(now) === 0) return false;
  if (size(before) === 0) return true;
  return !isAutoscaled && size(before) !== size(now);
}

function show(fields: unknown): string {
  return JSON.stringify(fields, (key, value) => (key === 'kind' ? undefined : value)) ?? 'nothing';
}
