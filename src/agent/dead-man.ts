/**
 * The dead-man's switch: sees to it that AWS holds one for every target that is up and ours to nap, a little behind
 * its lease, and finds out what they have stopped while nobody was here. The snapshot is in the ledger before AWS is
 * asked to hold a switch, so that whatever it stops is known as ours and comes back as it was.
 */
import {
  firesAtFor,
  followEveryMs,
  lateFiring,
  MINUTE_MS,
  type Switch,
  type SwitchBoard,
  type SwitchOrder,
  settledAt,
  stopsAlike,
  whoStopped,
} from '../core/dead-man.js';
import type { Driver, Fields, Observed } from '../core/driver.js';
import { LedgerError, messageOf, OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Ledger } from '../core/ledger.js';
import type { Registered } from '../core/registry.js';
import type { Settings } from '../core/settings.js';
import type { Kind, Target, TargetId } from '../core/target.js';
import type { Accounts } from './accounts.js';
import { backoff } from './backoff.js';
import type { Entries } from './entries.js';
import type { Journal } from './journal.js';
import type { Sightings } from './sightings.js';
import type { Standing } from './standings.js';
import { SwitchCover } from './switch-cover.js';
import { SwitchRecords } from './switch-records.js';
import { type Wish, wishFor } from './switch-wish.js';

export interface DeadManPorts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'switches' | 'keepSwitch' | 'dropSwitch'>;
  readonly board: () => SwitchBoard;
  readonly driver: (kind: Kind) => Driver;
  readonly journal: Journal;
  readonly accounts: Accounts;
  readonly entries: Entries;
  readonly sightings: Sightings;
  readonly registered: () => readonly Registered[];
  readonly standings: () => ReadonlyMap<TargetId, Standing>;
  readonly settings: () => Settings;
  /** In whose name the switch of a target is held. @throws LedgerError */
  readonly ownerOf: (entry: Registered) => string;
  /** As of the last look at it. */
  readonly lastSeen: (id: TargetId) => Observed | undefined;
  readonly lookNow: (id: TargetId) => void;
  /** Whether somebody is here, or has asked for this target: what a switch stopped is then given back at once. */
  readonly isNeeded: (id: TargetId) => boolean;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Called when work with AWS has ended. */
  readonly changed: () => void;
}

/** Why a target that should have a switch has none that can be relied on, and what can be done about it. */
export interface Lack {
  readonly why: string;
  readonly hint: string;
}

/** AWS could not be asked: what it holds already stays in force. */
const LATER = 'It is tried again; what AWS holds already goes on, and fires when it was last told to.';

/** A switch that is to be armed, moved, or brought up to date. */
interface Arming {
  readonly order: SwitchOrder;
  readonly held: Switch;
}

export class DeadMan {
  readonly #ports: DeadManPorts;
  readonly #records: SwitchRecords;
  readonly #cover: SwitchCover;
  /** `boot` milliseconds at which the switches are compared with their leases again. */
  #nextAt: number;
  #failures = 0;
  #work: Promise<void> | undefined;
  /** Until when a switch that a person lets go off is left alone, by AWS's clock. */
  readonly #firing = new Map<TargetId, number>();
  /** Why each target that should have a switch has none, or an outdated one. */
  #lacking: ReadonlyMap<TargetId, Lack> = new Map();

  /** @throws LedgerError when the switches on record cannot be read. */
  constructor(ports: DeadManPorts) {
    this.#ports = ports;
    this.#records = new SwitchRecords(ports.ledger);
    this.#cover = new SwitchCover({ clock: ports.clock, board: ports.board });
    this.#nextAt = ports.clock.now().boot;
  }

  /** The switch of a target that AWS holds or may hold, in the account signed in. */
  of(id: TargetId): Switch | undefined {
    return this.#records.of(id, this.#ports.accounts.known()).find((held) => held.phase !== 'disarming');
  }

  /** When AWS stops a target unless it is told otherwise, in wall milliseconds; undefined: it does not. */
  stopsAt(id: TargetId): number | undefined {
    const held = this.of(id);
    return held === undefined ? undefined : held.firesAt - this.#ports.board().aheadMs();
  }

  /** All switches of the account signed in, those being taken back too. */
  all(): readonly Switch[] {
    return this.#records.all(this.#ports.accounts.known());
  }

