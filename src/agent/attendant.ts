/**
 * Looks after targets: reads them, decides by core's `plan`, carries the step out, and looks again until it is so.
 * Level-triggered: every look starts from what AWS and the ledger show now, so a crash between any two lines
 * leaves nothing but a look to be done again. Targets are attended in groups by kind and region; groups go on
 * beside each other, so that one that hangs or fails holds up nobody else.
 */
import type { Driver, Observed } from '../core/driver.js';
import { OperationError } from '../core/errors.js';
import { type Clock, NOTICEABLE_SLEEP_MS, sleptBetween } from '../core/instant.js';
import type { Entry } from '../core/ledger.js';
import { type Facts, isRefused, plan, type Step } from '../core/plan.js';
import type { Registered } from '../core/registry.js';
import type { AwsSession } from '../core/session.js';
import { type Target, type TargetId, targetId } from '../core/target.js';
import type { Accounts } from './accounts.js';
import type { DeadMan } from './dead-man.js';
import type { Entries } from './entries.js';
import { compare, neighboursOf } from './facts.js';
import type { Journal } from './journal.js';
import { Looks } from './looks.js';
import type { Leave, SharedTargets } from './shared-targets.js';
import { isUp, type LookedAt, type Sightings } from './sightings.js';
import type { Standing } from './standings.js';
import { type NapStep, type RestoreStep, Steps } from './steps.js';

/** What a look came to, for those who ask why. */
export interface LastStep {
  readonly step: Step;
  /** When the look began, in `boot` milliseconds. */
  readonly at: number;
  readonly observed: Observed;
}

export interface AttendantPorts {
  readonly clock: Clock;
  readonly session: AwsSession;
  readonly journal: Journal;
  readonly accounts: Accounts;
  readonly sightings: Sightings;
  readonly entries: Entries;
  readonly registered: () => readonly Registered[];
  readonly standings: () => ReadonlyMap<TargetId, Standing>;
  readonly presenceUnknown: () => boolean;
  readonly dryRun: () => boolean;
  readonly shared: SharedTargets;
  /** See `DeadMan`. */
  readonly switches: Pick<DeadMan, 'seen' | 'targetOf'>;
  /** See `Looks`. */
  readonly restMs: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Called when a look has ended: the loop's timer may have to be set anew. */
  readonly changed: () => void;
}

/** Leave from the team, for one kind of change. */
interface Given {
  readonly for: 'nap' | 'restore';
  readonly leave: Leave;
}

interface Together {
  readonly waiting: ReadonlyMap<TargetId, string>;
  readonly leaves: ReadonlyMap<TargetId, Given>;
}

/** What is shared with nobody. */
const ALONE: Together = { waiting: new Map(), leaves: new Map() };

export class Attendant {
  readonly #ports: AttendantPorts;
  readonly #looks: Looks;
  readonly #steps: Steps;
  readonly #last = new Map<TargetId, LastStep>();
  /** Targets in somebody's hands: a group being attended, or a person's command. */
  readonly #held = new Map<TargetId, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  /** Ends the naps under way. */
  #napping = new AbortController();

