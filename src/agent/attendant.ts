/**
 * Looks after targets: reads them, decides by core's `plan`, carries the step out, and looks again until it is so.
 * Level-triggered: every look starts from what AWS and the ledger show now, so a crash between any two lines
 * leaves nothing but a look to be done again. Targets are attended in groups by kind and region; groups go on
 * beside each other, so that one that hangs or fails holds up nobody else.
 */
import type { Driver, FieldName, NapOrder, Observed, RestoreOrder } from '../core/driver.js';
import { LedgerError, messageOf, OperationError } from '../core/errors.js';
import { type Clock, momentOf, NOTICEABLE_SLEEP_MS, sleptBetween } from '../core/instant.js';
import type { Entry, Ledger } from '../core/ledger.js';
import { type Comparison, type Facts, isRefused, plan, type Step } from '../core/plan.js';
import type { Registered } from '../core/registry.js';
import type { AwsSession } from '../core/session.js';
import { type Target, type TargetId, targetId } from '../core/target.js';
import type { Accounts } from './accounts.js';
import { backoff, settleDelay } from './backoff.js';
import type { Journal } from './journal.js';
import type { Standing } from './lease-book.js';
import type { LookedAt, Sightings } from './sightings.js';

/** What one target is waiting for, between looks. */
interface Look {
  /** `boot` milliseconds of the next look; undefined: none is needed. */
  at: number | undefined;
  /** Looks in a row that found it still settling. */
  settling: number;
  /** Until when a target that is due but has nothing done to it is left alone, unless something happens. */
  restUntil: number;
  /** Failures in a row. */
  failures: number;
  /** Since when its step is being put off, for plan's patience. */
  waitingSince: number | undefined;
  /** What was told last, so that a reason is told once and not at every look. */
  told: string | undefined;
  /** Why AWS refused the nap just tried: the next look decides what becomes of its entry. */
  refusedBecause: string | undefined;
}

/** What a look came to, for those who ask why. */
export interface LastStep {
  readonly step: Step;
  readonly observed: Observed;
}

export interface AttendantPorts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly session: AwsSession;
  readonly journal: Journal;
  readonly accounts: Accounts;
  readonly sightings: Sightings;
  readonly registered: () => readonly Registered[];
  readonly standings: () => ReadonlyMap<TargetId, Standing>;
  readonly presenceUnknown: () => boolean;
  readonly dryRun: () => boolean;
  /** How long a target that is due and yet stays up (needed by another, dry_run) is left unread, unless something happens. */
  readonly restMs: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Called when a look has ended: the loop's timer may have to be set anew. */
  readonly changed: () => void;
}

export class Attendant {
  readonly #ports: AttendantPorts;
  readonly #looks = new Map<TargetId, Look>();
  readonly #last = new Map<TargetId, LastStep>();
  /** Targets in somebody's hands: a group being attended, or a person's command. */
  readonly #held = new Map<TargetId, Promise<void>>();
  readonly #running = new Set<Promise<void>>();
  #entries: Entry[] = [];
  /** By entry: when a nap was last asked for, in `boot` milliseconds, until its effect is seen. */
  readonly #unseenNaps = new Map<number, number>();

