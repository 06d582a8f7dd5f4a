/**
 * Carries out what `plan` decided: the intent into the ledger, then the driver's verb, then what came of it. One
 * target's failure is shown and tried again later; it never reaches another.
 */
import type { Driver, FieldName, NapOrder, Observed, RestoreOrder } from '../core/driver.js';
import { LedgerError, messageOf, OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Entry } from '../core/ledger.js';
import type { Step } from '../core/plan.js';
import { type Kind, type Target, type TargetId, targetId } from '../core/target.js';
import { ACT_UNTIL_MS, ACT_WITHIN_MS } from '../core/team-leases.js';
import type { Accounts } from './accounts.js';
import type { Entries } from './entries.js';
import type { Journal } from './journal.js';
import type { Looks } from './looks.js';
import type { Leave, SharedTargets } from './shared-targets.js';
import type { LookedAt, Sightings } from './sightings.js';

export interface NapStep {
  readonly observed: Observed;
  readonly step: Step & { do: 'nap' };
  /** AWS is asked for it before this instant, in `boot` milliseconds, or it is looked at anew. */
  readonly before: number;
}

export interface RestoreStep {
  readonly observed: Observed;
  readonly entry: Entry;
  readonly step: Step & { do: 'restore' };
  /** Likewise. */
  readonly before: number;
}

export interface StepsPorts {
  readonly clock: Clock;
  readonly driver: (kind: Kind) => Driver;
  readonly shared: SharedTargets;
  readonly journal: Journal;
  readonly accounts: Accounts;
  readonly sightings: Sightings;
  readonly entries: Entries;
  readonly looks: Looks;
  readonly lookedAt: (observed: Observed) => LookedAt;
  /** As of the last look at it. */
  readonly lastSeen: (id: TargetId) => Observed | undefined;
}

export class Steps {
  readonly #ports: StepsPorts;
  /** Why AWS refused the nap just tried: the next look decides what becomes of its entry. */
  readonly #refused = new Map<TargetId, string>();

  constructor(ports: StepsPorts) {
    this.#ports = ports;
  }

  /** Steps that ask nothing of AWS. */
  note(step: Step, observed: Observed, entry: Entry | undefined, account: string, isDue: boolean): void {
    const { journal, sightings, entries, looks, lookedAt } = this.#ports;
    const id = observed.id;
    const name = journal.nameOf(id);
    const dependencies = lookedAt(observed).registered?.dependsOn ?? [];
    if (step.do === 'wait') {
      looks.waits(id);
      // One without an entry is not looked at for its own sake while it starts.
      for (const dependency of dependencies)
        if (this.#ports.lastSeen(dependency)?.power === 'starting') looks.soon(dependency);
      if (step.tell) looks.tellOnce(id, 'waiting', `${name} waits: ${step.why}`);
      return;
    }
    if (step.do === 'confirm' && entry && observed.fields) {
      // Fields that somebody changed while it was napped are theirs, although they are what is left now.
      const driver = this.#ports.driver(entry.target.kind);
      const { changed } = driver.stillOurs(entry.saved, undefined, observed.fields);
      const keep = [...new Set([...entry.keep, ...changed])];
      entries.change(entry, { phase: 'napped', left: observed.fields, keep });
      journal.tell('napped', `${name} naps: ${step.why}`, { targetId: id });
      if (entry.by === 'lease') this.#ports.shared.napped(id);
    } else if (step.do === 'close' && entry) {
      // Before the entry is gone: a crash between the two must not leave a person's start unguarded.
      if (step.outcome === 'overridden') sightings.guard(observed, account);
      entries.close(entry, step.outcome, step.why);
      looks.untell(id);
    } else if (step.do === 'none') {
      if (step.refused) looks.tellOnce(id, 'refused', `${name} is not napped: ${step.why}`);
      else if (step.dryRun) looks.tellOnce(id, 'dry-run', `${name} ${step.why}`);
      else if (!entry) looks.untell(id);
    }
    // Only now: a ledger that cannot be written is tried again less and less often. And no rest after a close:
    // what was on its way back and is due to nap again is only now free to.
    looks.done(id, { rests: isDue && step.do === 'none', starts: observed.power === 'starting' });
    journal.clear(`target:${id}`);
    if (step.do !== 'confirm' && step.do !== 'close') return;
    sightings.reckon([lookedAt(observed)], account);
    // What it depends on may have stayed up for its sake.
    for (const dependency of dependencies) looks.freshen(dependency);
  }

  /**
   * Naps: each intent is durable before AWS is asked. One whose intent cannot be written is not napped; one that is
   * aborted is looked at anew.
   */
  async nap(driver: Driver, naps: readonly NapStep[], account: string, signal: AbortSignal): Promise<void> {
    const { journal, entries } = this.#ports;
    const orders: NapOrder[] = [];
    for (const { observed, step } of naps) {
      this.guardLedger(observed.id, () => {
        const { id, target } = observed;
        const open = entries.of(id);
        const isBegun = open?.phase === 'napping' && open.calledBy === undefined;
        const entry =
          open === undefined
            ? entries.open(observed, account, 'lease', step.why)
            : isBegun
              ? open
              : entries.change(open, { phase: 'napping', calledBy: null });
        const name = journal.nameOf(id);
        if (step.notice)
          journal.tell('notice', `${name} is napped although ${step.notice}.`, {
            targetId: id,
            level: 'warn',
          });
        if (!open) journal.tell('nap', `${name} is put to nap: ${step.why}`, { targetId: id });
        orders.push({ target, saved: entry.saved });
        entries.napAsked(id);
      });
    }
    try {
      await this.#within(naps, signal, orders, async (limited) =>
        this.#settle(await driver.nap(orders, limited), orders),
      );
    } finally {
      for (const { target } of orders) entries.napAsked(targetId(target));
    }
  }

