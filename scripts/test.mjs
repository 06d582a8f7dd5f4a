/**
 * `npm test`: installs, builds and proves everything, a line a step, and closes with `N passed, N failed`.
 * `npm test -- unit desktop` runs those parts alone. With CLOUDNAP_TEST_REQUIRE_ALL=1, or CI=true, a tool that is
 * missing is a failure; elsewhere what needs it is skipped by name.
 */
import { build } from './lib/build.mjs';
import { imports, lint, schemas, types, unused } from './lib/checks.mjs';
import { installDependencies } from './lib/dependencies.mjs';
import { Failure } from './lib/failure.mjs';
import { machine, moto } from './lib/machine.mjs';
import { done, failed } from './lib/outcome.mjs';
import { createReport } from './lib/report.mjs';
import { suite } from './lib/suites.mjs';

const requireAll = process.env.CLOUDNAP_TEST_REQUIRE_ALL === '1' || process.env.CI === 'true';
const checks = { types, lint, imports, unused, schemas };
/** When each project is given up, in seconds: several times what it takes on two quiet cores. */
const suites = { unit: 480, contracts: 480, simulation: 600, desktop: 600, e2e: 900 };

const parts = {
  install: async () => void (await installDependencies()),
  build: async () => void (await build()),
  machine,
  moto: () => moto({ requireAll }),
  ...checks,
};
for (const [name, timeoutSeconds] of Object.entries(suites)) {
  parts[name] = () => suite(name, { requireAll, timeoutSeconds });
}

const wanted = choose(process.argv.slice(2));
const report = createReport({ requireAll });

// Without these two nothing else can be trusted.
if ((await step('install')) && (await step('build'))) {
  // Two lanes for two cores. What follows them is sensitive to time and runs alone.
  await Promise.all([lane('machine', 'moto', 'lint', 'imports', 'unused', 'schemas'), lane('types')]);
  await Promise.all([lane('unit', 'contracts'), lane('simulation')]);
  await lane('desktop', 'e2e');
}
report.close();

/** Runs one part after the other, those that are wanted. */
async function lane(...names) {
  for (const name of names) if (wanted.has(name)) await step(name);
}

/** Runs a part and reports it; resolves to whether nothing in it failed. A part that throws has failed. */
async function step(name) {
  const startedAt = performance.now();
  let outcome;
  try {
    outcome = (await parts[name]()) ?? done();
  } catch (error) {
    outcome = failed(error instanceof Failure ? error.message : String(error.stack ?? error));
  }
  report.record(name, startedAt, outcome);
  return outcome.failed === 0;
}

/** The parts that were asked for, all of them without a word; with what the machine must have for them. */
function choose(words) {
  const groups = { checks: Object.keys(checks) };
  const known = [...Object.keys(checks), ...Object.keys(suites)];
  const unknown = words.filter((word) => !known.includes(word) && !groups[word]);
  if (unknown.length > 0) {
    console.error(
      `npm test: no part is called ${unknown.join(', ')}. There are: ${known.join(', ')}, checks.`,
    );
    process.exit(2);
  }
  const chosen = words.length === 0 ? known : words.flatMap((word) => groups[word] ?? word);
  const needs = new Set(chosen);
  if (needs.has('contracts')) needs.add('moto');
  if (needs.has('contracts') || needs.has('desktop') || needs.has('e2e')) needs.add('machine');
  return needs;
}
