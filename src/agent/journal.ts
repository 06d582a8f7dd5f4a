/** The one stream of events, and the conditions that stand. Ledger, log and every door read from here. */
import { messageOf } from '../core/errors.js';
import type { Condition, Event, EventType } from '../core/events.js';
import type { Clock } from '../core/instant.js';
import type { Ledger } from '../core/ledger.js';
import type { Logger } from '../core/logger.js';
import type { TargetId } from '../core/target.js';

/** Events kept while the ledger cannot be written. */
const MOST_UNWRITTEN = 1_000;

export interface JournalPorts {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'record'>;
  readonly log: Logger;
  /** What a person calls a target: its name in the registry, or else its id. */
  readonly nameOf: (id: TargetId) => string;
}

export class Journal {
  readonly #ports: JournalPorts;
  readonly #listeners = new Set<(event: Event) => void>();
  readonly #conditions = new Map<string, Condition>();
  /** Events not yet in the ledger: written at the end of each turn, so that telling never waits for the disk. */
  #unwritten: Event[] = [];

  constructor(ports: JournalPorts) {
    this.#ports = ports;
  }

  /** Tells everybody that something happened. Never throws. */
  tell(type: EventType, message: string, about: { targetId?: TargetId; level?: Event['level'] } = {}): void {
    const event: Event = {
      type,
      at: this.#ports.clock.now().wall,
      message,
      level: about.level ?? 'info',
      ...(about.targetId === undefined ? {} : { targetId: about.targetId }),
    };
    this.#ports.log[event.level](message, { event: type, target: event.targetId });
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (thrown) {
        this.#ports.log.error(`a listener of the event stream failed: ${messageOf(thrown)}`);
      }
    }
    this.#unwritten.push(event);
  }

  /** What a person calls a target, for messages. */
  nameOf(id: TargetId): string {
    return this.#ports.nameOf(id);
  }

  /**
   * Writes the events told since the last call to the history. Those that cannot be written are kept for the next
   * call, as many as a bad day has: that it succeeds is also how the end of the trouble is noticed.
   */
  flush(): void {
    if (this.#unwritten.length === 0) return;
    const events = this.#unwritten;
    try {
      this.#ports.ledger.record(events);
      this.#unwritten = [];
      this.clear('ledger');
    } catch (thrown) {
      this.ledgerFailed(thrown);
      this.#unwritten = this.#unwritten.slice(-MOST_UNWRITTEN);
    }
  }

  /** Whether events wait to be written. */
  isBehind(): boolean {
    return this.#unwritten.length > 0;
  }

  /** Shows that the ledger cannot be written; cleared when it can again. */
  ledgerFailed(thrown: unknown): void {
    this.raise('ledger', messageOf(thrown), 'Nothing is napped until the ledger can be written again.');
  }

  /** Calls back for every event from now on. */
  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Shows a condition until it is cleared; told once, and again when its text changes. */
  raise(id: string, message: string, hint?: string, targetId?: TargetId): void {
    const standing = this.#conditions.get(id);
    if (standing?.message === message) return;
    this.#conditions.set(id, {
      id,
      message,
      hint,
      since: standing?.since ?? this.#ports.clock.now().wall,
      ...(targetId === undefined ? {} : { targetId }),
    });
    this.tell('condition', hint === undefined ? message : sentences(message, hint), {
      level: 'warn',
      ...(targetId === undefined ? {} : { targetId }),
    });
  }

  /** Ends a condition; one that does not stand is passed over. */
  clear(id: string): void {
    const standing = this.#conditions.get(id);
    if (!standing) return;
    this.#conditions.delete(id);
    this.tell(
      'condition-over',
      `No longer: ${standing.message}`,
      standing.targetId ? { targetId: standing.targetId } : {},
    );
  }

  /** Raises or clears by whether there is something to say. */
  stand(id: string, message: string | undefined, hint?: string): void {
    if (message === undefined) this.clear(id);
    else this.raise(id, message, hint);
  }

  conditions(): readonly Condition[] {
    return [...this.#conditions.values()];
  }

  has(id: string): boolean {
    return this.#conditions.has(id);
  }
}

/** Two texts as sentences of one. */
function sentences(one: string, other: string): string {
  return `${one}${/[.!?]$/.test(one) ? '' : '.'} ${other.charAt(0).toUpperCase()}${other.slice(1)}`;
}
