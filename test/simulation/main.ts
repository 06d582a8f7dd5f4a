/** `npm run simulate -- --days N --seed S`: as many days as asked for, seed by seed, until something is found. */
import { parseArgs } from 'node:util';
import { simulate } from './simulation.js';
import { simulateTeams } from './team/main.js';

/** Days that one seed lasts when several are run: fresh fleets find more than old ones. */
const DAYS_A_SEED = 25;

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '200' },
    seed: { type: 'string' },
    team: { type: 'boolean', default: false },
    size: { type: 'string' },
    trace: { type: 'string', default: '120' },
  },
});

const days = Number(values.days);
const began = Date.now();
const tally: Record<string, number> = {};
let lived = 0;
let seed = values.seed === undefined ? Math.floor(Math.random() * 1e9) : Number(values.seed);
if (values.team) {
  const size = values.size === undefined ? {} : { size: Number(values.size) };
  await simulateTeams({ days, first: seed, lines: Number(values.trace), ...size });
  process.exit();
}
while (lived < days) {
  const result = await simulate({ seed, days: Math.min(DAYS_A_SEED, days - lived) });
  lived += result.days;
  for (const [name, times] of Object.entries(result.tally)) tally[name] = (tally[name] ?? 0) + times;
  if (result.violation) {
    const { invariant, message } = result.violation;
    for (const line of result.trace.slice(result.trace.length - Number(values.trace))) console.error(line);
    console.error(`\nInvariant ${invariant} is broken: ${message}`);
    console.error(`Replay it with: npm run simulate -- --seed ${seed} --days ${result.days}`);
    process.exit(1);
  }
  seed += 1;
}
const seconds = (Date.now() - began) / 1000;
console.log(JSON.stringify(tally, undefined, 2));
console.log(`${lived} days in ${seconds.toFixed(1)} s: every invariant held`);