  constructor(ports: AttendantPorts) {
    this.#ports = ports;
    this.#looks = new Looks({ ...ports, isHeld: (id) => this.#held.has(id) });
    this.#steps = new Steps({
      ...ports,
      driver: (kind) => ports.session.driver(kind),
      looks: this.#looks,
      lookedAt: (observed) => this.#lookedAt(observed),
      lastSeen: (id) => this.#last.get(id)?.observed,
    });
  }

  /** What the last look at a target came to. */
  lastStep(id: TargetId): LastStep | undefined {
    return this.#last.get(id);
  }

  /** Asks for a look at a target as soon as possible; whatever it was waiting for is over. */
  lookNow(id: TargetId): void {
    this.#looks.now(id);
  }

  /** Asks for a look now, unless one is coming that failures or a rest have put off. */
  lookSoon(id: TargetId): void {
    this.#looks.soon(id);
  }

  /** What was found before no longer says anything about what is due: it may be looked at again at once. */
  freshen(id: TargetId): void {
    this.#looks.freshen(id);
  }

  /** The next look due, in `boot` milliseconds; `Infinity` when none is. */
  nextLookAt(): number {
    return this.#looks.nextAt();
  }

  /** Starts attending every target whose look is due and that is in nobody's hands. Does not wait. */
  attendDue(signal: AbortSignal): void {
    const groups = new Map<string, Target[]>();
    for (const id of this.#looks.takeDue()) {
      const { entries, switches } = this.#ports;
      const target = entries.of(id)?.target ?? this.#registeredAs(id)?.target ?? switches.targetOf(id);
      if (!target) {
        this.#looks.forget(id);
        continue;
      }
      const key = `${target.kind} ${target.region}`;
      groups.set(key, [...(groups.get(key) ?? []), target]);
    }
    for (const targets of groups.values()) this.#start(targets, signal);
  }

  /**
   * Asks nothing more of AWS for naps that are under way. How far they have come is seen at the next look, which
   * decides anew.
   */
  abandonNaps(): void {
    this.#napping.abort(new Error('the machine sleeps, or the daemon ends'));
    this.#napping = new AbortController();
  }

  /** Whether a nap of this target could come to anything, as far as is known without asking AWS. */
  mayNap(id: TargetId): boolean {
    const { accounts, entries, sightings } = this.#ports;
    const account = accounts.known();
    const entry = entries.of(id);
    if (entry && entry.account !== account) return false;
    if (entry) return entry.phase === 'restoring' || (entry.phase === 'napping' && entry.by === 'lease');
    const last = this.lastStep(id);
    if (!last || account === undefined || account !== accounts.pinned()) return false;
    if (sightings.isGuarded(id, account)) return false;
    return isUp(last.observed) && !isRefused(last.observed, this.#registeredAs(id)?.autoscalerOurs ?? false);
  }

  /** Whether AWS has been asked to nap this target, and nothing is known to have gone wrong. */
  isNapping(id: TargetId): boolean {
    return this.#ports.entries.of(id)?.phase === 'napping' && !this.#looks.hasFailed(id);
  }

  /**
   * Whether it is on its way down as far as is known: asked for at the last look, or no longer up. An intent that a
   * crash left behind may never have reached AWS.
   */
  isGoingDown(id: TargetId): boolean {
    const last = this.lastStep(id);
    return this.isNapping(id) && !(last && last.step.do !== 'nap' && isUp(last.observed));
  }

  /** Whether a look begun at `since` or later found nothing to nap, or AWS has accepted the nap. */
  hasSettled(id: TargetId, since: number): boolean {
    const last = this.lastStep(id);
    if (this.#held.has(id) || last === undefined || last.at < since || this.#looks.hasFailed(id))
      return false;
    return last.step.do !== 'wait' || this.isNapping(id);
  }

  /** Resolves when nothing is being attended. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
  }

  /**
   * Runs a person's command on a target with nobody else's hands on it: waits until the target is free, then
   * keeps it until `work` has ended, and looks at it once more afterwards.
   */
  async withTarget<T>(target: Target, work: () => Promise<T>): Promise<T> {
    const id = targetId(target);
    for (let held = this.#held.get(id); held; held = this.#held.get(id)) await held;
    const run = work();
    const hands = run.then(
      () => undefined,
      () => undefined,
    );
    this.#held.set(id, hands);
    this.#running.add(hands);
    try {
      return await run;
    } finally {
      this.#held.delete(id);
      this.#running.delete(hands);
      if (this.#ports.entries.of(id) || this.#registeredAs(id)) this.lookNow(id);
      this.#ports.changed();
    }
  }

  /** Marks open entries to be restored, durably, and looks at them now. Entries in other accounts' names too. */
  call(match: (entry: Entry) => boolean, reason: string): readonly Entry[] {
    const { entries } = this.#ports;
    const called = entries.all().filter((entry) => entry.calledBy === undefined && match(entry));
    for (const entry of called) {
      entries.call(entry, reason);
      this.lookNow(entry.targetId);
    }
    return called;
  }

  /** Takes the call back from entries that are still to be restored, and has them looked at. */
  uncall(match: (entry: Entry) => boolean): void {
    const { entries } = this.#ports;
    for (const entry of entries.all().filter((open) => open.calledBy !== undefined && match(open))) {
      this.lookNow(entry.targetId);
      this.#steps.guardLedger(entry.targetId, () => entries.change(entry, { calledBy: null }));
    }
  }

  /** Reads one target afresh and takes note of it. @throws OperationError */
  async inspect(target: Target, account: string): Promise<Observed> {
    const found = await this.#ports.session.driver(target.kind).inspect([target]);
    const observed = found.get(targetId(target));
    if (observed === undefined)
      throw new OperationError('failed', 'it was not answered for', {
        operation: 'inspect',
        target: targetId(target),
      });
    if (observed instanceof OperationError) throw observed;
    this.#ports.sightings.see([this.#lookedAt(observed)], account);
    return observed;
  }

  #start(targets: readonly Target[], signal: AbortSignal): void {
    const work = this.#attend(targets, signal)
      .catch((thrown) => {
        if (signal.aborted) return;
        for (const target of targets) this.#steps.failed(targetId(target), thrown);
      })
      .finally(() => {
        for (const target of targets) this.#held.delete(targetId(target));
        this.#running.delete(work);
        this.#ports.changed();
      });
    for (const target of targets) this.#held.set(targetId(target), work);
    this.#running.add(work);
  }

  async #attend(targets: readonly Target[], signal: AbortSignal): Promise<void> {
    const first = targets[0];
    if (!first) return;
    const asked = this.#ports.clock.now();
    const account = await this.#ports.accounts.current(signal);
    if (account === undefined) {
      for (const target of targets) this.#looks.failed(targetId(target));
      return;
    }
    const driver = this.#ports.session.driver(first.kind);
    const ids = targets.map(targetId);
    const isShared = this.#ports.shared.any(ids);
    if (isShared) await this.#ports.shared.consult(ids);
    const found = await driver.inspect(targets, signal);
    signal.throwIfAborted();
    const read = [...found.values()].filter(
      (answer): answer is Observed => !(answer instanceof OperationError),
    );
    // Everything that takes time comes before this: from here to the call to AWS nothing else has its turn.
    const { waiting, leaves } = isShared ? await this.#together(driver, read, account) : ALONE;
    signal.throwIfAborted();
    const hasSlept = sleptBetween(asked, this.#ports.clock.now()) > NOTICEABLE_SLEEP_MS;
    if (hasSlept || this.#ports.accounts.known() !== account) {
      // The machine slept in between: what was known of the person is as old as the sleep. The loop reads the
      // sensors first; then it is looked again. Likewise when somebody else has signed in: what was read is not theirs.
      for (const target of targets) this.lookNow(targetId(target));
      return;
    }
    const naps: NapStep[] = [];
    const restores: RestoreStep[] = [];
    for (const observed of read)
      if (!waiting.has(observed.id))
        this.#steps.guardLedger(observed.id, () => this.#ports.switches.seen(observed, account));
    this.#ports.sightings.see(
      read.map((observed) => this.#lookedAt(observed)),
      account,
    );
    for (const { id } of read) this.#ports.shared.sighted(id);
    const standings = this.#ports.standings();
    for (const target of targets) {
      const id = targetId(target);
      const observed = found.get(id);
      if (observed === undefined || observed instanceof OperationError) {
        this.#steps.failed(id, observed ?? new Error('it was not answered for'));
        continue;
      }
      const why = waiting.get(id);
      if (why !== undefined) {
        this.#steps.leftAlone(id, why);
        continue;
      }
      if (this.#steps.letGo(driver, observed)) continue;
      const step = plan(this.#facts(driver, observed, account, standings.get(id)));
      this.#last.set(id, { step, at: asked.boot, observed });
      const entry = this.#ports.entries.of(id);
      const leave = leaves.get(id);
      const before = leave?.leave.may === true ? leave.leave.before : Number.POSITIVE_INFINITY;
      if ((step.do === 'nap' || step.do === 'restore') && this.#ports.shared.any([id])) {
        if (!this.#steps.hasLeave(id, leave?.for === step.do ? leave.leave : undefined)) continue;
      }
      if (step.do === 'nap') naps.push({ observed, step, before });
      else if (step.do === 'restore' && entry) restores.push({ observed, entry, step, before });
      else
        this.#steps.guardLedger(id, () =>
          this.#steps.note(step, observed, entry, account, standings.get(id)?.due !== undefined),
        );
    }
    await Promise.all([
      this.#steps.nap(driver, naps, account, this.#napping.signal),
      this.#steps.restore(driver, restores, signal),
    ]);
  }

  /** What the team has to say of shared targets: which are to be left alone, and leave for what is to be done to the rest. */
  async #together(driver: Driver, read: readonly Observed[], account: string): Promise<Together> {
    const { shared, standings } = this.#ports;
    const waiting = new Map<TargetId, string>();
    const leaves = new Map<TargetId, Given>();
    for (const observed of read) {
      const { id } = observed;
      if (!shared.any([id])) continue;
      const why = await this.#steps.align(driver, observed, account);
      if (why !== undefined) {
        waiting.set(id, why);
        continue;
      }
      const step = plan(this.#facts(driver, observed, account, standings().get(id)));
      if (step.do === 'nap')
        leaves.set(id, { for: 'nap', leave: await shared.mayNap(observed, account, step.why) });
      if (step.do === 'restore') leaves.set(id, { for: 'restore', leave: await shared.mayRestore(id) });
    }
    return { waiting, leaves };
  }

  #facts(driver: Driver, observed: Observed, account: string, standing: Standing | undefined): Facts {
    const { accounts, entries, sightings } = this.#ports;
    const { id } = observed;
    const entry = entries.of(id);
    const registered = this.#registeredAs(id);
    const comparison = entry && compare(driver, entry, observed);
    if (entry && comparison?.napApplied) entries.napSeen(entry);
    return {
      observed,
      entry,
      comparison,
      registered: registered?.enabled ? { autoscalerOurs: registered.autoscalerOurs } : undefined,
      wantedBy: standing?.wantedBy,
      due: standing?.due,
      presenceUnknown: this.#ports.presenceUnknown(),
      guarded: sightings.isGuarded(id, account),
      dryRun: this.#ports.dryRun(),
      account,
      pinned: accounts.pinned(),
      ...neighboursOf(id, {
        registered: this.#ports.registered(),
        entryOf: (other) => entries.of(other),
        lastSeen: (other) => this.#last.get(other)?.observed,
        isGuarded: (other) => sightings.isGuarded(other, account),
      }),
      waitedMs: this.#looks.waitedMs(id),
      unseenNapMs: entries.unseenNapMs(entry),
    };
  }

  #lookedAt(observed: Observed): LookedAt {
    return {
      observed,
      entry: this.#ports.entries.of(observed.id),
      registered: this.#registeredAs(observed.id),
      isTeams: this.#ports.shared.explains(observed.id),
    };
  }

  #registeredAs(id: TargetId): Registered | undefined {
    return this.#ports.registered().find((entry) => entry.id === id);
  }
}
