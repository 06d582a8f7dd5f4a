/**
 * Whole agents of one team on shared targets of all kinds: nobody naps under a teammate, exactly one naps when the
 * last is gone, and whoever is back first has everything as it was, whoever napped it and whatever became of them.
 */
import { describe, expect, it, vi } from 'vitest';
import type { Colleague } from '../../fakes/company.js';
import { ACCOUNT } from '../../fakes/rig.js';
import { NAPS_IN, Office } from './company.js';
import { MINUTE, refusal, SECOND, TIMEOUT, web } from './desk.js';

vi.setConfig({ testTimeout: 60_000 });

/** Room for a restore: the claim, the calls, and AWS's own time. */
const BACK_IN = 3 * MINUTE;
/** After this long an actor that is gone is taken for gone. */
const TAKEN_OVER_IN = 4 * MINUTE;

/** So often agents look at what there is though nothing happens, and what waits for it. */
const CHECKED_IN = 6 * MINUTE;

/** That everything went from its first state and back, each change of it once, and no entry is left anywhere. */
function expectAllBack(office: Office, where = ''): void {
  expect(office.everything(), where).toEqual(office.atFirst);
  expect(office.idle(), `${where}: nothing is asked twice`).toEqual([]);
}

function expectNoEntries(office: Office, where = ''): void {
  for (const { name, rig } of office.colleagues)
    if (rig.isRunning) expect(rig.ledger.openEntries(), `${where} ${name}`).toEqual([]);
}

function expectOneNapper(office: Office): string {
  const nappers = new Set(Object.values(office.whoDid('nap')).flat());
  expect(nappers.size).toBe(1);
  return [...nappers][0] ?? '';
}

async function outcomes(who: Colleague): Promise<readonly string[]> {
  return who.rig.ledger.closed.map(({ outcome }) => outcome);
}

describe('a team of agents', () => {
  it('naps nothing while a teammate is here, and what the last one leaves is napped by exactly one', async () => {
    const office = await Office.of(['mina', 'jon']);
    await office.types(office.colleague('jon'), 30 * MINUTE);
    await office.pass(30 * MINUTE + TIMEOUT - SECOND);
    expect(office.changes).toEqual([]);
    await office.pass(NAPS_IN);
    expect(office.isOff()).toBe(true);
    for (const who of Object.values(office.whoDid('nap'))) expect(who).toHaveLength(1);
    expect(office.idle()).toEqual([]);
    // An instance and two services with a call each, bounds and all; a node group.
    await office.pass(60 * MINUTE);
    expect(office.isOff()).toBe(true);
    expect(office.idle()).toEqual([]);
    for (const { rig } of office.colleagues) expect(rig.logged).toEqual([]);
  });

  it('naps once for three that leave at the same instant', async () => {
    const office = await Office.of(['mina', 'jon', 'ada']);
    await office.pass(NAPS_IN);
    expect(office.isOff()).toBe(true);
    expect(office.idle()).toEqual([]);
    for (const who of Object.values(office.whoDid('nap'))) expect(who).toHaveLength(1);
  });

  it.each(['mina', 'jon', 'ada'])('is back as it was for the first to return: %s', async (first) => {
    const office = await Office.of(['mina', 'jon', 'ada']);
    await office.types(office.colleague('jon'), 10 * MINUTE);
    await office.pass(10 * MINUTE + NAPS_IN);
    expect(office.isOff()).toBe(true);
    expect(expectOneNapper(office)).toBe('jon');
    await office.types(office.colleague(first), 2 * CHECKED_IN);
    await office.pass(BACK_IN);
    expectAllBack(office);
    await office.pass(2 * CHECKED_IN);
    expectNoEntries(office);
    expect(Object.values(office.whoDid('restore'))).toEqual(office.ids.map(() => [first]));
    // It naps and comes back all over again.
    await office.pass(NAPS_IN);
    expect(office.isOff()).toBe(true);
    await office.types(office.colleague('mina'), MINUTE);
    await office.pass(BACK_IN);
    expectAllBack(office);
    for (const { rig } of office.colleagues) expect(rig.logged).toEqual([]);
  });

  it('is back once for all who return at the same instant', async () => {
    const office = await Office.of(['mina', 'jon', 'ada']);
    await office.pass(NAPS_IN);
    for (const who of office.colleagues) await office.types(who, MINUTE);
    await office.pass(BACK_IN);
    expectAllBack(office);
    for (const who of Object.values(office.whoDid('restore'))) expect(who).toHaveLength(1);
  });

  it('is back though the one that napped it is dead for good, and is restored no second time by it', async () => {
    const office = await Office.of(['mina', 'jon']);
    const [mina, jon] = [office.colleague('mina'), office.colleague('jon')];
    await office.types(jon, 10 * MINUTE);
    await office.pass(10 * MINUTE + NAPS_IN);
    expect(expectOneNapper(office)).toBe('jon');
    jon.rig.kill();
    await office.pass(60 * MINUTE);
    await office.types(mina, 20 * MINUTE);
    await office.pass(BACK_IN);
    expectAllBack(office);
    // Months later, with somebody at the keyboard.
    await office.pass(10 * MINUTE);
    await jon.start();
    await office.types(jon, MINUTE);
    await office.pass(BACK_IN);
    expectAllBack(office);
    expect(await outcomes(jon)).toEqual(office.ids.map(() => 'restored'));
    expect(Object.values(office.whoDid('restore'))).toEqual(office.ids.map(() => ['mina']));
    expectNoEntries(office);
  });

  it('leaves what a teammate napped anew alone, when an earlier napper comes back without anybody', async () => {
    const office = await Office.of(['mina', 'jon']);
    const [mina, jon] = [office.colleague('mina'), office.colleague('jon')];
    await office.types(jon, 10 * MINUTE);
    await office.pass(10 * MINUTE + NAPS_IN);
    jon.rig.kill();
    await office.types(mina, MINUTE);
    await office.pass(BACK_IN + NAPS_IN);
    expect(office.isOff()).toBe(true);
    const asked = office.changes.length;
    await jon.start();
    await office.pass(20 * MINUTE);
    expect(office.changes.length).toBe(asked);
    expect(jon.rig.ledger.openEntries()).toEqual([]);
    await office.types(jon, 2 * CHECKED_IN);
    await office.pass(BACK_IN);
    expectAllBack(office);
    await office.pass(CHECKED_IN);
    expectNoEntries(office);
  });
});

