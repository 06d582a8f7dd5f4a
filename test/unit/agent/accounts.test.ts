/** Whose account it is, and dry_run: what is then decided, told and refused, and what stays owed. */
import { beforeEach, describe, expect, it } from 'vitest';
import { targetId } from '../../../src/core/target.js';
import { ACCOUNT } from '../../fakes/rig.js';
import { ALL, API, api, Desk, HOUR, MINUTE, refusal, SECOND, TIMEOUT, WEB, web, workers } from './desk.js';

const OTHER = '222222222222';
const by = 'cli';
let desk: Desk;

const back = async () => {
  await desk.use();
  await desk.pass(2 * MINUTE);
};

describe('under another account than the pinned one', () => {
  beforeEach(async () => {
    desk = new Desk();
    // The same names are in use there.
    desk.rig.world.addInstance(OTHER, WEB);
    desk.rig.world.addService(OTHER, API, 1);
    await desk.begin();
  });

  it('nothing naps, and a condition names both', async () => {
    desk.rig.wire.signedIn = OTHER;
    await desk.pass(12 * HOUR);
    expect(desk.changes).toEqual([]);
    const { conditions } = await desk.control.status();
    const account = conditions.find((condition) => condition.id === 'account');
    expect(account?.message).toContain(ACCOUNT);
    expect(account?.message).toContain(OTHER);
    expect(account?.hint).toContain(`cloudnap account accept ${OTHER}`);
  });

  it('nothing that is owed is applied or closed, not even what does not exist there', async () => {
    await desk.nap();
    const open = desk.rig.ledger.openEntries();
    desk.rig.wire.signedIn = OTHER;
    desk.forget();
    desk.rig.machine.use('keyboard', 2 * HOUR);
    await desk.pass(HOUR);
    expect(desk.changes).toEqual([]);
    expect(desk.rig.ledger.closed).toEqual([]);
    expect(desk.rig.ledger.openEntries().map((entry) => entry.id)).toEqual(open.map((entry) => entry.id));
    expect(await desk.conditions()).toEqual(expect.arrayContaining(['account', 'owed-elsewhere']));
    expect((await desk.control.account()).owed).toEqual([{ account: ACCOUNT, targets: ALL.length }]);
    expect((await refusal(desk.control.start({ target: web, by }))).code).toBe('REFUSED');

    // Who was called for is given back soon after the sign-in, without another key.
    desk.rig.wire.signedIn = ACCOUNT;
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(await desk.conditions()).toEqual([]);
  });

  it('accepting it moves on: there things nap, and what is owed here is not forgotten', async () => {
    await desk.control.nap({ target: web, by });
    await desk.pass(2 * MINUTE);
    desk.rig.wire.signedIn = OTHER;
    expect((await refusal(desk.control.acceptAccount('333333333333'))).code).toBe('REFUSED');
    await desk.control.acceptAccount(OTHER);
    expect(await desk.conditions()).toEqual(['owed-elsewhere']);
    desk.forget();
    await desk.pass(TIMEOUT + 2 * MINUTE);
    // The instance has an open entry of the other account: it waits.
    expect(desk.changes.map(({ account, id }) => `${account} ${id}`)).toEqual([`${OTHER} ${api}`]);

    desk.rig.wire.signedIn = ACCOUNT;
    await desk.control.acceptAccount(ACCOUNT);
    await back();
    expect(desk.fields(WEB)).toEqual(desk.atFirst[web]);
    expect(desk.fields(API, OTHER)).toMatchObject({ desired: 0 });
  });

  it('a hold of the one keeps nothing of the other', async () => {
    await desk.control.hold({ minutes: 600, by });
    desk.rig.wire.signedIn = OTHER;
    await desk.control.acceptAccount(OTHER);
    await desk.pass(HOUR);
    expect(desk.changes.map(({ account, id }) => `${account} ${id}`)).toEqual(
      expect.arrayContaining([`${OTHER} ${web}`, `${OTHER} ${api}`]),
    );
    expect(desk.changes.every(({ account }) => account === OTHER)).toBe(true);
  });
});

describe('with nobody signed in', () => {
  beforeEach(async () => {
    desk = new Desk();
    await desk.begin();
    desk.rig.wire.signedIn = undefined;
  });

  it('it is shown, commands say so, and nothing is told of naps that cannot be', async () => {
    expect((await refusal(desk.control.start({ target: web, by }))).code).toBe('NOT_SIGNED_IN');
    expect((await refusal(desk.control.list({ kinds: ['ec2'] }))).code).toBe('NOT_SIGNED_IN');
    await desk.pass(HOUR);
    expect(desk.changes).toEqual([]);
    expect(await desk.conditions()).toEqual(['credentials']);
    expect(desk.told('nap')).toEqual([]);
  });

  it('everything goes on by itself after the next sign-in', async () => {
    await desk.pass(HOUR);
    desk.rig.wire.signedIn = ACCOUNT;
    await desk.pass(6 * MINUTE);
    for (const target of ALL) expect(desk.isOff(target)).toBe(true);
    desk.rig.wire.signedIn = undefined;
    desk.rig.machine.use('keyboard', HOUR);
    await desk.pass(10 * MINUTE);
    expect(desk.isOff(WEB)).toBe(true);
    desk.rig.wire.signedIn = ACCOUNT;
    await desk.pass(6 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(await desk.conditions()).toEqual([]);
  });
});

describe('dry_run', () => {
  it('refuses explicit changes, and tells each decision once', async () => {
    desk = new Desk();
    desk.rig.settings.setAws({ dryRun: true });
    await desk.begin();
    for (const answer of [
      desk.control.start({ target: web, by }),
      desk.control.stop({ target: web, by }),
      desk.control.scale({ target: workers, size: 1, by }),
    ])
      expect(await refusal(answer)).toEqual({
        code: 'REFUSED',
        message: expect.stringContaining('dry_run is on') as string,
      });
    await desk.pass(12 * HOUR);
    expect(desk.changes).toEqual([]);
    expect(desk.rig.ledger.openEntries()).toEqual([]);
    for (const target of ALL) expect(desk.told('dry-run', targetId(target))).toHaveLength(1);

    // After a return the decision is another one.
    await desk.use();
    await desk.pass(12 * HOUR);
    for (const target of ALL) expect(desk.told('dry-run', targetId(target))).toHaveLength(2);
  });

  it('switched off, what is due naps after a new warning', async () => {
    desk = new Desk();
    desk.rig.settings.setAws({ dryRun: true });
    await desk.begin();
    await desk.pass(HOUR);
    desk.rig.settings.setAws({ dryRun: false });
    await desk.pass(MINUTE - SECOND);
    expect(desk.changes).toEqual([]);
    await desk.pass(2 * MINUTE);
    for (const target of ALL) expect(desk.isOff(target)).toBe(true);
  });

  it('leaves what naps as it is, and shows it until it can be given back', async () => {
    desk = new Desk();
    await desk.begin();
    await desk.nap();
    desk.rig.settings.setAws({ dryRun: true });
    desk.forget();
    desk.rig.machine.use('keyboard', 2 * HOUR);
    await desk.pass(HOUR);
    expect(desk.changes).toEqual([]);
    expect(desk.rig.ledger.openEntries()).toHaveLength(ALL.length);
    expect(await desk.conditions()).toEqual(['dry-run-owed']);
    desk.rig.settings.setAws({ dryRun: false });
    await desk.pass(2 * MINUTE);
    expect(desk.everything()).toEqual(desk.atFirst);
    expect(await desk.conditions()).toEqual([]);
  });
});
