/** What was asked to change, in order: tests and the demo's summary read it back. */

/** One mutating call. */
export interface JournalEntry {
  /** Milliseconds since the epoch, on the sandbox's clock. */
  readonly at: number;
  readonly account: string;
  /** The ARN of who asked: a user, or the session of a role that the scheduler or CloudFormation acts by. */
  readonly by: string;
  /** The schedule that asked, `GROUP/NAME`; none for a call over the wire. */
  readonly schedule?: string;
  readonly region: string;
  /** Signing name. */
  readonly service: string;
  readonly operation: string;
  /** As they came over the wire: EC2's are `{InstanceId: […]}`, the others' as in the SDK. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The error's code if the call was refused; it was applied if there is none. */
  readonly error?: string;
  /** False if the connection was cut before the answer. */
  readonly answered: boolean;
}

/** The calls so far. */
export class Journal {
  #entries: JournalEntry[] = [];

  /** Appends. */
  record(entry: JournalEntry): void {
    this.#entries.push(entry);
  }

  /** Oldest first; a copy. */
  entries(): readonly JournalEntry[] {
    return [...this.#entries];
  }

  /** Forgets them all. */
  clear(): void {
    this.#entries = [];
  }
}
