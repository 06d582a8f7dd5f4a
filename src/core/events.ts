/** What happens, told once: ledger, log, dashboard, notifications and doors all read the same stream. */
import type { TargetId } from './target.js';

export const EVENT_TYPES = [
  'started',
  'stopping',
  'presence',
  'woke',
  'warning',
  'warning-withdrawn',
  'nap',
  'napped',
  'restore',
  'restored',
  'closed',
  'waiting',
  'refused',
  'failed',
  'dry-run',
  'command',
  'hold',
  'hold-ended',
  'registry',
  'settings',
  'account',
  'condition',
  'condition-over',
  'notice',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface Event {
  readonly type: EventType;
  /** Wall milliseconds. */
  readonly at: number;
  readonly targetId?: TargetId | undefined;
  /** One sentence for a person, with the reason. */
  readonly message: string;
  readonly level: 'info' | 'warn' | 'error';
}

/**
 * Something wrong that is shown until it is right again. `id` tells one from another: raising the same id again
 * replaces its text.
 */
export interface Condition {
  /** For example `presence-unknown`, `account`, `credentials`, `settings-file`, `target:ec2:…`. */
  readonly id: string;
  readonly message: string;
  readonly hint?: string | undefined;
  /** Wall milliseconds it was raised at. */
  readonly since: number;
  readonly targetId?: TargetId | undefined;
}
