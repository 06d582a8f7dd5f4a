/** Prints the test run as it goes, a line a step, keeps the tally and closes with it, come what may. */
import { failed } from './outcome.mjs';

/**
 * @param requireAll Whether what is skipped counts as failed, as in CI: there, a proof that was not made is missing.
 */
export function createReport({ requireAll }) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  let isClosed = false;

  /** Counts a step's outcome and prints its line, then whatever in it needs to be read. */
  function record(name, startedAt, { passed, failed, skipped, detail, note }) {
    total.passed += passed;
    total.failed += failed + (requireAll ? skipped.length : 0);
    total.skipped += requireAll ? 0 : skipped.length;
    const isBad = failed > 0 || (requireAll && skipped.length > 0);
    const verdict = isBad ? 'FAILED' : skipped.length > 0 && passed === 0 ? 'skipped' : 'ok';
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const counts = [
      (passed > 1 || (passed > 0 && failed + skipped.length > 0)) && `${passed} passed`,
      failed > 0 && `${failed} failed`,
      skipped.length > 0 && `${skipped.length} skipped`,
    ];
    const words = [...counts, note].filter(Boolean).join(', ');
    console.log(`${verdict.padEnd(8)}${name.padEnd(12)}${seconds.padStart(7)} s  ${words}`.trimEnd());
    if (failed > 0) console.log(`\n${detail.trimEnd()}\n`);
    const because = requireAll ? 'skipped, and nothing may be here' : 'skipped';
    for (const what of skipped) console.log(`        ${because}: ${what}`);
  }

  /** Prints the closing line, once, and sets the exit code. */
  function close() {
    if (isClosed) return;
    isClosed = true;
    const left = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
    console.log(`\n${total.passed} passed, ${total.failed} failed${left}`);
    if (total.failed > 0) process.exitCode = 1;
  }

  // A fault in the scripts themselves, too, ends with a line that says that it failed.
  process.on('exit', (code) => {
    if (isClosed) return;
    total.failed += 1;
    close();
    process.exitCode = code || 1;
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      record(signal, performance.now(), failed(`The run was ended by ${signal}.`));
      close();
      process.exit(1);
    });
  }

  return { record, close };
}
