/**
 * The dead-man's switch of shared targets: one for the team, the latest lease of anybody wins, a nap takes it along,
 * and what it stopped is back for the first to return.
 */
import { describe, expect, it } from 'vitest';
import { BEAT, NAPS_IN, Office } from './company.js';
import { MINUTE, SECOND, TIMEOUT } from './desk.js';

const GRACE = 10 * MINUTE;

async function guarded(names: readonly string[]): Promise<Office> {
  const office = await Office.of(names, { settings: { deadMan: { enabled: true, graceMs: GRACE } } });
  const { agent, settings } = office.colleague(names[0] ?? '').rig;
  await agent
    ?.deadMan(async (enabled) => settings.set({ deadMan: { enabled, graceMs: GRACE } }))
    .enable('a test');
  for (const colleague of office.colleagues) await office.types(colleague);
  await office.pass(2 * BEAT);
  return office;
}

/** When the stops fire, true milliseconds, in the order of targets. */
const due = (office: Office) =>
  office.yard.schedules.filter(({ part }) => part === 'stop').map(({ at }) => at);

describe("a team's switch", () => {
  it('is one for each target, and the latest lease of anybody wins', async () => {
    const office = await guarded(['mina', 'jon']);
    await office.types(office.colleague('jon'), 60 * MINUTE);
    for (let minute = 0; minute < 60; minute += 1) {
      await office.pass(MINUTE);
      expect(due(office)).toHaveLength(office.ids.length);
      for (const at of due(office)) expect(at).toBeGreaterThanOrEqual(office.now + TIMEOUT);
    }
    expect(office.changes).toEqual([]);
  });

  it('is taken along by the nap', async () => {
    const office = await guarded(['mina', 'jon']);
    await office.types(office.colleague('jon'), 10 * MINUTE);
    await office.pass(10 * MINUTE + NAPS_IN + 6 * MINUTE);
    expect(office.isOff()).toBe(true);
    expect(office.yard.schedules).toEqual([]);
  });

  it('stops everything when all are gone without a word, and whoever is back first has it as it was', async () => {
    const office = await guarded(['mina', 'jon']);
    await office.types(office.colleague('jon'), 10 * MINUTE);
    await office.pass(10 * MINUTE);
    for (const { rig } of office.colleagues) rig.kill();
    await office.pass(TIMEOUT + GRACE + 3 * MINUTE);
    expect(office.isOff()).toBe(true);
    const jon = office.colleague('jon');
    await jon.start();
    await office.pass(20 * SECOND);
    await office.types(jon, 10 * MINUTE);
    await office.pass(4 * MINUTE);
    expect(office.everything()).toEqual(office.atFirst);
    await office.colleague('mina').start();
    await office.pass(5 * MINUTE);
    expect(office.everything()).toEqual(office.atFirst);
    for (const { rig } of office.colleagues) expect(rig.ledger.openEntries()).toEqual([]);
  });

  it('is not in the way of those who are still here when one is gone', async () => {
    const office = await guarded(['mina', 'jon']);
    office.colleague('mina').rig.kill();
    await office.types(office.colleague('jon'), 60 * MINUTE);
    await office.pass(60 * MINUTE);
    expect(office.changes).toEqual([]);
    expect(office.isUp()).toBe(true);
  });
});