  /**
   * Has a switch go off in the next minute or two, for a person who wants to see it: it is not moved again before.
   * @throws OperationError when AWS does not hold it so
   */
  async fire(held: Switch, signal?: AbortSignal): Promise<number> {
    const soon = { ...held, firesAt: Math.ceil((this.#now() + MINUTE_MS) / MINUTE_MS) * MINUTE_MS };
    await this.#work;
    this.#firing.set(held.targetId, soon.firesAt + MINUTE_MS);
    const lacking = new Map<TargetId, Lack>();
    const order = { ...soon, isHeld: this.#records.isHeld(held) };
    await this.#arm([{ held: { ...soon, phase: 'arming', before: held.firesAt }, order }], lacking, signal);
    const lack = lacking.get(held.targetId);
    if (lack)
      throw new OperationError('failed', lack.why, {
        operation: 'scheduler:UpdateSchedule',
        hint: lack.hint,
      });
    return soon.firesAt;
  }

  /** Why a target that should have a switch has none that can be relied on. */
  lacks(id: TargetId): Lack | undefined {
    return this.#lacking.get(id);
  }

  /** A target that has, or had until now, a switch, and that nobody else may know of any more. */
  targetOf(id: TargetId): Target | undefined {
    return this.#records.of(id, this.#ports.accounts.known())[0]?.target;
  }

  /** What is installed is read anew, and the switches are compared with their leases, at the next turn. */
  soon(): void {
    this.#cover.forget();
    this.follow();
  }

  /** The switches are compared with their leases at the next turn. */
  follow(): void {
    this.#failures = 0;
    this.#nextAt = this.#ports.clock.now().boot;
  }

  /** Takes every switch back now, after it was turned off. Returns the targets whose switch AWS may still hold. */
  async disarmAll(signal?: AbortSignal): Promise<readonly TargetId[]> {
    await this.#work;
    await this.#disarm(this.all(), signal);
    return this.all().flatMap((held) => (this.#records.isDeleted(held) ? [] : [held.targetId]));
  }

  /** When {@link run} has something to do by itself, in `boot` milliseconds. */
  at(): number {
    if (this.#work || !this.#isUsed()) return Number.POSITIVE_INFINITY;
    return this.#nextAt;
  }

  /** Compares the switches with their leases when it is time, and begins what is to be done. Does not wait. */
  run(signal: AbortSignal): void {
    const now = this.#ports.clock.now().boot;
    if (this.#work || now < this.at()) return;
    this.#nextAt = now + followEveryMs(this.#ports.settings().deadMan.graceMs);
    this.#work = this.#pass(signal)
      .catch((thrown: unknown) => {
        if (!signal.aborted) this.#failed(thrown);
      })
      .finally(() => {
        this.#work = undefined;
        this.#ports.changed();
      });
  }

  /** Resolves when nothing is being asked of AWS. */
  async settled(): Promise<void> {
    await this.#work;
  }

  /**
   * To be told of every reading of a target, before it is decided about: what its switch has stopped, wholly or by
   * halves, becomes an open entry with the snapshot on record. Other readings bring that snapshot up to date.
   * @throws LedgerError
   */
  seen(observed: Observed, account: string): void {
    const { entries, driver, journal } = this.#ports;
    const { fields, id } = observed;
    if (!this.#records.any() && !this.#ports.settings().deadMan.enabled) return;
    const now = this.#now();
    this.#records.looked(id, this.#ports.clock.now().boot);
    if (!fields) return;
    if (entries.of(id)) {
      this.#refresh(observed, account);
      return;
    }
    for (const held of this.#records.of(id, account)) {
      const verbs = driver(observed.target.kind);
      const asLeft = leftBehind(verbs, held.saved, observed).length > 0;
      const by = whoStopped(held, { asLeft, stoppedAt: observed.stoppedAt, now });
      if (by !== 'switch') continue;
      const because = 'AWS stopped it: its lease had run out and nobody had renewed it';
      const entry = entries.adopt(observed.target, { account, saved: held.saved, reason: because });
      journal.tell('nap', `${journal.nameOf(id)} was put to nap by its dead-man's switch.`, { targetId: id });
      if (this.#ports.isNeeded(id)) entries.call(entry, 'somebody is here');
      return;
    }
    this.#refresh(observed, account);
  }

  /** What is up may have been changed: a switch that still waits gets the snapshot of now. */
  #refresh(observed: Observed, account: string): void {
    const { id } = observed;
    const wish = this.#wish(id, observed);
    const held = this.#records.of(id, account).filter(({ phase }) => phase !== 'disarming');
    if (wish.be !== 'as-is' && (wish.be === 'armed') !== held.length > 0) this.follow();
    if (wish.be !== 'armed') return;
    // While it is on its way back this is what was saved before.
    for (const one of held) {
      if (sameFields(one.saved, wish.saved)) continue;
      if (!stopsAlike(one.saved, wish.saved)) this.follow();
      else this.#records.keep({ ...one, saved: wish.saved });
    }
  }

  /** One comparison of all switches with their leases. */
  async #pass(signal: AbortSignal): Promise<void> {
    const { accounts, registered, settings } = this.#ports;
    const account = accounts.known();
    if (account === undefined) return;
    const wishes = new Map(registered().map((entry) => [entry.id, this.#wish(entry.id)] as const));
    const lacking = new Map<TargetId, Lack>();
    const ids = [...wishes].flatMap(([id, wish]) => (wish.be === 'armed' ? [id] : []));
    const wanted = registered().filter(({ id }) => ids.includes(id));
    if (settings().deadMan.enabled)
      for (const [id, why] of await this.#cover.missing(wanted, signal)) lacking.set(id, why);
    if (accounts.known() !== account) return this.follow();
    const armings = wanted.flatMap((entry) => {
      const wish = wishes.get(entry.id);
      return lacking.has(entry.id) || wish?.be !== 'armed' ? [] : this.#arming(entry, wish.saved, account);
    });
    const over = this.#records
      .all(account)
      .filter((held) => (wishes.get(held.targetId) ?? { be: 'none' }).be === 'none' || !this.#isOwners(held));
    await this.#arm(armings, lacking, signal);
    await this.#disarm(over, signal);
    this.#lacking = lacking;
    this.#show();
  }

  async #arm(armings: readonly Arming[], lacking: Map<TargetId, Lack>, signal?: AbortSignal): Promise<void> {
    if (armings.length === 0) return;
    // Durable first: what AWS stops must be known as ours, and how it was.
    for (const { held } of armings) this.#records.keep(held);
    const outcomes = await this.#ports.board().arm(
      armings.map(({ order }) => order),
      signal,
    );
    let isWhole = true;
    for (const { held } of armings) {
      const outcome = outcomes.get(held.targetId) ?? new Error('it was not answered for');
      if (outcome === 'accepted') {
        this.#records.keep({ ...held, phase: 'armed', before: lateFiring(held.before, this.#now()) });
        continue;
      }
      isWhole = false;
      if (outcome instanceof OperationError && outcome.fault === 'missing') {
        // It fired, or somebody deleted it. The look tells; the next comparison makes a new one.
        this.#records.unheld(held);
        this.#ports.lookNow(held.targetId);
      } else {
        const hint = outcome instanceof OperationError ? outcome.hint : undefined;
        lacking.set(held.targetId, { why: messageOf(outcome), hint: hint ?? LATER });
      }
    }
    if (isWhole) this.#failures = 0;
    else this.#again();
  }

  async #disarm(over: readonly Switch[], signal?: AbortSignal): Promise<void> {
    const due = over.filter((held) => !this.#records.isDeleted(held));
    if (due.length > 0) {
      for (const held of due) this.#records.keep({ ...held, phase: 'disarming' });
      const outcomes = await this.#ports.board().disarm(due, signal);
      const failed: string[] = [];
      let why = '';
      for (const held of due) {
        const outcome = outcomes.get(held.targetId) ?? new Error('it was not answered for');
        if (outcome === 'accepted') this.#records.deleted(held);
        else {
          failed.push(this.#ports.journal.nameOf(held.targetId));
          why = messageOf(outcome);
        }
      }
      if (failed.length > 0) this.#again();
      this.#ports.journal.stand(
        'dead-man-disarm',
        failed.length > 0
          ? `The dead-man's switch of ${failed.join(', ')} could not be taken back: ${why}`
          : undefined,
        'It may still stop the service once; that is then given back. It is tried again.',
      );
    }
    for (const held of over) this.#letGo(held);
  }

  /** Forgets a switch that AWS no longer holds, once it is certain what it has done. */
  #letGo(held: Switch): void {
    if (!this.#records.isDeleted(held)) return;
    const settled = settledAt(held, this.#now());
    const { boot } = this.#ports.clock.now();
    // Not by AWS's clock, which may have been learned of only since the last look.
    const since = settled === undefined ? undefined : boot + settled - this.#now();
    if (since === undefined || this.#records.wasLookedAtSince(held.targetId, since)) {
      this.#records.drop(held);
      return;
    }
    // Looked at once more when nothing can come any longer, even if it has left the registry.
    if (boot >= since) this.#ports.lookNow(held.targetId);
    this.#nextAt = Math.min(this.#nextAt, boot + MINUTE_MS);
  }

  /** What is to be ordered for a target, if anything is. */
  #arming(entry: Registered, saved: Fields, account: string): readonly Arming[] {
    const { clock, ownerOf, settings, standings } = this.#ports;
    const standing = standings().get(entry.id);
    if (!standing || this.#now() < (this.#firing.get(entry.id) ?? 0)) return [];
    const { graceMs } = settings().deadMan;
    const owner = ownerOf(entry);
    const firesAt = firesAtFor({
      now: this.#now(),
      leaseMs: standing.expiresAt - clock.now().boot,
      timeoutMs: standing.timeoutMs,
      graceMs,
    });
    const held = this.#records.of(entry.id, account).find((record) => record.owner === owner);
    // A minute late is as good: what AWS's clock is taken for varies by a little.
    const isInTime = held !== undefined && held.firesAt >= firesAt && held.firesAt - firesAt <= MINUTE_MS;
    if (held?.phase === 'armed' && isInTime && stopsAlike(held.saved, saved)) return [];
    // Still to fire, and not confirmed to have moved: that instant stays in mind.
    const before = held?.phase === 'armed' ? held.firesAt : (held?.before ?? held?.firesAt);
    const { id: targetId, target } = entry;
    return [
      {
        held: { targetId, target, account, owner, phase: 'arming', firesAt, before, saved },
        order: { target, owner, firesAt, saved, isHeld: held !== undefined && this.#records.isHeld(held) },
      },
    ];
  }

  #wish(id: TargetId, observed = this.#ports.lastSeen(id)): Wish {
    const { accounts, entries, registered, settings, sightings } = this.#ports;
    const account = accounts.known();
    const isOn = settings().deadMan.enabled && !settings().aws.dryRun && account === accounts.pinned();
    return wishFor({
      isOn,
      registered: registered().find((entry) => entry.id === id),
      observed,
      entry: entries.of(id),
      isGuarded: account !== undefined && sightings.isGuarded(id, account),
    });
  }

  /** Whether the switch is held in the name it would be armed in now. */
  #isOwners(held: Switch): boolean {
    const entry = this.#ports.registered().find(({ id }) => id === held.targetId);
    return entry === undefined || this.#ports.ownerOf(entry) === held.owner;
  }

  #isUsed(): boolean {
    return this.#ports.settings().deadMan.enabled || this.#records.any();
  }

  /** AWS's clock. */
  #now(): number {
    return this.#ports.clock.now().wall + this.#ports.board().aheadMs();
  }

  #again(): void {
    const wait = backoff(this.#failures++, this.#ports.random());
    this.#nextAt = Math.min(this.#nextAt, this.#ports.clock.now().boot + wait);
  }

  #failed(thrown: unknown): void {
    if (thrown instanceof LedgerError) this.#ports.journal.ledgerFailed(thrown);
    else if (thrown instanceof OperationError && thrown.fault === 'credentials')
      this.#ports.accounts.lost(thrown);
    const lack = { why: messageOf(thrown), hint: LATER };
    const wanted = this.#ports.registered().filter((entry) => this.#wish(entry.id).be === 'armed');
    this.#lacking = new Map(wanted.map(({ id }) => [id, lack]));
    this.#again();
    this.#show();
  }

  /** A switch that is thought armed and is not is worse than none: says at once which targets have none. */
  #show(): void {
    const { journal } = this.#ports;
    const byReason = new Map<string, TargetId[]>();
    for (const [id, { why }] of this.#lacking) byReason.set(why, [...(byReason.get(why) ?? []), id]);
    const said = [...byReason].map(
      ([why, ids]) => `${ids.map((id) => journal.nameOf(id)).join(', ')}: ${why}`,
    );
    const [first] = this.#lacking.values();
    journal.stand(
      'dead-man',
      said.length > 0 ? `No dead-man's switch can be relied on for ${said.join('; ')}` : undefined,
      first?.hint,
    );
  }
}

/** Fields that are as a nap leaves them and not as saved: what a switch has done, wholly or by halves. */
function leftBehind(driver: Driver, saved: Fields, observed: Observed): readonly string[] {
  if (!observed.fields) return [];
  const { changed } = driver.stillOurs(saved, undefined, observed.fields);
  return driver.missing(saved, [], observed).filter((field) => !changed.includes(field));
}

function sameFields(one: Fields, other: Fields): boolean {
  // What tells who stopped an instance is no part of how it is to be.
  if (one.kind === 'ec2' && other.kind === 'ec2') return one.running === other.running;
  return JSON.stringify(one) === JSON.stringify(other);
}
