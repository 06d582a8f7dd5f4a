/** Puts the parts of the agent together. Each is given just the others it needs, and none knows the agent. */
import type { Observed } from '../core/driver.js';
import type { Instant } from '../core/instant.js';
import type { Registered } from '../core/registry.js';
import type { Activity } from '../core/sensor.js';
import type { Settings } from '../core/settings.js';
import type { TargetId } from '../core/target.js';
import { Accounts } from './accounts.js';
import { ActivityHistory } from './activity-history.js';
import type { AgentPorts } from './agent-ports.js';
import { Attendant } from './attendant.js';
import { Commands } from './commands.js';
import { Conditions } from './conditions.js';
import { DeadMan } from './dead-man.js';
import { Drops } from './drops.js';
import { Entries } from './entries.js';
import { Journal } from './journal.js';
import { type Counted, LeaseBook } from './lease-book.js';
import { Loop } from './loop.js';
import { MachineWatch } from './machine-watch.js';
import { PresenceTeller } from './presence-teller.js';
import { SharedTargets } from './shared-targets.js';
import { isUp, Sightings } from './sightings.js';
import { StateChecks } from './state-checks.js';
import { SuspendNap } from './suspend-nap.js';
import { Team } from './team.js';
import type { Need } from './team-presence.js';
import { Warnings } from './warnings.js';

/** What the parts ask back of the agent. */
export interface Hooks {
  /** The settings in force. */
  readonly settings: () => Settings;
  /** Whether settings.json has been readable since the start. */
  readonly configured: () => boolean;
  readonly turn: (now: Instant, sleptMs: number) => Promise<void>;
  readonly nextAt: (seen: number) => number;
  readonly returned: (activity: Activity, counted: Counted) => void;
  readonly shutdown: () => void;
}

export interface Parts {
  readonly journal: Journal;
  readonly activityHistory: ActivityHistory;
  readonly book: LeaseBook;
  readonly entries: Entries;
  readonly accounts: Accounts;
  readonly sightings: Sightings;
  readonly attendant: Attendant;
  readonly presence: PresenceTeller;
  readonly conditions: Conditions;
  readonly machine: MachineWatch;
  readonly checks: StateChecks;
  readonly deadMan: DeadMan;
  readonly team: Team;
  readonly warnings: Warnings;
  readonly loop: Loop;
  readonly commands: Commands;
}

