/** The UDP server as the settings want it: opened, moved and closed as they change; a port in use is a condition. */
import type { Control } from '../core/control.js';
import { messageOf } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { SettingsSource } from '../core/registry.js';
import type { Settings } from '../core/settings.js';
import { serveUdp, UdpFault } from '../servers/udp/serve-udp.js';

export interface UdpDoorParts {
  readonly control: Control;
  readonly settings: SettingsSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly conditions: { raise(id: string, message: string, hint?: string): void; clear(id: string): void };
}

export class UdpDoor {
  readonly #parts: UdpDoorParts;
  readonly #unsubscribe: () => void;
  #applied: Settings['udp'] | undefined;
  #server: { close(): Promise<void> } | undefined;
  /** One change at a time: the old server lets go of its port before the new one asks for it. */
  #work: Promise<void> = Promise.resolve();

  constructor(parts: UdpDoorParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.settings.onChange(() => {
      void this.open();
    });
  }

  /** Opens the server as the settings say now, or closes it. Never rejects. */
  open(): Promise<void> {
    this.#work = this.#work.then(() => this.#apply(this.#parts.settings.current().udp));
    return this.#work;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#work;
    await this.#server?.close();
  }

  async #apply(udp: Settings['udp']): Promise<void> {
    const { control, clock, log, env, conditions } = this.#parts;
    if (this.#applied && JSON.stringify(this.#applied) === JSON.stringify(udp)) return;
    await this.#server?.close();
    this.#server = undefined;
    this.#applied = udp;
    conditions.clear('udp');
    if (!udp.enabled) return;
    try {
      this.#server = await serveUdp({ control, settings: udp, secret: env.CLOUDNAP_UDP_SECRET, clock, log });
    } catch (thrown) {
      const hint =
        thrown instanceof UdpFault
          ? thrown.hint
          : 'Everything else goes on; see udp_server in settings.json.';
      conditions.raise('udp', messageOf(thrown), hint);
      // The same settings may work later: the next change of the file tries again.
      this.#applied = undefined;
    }
  }
}
