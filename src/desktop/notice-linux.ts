/**
 * Messages by the Desktop Notifications Specification (org.freedesktop.Notifications), which GNOME, KDE and small
 * programs such as dunst and mako all speak. What serves it may come late, end and come back: a message that is still
 * worth being seen is shown again then.
 */
import type { DesktopHealth, Notice, NoticeAction, NoticeSlot, Notifier } from '../core/desktop.js';
import type { Clock } from '../core/instant.js';
import type { BusConnection } from '../system/dbus/bus.js';
import { KeptBus } from '../system/dbus/kept-bus.js';
import { TypedValue } from '../system/dbus/typed-value.js';
import { drawMoon } from './moon.js';

const NOTIFICATIONS = {
  to: 'org.freedesktop.Notifications',
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
};
const DAEMON = {
  to: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

/** A bus that is not there, as on a server, is looked for seldom. */
const BACKOFF = { firstMs: 2_000, mostMs: 5 * 60_000 };
/** A message without an end of its own is not shown again, by a server that came back, when it is older. */
const FRESH_MS = 60_000;
const URGENCY: Readonly<Record<Notice['urgency'], number>> = { low: 0, normal: 1, critical: 2 };
const ICON_PX = 48;

export interface LinuxNotifierOptions {
  readonly clock: Clock;
  /** DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR are read from it. */
  readonly env: NodeJS.ProcessEnv;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A line for the log, when what is said of it changes. */
  readonly log: (message: string) => void;
  readonly onAction: (action: NoticeAction) => void;
}

/** What a slot holds, from its first message until it is taken back or closed. */
interface Standing {
  notice: Notice;
  /** `mono` milliseconds. */
  since: number;
  isSent: boolean;
  /** The server's own number; undefined: it does not know of it. */
  id: number | undefined;
}

export class LinuxNotifier implements Notifier {
  readonly #options: LinuxNotifierOptions;
  readonly #kept: KeptBus;
  readonly #standing = new Map<NoticeSlot, Standing>();
  #bus: BusConnection | undefined;
  /** What the server can do; undefined: it was not asked yet. */
  #capabilities: ReadonlySet<string> | undefined;
  #health: DesktopHealth = { state: 'unavailable', reason: 'not started', cure: 'none needed' };
  /** One message at a time, in order: the next of a slot needs the number of the one before. */
  #work: Promise<void> = Promise.resolve();

  /** Nothing is connected to before it is started. */
  constructor(options: LinuxNotifierOptions) {
    this.#options = options;
    this.#kept = new KeptBus({
      ...options,
      bus: 'session',
      backoff: BACKOFF,
      up: (bus) => this.#up(bus),
      down: (reason, cure) => {
        this.#bus = undefined;
        this.#forget();
        this.#tell({ state: 'unavailable', reason, cure });
      },
    });
  }

  start(): Promise<void> {
    return this.#kept.start();
  }

  show(notice: Notice): void {
    const since = this.#options.clock.now().mono;
    const standing: Standing = this.#standing.get(notice.slot) ?? {
      notice,
      since,
      isSent: false,
      id: undefined,
    };
    // The same from message to message: the number of one that is on its way is not known yet.
    Object.assign(standing, { notice, since, isSent: false });
    this.#standing.set(notice.slot, standing);
    this.#then(() => this.#send(standing));
  }

  withdraw(slot: NoticeSlot): void {
    const standing = this.#standing.get(slot);
    this.#standing.delete(slot);
    if (standing) this.#then(() => this.#close(standing));
  }

  health(): DesktopHealth {
    return this.#health;
  }

  async stop(): Promise<void> {
    for (const slot of [...this.#standing.keys()]) this.withdraw(slot);
    await this.#work;
    await this.#kept.stop();
    this.#bus = undefined;
  }

  async #up(bus: BusConnection): Promise<void> {
    const signal = (member: string) => ({ ...NOTIFICATIONS, from: NOTIFICATIONS.to, member });
    // In turn: what is told of a message may come together with its number.
    await bus.onSignal(signal('ActionInvoked'), ([id, key]) =>
      this.#then(async () => this.#answered(id, key)),
    );
    await bus.onSignal(signal('NotificationClosed'), ([id]) => this.#then(async () => this.#closed(id)));
    const [startable] = await bus.call({ ...DAEMON, member: 'ListActivatableNames' });
    const isStartable = Array.isArray(startable) && startable.includes(NOTIFICATIONS.to);
    this.#bus = bus;
    await bus.onOwner(NOTIFICATIONS.to, (owner) => {
      this.#forget();
      this.#tell(healthOf(owner !== undefined, isStartable));
      if (owner !== undefined) this.#showAgain();
    });
  }

  /** Whoever served it is gone, and its numbers with it. */
  #forget(): void {
    this.#capabilities = undefined;
    for (const standing of this.#standing.values()) {
      standing.id = undefined;
      standing.isSent = false;
    }
  }

  /** What was shown, or was to be, when there was no server. */
  #showAgain(): void {
    const { mono } = this.#options.clock.now();
    for (const [slot, standing] of this.#standing) {
      const isFresh = mono - standing.since < (standing.notice.lastsMs ?? FRESH_MS);
      if (isFresh || slot === 'trouble') this.#then(() => this.#send(standing));
      else this.#standing.delete(slot);
    }
  }

  #then(step: () => Promise<void>): void {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#bus)
        this.#tell({
          state: 'unavailable',
          reason: `the notification server refused a message: ${reason}`,
          cure: 'see its own log; the dashboard tells the same',
        });
    });
  }

  async #send(standing: Standing): Promise<void> {
    const bus = this.#bus;
    const isCurrent = this.#standing.get(standing.notice.slot) === standing;
    if (!bus || !isCurrent || standing.isSent) return;
    this.#capabilities ??= await capabilitiesOf(bus);
    const { notice, id: replaces = 0 } = standing;
    standing.isSent = true;
    const [id] = await bus.call({
      ...NOTIFICATIONS,
      member: 'Notify',
      signature: 'susssasa{sv}i',
      body: notifyArguments(notice, this.#capabilities, replaces),
      mayStart: true,
    });
    if (typeof id === 'number') standing.id = id;
    this.#tell({ state: 'working', mechanism: NOTIFICATIONS.to });
  }

  async #close({ id }: Standing): Promise<void> {
    if (id === undefined || !this.#bus) return;
    // It may have gone by itself in this moment, which servers may answer with an error.
    await this.#bus
      .call({ ...NOTIFICATIONS, member: 'CloseNotification', signature: 'u', body: [id] })
      .catch(() => {});
  }

  #answered(id: unknown, key: unknown): void {
    const slot = this.#slotOf(id);
    const notice = slot && this.#standing.get(slot)?.notice;
    const meant = key === 'default' ? 'open' : key;
    const action = notice?.actions.find((offered) => offered.key === meant);
    if (action) this.#options.onAction(action.key);
  }

  #closed(id: unknown): void {
    const slot = this.#slotOf(id);
    if (slot) this.#standing.delete(slot);
  }

  #slotOf(id: unknown): NoticeSlot | undefined {
    return [...this.#standing].find(([, standing]) => standing.id !== undefined && standing.id === id)?.[0];
  }

  #tell(health: DesktopHealth): void {
    const before = this.#health;
    this.#health = health;
    if (health.state === 'working') {
      if (before.state !== 'working') this.#options.log(`Notifications are shown by ${health.mechanism}.`);
    } else if (before.state === 'working' || before.reason !== health.reason)
      this.#options.log(`No notifications are shown: ${health.reason}. Cure: ${health.cure}.`);
  }
}

