/** `cloudnap login` and `logout`: what the daemon is asked, what is said, and what is never printed. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeSignIn, RIGHT_SECRET } from '../../fakes/fake-sign-in.js';
import { type Bench, openBench } from './bench.js';

let bench: Bench;
let signIn: FakeSignIn;

beforeEach(async () => {
  bench = await openBench();
  signIn = new FakeSignIn();
  bench.signIn = signIn;
  await bench.serve();
});
afterEach(() => bench.close());

describe('cloudnap login', () => {
  test('signs in with a profile', async () => {
    const { exit, out } = await bench.run('login', '--profile', 'dev');
    expect([exit, out]).toEqual([0, 'Signed in to 111122223333\n']);
    expect(signIn.source).toEqual({ kind: 'profile', name: 'dev', from: 'settings' });
  });

  test('takes keys from standard input, and prints none of them', async () => {
    bench.typed = `AKIAEXAMPLE1\n${RIGHT_SECRET}\nthe-token\n`;
    const { exit, out, err } = await bench.run(
      'login',
      '--stdin',
      '--save',
      'keyring',
      '--region',
      'eu-west-1',
    );
    expect(exit).toBe(0);
    expect(signIn.keys).toEqual({
      accessKeyId: 'AKIAEXAMPLE1',
      secretAccessKey: RIGHT_SECRET,
      sessionToken: 'the-token',
      region: 'eu-west-1',
    });
    expect(signIn.source).toMatchObject({ keptIn: 'keyring' });
    expect(out + err).not.toMatch(/right-secret|the-token/);
  });

  test('says what is wrong with keys, and changes nothing', async () => {
    bench.typed = 'AKIAEXAMPLE1\nwrong-secret\n';
    const { exit, err } = await bench.run('login', '--stdin');
    expect([exit, err]).toEqual([1, expect.stringContaining('does not belong')]);
    expect(signIn.source).toBeUndefined();
  });

  test.each([
    ['nothing at all', ''],
    ['half of a pair', 'AKIAEXAMPLE1\n'],
  ])('%s is a mistake in the request', async (_, typed) => {
    bench.typed = typed;
    expect((await bench.run('login', '--stdin')).exit).toBe(2);
  });

  test('a file of keys is for a terminal', async () => {
    expect((await bench.run('login', '--stdin', '--save', 'file')).exit).toBe(2);
  });

  test('elsewhere tells who is signed in, and fails when nobody is', async () => {
    await bench.run('login', '--profile', 'dev');
    expect(await bench.run('login')).toMatchObject({ exit: 0, out: expect.stringContaining('user/ada') });
    await bench.run('logout');
    // The fake daemon itself is signed in all the same.
    expect((await bench.run('login')).out).toContain('Profiles found: dev');
  });
});

describe('cloudnap logout', () => {
  test('signs the daemon out', async () => {
    await bench.run('login', '--profile', 'dev');
    expect(await bench.run('logout')).toMatchObject({
      exit: 0,
      out: 'Signed out; nothing of yours is kept\n',
    });
    expect(signIn.source).toBeUndefined();
  });

  test('wipes what is saved where no daemon runs', async () => {
    await bench.close();
    bench = await openBench();
    expect(await bench.run('logout')).toMatchObject({ exit: 0, out: 'Nothing is kept.\n' });
  });
});