  /** @throws LedgerError when the open entries cannot be read. */
  constructor(ports: AttendantPorts) {
    this.#ports = ports;
    this.#entries = [...ports.ledger.openEntries()];
    // What the process before this one asked for it asked before now.
    for (const { targetId: id, phase, left } of this.#entries)
      if (phase === 'napping' || (phase === 'restoring' && left === undefined)) this.napAsked(id);
  }

  /** All open entries, of every account. */
  entries(): readonly Entry[] {
    return this.#entries;
  }

  entryOf(id: TargetId): Entry | undefined {
    return this.#entries.find((entry) => entry.targetId === id);
  }

  /** What the last look at a target came to. */
  lastStep(id: TargetId): LastStep | undefined {
    return this.#last.get(id);
  }

  /** Asks for a look at a target as soon as possible; whatever it was waiting for is over. */
  lookNow(id: TargetId): void {
    const look = this.#look(id);
    look.at = this.#ports.clock.now().boot;
    look.failures = 0;
    look.settling = 0;
  }

  /** Asks for a look now, unless one is coming that failures have put off. */
  lookSoon(id: TargetId): void {
    const look = this.#look(id);
    if (look.at === undefined && !this.#held.has(id))
      look.at = Math.max(this.#ports.clock.now().boot, look.restUntil);
  }

  /** What was found before no longer says anything about what is due: it may be looked at again at once. */
  freshen(id: TargetId): void {
    const look = this.#look(id);
    if (look.at === look.restUntil) look.at = undefined;
    look.restUntil = 0;
  }

  /** The next look due, in `boot` milliseconds; `Infinity` when none is. */
  nextLookAt(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const [id, look] of this.#looks)
      if (look.at !== undefined && !this.#held.has(id)) next = Math.min(next, look.at);
    return next;
  }

  /** Starts attending every target whose look is due and that is in nobody's hands. Does not wait. */
  attendDue(signal: AbortSignal): void {
    const now = this.#ports.clock.now().boot;
    const groups = new Map<string, Target[]>();
    for (const [id, look] of this.#looks) {
      if (look.at === undefined || look.at > now || this.#held.has(id)) continue;
      const target = this.#targetOf(id);
      look.at = undefined;
      if (!target) {
        this.#looks.delete(id);
        continue;
      }
      const key = `${target.kind} ${target.region}`;
      groups.set(key, [...(groups.get(key) ?? []), target]);
    }
    for (const targets of groups.values()) this.#start(targets, signal);
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
      if (this.entryOf(id) || this.#registeredAs(id)) this.lookNow(id);
      this.#ports.changed();
    }
  }

  /** Marks open entries to be restored, durably, and looks at them now. Entries in other accounts' names too. */
  call(match: (entry: Entry) => boolean, reason: string): readonly Entry[] {
    const called = this.#entries.filter((entry) => entry.calledBy === undefined && match(entry));
    for (const entry of called) {
      this.#evenUnwritten(entry, { calledBy: reason }, () => this.change(entry, { calledBy: reason }));
      this.lookNow(entry.targetId);
    }
    return called;
  }

  /** Takes the call back from entries that are still to be restored, and has them looked at. */
  uncall(match: (entry: Entry) => boolean): void {
    for (const entry of this.#entries.filter((open) => open.calledBy !== undefined && match(open))) {
      this.lookNow(entry.targetId);
      this.#guardLedger(entry.targetId, () => this.change(entry, { calledBy: null }));
    }
  }

  /** Opens an entry: intent and snapshot are durable when it returns. @throws LedgerError */
  open(observed: Observed, account: string, by: Entry['by'], reason: string): Entry {
    const { clock, ledger } = this.#ports;
    if (!observed.fields) throw new LedgerError(`there is nothing to save of ${observed.id}`);
    const entry = ledger.open({
      target: observed.target,
      account,
      by,
      reason,
      saved: observed.fields,
      at: momentOf(clock.now(), clock.bootId),
    });
    this.#entries.push(entry);
    return entry;
  }

  /** Changes an open entry. @throws LedgerError */
  change(entry: Entry, change: Parameters<Ledger['change']>[1]): Entry {
    const changed = this.#ports.ledger.change(entry.id, change);
    this.#entries = this.#entries.map((open) => (open.id === entry.id ? changed : open));
    return changed;
  }

  /**
   * Writes the intent to restore. A nap that was never confirmed but is seen to have taken effect is as it left
   * the target by now: without that on record, a late effect of it would still have to be reckoned with.
   * @throws LedgerError
   */
  beginRestore(
    entry: Entry,
    seen: Observed,
    change: Pick<Parameters<Ledger['change']>[1], 'keep' | 'calledBy'>,
  ): Entry {
    const driver = this.#ports.session.driver(entry.target.kind);
    const { fields } = seen;
    const applied =
      entry.left === undefined && fields !== undefined && driver.napApplied(entry.saved, fields);
    return this.change(entry, { phase: 'restoring', ...change, ...(applied ? { left: fields } : {}) });
  }

  /** Closes an open entry and tells it. @throws LedgerError */
  close(entry: Entry, outcome: 'restored' | 'overridden' | 'deleted' | 'unneeded', why: string): void {
    const { clock, ledger, journal } = this.#ports;
    ledger.close(entry.id, outcome, why, momentOf(clock.now(), clock.bootId));
    this.#entries = this.#entries.filter((open) => open.id !== entry.id);
    this.#unseenNaps.delete(entry.id);
    const id = entry.targetId;
    if (outcome === 'restored')
      journal.tell('restored', `${this.#name(id)} is back as it was: ${why}`, { targetId: id });
    else if (outcome === 'unneeded')
      journal.tell('closed', `${this.#name(id)} was not napped: ${why}`, { targetId: id });
    else
      journal.tell('closed', `${this.#name(id)} is no longer ours to restore: ${why}`, {
        targetId: id,
        level: 'warn',
      });
  }

  /** A nap of this target is being asked for, or was until now: its effect is to be reckoned with from here on. */
  napAsked(id: TargetId): void {
    const entry = this.entryOf(id);
    if (entry) this.#unseenNaps.set(entry.id, this.#ports.clock.now().boot);
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
        for (const target of targets) this.#failed(targetId(target), thrown);
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
      for (const target of targets) this.#retryLater(this.#look(targetId(target)));
      return;
    }
    const driver = this.#ports.session.driver(first.kind);
    const found = await driver.inspect(targets, signal);
    signal.throwIfAborted();
    const hasSlept = sleptBetween(asked, this.#ports.clock.now()) > NOTICEABLE_SLEEP_MS;
    if (hasSlept || this.#ports.accounts.known() !== account) {
      // The machine slept in between: what was known of the person is as old as the sleep. The loop reads the
      // sensors first; then it is looked again. Likewise when somebody else has signed in: what was read is not theirs.
      for (const target of targets) this.lookNow(targetId(target));
      return;
    }
    const naps: { observed: Observed; step: Step & { do: 'nap' } }[] = [];
    const restores: { observed: Observed; entry: Entry; step: Step & { do: 'restore' } }[] = [];
    const read = [...found.values()].filter(
      (answer): answer is Observed => !(answer instanceof OperationError),
    );
    this.#ports.sightings.see(
      read.map((observed) => this.#lookedAt(observed)),
      account,
    );
    const standings = this.#ports.standings();
    for (const target of targets) {
      const id = targetId(target);
      const observed = found.get(id);
      if (observed === undefined || observed instanceof OperationError) {
        this.#failed(id, observed ?? new Error('it was not answered for'));
        continue;
      }
      if (this.#letGo(driver, observed)) continue;
      const step = plan(this.#facts(driver, observed, account, standings.get(id)));
      this.#last.set(id, { step, observed });
      const entry = this.entryOf(id);
      if (step.do === 'nap') naps.push({ observed, step });
      else if (step.do === 'restore' && entry) restores.push({ observed, entry, step });
      else
        this.#guardLedger(id, () =>
          this.#note(step, observed, entry, account, standings.get(id)?.due !== undefined),
        );
    }
    await Promise.all([this.#nap(driver, naps, account, signal), this.#restore(driver, restores, signal)]);
  }

  #facts(driver: Driver, observed: Observed, account: string, standing: Standing | undefined): Facts {
    const { clock, accounts } = this.#ports;
    const { id } = observed;
    const now = clock.now();
    const entry = this.entryOf(id);
    const registered = this.#registeredAs(id);
    const look = this.#look(id);
    const comparison = entry && observed.fields ? compare(driver, entry, observed) : undefined;
    if (entry && comparison?.napApplied) this.#unseenNaps.delete(entry.id);
    return {
      observed,
      entry,
      comparison,
      registered: registered?.enabled ? { autoscalerOurs: registered.autoscalerOurs } : undefined,
      wantedBy: standing?.wantedBy,
      due: standing?.due,
      presenceUnknown: this.#ports.presenceUnknown(),
      guarded: this.#ports.sightings.isGuarded(id, account),
      dryRun: this.#ports.dryRun(),
      account,
      pinned: accounts.pinned(),
      ...this.#neighbours(id, registered, account),
      waitedMs: look.waitingSince === undefined ? 0 : now.boot - look.waitingSince,
      unseenNapMs: now.boot - (entry ? (this.#unseenNaps.get(entry.id) ?? -Infinity) : -Infinity),
    };
  }

  /** How the targets stand that depend on this one, and that this one depends on. */
  #neighbours(id: TargetId, registered: Registered | undefined, account: string) {
    const names = (entries: readonly Registered[]) => entries.map((entry) => entry.name ?? entry.id);
    const isUp = (entry: Registered) => {
      const power = this.#last.get(entry.id)?.observed.power;
      return power === 'on' || power === 'starting' || power === 'stopping';
    };
    const up = this.#ports.registered().filter((entry) => entry.dependsOn.includes(id) && isUp(entry));
    const stays = (entry: Registered): boolean => {
      const observed = this.#last.get(entry.id)?.observed;
      if (!entry.enabled || !isUp(entry)) return false;
      const refused = observed !== undefined && isRefused(observed, entry.autoscalerOurs);
      if (refused || this.#ports.sightings.isGuarded(entry.id, account)) return true;
      return this.#ports.registered().some((other) => other.dependsOn.includes(entry.id) && stays(other));
    };
    const down = (registered?.dependsOn ?? []).filter((dependency) => {
      const entry = this.entryOf(dependency);
      const power = this.#last.get(dependency)?.observed.power;
      // As it was saved, or started by somebody, and not up yet: the tasks of a service take a while.
      if (!entry) return power === 'starting';
      if (!entry.calledBy) return false;
      // Until its restore has begun, what was seen last may be from before its nap.
      return entry.phase !== 'restoring' || power !== 'on';
    });
    const nameOf = (dependency: TargetId) =>
      this.#ports.registered().find((entry) => entry.id === dependency)?.name ?? dependency;
    return {
      dependentsUp: names(up.filter((entry) => entry.enabled)),
      dependentsStay: names(up.filter(stays)),
      dependenciesDown: down.map(nameOf),
    };
  }

  /** Steps that ask nothing of AWS. */
  #note(step: Step, observed: Observed, entry: Entry | undefined, account: string, isDue: boolean): void {
    const { journal, sightings } = this.#ports;
    const id = observed.id;
    const look = this.#look(id);
    if (step.do === 'wait') {
      look.waitingSince ??= this.#ports.clock.now().boot;
      this.#lookAfter(look, settleDelay(look.settling++));
      // One without an entry is not looked at for its own sake while it starts.
      for (const dependency of this.#registeredAs(id)?.dependsOn ?? [])
        if (this.#last.get(dependency)?.observed.power === 'starting') this.lookSoon(dependency);
      if (step.tell) this.#tellOnce(look, 'waiting', id, `${this.#name(id)} waits: ${step.why}`);
      return;
    }
    if (step.do === 'confirm' && entry && observed.fields) {
      // Fields that somebody changed while it was napped are theirs, although they are what is left now.
      const driver = this.#ports.session.driver(entry.target.kind);
      const { changed } = driver.stillOurs(entry.saved, undefined, observed.fields);
      const keep = [...new Set([...entry.keep, ...changed])];
      this.change(entry, { phase: 'napped', left: observed.fields, keep });
      journal.tell('napped', `${this.#name(id)} naps: ${step.why}`, { targetId: id });
    } else if (step.do === 'close' && entry) {
      // Before the entry is gone: a crash between the two must not leave a person's start unguarded.
      if (step.outcome === 'overridden') sightings.guard(observed, account);
      this.close(entry, step.outcome, step.why);
      look.told = undefined;
    } else if (step.do === 'none') {
      if (step.refused) this.#tellOnce(look, 'refused', id, `${this.#name(id)} is not napped: ${step.why}`);
      else if (step.dryRun) this.#tellOnce(look, 'dry-run', id, `${this.#name(id)} ${step.why}`);
      else if (!entry) look.told = undefined;
    }
    // Only now: a ledger that cannot be written is tried again less and less often.
    look.settling = 0;
    look.waitingSince = undefined;
    look.failures = 0;
    // Not after a close: what was on its way back and is due to nap again is only now free to.
    const rests = isDue && step.do === 'none';
    look.restUntil = rests ? this.#ports.clock.now().boot + this.#ports.restMs() : 0;
    journal.clear(`target:${id}`);
    if (step.do !== 'confirm' && step.do !== 'close') return;
    sightings.reckon([this.#lookedAt(observed)], account);
    // What it depends on may have stayed up for its sake.
    for (const dependency of this.#registeredAs(id)?.dependsOn ?? []) this.freshen(dependency);
  }

  async #nap(
    driver: Driver,
    naps: readonly { observed: Observed; step: Step & { do: 'nap' } }[],
    account: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { journal } = this.#ports;
    const orders: NapOrder[] = [];
    for (const { observed, step } of naps) {
      this.#guardLedger(observed.id, () => {
        const open = this.entryOf(observed.id);
        const entry = open
          ? open.phase === 'napping' && open.calledBy === undefined
            ? open
            : this.change(open, { phase: 'napping', calledBy: null })
          : this.open(observed, account, 'lease', step.why);
        if (step.notice)
          journal.tell('notice', `${this.#name(observed.id)} is napped although ${step.notice}.`, {
            targetId: observed.id,
            level: 'warn',
          });
        if (!open)
          journal.tell('nap', `${this.#name(observed.id)} is put to nap: ${step.why}`, {
            targetId: observed.id,
          });
        orders.push({ target: observed.target, saved: entry.saved });
        this.napAsked(observed.id);
      });
    }
    if (orders.length === 0) return;
    const outcomes = await driver.nap(orders, signal);
    for (const { target } of orders) this.napAsked(targetId(target));
    this.#settle(outcomes, orders);
  }

  async #restore(
    driver: Driver,
    restores: readonly { observed: Observed; entry: Entry; step: Step & { do: 'restore' } }[],
    signal: AbortSignal,
  ): Promise<void> {
    const { journal } = this.#ports;
    const orders: RestoreOrder[] = [];
    for (const { observed, entry, step } of restores) {
      const id = observed.id;
      const begun = entry.phase === 'restoring' && sameFields(entry.keep, step.keep);
      if (!begun)
        this.#evenUnwritten(entry, { phase: 'restoring', keep: step.keep }, () =>
          this.beginRestore(entry, observed, { keep: step.keep }),
        );
      if (step.notice)
        journal.tell('notice', `${this.#name(id)} is restored although ${step.notice}.`, {
          targetId: id,
          level: 'warn',
        });
      if (entry.phase !== 'restoring')
        journal.tell('restore', `${this.#name(id)} is being restored: ${step.why}`, { targetId: id });
      orders.push({ target: observed.target, saved: entry.saved, keep: step.keep });
    }
    if (orders.length === 0) return;
    this.#settle(await driver.restore(orders, signal), orders);
  }

  /** Looks again at what AWS accepted; backs off from what it did not. */
  #settle(
    outcomes: ReadonlyMap<TargetId, 'accepted' | OperationError>,
    orders: readonly { target: Target }[],
  ): void {
    for (const { target } of orders) {
      const id = targetId(target);
      const outcome = outcomes.get(id) ?? new Error('it was not answered for');
      const look = this.#look(id);
      if (outcome === 'accepted') {
        look.failures = 0;
        look.waitingSince = undefined;
        this.#lookAfter(look, settleDelay(look.settling++));
      } else this.#failed(id, outcome);
    }
  }

  /** One target's failure: shown, and tried again later. */
  #failed(id: TargetId, thrown: unknown): void {
    const { journal } = this.#ports;
    const look = this.#look(id);
    this.#retryLater(look);
    const fault = thrown instanceof OperationError ? thrown.fault : 'failed';
    if (fault === 'credentials') {
      this.#ports.accounts.lost(thrown as OperationError);
      return;
    }
    if (fault === 'busy') {
      this.#tellOnce(look, 'waiting', id, `${this.#name(id)} waits: ${messageOf(thrown)}`);
      return;
    }
    const entry = this.entryOf(id);
    const doing = entry === undefined ? 'read' : entry.phase === 'restoring' ? 'restored' : 'napped';
    const message = `${this.#name(id)} could not be ${doing}: ${messageOf(thrown)}`;
    const hint = thrown instanceof OperationError ? thrown.hint : undefined;
    this.#tellOnce(look, 'failed', id, message);
    journal.raise(`target:${id}`, message, hint ?? 'It is tried again, less and less often.', id);
    if (fault === 'refused' && entry?.phase === 'napping' && entry.by === 'lease' && look.failures === 1)
      look.refusedBecause = messageOf(thrown);
  }

  /**
   * AWS would not nap this one as it is. If nothing of the nap was done, nothing is owed; only a fresh reading can
   * tell, for a nap may be several calls. Returns whether the entry was let go.
   */
  #letGo(driver: Driver, observed: Observed): boolean {
    const look = this.#look(observed.id);
    const entry = this.entryOf(observed.id);
    const because = look.refusedBecause;
    look.refusedBecause = undefined;
    if (because === undefined || entry?.phase !== 'napping' || entry.calledBy !== undefined) return false;
    if (!observed.fields || !driver.untouched(entry.saved, observed.fields)) return false;
    this.#guardLedger(observed.id, () => this.close(entry, 'unneeded', `AWS refuses it: ${because}`));
    return true;
  }

  #tellOnce(
    look: Look,
    type: 'waiting' | 'failed' | 'refused' | 'dry-run',
    id: TargetId,
    message: string,
  ): void {
    if (look.told === message) return;
    look.told = message;
    this.#ports.journal.tell(type, message, { targetId: id, level: type === 'failed' ? 'warn' : 'info' });
  }

  /** Runs what needs the ledger; when the ledger fails, that is shown, and the step is tried again later. */
  #guardLedger(id: TargetId, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#ports.journal.ledgerFailed(thrown);
      this.#retryLater(this.#look(id));
    }
  }

  /**
   * Giving back goes on even when the ledger cannot be written: it is idempotent, and owed. Until the next start
   * the change is then only in memory.
   */
  #evenUnwritten(
    entry: Entry,
    change: Pick<Entry, 'calledBy'> | Pick<Entry, 'phase' | 'keep'>,
    work: () => void,
  ) {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#ports.journal.ledgerFailed(thrown);
      this.#entries = this.#entries.map((open) => (open.id === entry.id ? { ...open, ...change } : open));
    }
  }

