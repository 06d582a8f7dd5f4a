/** What the answers to questions and commands rest on: the parts of the agent, as `commands` and its helpers use them. */
import type { Check } from '../core/control.js';
import type { Clock, Instant } from '../core/instant.js';
import type { Ledger } from '../core/ledger.js';
import type { Registry, SettingsSource } from '../core/registry.js';
import type { AwsSession } from '../core/session.js';
import type { Settings } from '../core/settings.js';
import type { TargetId } from '../core/target.js';
import type { Accounts } from './accounts.js';
import type { Attendant } from './attendant.js';
import type { DeadMan } from './dead-man.js';
import type { Drops } from './drops.js';
import type { Entries } from './entries.js';
import type { Journal } from './journal.js';
import type { LeaseBook } from './lease-book.js';
import type { MachineWatch } from './machine-watch.js';
import type { SharedTargets } from './shared-targets.js';
import type { Sightings } from './sightings.js';
import type { Standing } from './standings.js';

export interface ControlPorts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly session: AwsSession;
  readonly journal: Journal;
  readonly accounts: Accounts;
  readonly sightings: Sightings;
  readonly entries: Entries;
  readonly attendant: Attendant;
  readonly book: LeaseBook;
  readonly deadMan: DeadMan;
  readonly drops: Drops;
  readonly machine: MachineWatch;
  readonly registry: Registry;
  readonly shared: SharedTargets;
  readonly settingsSource: SettingsSource;
  readonly settings: () => Settings;
  readonly version: string;
  readonly presenceSince: () => number;
  readonly startedAt: Instant;
  readonly readSenses: () => Promise<void>;
  readonly standings: () => ReadonlyMap<TargetId, Standing>;
  readonly changed: () => void;
  readonly shutdown: () => void;
  readonly doorChecks: () => readonly Check[];
}
