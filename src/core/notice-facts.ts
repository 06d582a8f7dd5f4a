/** What is told on the desktop, from what it is decided, and what is remembered of it. */
import type { PresenceState } from './control.js';
import type { NoticeSlot } from './desktop.js';
import type { Condition } from './events.js';
import type { Instant } from './instant.js';
import type { QuietHours } from './settings.js';
import type { TargetId } from './target.js';

/** What is to be told, before it is put into words. Names are those a person gave. */
export type NoticeContent =
  | { readonly slot: 'warning'; readonly names: readonly string[]; readonly inMs: number }
  | { readonly slot: 'naps'; readonly about: 'napping'; readonly names: readonly string[] }
  | {
      readonly slot: 'naps';
      readonly about: 'restoring';
      readonly names: readonly string[];
      /** Whether that is because the person is back, and not for a hold that was asked for from elsewhere. */
      readonly isWelcome: boolean;
    }
  | {
      readonly slot: 'naps';
      readonly about: 'restored';
      readonly names: readonly string[];
      readonly failed: readonly string[];
    }
  | {
      readonly slot: 'trouble';
      readonly conditions: readonly Pick<Condition, 'message' | 'hint'>[];
      readonly isUrgent: boolean;
    };

/** What a message is about. */
export type NoticeAbout = 'warning' | 'napping' | 'restoring' | 'restored' | 'trouble';

/** How things stand when it is decided. */
export interface NoticeFacts {
  readonly now: Instant;
  /** Minutes since midnight where the person is. */
  readonly minuteOfDay: number;
  readonly quietHours: QuietHours | undefined;
  readonly presence: PresenceState;
  readonly targets: readonly {
    readonly id: TargetId;
    readonly name: string;
    /** Wall milliseconds of the nap that a warning stands for; undefined: none does. */
    readonly warnedNapAt: number | undefined;
  }[];
  readonly conditions: readonly Condition[];
}

/** What is remembered between decisions; begin with NOTHING_NOTED. */
export interface NoticeMemory {
  /** Targets put to nap since somebody was last back. */
  readonly napped: ReadonlySet<TargetId>;
  /** Targets on their way back, and those that have come back on this occasion. */
  readonly coming: ReadonlySet<TargetId>;
  readonly back: ReadonlySet<TargetId>;
  /** Conditions by id, those that are over included for a while. */
  readonly troubles: ReadonlyMap<string, Trouble>;
  /** What is shown, and when that was shown, by slot. */
  readonly shown: ReadonlyMap<NoticeSlot, Shown>;
}

export interface Shown {
  /** Tells contents apart; undefined: it was taken back. */
  readonly key: string | undefined;
  readonly about: NoticeAbout;
  /** `boot` milliseconds. */
  readonly at: number;
  /** Wall milliseconds of the nap that was warned of. */
  readonly napAt?: number | undefined;
}

/** In `boot` milliseconds. */
export interface Trouble {
  /** Undefined: it is over. */
  readonly since: number | undefined;
  readonly toldAt: number | undefined;
}
