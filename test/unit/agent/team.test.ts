/** The agent's part in a team: what it tells and when, what it reads and when, and who gets leave to nap and restore. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Grant } from '../../../src/agent/team-claims.js';
import { ACT_WITHIN_MS, TAKE_OVER_MS } from '../../../src/core/team-leases.js';
import { API, DB, MINUTE, SAVED, SECOND, type Teammate, Teamwork, TIMEOUT, WISH } from './teammates.js';

const OWED = { owed: true };
const GRANTED = { granted: true };
const REFUSED = { granted: false };
const MINA = 'mina on mina-laptop';

let world: Teamwork;
let me: Teammate;
let mina: Teammate;
beforeEach(() => {
  world = new Teamwork();
  me = world.joined('me', { boot: 5_000_000, wall: -86_400_000 });
  mina = world.joined('mina', { boot: -1_000_000, wall: 3_600_000 });
});

/** Somebody at work: the lease moves on every few seconds. */
async function works(mate: Teammate, ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 5 * SECOND) {
    mate.needs(TIMEOUT);
    await world.go(5 * SECOND);
  }
}

function why(grant: Grant): string {
  return grant.granted ? 'granted' : grant.why;
}

/** `mina` has napped the target, and is done with it. */
async function napped(by: Teammate): Promise<void> {
  by.needs(TIMEOUT);
  await world.go(SECOND);
  by.needs(0);
  await world.go(SECOND);
  expect(await by.team.claimNap(API, WISH)).toMatchObject(GRANTED);
  by.team.settle(API, 'napped');
  await world.go(SECOND);
}