describe('the agent that naps dies in the middle of it', () => {
  /** Where the boundaries of its nap are. */
  async function places(): Promise<{ readonly from: number; readonly to: number }> {
    const office = await Office.of(['mina', 'jon']);
    const { life } = office.colleague('jon').rig;
    await office.types(office.colleague('jon'), 6 * MINUTE);
    await office.pass(6 * MINUTE + TIMEOUT - 5 * SECOND);
    const from = life?.boundaries ?? 0;
    await office.pass(NAPS_IN);
    expect(office.isOff()).toBe(true);
    return { from, to: life?.boundaries ?? 0 };
  }

  async function died(at: number): Promise<Office> {
    const office = new Office();
    const mina = await office.arrives('mina');
    const jon = await office.arrives('jon', (life) => life.killAtBoundary(at));
    await office.pass(SECOND);
    for (const who of [mina, jon]) await office.types(who);
    await office.pass(30 * SECOND);
    await office.types(jon, 6 * MINUTE);
    await office.pass(6 * MINUTE + TIMEOUT - 5 * SECOND);
    expect(jon.rig.isRunning, `${at}: ${jon.rig.life?.diedAt}`).toBe(true);
    for (let waited = 0; waited < NAPS_IN && jon.rig.isRunning; waited += SECOND) await office.pass(SECOND);
    jon.rig.kill();
    return office;
  }

  it('and a teammate finishes the nap, which comes back for the first to return', async () => {
    const { from, to } = await places();
    expect(to - from).toBeGreaterThan(20);
    for (let at = from + 1; at <= to; at += 8) {
      const office = await died(at);
      const jon = office.colleague('jon');
      const where = `${at}, ${jon.rig.life?.diedAt}`;
      await office.pass(TIMEOUT + TAKEN_OVER_IN + NAPS_IN);
      expect(office.isOff(), `${where}: it naps`).toBe(true);
      await office.types(office.colleague('mina'), 2 * MINUTE);
      await office.pass(BACK_IN);
      expect(office.everything(), where).toEqual(office.atFirst);
      await jon.start();
      await office.types(jon, MINUTE);
      await office.pass(BACK_IN);
      expect(office.everything(), where).toEqual(office.atFirst);
      await office.pass(2 * MINUTE);
      expectNoEntries(office, where);
    }
  });

  it('and a teammate who is back undoes it', async () => {
    const { from, to } = await places();
    for (let at = from + 5; at <= to; at += 8) {
      const office = await died(at);
      const jon = office.colleague('jon');
      const where = `${at}, ${jon.rig.life?.diedAt}`;
      await office.types(office.colleague('mina'), TAKEN_OVER_IN + BACK_IN);
      await office.pass(TAKEN_OVER_IN + BACK_IN);
      expect(office.everything(), where).toEqual(office.atFirst);
      await jon.start();
      await office.pass(MINUTE);
      await office.types(jon, MINUTE);
      await office.pass(BACK_IN);
      expect(office.everything(), where).toEqual(office.atFirst);
      await office.pass(2 * MINUTE);
      expectNoEntries(office, where);
    }
  });
});

