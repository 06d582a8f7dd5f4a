/**
 * Who in the team may nap or restore a shared target: this agent claims it in the table, by a reading that shows nobody
 * else needing it, and acts at once or claims again. How each epoch ended is told until the table has it.
 */
import type { Fields } from '../core/driver.js';
import type { Clock } from '../core/instant.js';
import type { TargetId } from '../core/target.js';
import type { Claim, SharedTarget, TeamTable } from '../core/team.js';
import { ACT_WITHIN_MS, mayNap, nameOf } from '../core/team-leases.js';
import type { TeamPicture } from './team-picture.js';

/** What a claim came to. */
export type Grant =
  /**
   * It is this agent's to do.
   * - `saved`: what the snapshot in the table says, which is the one to go by; undefined: it has none
   * - `isNew`: no nap of it was known before. Otherwise the target has to be looked at against that snapshot first
   * - `actBefore`: AWS is asked for it before this instant, in `boot` milliseconds, or it is claimed again; the machine
   *   may have slept meanwhile. What is asked by then is to end within ACT_UNTIL_MS of the claim
   */
  | {
      readonly granted: true;
      readonly saved: Fields | undefined;
      readonly isNew: boolean;
      readonly actBefore: number;
    }
  /** Not now. `until`: when it may be asked again, in `boot` milliseconds, where that is known. */
  | { readonly granted: false; readonly why: string; readonly until?: number | undefined };

/** What is to be napped. */
export interface NapWish {
  readonly saved: Fields;
  readonly account: string;
  /** Why, for people. */
  readonly reason: string;
}

/** Tries of one claim: more than one is needed only where somebody else was first, and then there is a reason. */
const MOST_TRIES = 3;

export interface TeamClaimsPorts {
  readonly clock: Clock;
  readonly self: string;
  readonly picture: TeamPicture;
  readonly table: () => Promise<TeamTable>;
  /** Makes the row of a target that the table does not know. @throws OperationError */
  readonly makeRow: (id: TargetId) => Promise<SharedTarget>;
  readonly signal: AbortSignal;
}

/** An epoch of ours, and when its claim was sent. */
interface Epoch {
  readonly epoch: number;
  readonly state: 'napping' | 'restoring';
  readonly at: number;
}

export class TeamClaims {
  readonly #ports: TeamClaimsPorts;
  readonly #epochs = new Map<TargetId, Epoch>();
  /** Ends of epochs that the table does not have yet. */
  readonly #ends = new Map<TargetId, { readonly epoch: number; readonly state: 'napped' | 'up' }>();

  constructor(ports: TeamClaimsPorts) {
    this.#ports = ports;
  }

