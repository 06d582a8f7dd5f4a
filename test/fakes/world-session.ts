/**
 * An `AwsSession` over a `World`: the real drivers, a sign-in that changes, trouble on the way to AWS and back, and
 * a process that may be killed at every call, before and after it was applied.
 */
import { createEc2Driver } from '../../src/aws/ec2.js';
import { createEcsDriver } from '../../src/aws/ecs.js';
import { createEksDriver } from '../../src/aws/eks.js';
import type { Driver, NapOrder, RestoreOrder } from '../../src/core/driver.js';
import { OperationError } from '../../src/core/errors.js';
import { type Clock, sleep } from '../../src/core/instant.js';
import type { AwsSession } from '../../src/core/session.js';
import { type Kind, type Target, type TargetId, targetId } from '../../src/core/target.js';
import type { TeamTable } from '../../src/core/team.js';
import type { Reach, SwitchYard } from './memory-switch-board.js';
import type { MemoryTeamTable, TeamWire } from './memory-team-table.js';
import type { Life } from './process.js';
import type { World } from './world.js';
import { type Request, worldClients } from './world-api.js';

/**
 * What goes wrong with a request. `lost` is applied and its answer lost; `startFails` makes an accepted start
 * fall back to stopped; the rest are answers of AWS's without effect.
 */
export type Trouble =
  | 'throttled'
  | 'busy'
  | 'capacity'
  | 'denied'
  | 'failed'
  | 'refused'
  | 'unreachable'
  | 'lost'
  | 'startFails';

/** The way to AWS: outlives the daemon. */
export interface Wire {
  readonly world: World;
  /** The clock that requests under way run on; a request that was sent arrives even if its sender has died. */
  readonly clock: Clock;
  /** Whose keys are signed in; undefined: none that work. */
  signedIn: string | undefined;
  /** What goes wrong with this request, if anything. */
  trouble(request: Request): Trouble | undefined;
  /** Milliseconds to AWS, and as many back; 0 answers at once. */
  latency(request: Request): number;
  /** Requests so far. */
  requests: number;
  /** The schedules that AWS holds. */
  readonly yard: SwitchYard;
  /** The team's table, the same whatever its name, and the way there. */
  readonly table: MemoryTeamTable;
  readonly toTable: TeamWire;
  /** Lets each request on its way to AWS arrive now: one that was sent arrives while its sender sleeps. */
  readonly flying: Set<() => void>;
}

/** One verb of a driver, from its call to its end. */
export interface VerbCall {
  readonly verb: 'nap' | 'restore' | 'scale';
  readonly startedAt: number;
  readonly target: Target;
  readonly order: NapOrder | RestoreOrder | undefined;
}

/** Hears what a process does to AWS, as it does it. */
export interface WireWatcher {
  /** Before anything is asked of AWS; throws to protest. */
  verb(call: VerbCall): void;
  /** A reading of these targets has begun. */
  reading(targets: readonly Target[]): void;
  /** These targets were read. */
  read(targets: readonly Target[]): void;
  /** A request that changes is sent, on behalf of the verb that is under way on each target. */
  sending(request: Request, verbs: ReadonlyMap<TargetId, VerbCall>): void;
  /** A request that changes is applied by `apply`, on behalf of the verb that is under way on each target. */
  changing(
    request: Request,
    account: string,
    verbs: ReadonlyMap<TargetId, VerbCall>,
    apply: () => unknown,
  ): unknown;
}

