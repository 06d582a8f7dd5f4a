/** The ports to what a desktop offers beside a browser: short messages that may be answered, and an icon with a menu. */

/** There is one place for each kind of message: another one of its kind takes its place. */
export type NoticeSlot = 'warning' | 'naps' | 'trouble';

/** What a person may answer a message with. `open` is also a click on the message itself. */
export type NoticeAction = 'keep' | 'snooze' | 'open';

/** A message in the person's language, without markup. */
export interface Notice {
  readonly slot: NoticeSlot;
  readonly title: string;
  readonly body: string;
  /** `low` may go unseen until somebody looks for it; `critical` is to stay until it was seen. */
  readonly urgency: 'low' | 'normal' | 'critical';
  /** Offered where the desktop can; nothing may depend on them. */
  readonly actions: readonly { readonly key: NoticeAction; readonly label: string }[];
  /** After which it means nothing any more, in milliseconds; undefined: as the desktop sees fit. */
  readonly lastsMs: number | undefined;
}

/** Whether something of the desktop works, and if not, what is missing. */
export type DesktopHealth =
  | { readonly state: 'working'; readonly mechanism: string }
  | { readonly state: 'unavailable'; readonly reason: string; readonly cure: string };

/** Messages on the person's desktop. Nothing here rejects or throws: a message that cannot be shown is lost. */
export interface Notifier {
  /** Resolves once it is known whether there is anything that shows messages; what comes later is found later. */
  start(): Promise<void>;
  /** Shows a message in its slot. */
  show(notice: Notice): void;
  /** Takes the message of a slot back, where the desktop can; harmless when there is none. */
  withdraw(slot: NoticeSlot): void;
  health(): DesktopHealth;
  /** Takes back what is shown and lets go of everything. Idempotent. */
  stop(): Promise<void>;
}

/** How things are, as an icon tells it. */
export type TrayState = 'present' | 'soon' | 'napping' | 'trouble';

/** What a person may choose from the menu. */
export type TrayCommand = 'open' | 'keep-30' | 'keep-120' | 'keep-morning' | 'release' | 'nap' | 'stop';

/** The icon and its menu, in the person's language. */
export interface TrayView {
  readonly state: TrayState;
  /** One line on how things are, for the icon itself. */
  readonly summary: string;
  /** From top to bottom: a line that cannot be chosen, a command, or a parting line. */
  readonly menu: readonly TrayItem[];
}

export type TrayItem =
  | { readonly kind: 'line'; readonly label: string }
  | { readonly kind: 'command'; readonly label: string; readonly command: TrayCommand }
  | { readonly kind: 'separator' };

/** The icon. Nothing here rejects or throws. */
export interface Tray {
  /** Resolves once it is known whether the desktop has a place for it; one that comes later is found later. */
  start(): Promise<void>;
  /** Shows this from now on. */
  show(view: TrayView): void;
  health(): DesktopHealth;
  /** Takes the icon away. Idempotent. */
  stop(): Promise<void>;
}
