/**
 * A team's table in memory: one state, and a client for each member's process, with a way there on which requests are
 * slow, refused, or answered to nobody. Held to the same contract as DynamoDB's.
 */
import { OperationError } from '../../src/core/errors.js';
import { type Clock, sleep } from '../../src/core/instant.js';
import type { TargetId } from '../../src/core/target.js';
import type { Claim, Member, SharedTarget, TeamReading, TeamTable } from '../../src/core/team.js';

/** One request on its way. */
export interface TeamRequest {
  readonly method: keyof TeamTable;
  /** Whether it changes something. */
  readonly writes: boolean;
}

/** `lost`: applied, and its answer lost; the rest never arrive, or are refused. */
export type TeamTrouble = 'unreachable' | 'throttled' | 'denied' | 'lost';

/** The way of one member's process to the table. */
export interface TeamWire {
  /** What goes wrong with this request, if anything. */
  readonly trouble?: ((request: TeamRequest) => TeamTrouble | undefined) | undefined;
  /** Milliseconds there, and as many back, on `clock`; 0 answers at once. */
  readonly latencyMs?: ((request: TeamRequest) => number) | undefined;
  /** The clock that requests under way run on. */
  readonly clock?: Clock | undefined;
}

interface TargetRow extends Omit<SharedTarget, 'holders'> {
  /** By member, the seq it entered with. */
  readonly entered: ReadonlyMap<string, number>;
  readonly writer: string | undefined;
}

interface MemberRow {
  readonly member: Member;
  readonly writer: string;
}

/** Requests that were applied, for tests and benchmarks. */
export interface TeamCounts {
  reads: number;
  writes: number;
  /** Writes whose condition was not met. */
  conflicts: number;
}

export class MemoryTeamTable {
  readonly counts: TeamCounts = { reads: 0, writes: 0, conflicts: 0 };
  /** Called after every write that was applied, with the row of the target it changed. */
  watcher: ((method: keyof TeamTable, row: SharedTarget | undefined) => void) | undefined;
  #isThere: boolean;
  #clients = 0;
  readonly #targets = new Map<TargetId, TargetRow>();
  readonly #members = new Map<string, MemberRow>();

  /** @param made whether the table is there already */
  constructor({ made = true }: { made?: boolean } = {}) {
    this.#isThere = made;
  }

  /** Somebody deletes the table, or makes it anew and empty. */
  setThere(isThere: boolean): void {
    this.#isThere = isThere;
    this.#targets.clear();
    this.#members.clear();
  }

  /** Time tidies a member away. */
  tidyAway(member: string): void {
    this.#members.delete(member);
  }

  /** A target's row as it is. */
  target(id: TargetId): SharedTarget | undefined {
    const row = this.#targets.get(id);
    return row && shown(row);
  }

  /** A member's row as it is. */
  memberOf(id: string): Member | undefined {
    return this.#members.get(id)?.member;
  }

