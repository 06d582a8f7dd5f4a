/**
 * The agent's part in a team: tells teammates what this machine needs of shared targets, reads what they need while it
 * matters, and gets leave before a shared target is napped or restored. While the table cannot be used nothing shared
 * is napped; own targets know nothing of it.
 */
import { type Fault, LedgerError, messageOf, OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Lease } from '../core/lease.js';
import type { Ledger } from '../core/ledger.js';
import type { TeamSettings } from '../core/settings.js';
import type { TargetId } from '../core/target.js';
import type { SharedTarget, TeamTable } from '../core/team.js';
import { ACT_WITHIN_MS, type AdviceFacts, advise, type TeamAdvice } from '../core/team-leases.js';
import { backoff } from './backoff.js';
import type { Journal } from './journal.js';
import { type Grant, type NapWish, TeamClaims } from './team-claims.js';
import { TeamPicture } from './team-picture.js';
import { type Need, TeamPresence } from './team-presence.js';

/** A reading this old, in heartbeats, says nothing any more about who needs what now. */
const STALE_BEATS = 2.5;
/** A reading this young is good enough to plan a look by, milliseconds. */
const CONSULT_MS = 5_000;
/** After this long without the table, what this agent itself has napped is given back without asking, milliseconds. */
const PATIENCE_MS = 60_000;
/** Another has beaten in this member's name: believed to go on for this long after the last time, milliseconds. */
const COPIED_MS = 15 * 60_000;

const NEVER = Number.NEGATIVE_INFINITY;
const FOREVER = Number.POSITIVE_INFINITY;
/** Faults that pass by themselves as a rule. */
const PASSING: ReadonlySet<Fault> = new Set(['throttled', 'unreachable', 'failed']);

const UNREADABLE = 'the team, whose table cannot be read';
const UNREAD = 'the team, whose table is being read';
const COPIED = 'the team, in which another Cloudnap goes by our name';

export interface TeamPorts {
  readonly clock: Clock;
  /** The table that the settings in force name. @throws OperationError */
  readonly table: () => Promise<TeamTable>;
  readonly ledger: Pick<Ledger, 'installation'>;
  readonly journal: Pick<Journal, 'raise' | 'clear'>;
  readonly settings: () => TeamSettings;
  /** The account signed in, as far as is known: another has another table of the same name. */
  readonly account: () => string | undefined;
  /** The user of this machine, and its name. */
  readonly person: { readonly name: string; readonly machine: string };
  /** Registered, enabled and shared targets. */
  readonly needs: () => readonly Need[];
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Called when something has been told or read: standings, and when to go on, may have changed. */
  readonly changed: () => void;
}

/** What is asked about one shared target before a look at it is planned. */
export type Consulted = Pick<AdviceFacts, 'entry' | 'isNeeded'> & { readonly id: TargetId };

/** What belongs to one table: another table is another life. */
interface Membership {
  readonly place: string;
  readonly self: string;
  readonly picture: TeamPicture;
  readonly presence: TeamPresence;
  readonly claims: TeamClaims;
}

/** The table cannot be used, since when, and when it is tried again; `boot` milliseconds. */
interface Trouble {
  readonly since: number;
  readonly failures: number;
  readonly retryAt: number;
}

export class Team {
  readonly #ports: TeamPorts;
  readonly #ending = new AbortController();
  #membership: Membership | undefined;
  #trouble: Trouble | undefined;
  #copiedAt = NEVER;
  #work: Promise<void> | undefined;

  constructor(ports: TeamPorts) {
    this.#ports = ports;
  }

  /** Whether leases on this target are shared with a team. */
  isShared(id: TargetId): boolean {
    return this.#needs().some((need) => need.id === id);
  }