/** @throws LedgerError when what is owed cannot be read. */
export function assemble(ports: AgentPorts, hooks: Hooks): Parts {
  const { clock, ledger, session, registry, log } = ports;
  const { settings, configured } = hooks;
  const registered = () => registry.current();
  const driver = session.driver.bind(session);
  const wake = () => loop.wake();
  const journal = new Journal({
    ...ports,
    nameOf: (id) => registered().find((entry) => entry.id === id)?.name ?? id,
  });
  const activityHistory = new ActivityHistory({ clock, ledger, journal });
  const loop = new Loop({ clock, journal, activityHistory, log, turn: hooks.turn, nextAt: hooks.nextAt });
  const book: LeaseBook = new LeaseBook({
    clock,
    ledger,
    settings,
    registered,
    configured,
    teamLeases: () => team.leases(),
  });
  const entries: Entries = new Entries({
    clock,
    ledger,
    journal,
    driver,
    closed: (entry, outcome) => shared.ended(entry, outcome),
  });
  const accounts = new Accounts({
    session,
    ledger,
    journal,
    anyRegistered: () => registered().length > 0,
    entries: () => entries.all(),
    switched: () => {
      checks.soon();
      wake();
    },
  });
  const standings = () => book.standings(accounts.known());
  const team: Team = new Team({
    clock,
    ledger,
    journal,
    settings: () => settings().team,
    account: () => accounts.known(),
    person: ports.person,
    table: async () => {
      const { table, region } = settings().team;
      return session.team({ table, region: region ?? (await session.regions())[0] ?? 'us-east-1' });
    },
    needs: () =>
      sharedNeeds(
        registered(),
        book.ownUntil(accounts.known()),
        (id) => attendant.lastStep(id)?.observed,
        settings().timeoutMs,
      ),
    random: ports.random,
    changed: () => {
      for (const id of shared.unaligned()) attendant.lookSoon(id);
      wake();
    },
  });
  const shared: SharedTargets = new SharedTargets({
    team,
    entries,
    journal,
    registered,
    isNeeded: (id) => isNeeded(book, book.ownUntil(accounts.known()).get(id), id),
  });
  const sightings = new Sightings({ clock, ledger, journal, driver });
  const attendant: Attendant = new Attendant({
    clock,
    session,
    journal,
    accounts,
    sightings,
    entries,
    registered,
    standings,
    presenceUnknown: () => book.state() === 'unknown',
    dryRun: () => settings().aws.dryRun,
    shared,
    switches: {
      seen: (observed, account) => deadMan.seen(observed, account),
      targetOf: (id) => deadMan.targetOf(id),
    },
    restMs: () => settings().aws.checkIntervalMs,
    random: ports.random,
    changed: () => {
      suspendNap.check();
      wake();
    },
  });
  const deadMan: DeadMan = new DeadMan({
    clock,
    ledger,
    board: () => session.switches(),
    driver,
    journal,
    accounts,
    entries,
    sightings,
    registered,
    standings,
    settings,
    ownerOf: ({ id }) => (team.isShared(id) ? 'team' : ledger.installation(ports.random)),
    lastSeen: (id) => attendant.lastStep(id)?.observed,
    lookNow: (id) => attendant.lookNow(id),
    isNeeded: (id) => isNeeded(book, book.ownUntil(accounts.known()).get(id), id),
    random: ports.random,
    changed: wake,
  });
  const intervalMs = () => settings().aws.checkIntervalMs;
  const checks = new StateChecks({ clock, accounts, entries, attendant, registered, intervalMs });
  const warnings = new Warnings({ clock, journal, book, entries, attendant, standings });
  const presence = new PresenceTeller({
    clock,
    journal,
    book,
    configured,
    told: (state) => activityHistory.presence(state),
  });
  const presenceChanged = () => {
    presence.update();
    wake();
  };
  const conditions = new Conditions({ journal, entries, registry, settingsSource: ports.settings, settings });
  const drops = new Drops({ book, attendant, registered, standings });
  const suspendNap = new SuspendNap({
    clock,
    journal,
    settings,
    book,
    drops,
    attendant,
    changed: presenceChanged,
  });
  const machine = new MachineWatch({
    clock,
    signals: ports.signals,
    settings,
    book,
    drops,
    suspendNap,
    attendant,
    conditions,
    returned: hooks.returned,
    changed: presenceChanged,
  });
  const commands = new Commands({
    clock,
    ledger,
    session,
    journal,
    accounts,
    sightings,
    entries,
    attendant,
    book,
    deadMan,
    drops,
    machine,
    registry,
    shared,
    settingsSource: ports.settings,
    settings,
    version: ports.version,
    presenceSince: () => presence.since(),
    startedAt: clock.now(),
    readSenses: () => ports.senses.read(),
    standings,
    changed: wake,
    shutdown: hooks.shutdown,
    doorChecks: ports.doorChecks ?? (() => []),
  });
  return {
    journal,
    activityHistory,
    book,
    entries,
    accounts,
    sightings,
    attendant,
    presence,
    conditions,
    machine,
    checks,
    deadMan,
    team,
    warnings,
    loop,
    commands,
  };
}

/** Whether a target is wanted because somebody is here, or asked for it: a start of the daemon alone wants nothing. */
function isNeeded(book: LeaseBook, until: number | undefined, id: TargetId): boolean {
  if (until === undefined || until <= book.now()) return false;
  return book.presence.lastWaking !== undefined || book.isHeld(id);
}

/** What this machine needs of shared targets by itself. */
function sharedNeeds(
  registered: readonly Registered[],
  until: ReadonlyMap<TargetId, number>,
  lastSeen: (id: TargetId) => Observed | undefined,
  timeoutMs: number,
): readonly Need[] {
  return registered.flatMap((entry) => {
    const observed = lastSeen(entry.id);
    if (!entry.shared || !entry.enabled) return [];
    return [
      {
        id: entry.id,
        timeoutMs: entry.timeoutMs ?? timeoutMs,
        until: until.get(entry.id) ?? Number.NEGATIVE_INFINITY,
        isUp: observed === undefined || isUp(observed),
      },
    ];
  });
}
