/**
 * Teammates for tests of the agent's part in a team: each with a clock of its own making, one table between them, and
 * a loop that does nothing but what the team asks for.
 */
import { Journal } from '../../../src/agent/journal.js';
import { Team } from '../../../src/agent/team.js';
import type { Need } from '../../../src/agent/team-presence.js';
import type { Fields } from '../../../src/core/driver.js';
import type { Clock, Instant } from '../../../src/core/instant.js';
import type { TeamSettings } from '../../../src/core/settings.js';
import type { TargetId } from '../../../src/core/target.js';
import { FakeClock } from '../../fakes/clock.js';
import { MemoryLedger } from '../../fakes/memory-ledger.js';
import { MemoryTeamTable, type TeamRequest, type TeamTrouble } from '../../fakes/memory-team-table.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const TIMEOUT = 30 * MINUTE;
export const API: TargetId = 'ecs:eu-central-1:main:api';
export const DB: TargetId = 'ec2:eu-central-1:i-db';
const ACCOUNT = '111111111111';
export const SAVED: Fields = { kind: 'ecs', desired: 2, scalable: null };
export const WISH = { saved: SAVED, account: ACCOUNT, reason: 'nobody is there' };

/** The same time as another clock tells it: begun earlier, and the wall clock set wrong. */
function skewed(clock: Clock, { boot, wall }: { boot: number; wall: number }): Clock {
  return {
    bootId: clock.bootId,
    now: (): Instant => {
      const now = clock.now();
      return { ...now, boot: now.boot + boot, wall: now.wall + wall };
    },
    after: (ms, fn) => clock.after(ms, fn),
  };
}

export class Teammate {
  readonly name: string;
  readonly team: Team;
  readonly clock: Clock;
  readonly ledger: MemoryLedger;
  readonly journal: Journal;
  readonly requests: TeamRequest['method'][] = [];
  settings: TeamSettings = {
    enabled: true,
    table: 'cloudnap-team',
    region: 'eu-central-1',
    name: undefined,
    heartbeatMs: MINUTE,
  };
  /** What goes wrong with requests from now on. */
  trouble: (request: TeamRequest) => TeamTrouble | undefined = () => undefined;
  /** Milliseconds there, and as many back. */
  latencyMs: (request: TeamRequest) => number = () => 0;
  /** In this one's `boot` milliseconds. */
  readonly #needs = new Map<TargetId, Need>();
  isUp = true;
  changes = 0;

  constructor(world: Teamwork, name: string, { ledger = new MemoryLedger(), boot = 0, wall = 0 } = {}) {
    this.name = name;
    this.clock = skewed(world.clock, { boot, wall });
    this.ledger = ledger;
    const silent = () => {};
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    this.journal = new Journal({ clock: this.clock, ledger, log, nameOf: (id) => id });
    const table = world.table.client({
      clock: world.clock,
      trouble: (request) => {
        this.requests.push(request.method);
        return this.trouble(request);
      },
      latencyMs: (request) => this.latencyMs(request),
    });
    this.team = new Team({
      clock: this.clock,
      table: async () => table,
      ledger,
      journal: this.journal,
      settings: () => this.settings,
      account: () => ACCOUNT,
      person: { name, machine: `${name}-laptop` },
      needs: () => [...this.#needs.values()].map((need) => ({ ...need, isUp: this.isUp })),
      random: world.random,
      changed: () => {
        this.changes += 1;
      },
    });
  }

  get now(): number {
    return this.clock.now().boot;
  }

  /** This machine's own lease on a target lasts so much longer. */
  needs(lastsMs: number, { id = API, timeoutMs = TIMEOUT } = {}): void {
    this.#needs.set(id, { id, timeoutMs, until: this.now + lastsMs, isUp: true });
  }

  /** The target is not shared any more. */
  unshares(id: TargetId): void {
    this.#needs.delete(id);
  }

  /** The leases of teammates, and how much longer each lasts. */
  leases(id = API): Record<string, number> {
    const leases = this.team.leases().get(id) ?? [];
    return Object.fromEntries(leases.map(({ holder, expiresAt }) => [holder, expiresAt - this.now]));
  }

  /** Requests since the last call. */
  asked(): readonly string[] {
    return this.requests.splice(0);
  }

  /** The texts of the conditions that stand. */
  conditions(): readonly string[] {
    return this.journal.conditions().map(({ id }) => id);
  }
}

export class Teamwork {
  readonly clock = new FakeClock({ flush: 'promises' });
  readonly table = new MemoryTeamTable();
  readonly mates: Teammate[] = [];
  #random = 0;

  /** Different each time, so that two installations are two members. */
  readonly random = (): number => {
    this.#random = (this.#random + 0.618_033_988_75) % 1;
    return this.#random;
  };

  joined(name: string, how: ConstructorParameters<typeof Teammate>[2] = {}): Teammate {
    const mate = new Teammate(this, name, how);
    this.mates.push(mate);
    return mate;
  }

  /** A process dies: it asks for nothing any more. */
  dies(mate: Teammate): void {
    this.mates.splice(this.mates.indexOf(mate), 1);
  }

  /** Time goes by, and every agent's loop takes its turns. */
  async go(ms: number): Promise<void> {
    const end = this.clock.now().mono + ms;
    for (;;) {
      for (const mate of this.mates) mate.team.run();
      await this.clock.flush();
      const left = end - this.clock.now().mono;
      if (left <= 0) return;
      await this.clock.advance(Math.min(SECOND, left));
    }
  }
}
