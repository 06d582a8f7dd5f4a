/** Runs one Vitest project and counts its tests. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from './root.mjs';
import { runNode } from './run.mjs';

/**
 * @param project The project's name in vitest.config.ts.
 * @param timeoutSeconds When the whole project is given up.
 * @returns {Promise<import('./outcome.mjs').Outcome>}
 */
export async function suite(project, { requireAll, timeoutSeconds }) {
  const folder = await mkdtemp(join(tmpdir(), 'cloudnap-test-'));
  const file = join(folder, 'results.json');
  // A forgotten `it.only` would leave the rest out and still succeed.
  const args = ['run', '--project', project, '--allowOnly=false', '--reporter=default', '--reporter=json'];
  const env = { ...process.env, NO_COLOR: '1' };
  delete env.FORCE_COLOR;
  if (requireAll) env.CLOUDNAP_TEST_REQUIRE_ALL = '1';
  try {
    const vitest = ['node_modules/vitest/vitest.mjs', ...args, `--outputFile.json=${file}`];
    const { code, output } = await runNode(vitest, { env, timeoutSeconds });
    const results = await readFile(file, 'utf8').then(JSON.parse, () => undefined);
    return { ...count(results, code), detail: output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Counts Vitest's JSON report, undefined if there is none; `code` is Vitest's exit code. */
function count(results, code) {
  const outcome = { passed: 0, failed: 0, skipped: [] };
  for (const { name, status, assertionResults } of results?.testResults ?? []) {
    const left = assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed');
    const failures = assertionResults.filter(({ status }) => status === 'failed').length;
    outcome.passed += assertionResults.length - left.length - failures;
    // A file that cannot be loaded, or whose set-up fails, has no test that failed.
    outcome.failed += failures === 0 && status === 'failed' ? 1 : failures;
    outcome.skipped.push(...left.map(({ fullName }) => `${relative(root, name)}: ${fullName}`));
  }
  // Vitest fails for more than tests: an error nobody caught, no test at all, a crash.
  if (outcome.failed === 0 && (code !== 0 || outcome.passed + outcome.skipped.length === 0))
    outcome.failed = 1;
  return outcome;
}
