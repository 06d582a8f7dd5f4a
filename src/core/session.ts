/** The port to the AWS account: who we are there, where to look, and a driver for each kind. */

import type { SwitchBoard } from './dead-man.js';
import type { Driver } from './driver.js';
import type { AwsSettings } from './settings.js';
import type { Kind } from './target.js';
import type { TeamPlace, TeamTable } from './team.js';

/** Whom the working credentials belong to, from STS GetCallerIdentity. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
}

export interface AwsSession {
  /**
   * Who is signed in. Cached while the credentials are the same for at most a minute; a credential that was
   * renewed on disk (SSO, `aws login`) is picked up without a restart.
   * @throws OperationError `credentials` when there are none that work, `unreachable` when STS cannot be asked.
   */
  identity(signal?: AbortSignal): Promise<Identity>;
  /** Regions to search: the settings', else the profile's, else us-east-1. */
  regions(): Promise<readonly string[]>;
  /** The driver for a kind; its SDK client is loaded at the first call. */
  driver(kind: Kind): Driver;
  /** The schedules that AWS holds for us; likewise. */
  switches(): SwitchBoard;
  /** A team's table; likewise. */
  team(place: TeamPlace): TeamTable;
  /** Applies changed settings: clients and cached credentials are made anew. */
  configure(settings: AwsSettings): void;
  /** Ends open connections. */
  close(): void;
}
