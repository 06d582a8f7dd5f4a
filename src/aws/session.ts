/**
 * The AWS account: who is signed in, where to look, and a driver for each kind. Drivers only ever use keys that
 * STS has confirmed, so that no change can reach an account that the caller of `identity` was not told of.
 */
import type { SwitchBoard } from '../core/dead-man.js';
import type { Driver } from '../core/driver.js';
import { OperationError } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { AwsSession, Identity } from '../core/session.js';
import type { AwsSettings } from '../core/settings.js';
import type { Kind } from '../core/target.js';
import type { TeamPlace, TeamTable } from '../core/team.js';
import { type Clients, createClients } from './clients.js';
import {
  type Credentials,
  chainCredentials,
  type EnteredSource,
  enteredCredentials,
  fixedCredentials,
  type Keys,
} from './credentials.js';
import { createEc2Driver } from './ec2.js';
import { createEcsDriver } from './ecs.js';
import { createEksDriver } from './eks.js';
import { createSwitchBoard } from './switches.js';
import { createTeamTable } from './team-table.js';

/**
 * For how long the last answer of GetCallerIdentity stands in where STS cannot be reached, milliseconds. While it
 * can be, each caller of `identity` is answered anew: what another account lacks must not be taken for deleted.
 */
const STANDS_IN_MS = 60_000;
const DEFAULT_REGION = 'us-east-1';

/** The session as signing in sees it. None of these tells a caller of `identity` of another account. */
export interface SessionAccess {
  /** Whom keys belong to that are not in force, and may not come to be. @throws OperationError */
  check(keys: Keys, region?: string): Promise<Identity>;
  /** The keys in force, and whom they belong to. @throws OperationError */
  inForce(): Promise<{ readonly keys: Keys; readonly identity: Identity }>;
  /** Other keys are in force from now on: drops what was known of those before. */
  renew(): void;
  /** The clients of the keys in force, once they are confirmed. */
  readonly clients: Clients;
}

/**
 * Opens a session; nothing is loaded or asked before the first call.
 *
 * @param options.env where regions and places of files are looked up; the SDK's own chain reads the process's
 * @param options.credentials the sandbox's pair, instead of all else
 * @param options.entered keys of a sign-in, which come before the SDK's default chain
 */
