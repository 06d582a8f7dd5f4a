/** The dashboard as the settings want it: opened, moved and closed as they change; a port in use is a condition. */
import type { WireInvitation } from '../control/wire.js';
import type { Desk } from '../core/desk.js';
import { messageOf } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { SettingsSource } from '../core/registry.js';
import type { Settings } from '../core/settings.js';
import type { DashboardServer } from '../servers/dashboard/serve-dashboard.js';
import { API_DESCRIPTION, PAGE } from './built-files.js';

interface DashboardDoorParts {
  readonly desk: Desk;
  readonly settings: SettingsSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly conditions: { raise(id: string, message: string, hint?: string): void; clear(id: string): void };
}

export class DashboardDoor {
  readonly #parts: DashboardDoorParts;
  readonly #unsubscribe: () => void;
  #applied: Settings['dashboard'] | undefined;
  #server: DashboardServer | undefined;
  /** One change at a time: the old server lets go of its port before the new one asks for it. */
  #work: Promise<void> = Promise.resolve();

  constructor(parts: DashboardDoorParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.settings.onChange(() => {
      void this.open();
    });
  }

  /** Opens the server as the settings say now, or closes it. Never rejects. */
  open(): Promise<void> {
    this.#work = this.#work.then(() => this.#apply(this.#parts.settings.current().dashboard));
    return this.#work;
  }

  /** Lets a browser in; undefined while the dashboard is off or could not be opened. */
  invite(): WireInvitation | undefined {
    return this.#server?.invite();
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#work;
    await this.#server?.close();
  }

  async #apply(wanted: Settings['dashboard']): Promise<void> {
    const { desk, clock, log, conditions } = this.#parts;
    if (this.#applied && JSON.stringify(this.#applied) === JSON.stringify(wanted)) return;
    await this.#server?.close();
    this.#server = undefined;
    this.#applied = wanted;
    conditions.clear('dashboard');
    if (!wanted.enabled) return;
    try {
      const { serveDashboard } = await import('../servers/dashboard/serve-dashboard.js');
      this.#server = await serveDashboard({
        desk,
        clock,
        log,
        files: PAGE,
        description: API_DESCRIPTION,
        port: wanted.port,
      });
      const { port } = this.#server;
      if (port !== wanted.port)
        conditions.raise(
          'dashboard',
          `Port ${wanted.port} is in use by another program, so the dashboard is at http://127.0.0.1:${port}`,
          'Nothing is lost; choose another dashboard.port in settings.json to be rid of this note.',
        );
      else log.info(`The dashboard is at http://127.0.0.1:${port}; "cloudnap open" opens it`);
    } catch (thrown) {
      conditions.raise(
        'dashboard',
        `The dashboard could not be opened: ${messageOf(thrown)}`,
        'Everything else goes on; see dashboard in settings.json.',
      );
      // The same settings may work later: the next change of the file tries again.
      this.#applied = undefined;
    }
  }
}