  #retryLater(look: Look): void {
    this.#lookAfter(look, backoff(look.failures++, this.#ports.random()));
  }

  #lookAfter(look: Look, ms: number): void {
    look.at = this.#ports.clock.now().boot + ms;
  }

  #look(id: TargetId): Look {
    let look = this.#looks.get(id);
    if (!look) {
      look = {
        at: undefined,
        settling: 0,
        restUntil: 0,
        failures: 0,
        waitingSince: undefined,
        told: undefined,
        refusedBecause: undefined,
      };
      this.#looks.set(id, look);
    }
    return look;
  }

  #lookedAt(observed: Observed): LookedAt {
    return { observed, entry: this.entryOf(observed.id), registered: this.#registeredAs(observed.id) };
  }

  #name(id: TargetId): string {
    return this.#ports.journal.nameOf(id);
  }

  #registeredAs(id: TargetId): Registered | undefined {
    return this.#ports.registered().find((entry) => entry.id === id);
  }

  #targetOf(id: TargetId): Target | undefined {
    return this.entryOf(id)?.target ?? this.#registeredAs(id)?.target;
  }
}

/** What the driver's pure verbs say of an open entry. */
function compare(driver: Driver, entry: Entry, observed: Observed): Comparison | undefined {
  const { fields } = observed;
  if (!fields) return undefined;
  return {
    ours: driver.stillOurs(entry.saved, entry.left, fields),
    differing: driver.missing(entry.saved, [], observed),
    napApplied: driver.napApplied(entry.saved, fields),
    untouched: driver.untouched(entry.saved, fields),
    sizeAsSaved: driver.sizeOf(fields) === driver.sizeOf(entry.saved),
  };
}

function sameFields(one: readonly FieldName[], other: readonly FieldName[]): boolean {
  return one.length === other.length && one.every((field) => other.includes(field));
}
