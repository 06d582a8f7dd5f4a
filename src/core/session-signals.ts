/**
 * The port to what the operating system tells of the session and the machine: locked, about to sleep, awake again.
 * Unlike a sensor none of these is activity: a lock is the opposite, and waking up says nothing about a person.
 */
import type { Instant } from './instant.js';
import type { SensorHealth } from './sensor.js';

export const SIGNALS = ['lock', 'suspend'] as const;
export type SignalName = (typeof SIGNALS)[number];

export interface SignalsSettings {
  /** Whether sleep is to be held back, for as long as the system allows, until {@link SignalsSink.suspending} is done. */
  readonly delaySuspend: boolean;
}

export interface SignalsSink {
  /** Whether the session is locked: at the start if it is, then whenever that changes. */
  locked(locked: boolean, at: Instant): void;
  /**
   * The machine is about to sleep, not before `until` (`boot` milliseconds; no later than now where sleep is not
   * held back). It sleeps once this has resolved, or at `until`. Must not reject.
   */
  suspending(until: number): Promise<void>;
  /** It is awake again, or the sleep announced was called off. */
  resumed(): void;
  /** Called for every change, and once for each signal at the start. `off` is never told. */
  health(signal: SignalName, health: SensorHealth): void;
}

/** Lock, suspend and resume together, each from wherever this machine tells it; what dies is started again. */
export interface SessionSignals {
  /** Resolves when each signal is watched or is not available. Never rejects. */
  start(settings: SignalsSettings, sink: SignalsSink): Promise<void>;
  /** Applies changed settings. Never rejects. */
  configure(settings: SignalsSettings): Promise<void>;
  /** Lets go of everything, sleep included. Idempotent. */
  stop(): Promise<void>;
}
