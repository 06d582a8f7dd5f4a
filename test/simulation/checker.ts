/**
 * The invariants of DESIGN, checked on everything that reaches the world or the ledger. It shares no code with the
 * decisions it judges: what counts is told by `truth.ts`, what is owed by `owed.ts`, whom a start belongs to by
 * `guards.ts`. Here it is heard what happens to the machine and around it; each judge is handed what is its own.
 */
import type { Fields } from '../../src/core/driver.js';
import type { Event } from '../../src/core/events.js';
import type { Sighting } from '../../src/core/ledger.js';
import type { SensorName } from '../../src/core/sensor.js';
import type { SignalName } from '../../src/core/session-signals.js';
import type { Target, TargetId } from '../../src/core/target.js';
import type { Rig, RigWatcher } from '../fakes/rig.js';
import type { Request } from '../fakes/world-api.js';
import type { VerbCall } from '../fakes/world-session.js';
import { Calls } from './calls.js';
import { Commands } from './commands.js';
import type { Asked, Court } from './court.js';
import { Effects } from './effects.js';
import { EntryRules } from './entries.js';
import { Episodes } from './episodes.js';
import { Guards } from './guards.js';
import { changes, isSize, Owed } from './owed.js';
import { Truth } from './truth.js';
import { show, Verdicts } from './verdicts.js';

/** Told too often to be worth a line in bad weather. */
const QUIET = new Set(['condition', 'condition-over', 'failed']);

export class Checker implements RigWatcher, Court {
  readonly rig: Rig;
  readonly verdicts: Verdicts;
  readonly truth: Truth;
  readonly owed = new Owed();
  readonly episodes: Episodes;
  readonly guards: Guards;
  readonly asked: Asked = { verbs: new Map(), acted: new Set() };
  readonly commands: Commands;
  readonly entries: EntryRules;
  readonly #calls: Calls;
  readonly #effects: Effects;

  constructor(rig: Rig) {
    this.rig = rig;
    this.verdicts = new Verdicts(() => rig.now);
    this.truth = new Truth(rig);
    this.episodes = new Episodes(rig);
    this.guards = new Guards(rig);
    this.commands = new Commands(this);
    this.entries = new EntryRules(this);
    this.#calls = new Calls(this);
    this.#effects = new Effects(this);
    rig.watcher = this;
    rig.registry.onChange(() => this.truth.registryChanged());
    let settings = JSON.stringify(rig.settings.current());
    rig.settings.onChange(() => {
      const changed = JSON.stringify(rig.settings.current());
      if (changed !== settings) this.truth.settingsChanged();
      settings = changed;
    });
  }

  note(text: string): void {
    this.verdicts.note(text);
  }

  fail(invariant: number, message: string): void {
    this.verdicts.fail(invariant, message);
  }

  // What happens around the daemon.

  /** A person or AWS itself does something to a target. */
  meddle(account: string, id: TargetId, isPerson: boolean, what: string, work: () => void): void {
    const { world, ledger, now } = this.rig;
    const from = world.fields(account, id);
    work();
    const to = world.fields(account, id);
    this.note(`${isPerson ? 'person' : 'AWS'}: ${what} ${id}: ${show(from)} → ${show(to)}`);
    const entry = ledger.openEntries().find((open) => open.targetId === id && open.account === account);
    const traceless = entry?.left === undefined;
    const isRestoring = entry?.phase === 'restoring';
    this.owed.others({ account, id, at: now, isPerson, traceless, isRestoring }, from, to);
    if (isPerson && hasNewSize(from, to)) this.guards.meddled(account, id);
    if (isPerson && entry) this.episodes.of(entry).meddled = true;
  }

  /** A daemon begins. Called before it starts. */
  began(): void {
    this.asked.verbs.clear();
    this.guards.began();
    this.episodes.began();
    this.truth.began();
  }

  /** The machine sleeps. */
  sleep(ms: number): void {
    this.note(`the machine sleeps for ${ms} ms`);
    this.rig.sleep(ms);
    this.truth.slept(ms);
  }

  /** The session is locked or unlocked. */
  lock(isLocked: boolean): void {
    if (isLocked === this.truth.isLocked) return;
    this.note(`the session is ${isLocked ? 'locked' : 'unlocked'}`);
    // What was typed until now was typed before the lock, or under it.
    this.rig.machine.read();
    if (isLocked) this.truth.session({ isLocked });
    this.rig.session.lock(isLocked);
    // The sensors are read by the daemon before it takes the lock for gone.
    if (!isLocked) this.#heed(this.truth.session({ isLocked }));
  }

  /** A signal breaks or is mended. */
  signal(signal: SignalName, isBroken: boolean): void {
    this.note(`the ${signal} signal ${isBroken ? 'breaks' : 'is mended'}`);
    if (signal === 'lock') this.truth.session({ isTold: !isBroken });
    if (isBroken) this.rig.session.break(signal);
    else this.rig.session.mend(signal);
  }

  /**
   * The machine is about to sleep. It waits for the daemon, or no longer than `patience`; then it sleeps, or not
   * after all (`ms` 0), and the daemon is told that it is awake, or not.
   */
  async suspend(how: { patience: number; ms: number; isTold: boolean }): Promise<void> {
    const { rig } = this;
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
        this.fail(0, 'the machine waited for the daemon for nothing');
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
    if (how.ms > 2_000 && rig.isRunning && rig.session.isTelling('suspend')) this.#calls.woke();
    rig.session.resume();
    this.truth.over('suspend');
  }

  // What the rig tells.

  activity(sensor: SensorName, began: number, at: number): void {
    const { rig } = this;
    if (!rig.isRunning) return;
    this.#heed(this.truth.activity(sensor, rig.trueTime(began), rig.trueTime(at)));
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

  reading(targets: readonly Target[]): void {
    this.guards.reading(targets);
  }

  read(targets: readonly Target[]): void {
    this.guards.read(targets);
  }

  verb(call: VerbCall): void {
    this.#calls.verb(call);
  }

  sending(request: Request, verbs: ReadonlyMap<TargetId, VerbCall>): void {
    this.#calls.sending(request, verbs);
  }

  changing(
    request: Request,
    account: string,
    verbs: ReadonlyMap<TargetId, VerbCall>,
    apply: () => unknown,
  ): unknown {
    return this.#effects.changing(request, account, verbs, apply);
  }

  wrote(method: string, args: readonly unknown[], result: unknown): void {
    if (method === 'see') this.guards.wrote(args[0] as readonly Sighting[]);
    this.entries.wrote(method, args, result);
  }

  /** Somebody is back, for some targets. */
  #heed(heeded: ((id: TargetId) => boolean) | undefined): void {
    if (!heeded || !this.rig.isRunning) return;
    this.guards.unguard(heeded);
    this.episodes.cause((entry) => entry.by === 'lease' && heeded(entry.targetId));
    this.episodes.meddled((entry) => this.truth.mayBeSpared(entry.targetId));
  }
}

function hasNewSize(from: Fields | undefined, to: Fields | undefined): boolean {
  return changes(from, to).some(([field]) => isSize(field));
}
