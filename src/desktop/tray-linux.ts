/**
 * The icon by StatusNotifierItem, as KDE's panel, GNOME's AppIndicator extension, Xfce, MATE and waybar show it. They
 * find it through the StatusNotifierWatcher, which may come late, end and come back. The protocol has no way to take an
 * item back but to leave the bus, so the icon has a connection of its own.
 */
import type { DesktopHealth, Tray, TrayCommand, TrayState, TrayView } from '../core/desktop.js';
import type { Clock } from '../core/instant.js';
import type { BusConnection } from '../system/dbus/bus.js';
import type { ExportedObject } from '../system/dbus/exported.js';
import { KeptBus } from '../system/dbus/kept-bus.js';
import { drawMoon } from './moon.js';
import { MENU_INTERFACE, MENU_PATH, trayMenu } from './tray-menu.js';

/** KDE's name, which the others took over; the freedesktop one never came. */
const WATCHER = {
  to: 'org.kde.StatusNotifierWatcher',
  path: '/StatusNotifierWatcher',
  interface: 'org.kde.StatusNotifierWatcher',
};
const ITEM_PATH = '/StatusNotifierItem';
const ITEM_INTERFACE = 'org.kde.StatusNotifierItem';

/** A bus that is not there, as on a server, is looked for seldom. */
const BACKOFF = { firstMs: 2_000, mostMs: 5 * 60_000 };
/** Panels take the size next to theirs: ordinary ones, and those of fine screens. */
const ICON_PX = [22, 32, 48];

export interface LinuxTrayOptions {
  readonly clock: Clock;
  /** DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR are read from it. */
  readonly env: NodeJS.ProcessEnv;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onCommand: (command: TrayCommand) => void;
  /** The menu is about to be seen: what it shows may have changed without an event. */
  readonly onOpening: () => void;
}

/** Width, height, and pixels of four bytes: how opaque, red, green, blue. */
type Pixmap = readonly [number, number, Buffer];

export class LinuxTray implements Tray {
  readonly #options: LinuxTrayOptions;
  readonly #kept: KeptBus;
  readonly #pixmaps = new Map<TrayState, readonly Pixmap[]>();
  #bus: BusConnection | undefined;
  #view: TrayView = NOTHING_TOLD;
  /** Whether there is a watcher to register with. */
  #hasPlace = false;
  #revision = 1;
  #health: DesktopHealth = { state: 'unavailable', reason: 'not started', cure: 'none needed' };