describe('telling', () => {
  it('beats first, with the lease, and then enters', async () => {
    mina.needs(TIMEOUT);
    mina.needs(2 * TIMEOUT, { id: DB });
    await world.go(0);
    expect(mina.asked()).toEqual(['member', 'beat', 'enter', 'enter']);
    const row = world.table.target(API);
    const [id = ''] = row?.holders ?? [];
    expect(row).toMatchObject({ state: 'up', epoch: 0 });
    expect(world.table.memberOf(id)).toMatchObject({
      name: 'mina',
      machine: 'mina-laptop',
      leases: { [API]: TIMEOUT, [DB]: 2 * TIMEOUT },
    });
    expect(id).toMatch(/^[0-9a-f]{8}$/);
  });

  it('beats once a heartbeat while somebody works, and asks for nothing else', async () => {
    await works(mina, MINUTE);
    mina.asked();
    await works(mina, 10 * MINUTE);
    expect(new Set(mina.asked())).toEqual(new Set(['beat']));
    await works(mina, 10 * MINUTE);
    expect(mina.asked().length).toBeGreaterThanOrEqual(9);
    expect(mina.asked().length).toBeLessThanOrEqual(10);
  });

  it('does not beat while its lease stands still', async () => {
    mina.needs(TIMEOUT);
    await world.go(TIMEOUT - MINUTE);
    expect(mina.asked().filter((method) => method === 'beat')).toHaveLength(1);
  });

  it('beats at least three times in the shortest timeout', async () => {
    mina.settings = { ...mina.settings, heartbeatMs: 10 * MINUTE };
    mina.needs(TIMEOUT, { id: DB });
    for (let gone = 0; gone < 30; gone += 1) {
      mina.needs(MINUTE, { timeoutMs: MINUTE });
      await world.go(10 * SECOND);
    }
    expect(mina.asked().filter((method) => method === 'beat').length).toBeGreaterThanOrEqual(14);
  });

  it('tells a lease without an end as a fresh one, again and again', async () => {
    mina.needs(Number.POSITIVE_INFINITY);
    await world.go(5 * MINUTE + SECOND);
    const [id = ''] = world.table.target(API)?.holders ?? [];
    expect(world.table.memberOf(id)?.leases).toEqual({ [API]: TIMEOUT });
    expect(mina.asked().filter((method) => method === 'beat')).toHaveLength(6);
  });

  it('leaves as soon as its lease is over, and enters again on return', async () => {
    mina.needs(2 * MINUTE);
    await world.go(MINUTE);
    expect(world.table.target(API)?.holders).toHaveLength(1);
    await world.go(MINUTE + SECOND);
    expect(world.table.target(API)?.holders).toEqual([]);
    mina.asked();
    mina.needs(TIMEOUT);
    await world.go(0);
    expect(mina.asked()).toEqual(['beat', 'enter']);
  });

  it('leaves what is not shared any more', async () => {
    mina.needs(TIMEOUT);
    await world.go(SECOND);
    mina.unshares(API);
    await world.go(SECOND);
    expect(world.table.target(API)?.holders).toEqual([]);
  });

  it('goes on after a restart with the seq in the table', async () => {
    mina.needs(TIMEOUT);
    await world.go(SECOND);
    const [id = ''] = world.table.target(API)?.holders ?? [];
    const before = world.table.memberOf(id)?.seq ?? 0;
    world.dies(mina);
    const again = world.joined('mina', { ledger: mina.ledger });
    again.needs(TIMEOUT);
    await world.go(SECOND);
    expect(world.table.target(API)?.holders).toEqual([id]);
    expect(world.table.memberOf(id)?.seq).toBe(before + 1);
    expect(again.conditions()).toEqual([]);
  });

  it('goes on after a beat whose answer was lost', async () => {
    mina.needs(TIMEOUT);
    mina.trouble = ({ method }) =>
      method === 'beat' && !mina.requests.includes('enter') ? 'lost' : undefined;
    await world.go(SECOND);
    mina.trouble = () => undefined;
    await world.go(MINUTE);
    expect(world.table.target(API)?.holders).toHaveLength(1);
    expect(mina.conditions()).toEqual([]);
  });

  it('enters again when a beat was answered after the lease was over, and not when it was in time', async () => {
    await works(mina, 2 * MINUTE);
    mina.needs(10 * SECOND, { timeoutMs: TIMEOUT });
    await works(mina, MINUTE);
    mina.asked();
    // The table hears of it in time; the answer is on its way for longer than the lease that was told before lasts.
    mina.latencyMs = ({ method }) => (method === 'beat' ? TIMEOUT / 2 + SECOND : 0);
    mina.needs(2 * TIMEOUT);
    await world.go(TIMEOUT + 3 * MINUTE);
    expect(mina.asked().filter((method) => method === 'beat' || method === 'enter')).toEqual([
      'beat',
      'enter',
    ]);
  });

  it('leaves the team: every target, and the list', async () => {
    mina.needs(TIMEOUT);
    mina.needs(TIMEOUT, { id: DB });
    await world.go(SECOND);
    const [id = ''] = world.table.target(API)?.holders ?? [];
    await mina.team.withdraw();
    expect([world.table.target(API)?.holders, world.table.target(DB)?.holders]).toEqual([[], []]);
    expect(world.table.memberOf(id)).toBeUndefined();
  });

  it('is silent without a team, and leaves it once it is turned off', async () => {
    mina.settings = { ...mina.settings, enabled: false };
    mina.needs(TIMEOUT);
    await world.go(MINUTE);
    expect(mina.asked()).toEqual([]);
    expect(mina.team.leases().size).toBe(0);
    expect(await mina.team.claimNap(API, WISH)).toMatchObject({ granted: true, isNew: true });
    mina.settings = { ...mina.settings, enabled: true };
    await world.go(SECOND);
    expect(world.table.target(API)?.holders).toHaveLength(1);
    mina.settings = { ...mina.settings, enabled: false };
    await world.go(SECOND);
    expect(world.table.target(API)?.holders).toEqual([]);
    expect(mina.team.at()).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('reading', () => {
  it('shows what a teammate needs as a lease, which beats move on', async () => {
    me.needs(0);
    await works(mina, 5 * MINUTE);
    expect(me.leases()).toEqual({ [MINA]: expect.any(Number) });
    expect(me.leases()[MINA]).toBeGreaterThan(TIMEOUT - 2 * MINUTE);
    expect(me.leases()[MINA]).toBeLessThan(TIMEOUT + 2 * MINUTE);
    await world.go(20 * MINUTE);
    expect(me.leases()[MINA]).toBeLessThan(12 * MINUTE);
    expect(me.leases()[MINA]).toBeGreaterThan(8 * MINUTE);
  });

  it('once a heartbeat while we are idle or away and the target is up; not while we work, or it naps', async () => {
    const reads = () => me.asked().filter((method) => method === 'read').length;
    await works(me, 5 * MINUTE);
    expect(reads()).toBe(0);
    me.asked();
    await world.go(10 * MINUTE);
    // A reading is two requests: targets, then members.
    expect(reads()).toBe(2 * 10);
    me.needs(0);
    await world.go(10 * MINUTE);
    expect(reads()).toBe(2 * 10);
    me.isUp = false;
    await world.go(10 * MINUTE);
    expect(reads()).toBe(0);
  });

  it('counts a lease from when the answer was in hand: the beat may be younger than the question', async () => {
    mina.needs(TIMEOUT);
    await world.go(SECOND);
    me.latencyMs = ({ method }) => (method === 'read' ? 10 * SECOND : 0);
    me.needs(0);
    await world.go(5 * SECOND);
    mina.latencyMs = () => 0;
    mina.needs(TIMEOUT, { id: DB });
    mina.needs(TIMEOUT);
    await world.go(0);
    const sentAt = me.now;
    await world.go(MINUTE);
    expect(me.leases()[MINA]).toBeGreaterThanOrEqual(TIMEOUT - (me.now - sentAt));
  });

  it('knows of nobody before it has read, and keeps what is up', async () => {
    me.needs(0);
    expect(me.leases()).toEqual({ 'the team, whose table is being read': Number.POSITIVE_INFINITY });
    await world.go(0);
    expect(me.leases()).toEqual({});
    expect(me.changes).toBeGreaterThan(0);
  });

  it('knows that a teammate is gone by its own clock, as early as our own lease is over', async () => {
    await works(mina, MINUTE);
    me.needs(TIMEOUT);
    await world.go(SECOND);
    world.dies(mina);
    await world.go(TIMEOUT + 2 * MINUTE);
    expect(me.leases()[MINA]).toBeLessThan(0);
    expect(await me.team.claimNap(API, WISH)).toMatchObject(GRANTED);
  });
});

describe('a nap', () => {
  it('waits for a teammate, and is granted once they have left', async () => {
    mina.needs(3 * MINUTE);
    me.needs(0);
    await world.go(MINUTE);
    expect(why(await me.team.claimNap(API, WISH))).toBe(`${MINA} needs it`);
    await world.go(3 * MINUTE);
    expect(await me.team.claimNap(API, WISH)).toMatchObject({ granted: true, isNew: true, saved: SAVED });
    expect(world.table.target(API)).toMatchObject({ state: 'napping', epoch: 1, snapshot: WISH });
    me.team.settle(API, 'napped');
    await world.go(0);
    expect(world.table.target(API)).toMatchObject({ state: 'napped', epoch: 1 });
  });

  it('of what the table has never heard of is granted', async () => {
    me.needs(0);
    expect(await me.team.claimNap(API, WISH)).toMatchObject(GRANTED);
  });

  it('is granted to exactly one of those who want it at once', async () => {
    const all = [me, mina, ...['tom', 'kim', 'ada'].map((name) => world.joined(name))];
    for (const mate of all) mate.needs(MINUTE);
    await world.go(2 * MINUTE);
    const grants = await Promise.all(all.map((mate) => mate.team.claimNap(API, WISH)));
    expect(grants.filter(({ granted }) => granted)).toHaveLength(1);
    expect(world.table.target(API)).toMatchObject({ state: 'napping', epoch: 1 });
    const [other] = grants.filter(({ granted }) => !granted);
    expect(other && why(other)).toMatch(/is putting it to nap$/);
  });

  it('is lost to one who arrives between the reading and the claim', async () => {
    me.needs(0);
    await world.go(SECOND);
    me.latencyMs = ({ method }) => (method === 'claimNap' ? 2 * SECOND : 0);
    const claim = me.team.claimNap(API, WISH);
    mina.needs(TIMEOUT);
    await world.go(10 * SECOND);
    expect(why(await claim)).toBe(`${MINA} needs it`);
    expect(world.table.target(API)).toMatchObject({ state: 'up', epoch: 0 });
  });

  it('reads again when the leases it knows of have run out since: a beat needs no entrance in time', async () => {
    mina.needs(2 * MINUTE);
    await world.go(SECOND);
    me.settings = { ...me.settings, heartbeatMs: 3 * MINUTE };
    me.needs(0);
    await world.go(109 * SECOND);
    mina.needs(TIMEOUT);
    await world.go(SECOND);
    const version = world.table.target(API)?.version;
    await world.go(30 * SECOND);
    expect(world.table.target(API)?.version).toBe(version);
    expect(me.leases()[MINA]).toBeLessThan(0);
    expect(why(await me.team.claimNap(API, WISH))).toBe(`${MINA} needs it`);
  });

  it('is claimed again when the machine slept before the answer', async () => {
    me.needs(0);
    await world.go(SECOND);
    me.latencyMs = ({ method }) => (method === 'claimNap' ? SECOND : 0);
    const claim = me.team.claimNap(API, WISH);
    await world.clock.flush();
    world.clock.sleepMachine(60 * MINUTE);
    await world.go(10 * SECOND);
    const grant = await claim;
    expect(grant).toMatchObject(GRANTED);
    expect(grant.granted && grant.actBefore).toBeGreaterThan(me.now);
    expect(world.table.target(API)).toMatchObject({ state: 'napping', epoch: 2 });
  });

  it('may be acted on for a short while, and the same claim counts until then', async () => {
    me.needs(0);
    await world.go(SECOND);
    const first = await me.team.claimNap(API, WISH);
    expect(first).toMatchObject({ granted: true, actBefore: me.now + ACT_WITHIN_MS });
    await world.go(ACT_WITHIN_MS - SECOND);
    expect(await me.team.claimNap(API, WISH)).toMatchObject({
      granted: true,
      actBefore: first.granted && first.actBefore,
    });
    expect(world.table.target(API)?.epoch).toBe(1);
    await world.go(2 * SECOND);
    expect(await me.team.claimNap(API, WISH)).toMatchObject(GRANTED);
    expect(world.table.target(API)?.epoch).toBe(2);
  });

  it('whose claim was answered to nobody is claimed anew, never taken for a fresh one', async () => {
    me.needs(0);
    await world.go(SECOND);
    me.trouble = ({ method }) => (method === 'claimNap' ? 'lost' : undefined);
    expect(why(await me.team.claimNap(API, WISH))).toMatch(/cannot be used/);
    expect(world.table.target(API)).toMatchObject({ state: 'napping', epoch: 1 });
    me.trouble = () => undefined;
    // Nothing is read meanwhile.
    me.isUp = false;
    await world.go(5 * MINUTE);
    expect(await me.team.claimNap(API, WISH)).toMatchObject({ granted: true, isNew: false });
    expect(world.table.target(API)).toMatchObject({ state: 'napping', epoch: 2 });
  });

  it('left by one who died is taken over after a while, with its snapshot', async () => {
    mina.needs(0);
    me.needs(0);
    await world.go(SECOND);
    expect(await mina.team.claimNap(API, WISH)).toMatchObject(GRANTED);
    world.dies(mina);
    await world.go(2 * SECOND);
    const half = { ...WISH, saved: { ...SAVED, desired: 0 } };
    await world.go(MINUTE);
    expect(why(await me.team.claimNap(API, half))).toBe('a teammate is putting it to nap');
    await world.go(TAKE_OVER_MS + 5 * SECOND);
    expect(await me.team.claimNap(API, half)).toMatchObject({ granted: true, saved: SAVED, isNew: false });
  });

  it('in another account’s name is left alone', async () => {
    await napped(mina);
    me.needs(0);
    const grant = await me.team.claimNap(API, { ...WISH, account: '222222222222' });
    expect(why(grant)).toMatch(/^it naps in account 1+, but 2+ is signed in$/);
  });
});

describe('a restore', () => {
  it('is the first one’s who is back, whoever napped it; the other waits and finds it up', async () => {
    await napped(mina);
    me.needs(TIMEOUT);
    await world.go(0);
    const advice = () => me.team.consult([{ id: API, entry: 'none', isNeeded: true }]);
    expect((await advice()).get(API)).toEqual({ do: 'adopt', called: true });
    expect(await me.team.claimRestore(API, OWED)).toMatchObject({ granted: true, saved: SAVED });
    mina.needs(TIMEOUT);
    await world.go(SECOND);
    expect(why(await mina.team.claimRestore(API, OWED))).toBe('me on me-laptop is bringing it back');
    const hers = await mina.team.consult([{ id: API, entry: 'nap', isNeeded: true }]);
    expect(hers.get(API)).toEqual({ do: 'let-go' });
    me.team.settle(API, 'up');
    await world.go(6 * SECOND);
    expect(world.table.target(API)).toMatchObject({ state: 'up', snapshot: undefined });
    const later = await mina.team.consult([{ id: API, entry: 'none', isNeeded: true }]);
    expect(later.get(API)).toEqual({ do: 'go-on' });
  });

  it('is granted to exactly one of those who are back at once', async () => {
    await napped(mina);
    const all = [me, mina, ...['tom', 'kim'].map((name) => world.joined(name))];
    for (const mate of all) mate.needs(TIMEOUT);
    await world.go(SECOND);
    const grants = await Promise.all(all.map((mate) => mate.team.claimRestore(API, OWED)));
    expect(grants.filter(({ granted }) => granted)).toHaveLength(1);
  });

  it('waits for a nap that is under way, until that is told to be done', async () => {
    mina.needs(0);
    await world.go(SECOND);
    expect(await mina.team.claimNap(API, WISH)).toMatchObject(GRANTED);
    me.needs(TIMEOUT);
    await world.go(SECOND);
    expect(why(await me.team.claimRestore(API, OWED))).toMatch(/is putting it to nap$/);
    mina.team.settle(API, 'napped');
    await world.go(SECOND);
    expect(await me.team.claimRestore(API, OWED)).toMatchObject({ granted: true, saved: SAVED });
  });

  it('of one’s own nap needs no wait', async () => {
    me.needs(0);
    await world.go(SECOND);
    expect(await me.team.claimNap(API, WISH)).toMatchObject(GRANTED);
    expect(await me.team.claimRestore(API, OWED)).toMatchObject({ granted: true, saved: SAVED });
    expect(world.table.target(API)).toMatchObject({ state: 'restoring', epoch: 2 });
  });

  it('left by one who died is taken over', async () => {
    await napped(mina);
    mina.needs(TIMEOUT);
    expect(await mina.team.claimRestore(API, OWED)).toMatchObject(GRANTED);
    world.dies(mina);
    me.needs(TIMEOUT);
    await world.go(SECOND);
    const advice = () => me.team.consult([{ id: API, entry: 'none', isNeeded: true }]);
    expect((await advice()).get(API)).toMatchObject({ do: 'wait' });
    await world.go(TAKE_OVER_MS + 10 * SECOND);
    expect((await advice()).get(API)).toEqual({ do: 'adopt', called: true });
    expect(await me.team.claimRestore(API, OWED)).toMatchObject({ granted: true, saved: SAVED });
  });

  it('is told to be over until the table has it, before anything else is claimed', async () => {
    await napped(me);
    me.needs(TIMEOUT);
    await world.go(SECOND);
    expect(await me.team.claimRestore(API, OWED)).toMatchObject(GRANTED);
    me.trouble = () => 'unreachable';
    me.team.settle(API, 'up');
    await world.go(MINUTE);
    expect(world.table.target(API)?.state).toBe('restoring');
    me.trouble = () => undefined;
    me.needs(0);
    const other = { ...WISH, saved: { ...SAVED, desired: 5 } };
    expect(await me.team.claimNap(API, other)).toMatchObject({
      granted: true,
      isNew: true,
      saved: other.saved,
    });
    expect(world.table.target(API)).toMatchObject({ state: 'napping', snapshot: other });
  });
});

describe('a table that cannot be used', () => {
  it('keeps everything shared, with a condition that has the cure, until it can be used again', async () => {
    me.needs(0);
    await world.go(SECOND);
    me.trouble = () => 'denied';
    expect(await me.team.claimNap(API, WISH)).toMatchObject(REFUSED);
    expect(me.leases()).toEqual({ 'the team, whose table cannot be read': Number.POSITIVE_INFINITY });
    expect(me.conditions()).toEqual(['team']);
    await world.go(10 * MINUTE);
    me.trouble = () => undefined;
    await world.go(5 * MINUTE);
    expect(me.conditions()).toEqual([]);
    expect(me.leases()).toEqual({});
    expect(await me.team.claimNap(API, WISH)).toMatchObject(GRANTED);
  });

  it('is not worth a word when one answer is lost', async () => {
    me.needs(0);
    let lost = 1;
    me.trouble = () => (lost-- > 0 ? 'unreachable' : undefined);
    await world.go(30 * SECOND);
    expect(me.journal.conditions()).toEqual([]);
    expect(me.ledger.history({ limit: 10 })).toEqual([]);
    expect(me.leases()).toEqual({});
  });

  it('is asked less and less often', async () => {
    me.needs(TIMEOUT);
    me.trouble = () => 'unreachable';
    await world.go(60 * MINUTE);
    expect(me.asked().length).toBeLessThan(40);
    expect(me.conditions()).toEqual(['team']);
  });

  it('does not keep what we napped ourselves from a person who is back, for longer than a minute', async () => {
    await napped(me);
    me.trouble = () => 'unreachable';
    me.needs(TIMEOUT);
    await world.go(SECOND);
    expect(await me.team.claimRestore(API, OWED)).toMatchObject(REFUSED);
    await world.go(MINUTE);
    expect(await me.team.claimRestore(API, OWED)).toMatchObject({ granted: true, saved: undefined });
    me.trouble = () => undefined;
    me.team.settle(API, 'up');
    await world.go(5 * MINUTE);
    expect(world.table.target(API)).toMatchObject({ state: 'up' });
  });

  it('does keep what a teammate napped: nobody here knows how it was', async () => {
    await napped(mina);
    me.needs(TIMEOUT);
    await world.go(SECOND);
    me.trouble = () => 'unreachable';
    expect(await me.team.claimRestore(API, OWED)).toMatchObject(REFUSED);
    await world.go(2 * MINUTE);
    expect(await me.team.claimRestore(API, OWED)).toMatchObject(REFUSED);
  });
});

describe('a copied home', () => {
  it('is found out, naps nothing shared, and is told what to do', async () => {
    await works(mina, MINUTE);
    const copy = world.joined('mina', { ledger: mina.ledger });
    await Promise.all([works(mina, 3 * MINUTE), works(copy, 3 * MINUTE)]);
    expect([...mina.conditions(), ...copy.conditions()]).toContain('team-copied');
    const told = [mina, copy].find((mate) => mate.conditions().length > 0);
    expect(told && why(await told.team.claimNap(API, WISH))).toMatch(/goes by our name/);
    expect(told?.journal.conditions()[0]?.hint).toMatch(/delete cloudnap.db/);
    // It is a holder all the same: whoever works there is not napped under.
    expect(world.table.target(API)?.holders).toHaveLength(1);
  });
});