export function createSession(options: {
  settings: AwsSettings;
  clock: Clock;
  log: Logger;
  env?: NodeJS.ProcessEnv;
  credentials?: Keys | undefined;
  entered?: EnteredSource | undefined;
}): AwsSession & { readonly access: SessionAccess } {
  const { clock, log, env = process.env, entered } = options;
  let settings = options.settings;
  let credentials = makeCredentials();
  /** The last confirmation; `at` on the boot axis, so that it ages while the machine sleeps. */
  let confirmed: { readonly key: string; readonly at: number; readonly identity: Identity } | undefined;
  let asking: { readonly key: string; readonly answer: Promise<Identity> } | undefined;
  /** The account that callers know of. */
  let told: string | undefined;
  /** Ends what was begun for that account once callers are told of another: it must not go on there. */
  let moved = new AbortController();

  function makeCredentials(): Credentials {
    if (options.credentials) return fixedCredentials(options.credentials);
    const chain = chainCredentials({ profile: settings.profile, env, clock, log });
    return entered ? enteredCredentials(entered, chain) : chain;
  }

  const forget = () => {
    credentials.forget();
    confirmed = undefined;
  };

  const clients = createClients({
    clock,
    settings: () => settings,
    rejected: forget,
    async keys() {
      const keys = await credentials.current();
      const known = confirmed?.key === keys.accessKeyId ? confirmed.identity : undefined;
      const { account } = known ?? (await confirm(keys));
      told ??= account;
      if (told === account) return keys;
      throw new OperationError(
        'credentials',
        `The AWS credentials now belong to account ${account}, not ${told}`,
        {
          operation: 'sts:GetCallerIdentity',
          hint: 'Sign in to the account again, or accept the new one with `cloudnap account accept`.',
        },
      );
    },
  });

  /** Asks once for all who wait for it, so no single caller's signal ends it; it ends by the client's limits. */
  const confirm = async (keys: Keys): Promise<Identity> => {
    const key = keys.accessKeyId;
    if (asking?.key !== key) {
      const answer = getCallerIdentity(keys).finally(() => {
        asking = undefined;
      });
      asking = { key, answer };
    }
    const identity = await asking.answer;
    confirmed = { key, at: clock.now().boot, identity };
    return identity;
  };

  const getCallerIdentity = async (keys: Keys, given?: string): Promise<Identity> => {
    const [region = DEFAULT_REGION] = given === undefined ? await regions() : [given];
    const { sdk, client } = await clients.sts(region, keys);
    try {
      const answer = await clients.ask({ operation: 'sts:GetCallerIdentity' }, (how) =>
        client.send(new sdk.GetCallerIdentityCommand({}), how),
      );
      return { account: answer.Account ?? '', arn: answer.Arn ?? '' };
    } catch (thrown) {
      if (!(thrown instanceof OperationError) || thrown.fault === 'credentials') throw thrown;
      // The call needs no permission and changes nothing: whatever else went wrong, STS could not be asked.
      const { message, operation, hint } = thrown;
      throw new OperationError('unreachable', message, { operation, hint, cause: thrown });
    }
  };

  const regions = async (): Promise<readonly string[]> => {
    if (settings.regions && settings.regions.length > 0) return [...new Set(settings.regions)];
    // Keys that cannot be read yet have a region that cannot be known yet.
    const keys = options.credentials ? undefined : await entered?.current().catch(() => undefined);
    const named = keys?.region || env.AWS_REGION || env.AWS_DEFAULT_REGION;
    return [named || (await profileRegion()) || DEFAULT_REGION];
  };

  /** The SDK knows how to read a profile, and says so only through a client's configuration. */
  const profileRegion = async (): Promise<string | undefined> => {
    const { STSClient } = await import('./sdk/sts.js');
    const { profile } = settings;
    const client = new STSClient(profile === undefined ? {} : { profile });
    return client.config.region().catch(() => undefined);
  };

  /** Runs a verb so that it ends in the account it was begun in. */
  const staying = async <T>(signal: AbortSignal | undefined, verb: (signal: AbortSignal) => Promise<T>) => {
    const ending = new AbortController();
    const sources = signal ? [signal, moved.signal] : [moved.signal];
    const end = () => ending.abort(sources.find((source) => source.aborted)?.reason);
    if (signal?.aborted) end();
    // By hand: AbortSignal.any keeps a trace of every verb on the signal that outlives them all.
    for (const source of sources) source.addEventListener('abort', end);
    try {
      return await verb(ending.signal);
    } finally {
      for (const source of sources) source.removeEventListener('abort', end);
    }
  };

  const withAccount = (driver: Driver): Driver => ({
    ...driver,
    list: (region, signal) => staying(signal, (both) => driver.list(region, both)),
    inspect: (targets, signal) => staying(signal, (both) => driver.inspect(targets, both)),
    nap: (orders, signal) => staying(signal, (both) => driver.nap(orders, both)),
    restore: (orders, signal) => staying(signal, (both) => driver.restore(orders, both)),
    scale: (target, size, signal) => staying(signal, (both) => driver.scale(target, size, both)),
  });

  const drivers: Readonly<Record<Kind, Driver>> = {
    ec2: withAccount(createEc2Driver({ clients, clock })),
    ecs: withAccount(createEcsDriver({ clients })),
    eks: withAccount(createEksDriver({ clients })),
  };

  /** One for each account: it knows the roles that are installed there. */
  let board = createSwitchBoard({ clients, clock });
  const switches: SwitchBoard = {
    ...board,
    arm: (orders, signal) => staying(signal, (both) => board.arm(orders, both)),
    disarm: (held, signal) => staying(signal, (both) => board.disarm(held, both)),
    held: (region, owner, signal) => staying(signal, (both) => board.held(region, owner, both)),
    stack: (region, signal) => staying(signal, (both) => board.stack(region, both)),
    install: (targets, signal) => staying(signal, (both) => board.install(targets, both)),
    uninstall: (region, signal) => staying(signal, (both) => board.uninstall(region, both)),
  };

  /** By place, so that each knows its own writes. Other keys may find another table of the same name. */
  const teams = new Map<string, TeamTable>();

  const team = (place: TeamPlace): TeamTable => {
    const name = `${place.table} ${place.region}`;
    const known = teams.get(name) ?? withAccountTeam(createTeamTable({ clients, clock, log, place }));
    teams.set(name, known);
    return known;
  };

  const withAccountTeam = (table: TeamTable): TeamTable => ({
    create: (signal) => staying(signal, (both) => table.create(both)),
    read: (targets, signal) => staying(signal, (both) => table.read(targets, both)),
    readAll: (signal) => staying(signal, (both) => table.readAll(both)),
    beat: (beat, signal) => staying(signal, (both) => table.beat(beat, both)),
    member: (id, signal) => staying(signal, (both) => table.member(id, both)),
    removeMember: (id, signal) => staying(signal, (both) => table.removeMember(id, both)),
    enter: (id, member, signal) => staying(signal, (both) => table.enter(id, member, both)),
    leave: (id, member, signal) => staying(signal, (both) => table.leave(id, member, both)),
    claimNap: (claim, signal) => staying(signal, (both) => table.claimNap(claim, both)),
    claimRestore: (claim, signal) => staying(signal, (both) => table.claimRestore(claim, both)),
    settle: (end, signal) => staying(signal, (both) => table.settle(end, both)),
  });

  const tell = (account: string): void => {
    if (told !== undefined && told !== account) {
      teams.clear();
      moved.abort(
        new OperationError('busy', `Account ${account} was signed in meanwhile, instead of ${told}`, {
          operation: 'sts:GetCallerIdentity',
          hint: 'Give the command again, if it was one.',
        }),
      );
      moved = new AbortController();
      board = createSwitchBoard({ clients, clock });
    }
    told = account;
  };

  const renew = () => {
    credentials = makeCredentials();
    confirmed = undefined;
    clients.reset();
    teams.clear();
  };

  return {
    async identity(signal) {
      signal?.throwIfAborted();
      const keys = await credentials.current();
      const fresh = await confirm(keys).catch((thrown: unknown) => {
        const isYoung = confirmed !== undefined && clock.now().boot - confirmed.at < STANDS_IN_MS;
        const isUnreached = thrown instanceof OperationError && thrown.fault === 'unreachable';
        if (confirmed?.key === keys.accessKeyId && isYoung && isUnreached) return confirmed.identity;
        throw thrown;
      });
      signal?.throwIfAborted();
      tell(fresh.account);
      return fresh;
    },
    regions,
    driver: (kind) => drivers[kind],
    switches: () => switches,
    team,
    configure(changed) {
      settings = changed;
      renew();
    },
    close: () => clients.close(),
    access: {
      check: getCallerIdentity,
      async inForce() {
        const keys = await credentials.current();
        return { keys, identity: await confirm(keys) };
      },
      renew,
      clients,
    },
  };
}
