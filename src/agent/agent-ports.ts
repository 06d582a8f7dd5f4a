/** The world as the agent knows it: by its ports alone, so that whole days of it can be simulated with fakes. */
import type { Check } from '../core/control.js';
import type { Clock } from '../core/instant.js';
import type { Ledger } from '../core/ledger.js';
import type { Logger } from '../core/logger.js';
import type { Registry, SettingsSource } from '../core/registry.js';
import type { Senses } from '../core/sensor.js';
import type { AwsSession } from '../core/session.js';
import type { SessionSignals } from '../core/session-signals.js';

/** Everything the agent needs of the world. */
export interface AgentPorts {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly session: AwsSession;
  readonly senses: Senses;
  readonly signals: SessionSignals;
  readonly registry: Registry;
  readonly settings: SettingsSource;
  readonly log: Logger;
  readonly version: string;
  /** The user of this machine, and its name: what teammates are told. */
  readonly person: { readonly name: string; readonly machine: string };
  /** From 0 to below 1, for jitter. */
  readonly random: () => number;
  /** What `doctor` is to say of the doors, which only the composition root knows. */
  readonly doorChecks?: () => readonly Check[];
}
