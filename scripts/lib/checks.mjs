/** The checks: what can be told from reading the sources. Each resolves to an outcome of one test. */
import { readdir, readFile } from 'node:fs/promises';
import { failed, passed } from './outcome.mjs';
import { inRoot } from './root.mjs';
import { runNode } from './run.mjs';

/** A cruiser that cannot read TypeScript finds a handful of files, no imports and no violations. */
const FEWEST_MODULES = 50;

/** Types of sources, tests, benchmarks and the page. The build does not check them: they are checked here, once. */
export async function types() {
  const outcomes = [];
  for (const [project, name] of [
    ['tsconfig.test.json', 'types'],
    ['web/tsconfig.json', 'types-web'],
  ]) {
    const memory = ['--incremental', '--tsBuildInfoFile', `.cache/${name}.tsbuildinfo`];
    outcomes.push(await runNode(['node_modules/typescript/bin/tsc', '-p', project, '--noEmit', ...memory]));
  }
  return clean(outcomes.find(({ code }) => code !== 0) ?? outcomes[0]);
}

/** Biome: format, imports in order, lint. Warnings count: what need not be heeded is switched off in biome.json. */
export async function lint() {
  return clean(
    await runNode([
      'node_modules/@biomejs/biome/bin/biome',
      'check',
      '--error-on-warnings',
      '--max-diagnostics=100',
    ]),
  );
}

/** Who may import whom: DESIGN's table of rooms, as rules in .dependency-cruiser.cjs. */
export async function imports() {
  const bin = 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs';
  const { code, stdout, output } = await runNode([
    bin,
    'src',
    'web/src',
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
  ]);
  if (code !== 0) return failed(output);
  const { summary } = JSON.parse(stdout);
  if (summary.totalCruised < FEWEST_MODULES) {
    return failed(`dependency-cruiser read ${summary.totalCruised} modules: it does not see the sources.`);
  }
  const reasons = new Map(summary.ruleSetUsed.forbidden.map(({ name, comment }) => [name, comment]));
  const lines = summary.violations.map(({ rule, from, to, cycle }) => {
    const way = cycle ? [from, ...cycle.map((step) => step.name)].join(' → ') : `${from} → ${to}`;
    return `${rule.name}: ${way}\n  ${reasons.get(rule.name)}`;
  });
  return lines.length > 0 ? failed(lines.join('\n')) : passed(`${summary.totalCruised} modules`);
}

/** knip: files, exports and dependencies that nobody uses. */
export async function unused() {
  return clean(
    await runNode(['node_modules/knip/bin/knip.js', '--no-progress', '--treat-config-hints-as-errors']),
  );
}

/** What is in schemas/ is what the sources would write. */
export async function schemas() {
  const { schemaTexts } = await import('./schemas.mjs');
  const wanted = await schemaTexts();
  const stale = [];
  for (const [name, text] of wanted) {
    if (text !== (await readFile(inRoot(`schemas/${name}`), 'utf8').catch(() => '')))
      stale.push(`schemas/${name} is not what the sources say`);
  }
  for (const name of await readdir(inRoot('schemas')).catch(() => [])) {
    if (!wanted.has(name)) stale.push(`schemas/${name} is written by nobody`);
  }
  if (stale.length === 0) return passed();
  return failed([...stale, 'Write them with: npm run build && node scripts/schemas.mjs'].join('\n'));
}

const clean = ({ code, output }) => (code === 0 ? passed() : failed(output));
