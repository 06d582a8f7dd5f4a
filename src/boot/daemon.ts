/** Puts one daemon together: every port gets its adapter, then the agent starts, then the doors open. */
import { hostname, userInfo } from 'node:os';
import { Agent } from '../agent/agent.js';
import { openRegistry } from '../config/registry-file.js';
import { openSettings } from '../config/settings-file.js';
import type { WireInvitation } from '../control/wire.js';
import type { Control } from '../core/control.js';
import type { Desk } from '../core/desk.js';
import { LedgerError, messageOf } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { Senses } from '../core/sensor.js';
import type { SessionSignals } from '../core/session-signals.js';
import type { SignIn } from '../core/sign-in.js';
import { openLedger } from '../ledger/sqlite-ledger.js';
import { unreadableLedger } from '../ledger/unreadable-ledger.js';
import type { SensesOptions } from '../sensors/index.js';
import { serveControl } from '../servers/http/serve-control.js';
import { acquireLock } from '../system/instance-lock.js';
import { createLogger } from '../system/logger.js';
import { ensureFolders, type Paths } from '../system/paths.js';
import { API_DESCRIPTION } from './built-files.js';
import { DashboardDoor } from './dashboard-door.js';
import { DesktopDoor } from './desktop-door.js';
import { putInForce } from './in-force.js';
import { settingsDesk } from './local-config.js';
import { recordsDesk } from './records.js';
import { openSignIn } from './sign-in.js';
import { UdpDoor } from './udp-door.js';

export interface DaemonOptions {
  readonly paths: Paths;
  readonly clock: Clock;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where the log is shown besides its file: pretty, or as JSON lines. */
  readonly terminal?: { readonly stream: NodeJS.WritableStream; readonly json: boolean } | undefined;
  /** Keys to use instead of the SDK's default chain. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** Given the log, the senses to use instead of this machine's. */
  readonly senses?: ((log: Logger) => Senses) | undefined;
  /** What to use instead of this machine's signals of lock and sleep. */
  readonly signals?: SessionSignals | undefined;
}