function healthOf(isThere: boolean, isStartable: boolean): DesktopHealth {
  if (isThere || isStartable) return { state: 'working', mechanism: NOTIFICATIONS.to };
  return {
    state: 'unavailable',
    reason: 'nothing on the session bus shows notifications',
    cure: 'run a notification daemon (on GNOME and KDE the desktop itself; else for example dunst or mako); the dashboard and the log tell the same',
  };
}

async function capabilitiesOf(bus: BusConnection): Promise<ReadonlySet<string>> {
  const [names] = await bus.call({ ...NOTIFICATIONS, member: 'GetCapabilities', mayStart: true });
  return new Set(Array.isArray(names) ? names.map(String) : []);
}

/** The arguments of Notify, by what the server can do. */
function notifyArguments(notice: Notice, can: ReadonlySet<string>, replaces: number): readonly unknown[] {
  const { title, body, urgency, actions, lastsMs } = notice;
  // A click on the message itself is the action "default": it needs no button.
  const offered = can.has('actions')
    ? actions.flatMap(({ key, label }) => [key === 'open' ? 'default' : key, label])
    : [];
  const text = can.has('body-markup') ? escaped(body) : body;
  const hints = {
    urgency: new TypedValue('y', URGENCY[urgency]),
    'desktop-entry': new TypedValue('s', 'cloudnap'),
    'suppress-sound': new TypedValue('b', true),
    // One that has an end is worth nothing in the list of what was missed.
    transient: new TypedValue('b', lastsMs !== undefined),
    'image-data': new TypedValue('(iiibiiay)', image(notice.slot)),
  };
  const expires = urgency === 'critical' ? 0 : Math.round(lastsMs ?? -1);
  return can.has('body')
    ? ['Cloudnap', replaces, '', title, text, offered, hints, expires]
    : ['Cloudnap', replaces, '', `${title}: ${body}`, '', offered, hints, expires];
}

/** Width, height, bytes a row, with an alpha channel, bits a sample, channels, pixels. */
function image(slot: NoticeSlot): readonly unknown[] {
  const state = slot === 'warning' ? 'soon' : slot === 'naps' ? 'napping' : 'trouble';
  const { size, rgba } = drawMoon(state, ICON_PX);
  return [size, size, size * 4, true, 8, 4, rgba];
}

/** A body with markup may hold a few tags: nothing of ours is one. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
