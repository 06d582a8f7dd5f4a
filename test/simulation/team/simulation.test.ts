/**
 * Days of teams, drawn by chance and the same at every run. Whole agents are slow to simulate, so these are few; more,
 * and other ones, are had by `npm run simulate -- --team --days N --seed S`. An agent that is made to see a wrong table
 * is found out: the judge is worth something.
 */
import { expect, test, vi } from 'vitest';
import { simulateTeam, type TeamResult } from './simulation.js';

vi.setConfig({ testTimeout: 180_000 });

const DAYS = 3;

test('days of small teams, and of a large one', async () => {
  const tally: Record<string, number> = {};
  const sizes = [2, 3, 4, 2, 3, 5, 2, 3];
  for (const [at, size] of sizes.entries()) {
    const result = await simulateTeam({ seed: 100 + at, days: DAYS, size });
    expect(story(result)).toBe('every invariant held');
    for (const [what, times] of Object.entries(result.tally)) tally[what] = (tally[what] ?? 0) + times;
  }
  // Days on which nothing happens would prove nothing.
  for (const what of ['claims', 'nap calls', 'restore calls', 'partition', 'crash', 'sleep'])
    expect(tally[what], what).toBeGreaterThan(sizes.length * DAYS);
});

test('a seed tells the same story twice', async () => {
  const [one, other] = [
    await simulateTeam({ seed: 7, days: 1, size: 2 }),
    await simulateTeam({ seed: 7, days: 1, size: 2 }),
  ];
  expect(other.trace).toEqual(one.trace);
  expect(other.tally).toEqual(one.tally);
});

test('agents that see no teammates are found to nap under them', async () => {
  const result = await simulateTeam({
    seed: 5,
    days: 3,
    size: 3,
    alter: (table) => ({
      ...table,
      read: async (ids, signal) => ({ ...(await table.read(ids, signal)), members: [] }),
      claimNap: (claim, signal) => table.claimNap(claim, signal),
    }),
  });
  expect(result.violation?.invariant).toBe('lease');
});

test('agents that take every claim for granted are found with their hands on what is not theirs', async () => {
  const result = await simulateTeam({
    seed: 5,
    days: 3,
    size: 3,
    alter: (table) => ({
      ...table,
      claimNap: async (claim, signal) => {
        const answer = await table.claimNap(claim, signal);
        return answer === 'lost' ? { ...claim.seen, epoch: claim.seen.epoch + 1 } : answer;
      },
    }),
  });
  expect(['hands', 'two', 'lease']).toContain(result.violation?.invariant);
});

/** What a failing test says. */
function story({ seed, agents, days, violation, trace }: TeamResult): string {
  if (!violation) return 'every invariant held';
  return [
    ...trace.slice(-40),
    `invariant ${violation.invariant} is broken: ${violation.message}`,
    `replay it with: npm run simulate -- --team --seed ${seed} --days ${days} --size ${agents}`,
  ].join('\n');
}
