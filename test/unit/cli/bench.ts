/** A whole CLI for tests: a home of its own, captured outputs, a fake clock, and, where asked for, a served daemon. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { CliContext, LocalConfig, UnknownKey } from '../../../src/cli/context.js';
import { runCli } from '../../../src/cli/index.js';
import type { Output } from '../../../src/cli/output.js';
import type { WireInvitation } from '../../../src/control/wire.js';
import type { Autostart, AutostartEntry, AutostartStatus } from '../../../src/core/autostart.js';
import type { SettingView } from '../../../src/core/desk.js';
import { CommandError } from '../../../src/core/errors.js';
import type { FileFault } from '../../../src/core/registry.js';
import type { SignIn } from '../../../src/core/sign-in.js';
import { serveControl } from '../../../src/servers/http/serve-control.js';
import { ensureFolders, type Paths, resolvePaths } from '../../../src/system/paths.js';
import { API_DESCRIPTION } from '../../fakes/api-description.js';
import { FakeClock } from '../../fakes/clock.js';
import { FAKE_NOW, FakeControl } from '../../fakes/fake-control.js';
import { fakeDesk } from '../../fakes/fake-desk.js';
import { FakeSignIn } from '../../fakes/fake-sign-in.js';

/** An output that remembers. */
export class Captured implements Output {
  text = '';
  isTTY = false;
  columns = 100;
  rows = 24;
  write(text: string): void {
    this.text += text;
  }
}

/** Settings kept in memory: two keys, so that one can be set and one is a port. */
export class FakeConfig implements LocalConfig {
  values: Record<string, unknown> = {
    'activity_monitor.inactivity_timeout_minutes': 30,
    'udp_server.enabled': false,
    'dashboard.enabled': false,
  };
  wrong: FileFault[] = [];
  unknown: UnknownKey[] = [];

  keys(): readonly SettingView[] {
    return Object.entries(this.values).map(([key, value]) => ({
      key,
      value,
      default: value,
      source: 'default',
      unit: undefined,
      meaning: `what ${key} means`,
    }));
  }
  faults(): readonly FileFault[] {
    return this.wrong;
  }
  unknownKeys(): readonly UnknownKey[] {
    return this.unknown;
  }
  async set(key: string, text: unknown): Promise<SettingView> {
    if (this.wrong.length > 0) throw new CommandError('REFUSED', 'settings.json is broken');
    if (!(key in this.values)) throw new CommandError('BAD_REQUEST', `There is no setting "${key}"`);
    this.values[key] = JSON.parse(String(text));
    return { key, value: this.values[key], default: 30, source: 'file', unit: undefined, meaning: '' };
  }
}

/** An autostart that only remembers whether it is on. */
class FakeAutostart implements Autostart {
  entry: AutostartEntry | undefined;
  enabled = false;
  tried = true;

  async status(): Promise<AutostartStatus> {
    return { enabled: this.enabled, entry: this.entry, tried: this.tried };
  }
  async enable(): Promise<AutostartStatus> {
    const where = '/home/me/.config/systemd/user/cloudnap.service';
    const starts = 'this program';
    this.entry = { kind: 'systemd', where, command: 'cloudnap run', starts, when: 'desktop' };
    this.enabled = true;
    return this.status();
  }
  async disable(): Promise<AutostartStatus> {
    this.entry = undefined;
    this.enabled = false;
    return this.status();
  }
}

interface Result {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

/** One home with its CLI. Make it with {@link openBench} and close it. */
export interface Bench {
  readonly home: string;
  readonly paths: Paths;
  readonly control: FakeControl;
  readonly config: FakeConfig;
  readonly autostart: FakeAutostart;
  readonly clock: FakeClock;
  /** What is put in place of parts of the context. */
  readonly context: Partial<CliContext>;
  /** Starts serving `control` on the home's socket; `invitation`: the dashboard's, while it is on. */
  serve(invitation?: WireInvitation): Promise<void>;
  /** What comes from standard input. */
  typed: string;
  /** What signs in; undefined: the keys are given. */
  signIn: SignIn | undefined;
  run(...argv: string[]): Promise<Result>;
  close(): Promise<void>;
}

async function* typed(text: string) {
  yield text;
}

export async function openBench(): Promise<Bench> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'cloudnap-cli-'));
  const paths = resolvePaths({ home, env: {} });
  const control = new FakeControl();
  const config = new FakeConfig();
  const autostart = new FakeAutostart();
  const clock = new FakeClock({ wall: FAKE_NOW });
  const context: Partial<CliContext> = {};
  let server: Awaited<ReturnType<typeof serveControl>> | undefined;
  const bench: Bench = {
    home,
    paths,
    control,
    config,
    autostart,
    clock,
    context,
    typed: '',
    signIn: new FakeSignIn(),
    async serve(invitation) {
      ensureFolders(paths);
      const silent = () => {};
      const log = { debug: silent, info: silent, warn: silent, error: silent };
      server = await serveControl({
        desk: fakeDesk(control, bench.signIn),
        socketPath: paths.socket,
        description: API_DESCRIPTION,
        log,
        invite: () => invitation,
      });
    },
    async run(...argv) {
      const stdout = new Captured();
      const stderr = new Captured();
      const exit = await runCli(argv, {
        version: '1.2.3',
        stdin: typed(bench.typed),
        stdout,
        stderr,
        env: { CLOUDNAP_HOME: home, HOME: home },
        clock,
        launch: { command: process.execPath, args: ['--eval', 'process.exit(1)'] },
        runDaemon: async () => ({ kind: 'ended', exitCode: 0 }),
        runDemo: async () => 0,
        signOut: async () => 'Nothing is kept.',
        openInBrowser: async () => false,
        autostart: async () => autostart,
        localConfig: async () => config,
        ...context,
      });
      return { exit, out: stdout.text, err: stderr.text };
    },
    async close() {
      await server?.close();
      await rm(home, { recursive: true, force: true });
    },
  };
  return bench;
}
