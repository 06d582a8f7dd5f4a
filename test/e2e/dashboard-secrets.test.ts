/**
 * Keys are entered on the dashboard of the built program; then everything it has answered and written, and what the
 * system shows of its processes, is searched for them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { DEMO_KEY } from '../../src/sandbox/credentials.js';
import { Dashboard } from './dashboard-intruder.js';

/** Operations that change nothing and need nothing. */
const READING = [
  'status',
  'list',
  'registered',
  'plan',
  'senses',
  'doctor',
  'account',
  'history',
  'settings',
  'savings',
  'signInState',
  'profiles',
  'permissions',
];

const SECRET = 'Kx7Secret/OnlyHere+9f3b21aa';
const SESSION = 'SessionTokenOnlyHere0c44e1';
const WRONG = 'Kx7Wrong/OnlyHere+77d0';
const PASSPHRASE = 'a passphrase only here 5d2';

let dashboard: Dashboard;

beforeAll(async () => {
  dashboard = await Dashboard.start();
});
afterAll(() => dashboard?.dispose());

it('entered keys and the bearer are where they must be, and nowhere else', async () => {
  const { program } = dashboard;
  const processes = new Set<string>();
  const watching = setInterval(() => {
    for (const pid of [program.pid, ...childrenOf(program.pid)])
      for (const file of ['environ', 'cmdline']) processes.add(contentOf(`/proc/${pid}/${file}`));
  }, 5);
  onTestFinished(() => clearInterval(watching));
  const headers = await dashboard.letIn();
  const post = (operation: string, request: object) =>
    dashboard.send('POST', `/v1/${operation}`, headers, JSON.stringify(request));
  const signIn = (more: object) =>
    post('signInWithKeys', {
      access_key_id: DEMO_KEY.accessKeyId,
      secret_access_key: SECRET,
      session_token: SESSION,
      ...more,
    });

  const wrong = await signIn({ access_key_id: 'AKIAWRONGWRONGWRONG0', secret_access_key: WRONG });
  expect(wrong.status).toBe(424);
  // There is no keyring on the machines that run this, or one that refuses.
  expect((await signIn({ save: 'keyring' })).status).toBe(409);
  expect((await signIn({ save: 'elsewhere' })).status).toBe(400);
  const saved = await signIn({ save: 'file', passphrase: PASSPHRASE });
  expect([saved.status, JSON.parse(saved.text).identity?.account]).toEqual([200, '111122223333']);
  for (const operation of READING)
    expect([operation, (await post(operation, {})).status]).toEqual([operation, 200]);
  expect((await post('why', { target: 'api' })).status).toBe(200);
  for (const path of ['/', '/api/openapi.json'])
    expect((await dashboard.send('GET', path, headers)).status).toBe(200);
  const said = [await program.udp('STATUS', 5_000), (await program.run('logs', '-n', '10000')).stdout];
  const whileSaved = filesIn(program.home);
  expect((await post('signOut', {})).status).toBe(200);
  clearInterval(watching);
  await program.stop();

  const written = [...said, ...whileSaved, ...filesIn(program.home), ...processes, program.shown];
  const answered = dashboard.answers.map(([, answer]) => JSON.stringify(answer.headers) + answer.text);
  // That all of it is looked at is seen in words that must be there.
  for (const word of ['OK STATUS', 'SQLite format 3', '"level"', 'CLOUDNAP_HOME=', '111122223333'])
    expect([word, written.some((text) => text.includes(word))]).toEqual([word, true]);
  const bearer = headers.authorization?.slice('Bearer '.length) ?? '';
  expect(answered.filter((text) => text.includes(bearer))).toHaveLength(1);
  expect(written.filter((text) => text.includes(bearer))).toEqual([]);
  for (const secret of [SECRET, SESSION, WRONG, PASSPHRASE])
    for (const form of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64').slice(0, -4),
    ])
      expect([form, [...answered, ...written].filter((text) => text.includes(form))]).toEqual([form, []]);
});

/** The processes below one, at this moment. */
function childrenOf(pid: number | undefined): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(/\) \S (\d+)/.exec(contentOf(`/proc/${name}/stat`))?.[1])] as const);
  const below = (parent: number): number[] =>
    parents.filter(([, of]) => of === parent).flatMap(([child]) => [child, ...below(child)]);
  return pid === undefined ? [] : below(pid);
}

/** What a file holds, byte by byte as characters; nothing when it is gone. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => contentOf(join(entry.parentPath, entry.name)));
}