  /** Nothing is connected to before it is started. */
  constructor(options: LinuxTrayOptions) {
    this.#options = options;
    this.#kept = new KeptBus({
      ...options,
      bus: 'session',
      backoff: BACKOFF,
      up: (bus) => this.#up(bus),
      down: (reason, cure) => {
        this.#bus = undefined;
        this.#hasPlace = false;
        this.#health = { state: 'unavailable', reason, cure };
      },
    });
  }

  start(): Promise<void> {
    return this.#kept.start();
  }

  show(view: TrayView): void {
    const before = this.#view;
    this.#view = view;
    if (before === NOTHING_TOLD) void this.#register();
    if (view.state !== before.state) {
      this.#changed('NewIcon');
      this.#changed('NewAttentionIcon');
      this.#changed('NewStatus', 's', [statusOf(view.state)]);
    }
    if (view.state !== before.state || view.summary !== before.summary) this.#changed('NewToolTip');
    if (JSON.stringify(view.menu) === JSON.stringify(before.menu)) return;
    this.#revision += 1;
    const menu = { path: MENU_PATH, interface: MENU_INTERFACE, member: 'LayoutUpdated' };
    this.#bus?.emit({ ...menu, signature: 'ui', body: [this.#revision, 0] });
  }

  health(): DesktopHealth {
    return this.#health;
  }

  async stop(): Promise<void> {
    await this.#kept.stop();
    this.#bus = undefined;
  }

  async #up(bus: BusConnection): Promise<void> {
    const { onCommand, onOpening } = this.#options;
    bus.export(this.#item());
    bus.export(
      trayMenu({
        items: () => this.#view.menu,
        revision: () => this.#revision,
        onCommand,
        onOpening,
      }),
    );
    this.#bus = bus;
    await bus.onOwner(WATCHER.to, (owner) => {
      this.#hasPlace = owner !== undefined;
      if (owner === undefined) this.#health = NO_PLACE;
      else void this.#register();
    });
  }

  /**
   * Once there is a place for it and something to show. A path is registered together with the connection it is on,
   * so that no name is needed. Never rejects.
   */
  async #register(): Promise<void> {
    const bus = this.#bus;
    if (!bus || !this.#hasPlace || this.#view === NOTHING_TOLD) return;
    try {
      const body = [ITEM_PATH];
      await bus.call({ ...WATCHER, member: 'RegisterStatusNotifierItem', signature: 's', body });
      this.#health = { state: 'working', mechanism: 'StatusNotifierItem' };
    } catch (error) {
      const reason = `the panel refused the icon: ${error instanceof Error ? error.message : error}`;
      this.#health = { state: 'unavailable', reason, cure: 'restart the panel' };
    }
  }

  #item(): ExportedObject {
    const { onCommand, onOpening } = this.#options;
    const open = () => {
      onCommand('open');
      return [];
    };
    const ignored = () => [];
    const text = (read: () => string) => ({ type: 's', read });
    const pixmaps = (read: () => readonly Pixmap[]) => ({ type: 'a(iiay)', read });
    return {
      path: ITEM_PATH,
      interfaces: [
        {
          name: ITEM_INTERFACE,
          methods: {
            // A click; the other buttons show the menu, which hosts do by themselves.
            Activate: { takes: 'ii', run: open },
            SecondaryActivate: { takes: 'ii', run: open },
            ContextMenu: {
              takes: 'ii',
              run: () => {
                onOpening();
                return [];
              },
            },
            Scroll: { takes: 'is', run: ignored },
            ProvideXdgActivationToken: { takes: 's', run: ignored },
          },
          properties: {
            Category: text(() => 'ApplicationStatus'),
            Id: text(() => 'cloudnap'),
            Title: text(() => 'Cloudnap'),
            Status: text(() => statusOf(this.#view.state)),
            WindowId: { type: 'i', read: () => 0 },
            // No theme has our moon: the pictures are drawn.
            IconName: text(() => ''),
            IconThemePath: text(() => ''),
            IconPixmap: pixmaps(() => this.#icon()),
            OverlayIconName: text(() => ''),
            OverlayIconPixmap: pixmaps(() => []),
            AttentionIconName: text(() => ''),
            AttentionIconPixmap: pixmaps(() => this.#icon()),
            AttentionMovieName: text(() => ''),
            ToolTip: {
              type: '(sa(iiay)ss)',
              read: () => ['', [], 'Cloudnap', this.#view.summary],
            },
            ItemIsMenu: { type: 'b', read: () => false },
            Menu: { type: 'o', read: () => MENU_PATH },
          },
          signals: {
            NewTitle: '',
            NewIcon: '',
            NewAttentionIcon: '',
            NewOverlayIcon: '',
            NewToolTip: '',
            NewStatus: 's',
          },
        },
      ],
    };
  }

  #icon(): readonly Pixmap[] {
    const { state } = this.#view;
    let drawn = this.#pixmaps.get(state);
    if (!drawn) {
      drawn = ICON_PX.map((size) => pixmap(state, size));
      this.#pixmaps.set(state, drawn);
    }
    return drawn;
  }

  #changed(member: string, signature = '', body: readonly unknown[] = []): void {
    this.#bus?.emit({ path: ITEM_PATH, interface: ITEM_INTERFACE, member, signature, body });
  }
}

const NOTHING_TOLD: TrayView = { state: 'present', summary: '', menu: [] };

const NO_PLACE: DesktopHealth = {
  state: 'unavailable',
  reason: 'no panel on this desktop shows tray icons',
  cure: 'none needed; on GNOME the extension "AppIndicator and KStatusNotifierItem Support" shows them',
};

/** A panel that hides calm icons shows one that needs attention. */
function statusOf(state: TrayState): string {
  return state === 'soon' || state === 'trouble' ? 'NeedsAttention' : 'Active';
}

function pixmap(state: TrayState, size: number): Pixmap {
  const { rgba } = drawMoon(state, size);
  const argb = Buffer.alloc(rgba.length);
  for (let at = 0; at < rgba.length; at += 4) {
    argb[at] = rgba[at + 3] ?? 0;
    rgba.copy(argb, at + 1, at, at + 3);
  }
  return [size, size, argb];
}