  /** A client for one process: it knows its own writes from everybody else's. */
  client(wire: TeamWire = {}): TeamTable {
    this.#clients += 1;
    const writer = `writer-${this.#clients}`;
    const ask = <T>(method: keyof TeamTable, writes: boolean, run: () => T, signal?: AbortSignal) =>
      this.#ask({ method, writes }, wire, run, signal);

    return {
      create: (signal) =>
        travel({ method: 'create', writes: true }, wire, signal, () => {
          const made = this.#isThere ? 'found' : 'created';
          this.#isThere = true;
          return made;
        }),
      read: async (targets, signal) => {
        const rows = await ask('read', false, () => this.#shared(new Set(targets)), signal);
        const named = new Set(rows.flatMap(({ holders, actor }) => (actor ? [...holders, actor] : holders)));
        const members = await ask('read', false, () => this.#all().filter(({ id }) => named.has(id)), signal);
        return { targets: rows, members };
      },
      readAll: (signal) =>
        ask('readAll', false, (): TeamReading => ({ targets: this.#shared(), members: this.#all() }), signal),
      member: (id, signal) => ask('member', false, () => this.#members.get(id)?.member, signal),
      beat: (beat, signal) => ask('beat', true, () => this.#beat(beat, writer), signal),
      removeMember: (id, signal) => ask('removeMember', true, () => void this.#members.delete(id), signal),
      enter: (id, member, signal) =>
        ask(
          'enter',
          true,
          () => {
            const row = this.#targets.get(id) ?? fresh(id);
            const entered = new Map(row.entered).set(member.id, member.seq);
            return this.#write('enter', { ...row, entered });
          },
          signal,
        ),
      leave: (id, member, signal) =>
        ask(
          'leave',
          true,
          () => {
            const row = this.#targets.get(id);
            const seq = row?.entered.get(member.id);
            if (!row || seq === undefined || seq > member.seq) return this.#conflict(undefined);
            const entered = new Map(row.entered);
            entered.delete(member.id);
            this.#write('leave', { ...row, entered });
          },
          signal,
        ),
      claimNap: ({ seen, actor, snapshot, over }, signal) =>
        ask(
          'claimNap',
          true,
          () =>
            this.#claim('claimNap', { seen, state: 'napping', writer, actor }, (row) => ({
              ...row,
              snapshot: row.snapshot ?? snapshot,
              entered: new Map([...row.entered].filter(([id]) => !over.includes(id))),
            })),
          signal,
        ),
      claimRestore: ({ seen, actor }, signal) =>
        ask(
          'claimRestore',
          true,
          () => this.#claim('claimRestore', { seen, state: 'restoring', writer, actor }, (row) => row),
          signal,
        ),
      settle: (end, signal) => ask('settle', true, () => this.#settle(end), signal),
    };
  }

  #beat({ member, expected }: Parameters<TeamTable['beat']>[0], writer: string): boolean {
    const known = this.#members.get(member.id);
    if (known && known.member.seq !== expected) {
      const isRepeated = known.writer === writer && same(known.member, member);
      return isRepeated || this.#conflict(false);
    }
    this.#members.set(member.id, { member: { ...member, leases: { ...member.leases } }, writer });
    this.watcher?.('beat', undefined);
    return true;
  }

  #claim(
    method: 'claimNap' | 'claimRestore',
    by: { seen: SharedTarget; state: 'napping' | 'restoring'; writer: string; actor: string },
    change: (row: TargetRow) => TargetRow,
  ): Claim {
    const { seen, state, writer, actor } = by;
    const row = this.#targets.get(seen.targetId);
    if (!row) return this.#conflict('lost');
    const epoch = seen.epoch + 1;
    if (row.version === seen.version && row.epoch === seen.epoch)
      return this.#write(method, { ...change(row), state, epoch, actor, writer });
    const isMine = row.writer === writer && row.epoch === epoch && row.state === state;
    return isMine ? shown(row) : this.#conflict('lost');
  }

  #settle({ targetId, epoch, state }: Parameters<TeamTable['settle']>[0]): Claim {
    const row = this.#targets.get(targetId);
    if (row?.epoch !== epoch || (state === 'napped' && !row.snapshot)) return this.#conflict('lost');
    const over = state === 'up' ? { actor: undefined, writer: undefined, snapshot: undefined } : {};
    return this.#write('settle', { ...row, ...over, state });
  }

  #write(method: keyof TeamTable, row: TargetRow): SharedTarget {
    const written = { ...row, version: row.version + 1 };
    this.#targets.set(row.targetId, written);
    const now = shown(written);
    this.watcher?.(method, now);
    return now;
  }

  #conflict<T>(answer: T): T {
    this.counts.conflicts += 1;
    return answer;
  }

  #shared(only?: ReadonlySet<TargetId>): readonly SharedTarget[] {
    return [...this.#targets.values()].filter(({ targetId }) => !only || only.has(targetId)).map(shown);
  }

  #all(): readonly Member[] {
    return [...this.#members.values()].map(({ member }) => member);
  }

  #ask<T>(request: TeamRequest, wire: TeamWire, run: () => T, signal?: AbortSignal): Promise<T> {
    return travel(request, wire, signal, () => {
      if (!this.#isThere) throw failure('missing', request, 'There is no table');
      this.counts[request.writes ? 'writes' : 'reads'] += 1;
      return run();
    });
  }
}

/** There, and back. What was sent arrives even if nobody waits for its answer any more. */
async function travel<T>(
  request: TeamRequest,
  { trouble, latencyMs, clock }: TeamWire,
  signal: AbortSignal | undefined,
  run: () => T,
): Promise<T> {
  signal?.throwIfAborted();
  const wrong = trouble?.(request);
  if (wrong !== undefined && wrong !== 'lost') throw failure(wrong, request, 'told to fail');
  const ms = latencyMs?.(request) ?? 0;
  const pause = () => (clock && ms > 0 ? sleep(clock, ms) : Promise.resolve());
  const done = pause().then(run);
  // An answer that nobody waits for any more must not be an unhandled rejection.
  done.catch(() => {});
  const answer = await unlessAborted(done, signal);
  await unlessAborted(pause(), signal);
  if (wrong === 'lost') throw failure('unreachable', request, 'the answer was lost');
  return answer;
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
  });
}

function failure(fault: OperationError['fault'], { method }: TeamRequest, why: string): OperationError {
  return new OperationError(fault, `${method}: ${why}`, { operation: `dynamodb:${method}` });
}

function fresh(targetId: TargetId): TargetRow {
  return {
    targetId,
    state: 'up',
    epoch: 0,
    version: 0,
    actor: undefined,
    snapshot: undefined,
    entered: new Map(),
    writer: undefined,
  };
}

function shown({ entered, writer: _, ...row }: TargetRow): SharedTarget {
  return { ...row, holders: [...entered.keys()] };
}

function same(one: Member, other: Member): boolean {
  const text = ({ leases, ...rest }: Member) =>
    JSON.stringify([rest.id, rest.name, rest.machine, rest.seq, Object.entries(leases).sort()]);
  return text(one) === text(other);
}