  /** Claims a nap. @throws OperationError when the table cannot be used */
  async nap(id: TargetId, wish: NapWish): Promise<Grant> {
    const { clock, picture } = this.#ports;
    await this.#tellEnd(id);
    const held = this.#held(id, 'napping');
    if (held) return held;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      if (picture.shown(id) === undefined) await picture.readAnew();
      if (picture.row(id) === undefined) {
        picture.note(await this.#ports.makeRow(id));
        await picture.readAnew();
      }
      const shown = picture.shown(id);
      if (!shown) continue;
      const verdict = mayNap(shown.shared, shown.view, { begunAt: shown.begunAt, now: clock.now().boot });
      if (verdict.may === 'read') {
        await picture.readSince(verdict.since);
        continue;
      }
      if (verdict.may === 'wait' && tries === 0) {
        // It may have been so; what is said now is to be so.
        await picture.readAnew();
        continue;
      }
      if (verdict.may === 'wait')
        return verdict.for === 'actor'
          ? this.#busy(id, verdict.until)
          : { granted: false, why: `${nameOf(verdict.for.member)} needs it`, until: verdict.for.expiresAt };
      const { saved, account, reason } = wish;
      const known = shown.shared.snapshot;
      if (known && known.account !== account)
        return { granted: false, why: `it naps in account ${known.account}, but ${account} is signed in` };
      const claim = { seen: shown.shared, snapshot: { saved, account, reason }, over: verdict.over };
      const claimed = await this.#claim(id, 'napping', (table, actor, signal) =>
        table.claimNap({ ...claim, actor }, signal),
      );
      if (claimed) return this.#granted(id, claimed, known === undefined);
    }
    return { granted: false, why: 'teammates come and go: it is tried again' };
  }

  /** Claims a restore. @throws OperationError when the table cannot be used */
  async restore(id: TargetId): Promise<Grant> {
    const { clock, picture } = this.#ports;
    await this.#tellEnd(id);
    const held = this.#held(id, 'restoring');
    if (held) return held;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const isBusy = () => clock.now().boot < picture.busyUntil(id);
      if (tries > 0 || picture.isDoubtful(id) || isBusy()) await picture.readAnew();
      const seen = picture.row(id) ?? (await this.#ports.makeRow(id));
      if (isBusy()) return this.#busy(id, picture.busyUntil(id));
      const claimed = await this.#claim(id, 'restoring', (table, actor, signal) =>
        table.claimRestore({ seen, actor }, signal),
      );
      if (claimed) return this.#granted(id, claimed, false);
    }
    return { granted: false, why: 'teammates come and go: it is tried again' };
  }

  /**
   * How a nap or restore of ours ended: told at once if it can be, and until it is. An epoch begun before this start
   * of the daemon counts as ours by the row.
   */
  settle(id: TargetId, state: 'napped' | 'up'): void {
    const row = this.#ports.picture.row(id);
    const epoch = this.#epochs.get(id)?.epoch ?? (row?.actor === this.#ports.self ? row.epoch : undefined);
    this.#epochs.delete(id);
    if (epoch !== undefined) this.#ends.set(id, { epoch, state });
  }

  /** Whether ends of epochs are still to be told. */
  owes(): boolean {
    return this.#ends.size > 0;
  }

  /** Tells every end that the table does not have. @throws OperationError */
  async tellEnds(): Promise<void> {
    for (const id of [...this.#ends.keys()]) await this.#tellEnd(id);
  }

  async #tellEnd(id: TargetId): Promise<void> {
    const end = this.#ends.get(id);
    if (!end) return;
    const { picture, signal, table } = this.#ports;
    const row = await (await table()).settle({ targetId: id, ...end }, signal);
    // Lost: another epoch has begun, so that this one's end is nobody's matter any more.
    if (row !== 'lost') picture.note(row);
    if (this.#ends.get(id) === end) this.#ends.delete(id);
  }

  /** A claim of before that can still be acted on. */
  #held(id: TargetId, state: Epoch['state']): Grant | undefined {
    const row = this.#ports.picture.row(id);
    const epoch = this.#epochs.get(id);
    if (epoch?.state !== state || row?.epoch !== epoch.epoch || !this.#isFresh(id)) return undefined;
    return this.#granted(id, row, false);
  }

  #granted(id: TargetId, { snapshot }: SharedTarget, isNew: boolean): Grant {
    return { granted: true, saved: snapshot?.saved, isNew, actBefore: this.#actBefore(id) };
  }

  #actBefore(id: TargetId): number {
    return (this.#epochs.get(id)?.at ?? Number.NEGATIVE_INFINITY) + ACT_WITHIN_MS;
  }

  #isFresh(id: TargetId): boolean {
    return this.#ports.clock.now().boot < this.#actBefore(id);
  }

  /** One claim; undefined when it was lost, or answered too late to be acted on. */
  async #claim(
    id: TargetId,
    state: Epoch['state'],
    ask: (table: TeamTable, actor: string, signal: AbortSignal) => Promise<Claim>,
  ): Promise<SharedTarget | undefined> {
    const { clock, picture, self, signal, table } = this.#ports;
    const at = clock.now().boot;
    this.#epochs.delete(id);
    const claim = await ask(await table(), self, signal).catch((thrown: unknown) => {
      // It may be granted all the same, and grow old: asked again as it is, it would be taken for a fresh one.
      picture.doubt(id);
      throw thrown;
    });
    if (claim === 'lost') {
      picture.doubt(id);
      return undefined;
    }
    picture.note(claim);
    this.#epochs.set(id, { epoch: claim.epoch, state, at });
    return this.#isFresh(id) ? claim : undefined;
  }

  #busy(id: TargetId, until: number): Grant {
    const { picture } = this.#ports;
    const isRestoring = picture.row(id)?.state === 'restoring';
    const why = `${picture.actorOf(id)} is ${isRestoring ? 'bringing it back' : 'putting it to nap'}`;
    return { granted: false, why, until: Number.isFinite(until) ? until : undefined };
  }
}