/** The session of one process. */
export function worldSession(options: {
  wire: Wire;
  life: Life;
  regions: readonly string[];
  watcher?: WireWatcher;
}): AwsSession {
  const { wire, life, watcher } = options;
  const clock = life.clock(wire.clock);
  /** The account that callers of `identity` were told of: the only one that drivers may reach. */
  let told: string | undefined;
  /** Ends what was begun for that account when another is told. */
  let moved = new AbortController();
  const verbs = new Map<TargetId, VerbCall>();

  const noCredentials = (operation: string) =>
    new OperationError('credentials', 'No working AWS credentials', { operation, hint: 'Sign in again.' });

  /** One request. A writing one is a boundary at which the process may die, before and after it was applied. */
  const carry = (
    request: Request,
    apply: (account: string) => unknown,
    isWrite: boolean,
  ): Promise<unknown> => {
    const { operation } = request;
    const changes = request.changes.length > 0;
    if (isWrite) life.boundary(`before ${operation}`);
    else if (!life.isAlive) return new Promise(() => {});
    wire.requests += 1;
    const account = wire.signedIn;
    if (account === undefined || account !== told) return Promise.reject(noCredentials(operation));
    const trouble = wire.trouble(request);
    if (trouble !== undefined && trouble !== 'lost' && trouble !== 'startFails')
      return life.hears(
        Promise.reject(new OperationError(trouble, `${operation}: told to fail`, { operation })),
      );
    const mine = new Map<TargetId, VerbCall>();
    for (const id of request.changes) {
      const verb = verbs.get(id);
      if (verb) mine.set(id, verb);
      const instance = trouble === 'startFails' ? wire.world.instance(account, id) : undefined;
      if (instance) instance.startFails = true;
    }
    if (changes) watcher?.sending(request, mine);
    const run = () => {
      const result =
        changes && watcher ? watcher.changing(request, account, mine, () => apply(account)) : apply(account);
      if (isWrite) life.boundary(`after ${operation}`);
      if (trouble === 'lost')
        throw new OperationError('unreachable', `${operation}: the answer was lost`, { operation });
      return result;
    };
    const ms = wire.latency(request);
    return life.hears(ms > 0 ? slowly(wire, ms, run) : new Promise((resolve) => resolve(run())));
  };

  const clients = worldClients(wire.world, (request, apply) =>
    carry(request, apply, request.changes.length > 0),
  );

  const board = wire.yard.board({
    reach: async <T>(
      { operation, region, isWrite }: Parameters<Reach>[0],
      apply: (account: string) => T,
    ): Promise<T> => (await carry({ operation, region, changes: [] }, apply, isWrite)) as T,
    aheadMs: () => wire.world.now - clock.now().wall,
  });

  const table = teamOf(wire, life);

  const watched = (driver: Driver): Driver => {
    const under = async <T>(calls: readonly VerbCall[], work: () => Promise<T>): Promise<T> => {
      for (const call of calls) {
        watcher?.verb(call);
        verbs.set(targetId(call.target), call);
      }
      try {
        return await work();
      } finally {
        for (const call of calls) verbs.delete(targetId(call.target));
      }
    };
    const startedAt = () => wire.world.now;
    /** Both signals in one, as far as the drivers ask; a real one for every verb would take much of the time. */
    const here = (signal?: AbortSignal): AbortSignal => {
      const mine = moved.signal;
      if (!signal) return mine;
      const both = {
        get aborted() {
          return signal.aborted || mine.aborted;
        },
        throwIfAborted() {
          signal.throwIfAborted();
          mine.throwIfAborted();
        },
      };
      return both as AbortSignal;
    };
    return {
      ...driver,
      inspect: async (targets, signal) => {
        watcher?.reading(targets);
        const found = await driver.inspect(targets, here(signal));
        watcher?.read(targets.filter((target) => !(found.get(targetId(target)) instanceof OperationError)));
        return found;
      },
      nap: (orders, signal) =>
        under(
          orders.map((order) => ({ verb: 'nap', startedAt: startedAt(), target: order.target, order })),
          () => driver.nap(orders, here(signal)),
        ),
      restore: (orders, signal) =>
        under(
          orders.map((order) => ({ verb: 'restore', startedAt: startedAt(), target: order.target, order })),
          () => driver.restore(orders, here(signal)),
        ),
      scale: (target, size, signal) =>
        under([{ verb: 'scale', startedAt: startedAt(), target, order: undefined }], () =>
          driver.scale(target, size, here(signal)),
        ),
    };
  };

  const drivers: Readonly<Record<Kind, Driver>> = {
    ec2: watched(createEc2Driver({ clients, clock })),
    ecs: watched(createEcsDriver({ clients })),
    eks: watched(createEksDriver({ clients })),
  };

  return {
    async identity() {
      if (!life.isAlive) return new Promise(() => {});
      const account = wire.signedIn;
      if (account === undefined) throw noCredentials('sts:GetCallerIdentity');
      if (told !== undefined && told !== account) {
        moved.abort(noCredentials('sts:GetCallerIdentity'));
        moved = new AbortController();
      }
      told = account;
      return { account, arn: `arn:aws:iam::${account}:user/dev` };
    },
    regions: async () => options.regions,
    driver: (kind) => drivers[kind],
    switches: () => board,
    team: () => table,
    configure() {},
    close() {},
  };
}

/** The team's table for one process, which may die before and after each of its writes. */
function teamOf({ table, toTable }: Wire, life: Life): TeamTable {
  const client = table.client({
    clock: toTable.clock,
    latencyMs: (request) => toTable.latencyMs?.(request) ?? 0,
    trouble: (request) => toTable.trouble?.(request),
  });
  return new Proxy(client, {
    get(target, method: keyof TeamTable) {
      const ask = target[method] as ((...given: unknown[]) => Promise<unknown>) | undefined;
      // Whoever hands it on in a promise asks whether it is one itself.
      if (ask === undefined) return undefined;
      return async (...args: unknown[]) => {
        const isRead = method === 'read' || method === 'readAll' || method === 'member';
        if (!life.isAlive) return new Promise(() => {});
        if (!isRead) life.boundary(`before team.${method}`);
        return life.hears(
          ask.apply(target, args).finally(() => {
            if (!isRead && life.isAlive) life.boundary(`after team.${method}`);
          }),
        );
      };
    },
  });
}

/** There, and back. */
async function slowly<T>({ clock, flying }: Wire, ms: number, run: () => T): Promise<T> {
  const result = await new Promise<ReturnType<typeof settle<T>>>((resolve) => {
    const arrive = () => {
      cancel();
      flying.delete(arrive);
      resolve(settle(run));
    };
    const cancel = clock.after(ms, arrive);
    flying.add(arrive);
  });
  await sleep(clock, ms);
  if ('thrown' in result) throw result.thrown;
  return result.value;
}

function settle<T>(run: () => T): { value: T } | { thrown: unknown } {
  try {
    return { value: run() };
  } catch (thrown) {
    return { thrown };
  }
}
