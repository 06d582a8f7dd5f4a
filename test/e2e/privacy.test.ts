/**
 * What is typed, shown and played stays where it is: with every sensor on, known words go by all of them, and then
 * everything that the program has written or answered is searched for them.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Libsql from 'libsql';
import { describe, expect, it } from 'vitest';
import { startSoundServer } from '../desktop/pulseserver.js';
import { desktopSkipped } from '../desktop/xserver.js';
import { until } from './program.js';
import { scene } from './scene.js';
import { lookAt } from './senses.js';

const TYPED = 'quokkazephyr';
const TITLES = ['Payroll Ocelot 2291', 'Letter to Marmalade'];
const SONG = 'Ballad of the Secret Heron';
const PLAYER = 'Ptarmigan Player';
const COMMANDS = ['sensors', 'status', 'plan', 'why api', 'doctor', 'logs -n 10000', 'account', 'config'];
const DATAGRAMS = ['STATUS', 'LIST_REGISTERED_SERVICES', 'LIST_ALL_SERVICES', 'HELP'];

describe.skipIf(desktopSkipped)('everything that is written and answered', () => {
  it('holds no word that was typed, no title, no song and no window', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloudnap-e2e-privacy-'));
    const temporary = join(folder, 'tmp');
    mkdirSync(temporary);
    const sound = await startSoundServer();
    try {
      const env = { PULSE_SERVER: sound.env.PULSE_SERVER, HOME: folder, TMPDIR: temporary };
      const sensor = { enabled: true };
      const settings = {
        activity_monitor: {
          inactivity_timeout_minutes: 30,
          keyboard: sensor,
          mouse: sensor,
          screen: { ...sensor, interval_seconds: 0.2 },
          window: sensor,
          audio: sensor,
        },
      };
      await scene(
        async ({ x, program }) => {
          const size = { width: 500, height: 400 };
          const windows = [
            await x.openWindow({ title: TITLES[0] ?? '', size }),
            await x.openWindow({ title: TITLES[1] ?? '', size }),
          ];
          await program.start();
          const music = await sound.play(
            { ms: 60_000, db: -12 },
            `--client-name=${PLAYER}`,
            `--property=media.name=${SONG}`,
          );
          await until('every sensor has seen something', async () => {
            for (const window of windows) {
              await window.activate();
              await window.draw();
              await x.xdotool('type', '--delay', '20', `${TYPED} `);
              await x.xdotool('mousemove_relative', '--', window === windows[0] ? '50' : '-50', '0');
            }
            return Object.values(await lookAt(program)).every(({ last }) => last !== null);
          });
          await music.stop();

          const said: string[] = [];
          for (const line of COMMANDS)
            for (const words of [line.split(' '), [...line.split(' '), '--json']]) {
              const { stdout, stderr } = await program.run(...words);
              said.push(stdout, stderr);
            }
          for (const datagram of DATAGRAMS) said.push(await program.udp(datagram, 5_000));
          const running = [program.home, folder].flatMap(contentOf);
          await program.stop();
          const all = [
            ...said.map((text) => Buffer.from(text)),
            ...running,
            ...[program.home, folder].flatMap(contentOf),
            Buffer.from(program.shown),
            Buffer.from(rowsOf(program.path('cloudnap.db'))),
          ];

          // That all of it is looked at is seen in words that must be there.
          for (const word of ['keyboard', 'watching by', 'OK STATUS', 'SQLite format 3'])
            expect(holds(all, word), word).toBe(true);
          for (const word of [TYPED, ...TITLES, SONG, PLAYER, ...partsOf(TITLES)])
            expect(holds(all, word), word).toBe(false);
          for (const { id } of windows)
            for (const name of [String(id), `0x${id.toString(16)}`])
              expect(
                all.filter((text) => new RegExp(`\\b${name}\\b`, 'i').test(text.toString('latin1'))),
              ).toEqual([]);
        },
        { windowManager: true, env, settings },
      );
    } finally {
      await sound.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

/** Every file below a folder, whole. */
function contentOf(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
}

/** Every row of a database as text: numbers are not to be found in its bytes. */
function rowsOf(file: string): string {
  const db = new Libsql(file, { readonly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as {
      name: string;
    }[];
    return tables.map(({ name }) => JSON.stringify(db.prepare(`SELECT * FROM "${name}"`).all())).join('\n');
  } finally {
    db.close();
  }
}

/** Each word of a few letters or more, because a part would tell as much. */
function partsOf(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(' ').filter((word) => word.length > 5));
}

/** Whether a word of ASCII letters is anywhere, in UTF-8 or UTF-16, in upper or lower case. */
function holds(all: readonly Buffer[], word: string): boolean {
  const forms = [word, word.split('').join('\0')].map((form) => form.toLowerCase());
  return all.some((content) => {
    const text = content.toString('latin1').toLowerCase();
    return forms.some((form) => text.includes(form));
  });
}
