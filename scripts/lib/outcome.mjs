/**
 * What a step of the test run comes to. Every step, a check or a suite of thousands, is counted in tests: a check is
 * one test.
 *
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped What was left out, each named, with the reason where it is known.
 * @property {string} detail Shown in full when something failed.
 * @property {string} [note] A few words for the step's line.
 */

/** The outcome of a step that is one test: a check that finds nothing wrong has passed. */
export const passed = (note) => ({ passed: 1, failed: 0, skipped: [], detail: '', note });
export const failed = (detail) => ({ passed: 0, failed: 1, skipped: [], detail });
export const skipped = (reason) => ({ passed: 0, failed: 0, skipped: [reason], detail: '' });
/** The outcome of a step that only makes others possible: it counts when it fails. */
export const done = (note) => ({ passed: 0, failed: 0, skipped: [], detail: '', note });