  /** When something is to be told or read, in `boot` milliseconds; `Infinity` while that is going on, and without a team. */
  at(): number {
    const needs = this.#needs();
    if (this.#work || (needs.length === 0 && !this.#membership)) return FOREVER;
    if (this.#trouble) return this.#trouble.retryAt;
    if (!this.#membership) return this.#now();
    return Math.min(this.#dueAt(this.#membership, needs), this.#membership.presence.checkAt(needs));
  }

  #dueAt({ claims, presence }: Membership, needs: readonly Need[]): number {
    if (claims.owes()) return this.#now();
    return Math.min(presence.dueAt(needs), ...needs.map((need) => this.#readAt(need, needs)));
  }

  /** Begins what is due, if nothing is under way. Never rejects; `changed` tells when it has ended. */
  run(): void {
    if (this.#ending.signal.aborted || this.at() > this.#now()) return;
    this.#membership?.presence.checked();
    if (!this.#trouble && this.#membership && this.#dueAt(this.#membership, this.#needs()) > this.#now())
      return;
    this.#work = this.#tend()
      .catch((thrown: unknown) => {
        const message = `An internal error: ${messageOf(thrown)}`;
        this.#ports.journal.raise('internal', message, 'Please report it with the log.');
      })
      .finally(() => {
        this.#work = undefined;
        this.#ports.changed();
      });
  }

  /** Asks the table for nothing more; resolves when what is under way has ended. What was told stands until it is over. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error('shutting down'));
    await this.#work;
  }

  /** Leaves the team: every target and the list of its members. @throws OperationError */
  async withdraw(): Promise<void> {
    await this.#work;
    const { picture, presence } = this.#member();
    const known = this.#needs().flatMap(({ id }) => (picture.row(id) === undefined ? [] : [id]));
    await presence.withdraw(await this.#ports.table(), known, this.#ending.signal);
    this.#membership = undefined;
  }

  /** What teammates hold of each shared target, as leases among others. */
  leases(): ReadonlyMap<TargetId, readonly Lease[]> {
    const needs = this.#needs();
    return new Map(needs.map((need) => [need.id, this.#leasesOn(need, needs)]));
  }

  /** The last word of the table on a target, for people; undefined: none is known. */
  row(id: TargetId): SharedTarget | undefined {
    return this.#membership?.picture.row(id);
  }

  /** Whether it is this agent that carries out a target's state, by the last word of the table. */
  isActor(id: TargetId): boolean {
    return this.#membership !== undefined && this.row(id)?.actor === this.#membership.self;
  }

  /** Who carries out a target's state, for people. */
  actorOf(id: TargetId): string {
    return this.#membership?.picture.actorOf(id) ?? 'a teammate';
  }

  /**
   * Reads the table, unless that was done a moment ago, and advises on each of these targets. Where it cannot be read
   * there is no advice and the ledger alone is gone by: what naps may be given back, and no nap can be claimed.
   */
  async consult(asked: readonly Consulted[]): Promise<ReadonlyMap<TargetId, TeamAdvice>> {
    const shared = asked.filter(({ id }) => this.isShared(id));
    if (shared.length === 0) return new Map();
    const advice = await this.#use(async ({ picture, self }) => {
      await picture.readSince(this.#now() - CONSULT_MS);
      const now = this.#now();
      return shared.map(({ id, entry, isNeeded }): readonly [TargetId, TeamAdvice] => {
        const facts = { shared: picture.row(id), self, busyUntil: picture.busyUntil(id), now };
        return [id, advise({ entry, isNeeded, ...facts })];
      });
    });
    return new Map(advice instanceof OperationError ? [] : advice);
  }

  /** Gets leave to nap a target. One that is not shared is nobody else's matter. */
  async claimNap(id: TargetId, wish: NapWish): Promise<Grant> {
    if (!this.isShared(id)) return { granted: true, saved: wish.saved, isNew: true, actBefore: FOREVER };
    if (this.#isCopied()) return { granted: false, why: `it is shared with ${COPIED}` };
    return orWhy(await this.#use(({ claims }) => claims.nap(id, wish)));
  }

  /**
   * Gets leave to restore a target likewise. What this agent napped itself and has `owed` ever since it gives back
   * without, once the table could not be used for a while: a person who is back must not wait for it.
   */
  async claimRestore(id: TargetId, { owed }: { owed: boolean }): Promise<Grant> {
    const freely: Grant = { granted: true, saved: undefined, isNew: false, actBefore: FOREVER };
    if (!this.isShared(id)) return freely;
    const grant = await this.#use(({ claims }) => claims.restore(id));
    if (!(grant instanceof OperationError)) return grant;
    const row = this.row(id);
    const isOurs = owed && (row === undefined || row.actor === this.#membership?.self);
    const hasWaited = this.#trouble !== undefined && this.#now() >= this.#trouble.since + PATIENCE_MS;
    return isOurs && hasWaited ? { ...freely, actBefore: this.#now() + ACT_WITHIN_MS } : orWhy(grant);
  }

  /** How a granted nap or restore ended; it is told to the table until it has it. */
  settle(id: TargetId, state: 'napped' | 'up'): void {
    if (!this.isShared(id) || !this.#membership) return;
    this.#membership.claims.settle(id, state);
    this.#ports.changed();
  }

  async #tend(): Promise<void> {
    const { table } = this.#ports;
    await this.#use(async ({ claims, picture, presence }) => {
      const needs = this.#needs();
      const told = await presence.tell(await table(), needs, this.#ending.signal);
      for (const id of told.left) picture.doubt(id);
      for (const row of told.entered) picture.note(row);
      if (!told.taken) this.#copiedAt = this.#now();
      this.#tellCopied();
      await claims.tellEnds();
      if (needs.some((need) => this.#readAt(need, needs) <= this.#now())) await picture.readAnew();
    });
  }

  /** Uses the table; a failure is shown, makes everything shared unknown, and is tried again less and less often. */
  async #use<T>(work: (member: Membership) => Promise<T>): Promise<T | OperationError> {
    try {
      const result = await work(this.#member());
      if (this.#trouble) this.#ports.changed();
      this.#trouble = undefined;
      this.#ports.journal.clear('team');
      return result;
    } catch (thrown) {
      if (this.#ending.signal.aborted)
        return new OperationError('unreachable', 'Cloudnap ends', { operation: 'dynamodb:GetItem' });
      if (!(thrown instanceof OperationError)) throw thrown;
      this.#failed(thrown);
      return thrown;
    }
  }

  #failed(error: OperationError): void {
    const { journal, random } = this.#ports;
    const now = this.#now();
    const { since = now, failures = 0 } = this.#trouble ?? {};
    this.#trouble = { since, failures: failures + 1, retryAt: now + backoff(failures, random()) };
    // One answer that is lost on the way is not worth a word.
    if (failures === 0 && PASSING.has(error.fault)) return;
    journal.raise(
      'team',
      `The team's table cannot be used, so no shared service is napped: ${error.message}`,
      error.hint ?? 'It is tried again, less and less often.',
    );
  }

  #tellCopied(): void {
    const { journal } = this.#ports;
    if (!this.#isCopied()) journal.clear('team-copied');
    else
      journal.raise(
        'team-copied',
        'Another Cloudnap goes by the name of this one in the team: was its home folder copied? No shared service is napped.',
        'Stop Cloudnap where the folder was copied to, and delete cloudnap.db there once nothing naps: it is then a member of its own.',
      );
  }

  #isCopied(): boolean {
    return this.#now() < this.#copiedAt + COPIED_MS;
  }

  /** The membership that the settings in force mean. @throws OperationError when this installation has no name */
  #member(): Membership {
    const { account, clock, ledger, person, random, settings } = this.#ports;
    const { table, region } = settings();
    const place = `${account()} ${region} ${table}`;
    if (this.#membership?.place === place) return this.#membership;
    const self = nameOfInstallation(ledger, random);
    const picture = new TeamPicture({
      clock,
      self,
      read: async () => {
        const ids = this.#needs().map(({ id }) => id);
        return (await this.#ports.table()).read(ids, this.#ending.signal);
      },
    });
    const presence = new TeamPresence({
      clock,
      self,
      called: () => ({ name: settings().name ?? person.name, machine: person.machine }),
      heartbeatMs: () => settings().heartbeatMs,
      random,
    });
    const claims = new TeamClaims({
      clock,
      self,
      picture,
      table: this.#ports.table,
      makeRow: async (id) => presence.enter(await this.#ports.table(), id, this.#ending.signal),
      signal: this.#ending.signal,
    });
    this.#membership = { place, self, picture, presence, claims };
    return this.#membership;
  }

  #leasesOn(need: Need, needs: readonly Need[]): readonly Lease[] {
    const unknown = (holder: string): readonly Lease[] => [{ holder, kind: 'team', expiresAt: FOREVER }];
    if (this.#trouble) return unknown(UNREADABLE);
    if (this.#isCopied()) return unknown(COPIED);
    const { picture, presence } = this.#membership ?? {};
    const now = this.#now();
    const staleAt = (picture?.answeredAt() ?? NEVER) + STALE_BEATS * (presence?.heartbeatMs(needs) ?? 0);
    if (this.#mattersFrom(need, needs) <= now && now >= staleAt) return unknown(UNREAD);
    return picture?.leases(need.id) ?? [];
  }

  /** When the table is to be read because of a need; `Infinity`: nothing asks for it. */
  #readAt(need: Need, needs: readonly Need[]): number {
    const { picture, presence } = this.#membership ?? {};
    const from = this.#mattersFrom(need, needs);
    return Math.max(from, (picture?.readAt() ?? NEVER) + (presence?.heartbeatMs(needs) ?? 0));
  }

  /**
   * From when on it matters what teammates need: once our own lease has stood still for a heartbeat, while the target
   * is up. Read from then on, a teammate who is gone is known to be gone as early as our own lease is over.
   */
  #mattersFrom({ until, timeoutMs, isUp }: Need, needs: readonly Need[]): number {
    const heartbeatMs = this.#membership?.presence.heartbeatMs(needs) ?? 0;
    return isUp || this.#now() < until ? until - timeoutMs + heartbeatMs : FOREVER;
  }

  /** Without a team nothing is shared. */
  #needs(): readonly Need[] {
    return this.#ports.settings().enabled ? this.#ports.needs() : [];
  }

  #now(): number {
    return this.#ports.clock.now().boot;
  }
}

function nameOfInstallation(ledger: TeamPorts['ledger'], random: () => number): string {
  try {
    return ledger.installation(random);
  } catch (thrown) {
    if (!(thrown instanceof LedgerError)) throw thrown;
    throw new OperationError('failed', messageOf(thrown), { operation: 'dynamodb:GetItem', cause: thrown });
  }
}

/** A claim that could not be made because the table cannot be used. */
function orWhy(grant: Grant | OperationError): Grant {
  if (!(grant instanceof OperationError)) return grant;
  return { granted: false, why: `the team's table cannot be used: ${grant.message}` };
}
