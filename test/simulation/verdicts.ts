/** What the judges have found, and the last things that happened, for whoever reads of it. */

/** One broken promise. */
export interface Violation {
  /** The number of the invariant in DESIGN; 0: a promise of SPEC beside them. */
  readonly invariant: number;
  /** True milliseconds. */
  readonly at: number;
  readonly message: string;
}

const KEPT_LINES = 4_000;

export class Verdicts {
  readonly violations: Violation[] = [];
  /** Oldest first. */
  readonly trace: string[] = [];
  readonly #now: () => number;

  /** `now`: true milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Something happened. */
  note(text: string): void {
    this.trace.push(`${(this.#now() / 60_000).toFixed(2)} ${text}`);
    if (this.trace.length > KEPT_LINES) this.trace.splice(0, KEPT_LINES / 2);
  }

  /** A promise was broken. */
  fail(invariant: number, message: string): void {
    this.note(`VIOLATION ${invariant}: ${message}`);
    this.violations.push({ invariant, at: this.#now(), message });
  }
}

/** Fields, or anything else, on one line. */
export function show(fields: unknown): string {
  return JSON.stringify(fields, (key, value) => (key === 'kind' ? undefined : value)) ?? 'nothing';
}