/** A daemon that runs. */
export interface Daemon {
  readonly control: Control;
  /** Resolves when it was asked to end, by `cloudnap stop` or by a signal handed to {@link Daemon.stop}. */
  readonly asked: Promise<void>;
  /** Undefined where the keys are given. */
  readonly signIn: SignIn | undefined;
  /** Lets a browser in; undefined while the dashboard is off or could not be opened. */
  invite(): WireInvitation | undefined;
  /** Ends it cleanly: doors first, then the agent, then the files. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts a daemon in this process. Resolved means it is ready: it watches and its doors are open.
 * @throws AlreadyRunningError when another one holds this home
 * @throws CommandError when the home cannot be used
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { paths, clock, version, env } = options;
  // Everything the daemon ever writes is its owner's alone.
  process.umask(0o077);
  ensureFolders(paths);
  const lock = acquireLock(paths);
  const undo: (() => unknown)[] = [() => lock.release()];
  const unwind = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const log = await createLogger({ path: paths.log, terminal: options.terminal });
    undo.push(() => log.close());
    const [settings, registry] = await Promise.all([
      openSettings({ path: paths.settings, clock, log }),
      openRegistry({ path: paths.services, clock, log }),
    ]);
    undo.push(
      () => settings.close(),
      () => registry.close(),
    );
    const ledger = openLedgerOrNot(paths.db, log);
    undo.push(() => ledger.dispose());
    const { credentials } = options;
    const { session, signIn, close } = openSignIn({ paths, settings, clock, log, env, credentials });
    undo.push(close);
    const senses = options.senses?.(log) ?? (await machineSenses(clock, env, log));
    let desktop: DesktopDoor | undefined;
    const agent = new Agent({
      clock,
      ledger: ledger.port,
      session,
      senses,
      signals: options.signals ?? (await machineSignals(clock, env, log)),
      registry,
      settings,
      log,
      version,
      person: { name: userInfo().username, machine: hostname() },
      random: Math.random,
      doorChecks: () => desktop?.checks() ?? [],
    });
    if (ledger.error)
      agent.conditions.raise('ledger', ledger.error.message, 'Nothing is napped until it can be read again.');
    let ask: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    await agent.start(ask);
    undo.push(() => agent.stop());
    const { control } = agent;
    // Asking who is signed in is what makes the agent take note of it.
    signIn?.onChange(() => {
      control.account().catch((error: unknown) => log.warn(messageOf(error)));
    });
    const records = recordsDesk({
      ledger: ledger.port,
      clock,
      writeActivity: () => agent.activityHistory.write(),
      nameOf: (id) => registry.current().find((entry) => entry.id === id)?.name,
    });
    const deadMan = agent.deadMan((enabled) =>
      putInForce(
        { path: paths.settings, settings, clock },
        ['leases.dead_man.enabled', enabled],
        (now) => now.deadMan.enabled === enabled,
      ),
    );
    const team = agent.team(async ({ table, region, enabled }) => {
      const at = { path: paths.settings, settings, clock };
      await putInForce(at, ['leases.team.table', table], (now) => now.team.table === table);
      await putInForce(at, ['leases.team.region', region], (now) => now.team.region === region);
      await putInForce(at, ['leases.team.enabled', enabled], (now) => now.team.enabled === enabled);
    });
    const desk: Desk = { control, settings: settingsDesk(paths, env), records, signIn, deadMan, team };
    const dashboard = new DashboardDoor({ desk, settings, clock, log, conditions: agent.conditions });
    const socket = await serveControl({
      desk,
      socketPath: paths.socket,
      description: API_DESCRIPTION,
      log,
      invite: () => dashboard.invite(),
    });
    undo.push(() => socket.close());
    undo.push(() => dashboard.close());
    const udp = new UdpDoor({ control, settings, clock, log, env, conditions: agent.conditions });
    undo.push(() => udp.close());
    await Promise.all([udp.open(), dashboard.open()]);
    const invite = () => dashboard.invite();
    const door = new DesktopDoor({ control, settings, clock, log, env, paths, invite });
    desktop = door;
    undo.push(() => door.close());
    // Beside the daemon, which is of use without it: a bus may take its time.
    void door.open();
    let stopped: Promise<void> | undefined;
    return {
      control,
      asked,
      signIn,
      invite: () => dashboard.invite(),
      stop: () => {
        stopped ??= unwind();
        return stopped;
      },
    };
  } catch (thrown) {
    await unwind();
    throw thrown;
  }
}

/** The ledger, or what stands in for one that cannot be read: the daemon goes on and naps nothing. */
function openLedgerOrNot(path: string, log: Logger) {
  try {
    const port = openLedger({ path });
    return { port, error: undefined, dispose: () => port.dispose() };
  } catch (thrown) {
    if (!(thrown instanceof LedgerError)) throw thrown;
    log.error(thrown.message);
    return { port: unreadableLedger(thrown), error: thrown, dispose: () => {} };
  }
}

async function machineSenses(clock: Clock, env: NodeJS.ProcessEnv, log: Logger): Promise<Senses> {
  const { createSenses } = await import('../sensors/index.js');
  return createSenses(sensing(clock, env, log));
}

async function machineSignals(clock: Clock, env: NodeJS.ProcessEnv, log: Logger): Promise<SessionSignals> {
  const { createSessionSignals } = await import('../sensors/index.js');
  return createSessionSignals(sensing(clock, env, log));
}

/** What sensors and signals need of this process. */
function sensing(clock: Clock, env: NodeJS.ProcessEnv, log: Logger): SensesOptions {
  return {
    clock,
    env,
    platform: process.platform,
    log: (message, fields) => log.info(message, fields),
    random: Math.random,
    // A terminal is inherited with its window's name, whether or not anything is written to it.
    ownWindow: process.stdout.isTTY ? env.WINDOWID : undefined,
  };
}
