/** `npm run simulate -- --team --days N --seed S`: as many days of a team as asked for, until something is found. */
import { simulateTeam } from './simulation.js';

/** Days that one seed lasts: fresh teams find more than old ones. */
const DAYS_A_SEED = 5;

/** Runs, prints, and exits with 1 when an invariant is broken. */
export async function simulateTeams({
  days,
  first,
  lines,
  size,
}: {
  days: number;
  first: number;
  lines: number;
  size?: number;
}): Promise<void> {
  const began = Date.now();
  const tally: Record<string, number> = {};
  let lived = 0;
  for (let seed = first; lived < days; seed += 1) {
    const result = await simulateTeam({
      seed,
      days: Math.min(DAYS_A_SEED, days - lived),
      ...(size ? { size } : {}),
    });
    lived += result.days;
    for (const [name, times] of Object.entries(result.tally)) tally[name] = (tally[name] ?? 0) + times;
    if (result.violation) {
      const { invariant, message } = result.violation;
      for (const line of result.trace.slice(-lines)) console.error(line);
      console.error(`\nInvariant ${invariant} is broken in a team of ${result.agents}: ${message}`);
      console.error(`Replay it with: npm run simulate -- --team --seed ${seed} --days ${result.days}`);
      process.exit(1);
    }
  }
  const seconds = (Date.now() - began) / 1000;
  console.log(JSON.stringify(tally, undefined, 2));
  console.log(`${lived} days of teams in ${seconds.toFixed(1)} s: every invariant held`);
}
