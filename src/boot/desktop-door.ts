/** Notifications and the tray icon as the settings want them: made, and taken away, as they change. */
import { passPage } from '../control/pass-page.js';
import type { WireInvitation } from '../control/wire.js';
import type { Check, Control } from '../core/control.js';
import type { DesktopHealth, Notifier, Tray } from '../core/desktop.js';
import { CommandError, messageOf } from '../core/errors.js';
import type { Clock } from '../core/instant.js';
import type { Logger } from '../core/logger.js';
import type { SettingsSource } from '../core/registry.js';
import type { Teller } from '../desktop/teller.js';
import { writeFileAtomic } from '../system/atomic-file.js';
import type { Paths } from '../system/paths.js';

export interface DesktopDoorParts {
  readonly control: Control;
  readonly settings: SettingsSource;
  readonly clock: Clock;
  readonly log: Logger;
  readonly env: NodeJS.ProcessEnv;
  readonly paths: Pick<Paths, 'pass'>;
  /** Lets a browser into the dashboard; undefined while that is off. */
  readonly invite: () => WireInvitation | undefined;
}

export class DesktopDoor {
  readonly #parts: DesktopDoorParts;
  readonly #unsubscribe: () => void;
  #teller: Teller | undefined;
  #notifier: Notifier | undefined;
  #tray: Tray | undefined;
  /** One change at a time. */
  #work: Promise<void> = Promise.resolve();

  constructor(parts: DesktopDoorParts) {
    this.#parts = parts;
    this.#unsubscribe = parts.settings.onChange(() => {
      void this.open();
    });
  }

  /** Makes what the settings want now, and takes away what they do not. Never rejects. */
  open(): Promise<void> {
    this.#work = this.#work
      .then(() => this.#apply())
      .catch((thrown: unknown) => this.#parts.log.warn(`The desktop cannot be used: ${messageOf(thrown)}`));
    return this.#work;
  }

  /** What `doctor` says of it. Nothing depends on a desktop, so nothing of it is a failure. */
  checks(): readonly Check[] {
    return [
      ...checkOf('notifications', this.#notifier?.health(), 'warn'),
      // Many desktops have no place for one.
      ...checkOf('tray icon', this.#tray?.health(), 'ok'),
    ];
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#work;
    await this.#teller?.stop();
    await Promise.all([this.#notifier?.stop(), this.#tray?.stop()]);
  }

  async #apply(): Promise<void> {
    const { settings, clock, env, log } = this.#parts;
    const wanted = settings.current();
    const { notifications, tray } = wanted;
    if (!notifications.enabled) {
      await this.#notifier?.stop();
      this.#notifier = undefined;
    }
    if (!tray.enabled) {
      await this.#tray?.stop();
      this.#tray = undefined;
    }
    if (!notifications.enabled && !tray.enabled) {
      await this.#teller?.stop();
      this.#teller = undefined;
      return;
    }
    const desktop = await import('../desktop/desktop.js');
    const teller = this.#teller ?? (await this.#startTeller());
    this.#teller = teller;
    const options = { clock, env, platform: process.platform, random: Math.random };
    if (notifications.enabled && !this.#notifier) {
      this.#notifier = desktop.createNotifier({
        ...options,
        log: (message) => log.info(message),
        onAction: (action) => void teller.answered(action),
      });
      await this.#notifier.start();
    }
    if (tray.enabled && !this.#tray) {
      this.#tray = desktop.createTray({
        ...options,
        onCommand: (command) => void teller.chosen(command),
        onOpening: () => teller.refresh(),
      });
      await this.#tray?.start();
    }
    teller.refresh();
  }

  async #startTeller(): Promise<Teller> {
    const { control, settings, clock, log, env } = this.#parts;
    const [{ Teller: Telling }, { languageOf }] = await Promise.all([
      import('../desktop/teller.js'),
      import('../desktop/language.js'),
    ]);
    return new Telling({
      control,
      clock,
      log,
      language: languageOf(env),
      settings: () => settings.current(),
      notifier: () => this.#notifier,
      tray: () => this.#tray,
      openDashboard: () => this.#openDashboard(),
    });
  }

  /** By the same one-time pass as `cloudnap open`. @throws CommandError REFUSED */
  async #openDashboard(): Promise<void> {
    const { invite, paths, env, clock } = this.#parts;
    const invitation = invite();
    if (!invitation)
      throw new CommandError('REFUSED', 'The dashboard is off, or could not be opened', {
        hint: 'See dashboard in settings.json, and "cloudnap status".',
      });
    await writeFileAtomic(paths.pass, passPage(invitation));
    const { openInBrowser } = await import('../desktop/browser.js');
    if (await openInBrowser(paths.pass, env, clock)) return;
    throw new CommandError('REFUSED', 'No browser could be started', {
      hint: 'Run "cloudnap open" in a terminal of your desktop.',
    });
  }
}

function checkOf(
  name: string,
  health: DesktopHealth | undefined,
  without: Check['result'],
): readonly Check[] {
  if (!health) return [];
  if (health.state === 'working') return [{ area: 'machine', name, result: 'ok', detail: health.mechanism }];
  return [{ area: 'machine', name, result: without, detail: health.reason, cure: health.cure }];
}
