/** A user manager for tests: it links units as `systemctl --user enable` does, and fails when it is told to. */
import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ran, RunProgram } from '../../src/desktop/autostart-place.js';

export class FakeSystemctl {
  /** Whether a user manager answers at all, and whether the desktop has reached graphical-session.target. */
  isThere = true;
  isGraphical = true;
  /** The verb that fails next, once. */
  failing: string | undefined;
  readonly calls: string[] = [];
  readonly #units: string;

  constructor(config: string) {
    this.#units = join(config, 'systemd', 'user');
  }

  readonly run: RunProgram = async (program, args) => {
    this.calls.push([program, ...args].join(' '));
    const [scope, verb, unit] = args;
    if (program !== 'systemctl' || scope !== '--user') return failed(`${program}: not found`);
    if (!this.isThere) return failed('Failed to connect to bus: No medium found');
    if (this.failing === verb) {
      this.failing = undefined;
      return failed('Access denied');
    }
    if (verb === 'show') return done(`ActiveState=${this.isGraphical ? 'active' : 'inactive'}\n`);
    if (verb === 'daemon-reload') return done('');
    if (verb === 'enable' && unit !== undefined) return this.#enable(unit);
    return failed(`Unknown command verb ${verb}`);
  };

  async #enable(unit: string): Promise<Ran> {
    const text = await readFile(join(this.#units, unit), 'utf8');
    const target = /^WantedBy=(.+)$/m.exec(text)?.[1];
    const folder = join(this.#units, `${target}.wants`);
    await mkdir(folder, { recursive: true });
    await rm(join(folder, unit), { force: true });
    await symlink(join(this.#units, unit), join(folder, unit));
    return done('');
  }
}

const done = (output: string): Ran => ({ isDone: true, output, complaint: '' });
const failed = (complaint: string): Ran => ({ isDone: false, output: '', complaint });