describe('while the table cannot be reached', () => {
  it('nothing shared is napped and that is told; once it can be, it naps', async () => {
    const office = await Office.of(['mina', 'jon']);
    for (const who of office.colleagues) who.cutOff(true);
    await office.pass(60 * MINUTE);
    expect(office.changes).toEqual([]);
    for (const { rig } of office.colleagues)
      expect((await rig.control.status()).conditions.map(({ id }) => id)).toContain('team');
    for (const who of office.colleagues) who.cutOff(false);
    await office.pass(10 * MINUTE + NAPS_IN);
    expect(office.isOff()).toBe(true);
    for (const { rig } of office.colleagues)
      expect((await rig.control.status()).conditions.map(({ id }) => id)).not.toContain('team');
  });

  it('a service of its own naps and comes back as ever', async () => {
    const office = await Office.of(['mina', 'jon']);
    const mina = office.colleague('mina');
    const entries = mina.rig.registry.current();
    mina.rig.registry.edit(entries.map((entry) => ({ ...entry, shared: entry.id !== web })));
    office.colleague('jon').rig.registry.edit(entries.filter(({ id }) => id !== web));
    mina.cutOff(true);
    await office.pass(NAPS_IN);
    expect(office.world.isOff(ACCOUNT, web)).toBe(true);
    await office.types(mina, MINUTE);
    await office.pass(BACK_IN);
    expect(office.everything()[web]).toEqual(office.atFirst[web]);
  });

  it('what it napped itself it gives back to a person who is here, after a while', async () => {
    const office = await Office.of(['mina', 'jon']);
    const jon = office.colleague('jon');
    await office.types(jon, 10 * MINUTE);
    await office.pass(10 * MINUTE + NAPS_IN);
    expect(office.isOff()).toBe(true);
    jon.cutOff(true);
    await office.types(jon, 10 * MINUTE);
    await office.pass(10 * MINUTE);
    expectAllBack(office);
    // A teammate who cannot know of it takes it for a person's start, and lets it be.
    expect(Object.values(office.whoDid('nap'))).toEqual(office.ids.map(() => ['jon']));
    jon.cutOff(false);
    await office.pass(20 * MINUTE + NAPS_IN);
    expect(office.isOff()).toBe(true);
    await office.types(office.colleague('mina'), MINUTE);
    await office.pass(BACK_IN);
    expectAllBack(office);
  });

  it('and the agent of nobody who is here lets a start in the console be', async () => {
    const office = await Office.of(['mina', 'jon']);
    const jon = office.colleague('jon');
    await office.types(jon, 10 * MINUTE);
    await office.pass(10 * MINUTE + NAPS_IN);
    expect(office.isOff()).toBe(true);
    await office.pass(CHECKED_IN);
    const instance = office.world.instance(ACCOUNT, web);
    if (!instance) throw new Error('there is no instance');
    office.world.start(instance);
    await office.pass(60 * MINUTE);
    expect(instance.state).toBe('running');
    // Whoever has been here since may nap it again.
    await office.types(jon);
    await office.pass(NAPS_IN);
    expect(instance.state).toBe('stopped');
  });

  it('one that is cut off is not napped under until what it had declared has run out', async () => {
    const office = await Office.of(['mina', 'jon']);
    const [mina, jon] = [office.colleague('mina'), office.colleague('jon')];
    await office.types(jon, 60 * MINUTE);
    await office.pass(20 * MINUTE);
    jon.cutOff(true);
    await office.pass(MINUTE);
    expect(office.changes).toEqual([]);
    await office.pass(TIMEOUT + NAPS_IN);
    expect(office.isOff()).toBe(true);
    expect(Object.values(office.whoDid('nap'))).toEqual(office.ids.map(() => ['mina']));
    // Jon is still here: once the table answers, it is up again for them.
    jon.cutOff(false);
    await office.pass(15 * MINUTE);
    expectAllBack(office);
    expect(mina.rig.logged).toEqual([]);
  });
});

describe('a person starts what a teammate napped', () => {
  it('and it is up exactly as it was, for the whole team', async () => {
    const office = await Office.of(['mina', 'jon']);
    const [mina, jon] = [office.colleague('mina'), office.colleague('jon')];
    await office.types(jon, 10 * MINUTE);
    await office.pass(10 * MINUTE + NAPS_IN);
    await office.types(mina, 2 * CHECKED_IN);
    for (const id of office.ids) await mina.rig.control.start({ target: id, by: 'cli' });
    await office.pass(BACK_IN);
    expectAllBack(office);
    expect(Object.values(office.whoDid('restore'))).toEqual(office.ids.map(() => ['mina']));
    await office.pass(CHECKED_IN);
    expectNoEntries(office);
  });

  it('but not while the teammate is putting it to nap', async () => {
    const office = await Office.of(['mina', 'jon']);
    const [mina, jon] = [office.colleague('mina'), office.colleague('jon')];
    jon.rig.wire.latency = (request) => (request.changes.length > 0 ? 10 * SECOND : 0);
    await office.types(jon, 10 * MINUTE);
    await office.pass(10 * MINUTE);
    for (let waited = 0; office.table.target(web)?.state !== 'napping' && waited < 600; waited += 1)
      await office.pass(SECOND);
    await office.pass(6 * SECOND);
    expect(office.table.target(web)?.state).toBe('napping');
    const { code } = await refusal(mina.rig.control.start({ target: web, by: 'cli' }));
    expect(code).toBe('REFUSED');
  });
});