  /** Puts back what is owed. */
  async restore(driver: Driver, restores: readonly RestoreStep[], signal: AbortSignal): Promise<void> {
    const { journal, entries } = this.#ports;
    const orders: RestoreOrder[] = [];
    for (const { observed, entry, step } of restores) {
      const { id, target } = observed;
      const name = journal.nameOf(id);
      const isBegun = entry.phase === 'restoring' && sameFields(entry.keep, step.keep);
      if (!isBegun) entries.beginOwedRestore(entry, observed, step.keep);
      if (step.notice)
        journal.tell('notice', `${name} is restored although ${step.notice}.`, {
          targetId: id,
          level: 'warn',
        });
      if (entry.phase !== 'restoring')
        journal.tell('restore', `${name} is being restored: ${step.why}`, { targetId: id });
      orders.push({ target, saved: entry.saved, keep: step.keep });
    }
    await this.#within(restores, signal, orders, async (limited) =>
      this.#settle(await driver.restore(orders, limited), orders),
    );
  }

  /** Whether a shared target may be changed by this leave; if not, that is told, and it is looked at again. */
  hasLeave(id: TargetId, leave: Leave | undefined): leave is Leave & { may: true } {
    if (leave?.may === true) return true;
    if (leave?.may === false) this.leftAlone(id, leave.why);
    else this.#ports.looks.now(id);
    return false;
  }

  /**
   * Asks AWS only while every leave is good, and for no longer than teammates wait for it. What was not asked, or not
   * answered, in that time is looked at anew.
   */
  async #within(
    steps: readonly { readonly before: number }[],
    signal: AbortSignal,
    orders: readonly { target: Target }[],
    work: (limited: AbortSignal) => Promise<void>,
  ): Promise<void> {
    if (orders.length === 0) return;
    const { clock, looks } = this.#ports;
    const limit = new AbortController();
    const over = new Error('the leave of the team is over');
    const isBound = steps.some(({ before }) => Number.isFinite(before));
    if (steps.some(({ before }) => clock.now().boot >= before)) limit.abort(over);
    const cancel = isBound ? clock.after(ACT_UNTIL_MS - ACT_WITHIN_MS, () => limit.abort(over)) : () => {};
    const limited = isBound ? AbortSignal.any([signal, limit.signal]) : signal;
    try {
      if (!limited.aborted) await work(limited);
    } catch (thrown) {
      if (!limited.aborted) throw thrown;
    } finally {
      cancel();
      if (limited.aborted) for (const { target } of orders) looks.now(targetId(target));
    }
  }

  /** Looks again at what AWS accepted; backs off from what it did not. */
  #settle(
    outcomes: ReadonlyMap<TargetId, 'accepted' | OperationError>,
    orders: readonly { target: Target }[],
  ): void {
    const { looks } = this.#ports;
    for (const { target } of orders) {
      const id = targetId(target);
      const outcome = outcomes.get(id) ?? new Error('it was not answered for');
      if (outcome === 'accepted') looks.accepted(id);
      else this.failed(id, outcome);
    }
  }

  /** One target's failure: shown, and tried again later. */
  failed(id: TargetId, thrown: unknown): void {
    const { journal, accounts, entries, looks } = this.#ports;
    const failures = looks.failed(id);
    const name = journal.nameOf(id);
    const fault = thrown instanceof OperationError ? thrown.fault : 'failed';
    if (fault === 'credentials') {
      accounts.lost(thrown as OperationError);
      return;
    }
    if (fault === 'busy') {
      looks.tellOnce(id, 'waiting', `${name} waits: ${messageOf(thrown)}`);
      return;
    }
    const entry = entries.of(id);
    const message = `${name} could not be ${doingWith(entry)}: ${messageOf(thrown)}`;
    const hint = thrown instanceof OperationError ? thrown.hint : undefined;
    looks.tellOnce(id, 'failed', message);
    journal.raise(`target:${id}`, message, hint ?? 'It is tried again, less and less often.', id);
    if (fault === 'refused' && entry?.phase === 'napping' && entry.by === 'lease' && failures === 1)
      this.#refused.set(id, messageOf(thrown));
  }

  /**
   * AWS would not nap this one as it is. If nothing of the nap was done, nothing is owed; only a fresh reading can
   * tell, for a nap may be several calls. Returns whether the entry was let go.
   */
  letGo(driver: Driver, observed: Observed): boolean {
    const { entries } = this.#ports;
    const entry = entries.of(observed.id);
    const because = this.#refused.get(observed.id);
    this.#refused.delete(observed.id);
    if (because === undefined || entry?.phase !== 'napping' || entry.calledBy !== undefined) return false;
    if (!observed.fields || !driver.untouched(entry.saved, observed.fields)) return false;
    this.guardLedger(observed.id, () => entries.close(entry, 'unneeded', `AWS refuses it: ${because}`));
    return true;
  }

  /** Brings the entry of a shared target in line with the team's table. Returns why it is to be left alone for now. */
  async align(driver: Driver, observed: Observed, account: string): Promise<string | undefined> {
    try {
      return await this.#ports.shared.align(driver, observed, account);
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#ports.journal.ledgerFailed(thrown);
      return 'the ledger cannot be used';
    }
  }

  /** A target that somebody else is at work on: told once, and looked at again. */
  leftAlone(id: TargetId, why: string): void {
    const { journal, looks } = this.#ports;
    looks.tellOnce(id, 'waiting', `${journal.nameOf(id)} waits: ${why}`);
    looks.waits(id);
  }

  /** Runs what needs the ledger; when the ledger fails, that is shown, and the step is tried again later. */
  guardLedger(id: TargetId, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof LedgerError)) throw thrown;
      this.#ports.journal.ledgerFailed(thrown);
      this.#ports.looks.failed(id);
    }
  }
}

/** What was being done with a target, for the message of a failure. */
function doingWith(entry: Entry | undefined): string {
  if (entry === undefined || entry.phase === 'napped') return 'read';
  return entry.phase === 'restoring' ? 'restored' : 'napped';
}

function sameFields(one: readonly FieldName[], other: readonly FieldName[]): boolean {
  return one.length === other.length && one.every((field) => other.includes(field));
}
