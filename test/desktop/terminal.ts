/** A real terminal for tests, with a program that reads what is typed in it, and a folder of devices it stands in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { basename, join } from 'node:path';
import { utmpRecordSize } from '../../src/sensors/terminals/logins.js';
import { type UtmpFields, utmpRecord } from '../fakes/utmp.js';
import { end, waitUntil } from './xserver.js';

/** The clock by which the kernel writes times moves by its timer, and so is late by up to 10 ms. */
const TICK_MS = 20;

export interface Terminal {
  /** As in a record of logins: `pts/3`. */
  readonly line: string;
  /** Types a line; resolved when the program has read it. */
  type(): Promise<void>;
  /** Has the program write a line, which nobody typed. */
  write(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a terminal in which nothing has been typed yet. */
export async function openTerminal(): Promise<Terminal> {
  const program = 'tty; while read -r line; do :; done';
  const child: ChildProcess = spawn('script', ['-qfc', `sh -c '${program}'`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  if (!child.stdout || !child.stdin) throw new Error('script has no pipes');
  const [said] = await once(child.stdout, 'data');
  child.stdout.resume();
  const path = String(said).trim();
  const readAt = async () => (await stat(path)).atimeMs;
  const { stdin } = child;
  return {
    line: path.slice('/dev/'.length),
    type: async () => {
      // The kernel leaves the time alone within eight seconds of the read before, and knows only whole seconds.
      const second = Math.floor((await readAt()) / 1_000);
      await waitUntil('it is another second', () => Date.now() > (second + 1) * 1_000 + TICK_MS);
      const past = second - 60;
      await utimes(path, past, past);
      stdin.write('\n');
      await waitUntil('it is read', async () => (await readAt()) !== past * 1_000);
    },
    write: () => writeFile(path, 'output\n'),
    // Asked politely, script takes two seconds. What runs in the terminal is hung up on.
    close: () => end(child, 'SIGKILL'),
  };
}

/** A machine of its own: which terminals it has, and who is logged in. */
export class TerminalPlaces {
  readonly dev: string;
  readonly utmp: string;
  readonly runtime: string;
  readonly uid = userInfo().uid;
  readonly user = userInfo().username;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.dev = join(folder, 'dev');
    this.utmp = join(folder, 'utmp');
    this.runtime = join(folder, 'run');
  }

  static async make(): Promise<TerminalPlaces> {
    const places = new TerminalPlaces(await mkdtemp(join(tmpdir(), 'cloudnap-terminals-')));
    await mkdir(join(places.dev, 'pts'), { recursive: true });
    await mkdir(places.runtime);
    await places.record();
    return places;
  }

  async add({ line }: Terminal): Promise<void> {
    await symlink(join('/dev', line), join(this.dev, 'pts', basename(line)));
  }

  /** Writes down who is logged in, over what was written before. */
  async record(...logins: readonly UtmpFields[]): Promise<void> {
    const size = utmpRecordSize(process.arch);
    await writeFile(this.utmp, Buffer.concat(logins.map((login) => utmpRecord(login, size))));
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
