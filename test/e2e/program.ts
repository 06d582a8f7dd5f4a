/**
 * The built program as a user has it: a process of its own, with a home of its own, spoken to through its command
 * line, its UDP port and its files alone.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEMO_KEY } from '../../src/sandbox/credentials.js';

const PROGRAM = fileURLToPath(new URL('../../bin/cloudnap', import.meta.url));

export interface ProgramOptions {
  /** Where AWS is: a sandbox or moto. */
  readonly endpoint: string;
  /** DISPLAY and the like; nothing of the test's own environment about a desktop gets through. */
  readonly env?: NodeJS.ProcessEnv;
  /** Laid over the quick settings. A text is written as it is; null: there is no settings.json yet. */
  readonly settings?: Record<string, unknown> | string | null;
  /** The text of services.yaml; without it there is none. */
  readonly services?: string;
}

/** What a command line came to. */
export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A timeout of three seconds and a warning of one: every wait in these tests is bounded by multiples of them. */
const QUICK = {
  activity_monitor: {
    inactivity_timeout_minutes: 0.05,
    warn_before_seconds: 1,
    audio: { enabled: false },
  },
  aws: { regions: ['ap-northeast-2', 'us-west-2'], service_state_check_interval_minutes: 0.5 },
  // Daemons of many tests run beside one another, and would want the same port.
  dashboard: { enabled: false },
  // Nobody who runs the tests wants to be told of their naps.
  notifications: { enabled: false },
  tray: { enabled: false },
};

/**
 * A display and a system bus that are not there. Without a word of a display the terminals of whoever runs the tests
 * would be watched, and on the machine's own bus their screen lock and their films.
 */
export const NOWHERE = { DISPLAY: ':987', DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nonexistent/bus' };

/** One home, and the daemons and commands run on it. */
export class Program {
  readonly home = mkdtempSync(join(tmpdir(), 'cloudnap-e2e-'));
  readonly udpPort: number;
  readonly #env: NodeJS.ProcessEnv;
  #daemon: ChildProcess | undefined;
  #errors = '';

  private constructor(options: ProgramOptions, udpPort: number) {
    this.udpPort = udpPort;
    const { PATH, HOME } = process.env;
    this.#env = {
      PATH,
      HOME,
      CLOUDNAP_HOME: this.home,
      ...NOWHERE,
      AWS_ENDPOINT_URL: options.endpoint,
      AWS_ACCESS_KEY_ID: DEMO_KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: DEMO_KEY.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...options.env,
    };
    const { settings = {} } = options;
    if (settings !== null)
      this.write('settings.json', typeof settings === 'string' ? settings : this.settings(settings));
    if (options.services !== undefined) this.write('services.yaml', options.services);
  }

  static async prepare(options: ProgramOptions): Promise<Program> {
    return new Program(options, await freeUdpPort());
  }

  /** The text of settings.json: the quick ones with these laid over them. */
  settings(over: Record<string, unknown>): string {
    return JSON.stringify(merge(merge(QUICK, { udp_server: { port: this.udpPort } }), over), null, 2);
  }

  path(file: string): string {
    return join(this.home, file);
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8');
  }

  write(file: string, text: string): void {
    writeFileSync(this.path(file), text, { mode: 0o600 });
  }

  get pid(): number | undefined {
    return this.#daemon?.pid;
  }

  /** Runs one command to its end. */
  async run(...args: string[]): Promise<Ran> {
    return new Promise((resolve) => {
      execFile(process.execPath, [PROGRAM, ...args], { env: this.#env }, (error, stdout, stderr) =>
        resolve({ exit: typeof error?.code === 'number' ? error.code : error ? 1 : 0, stdout, stderr }),
      );
    });
  }

  /** Runs one command with --json and parses what it prints. */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    const { exit, stdout, stderr } = await this.run(...args, '--json');
    if (exit !== 0) throw new Error(`cloudnap ${args.join(' ')} ended with ${exit}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Starts the daemon in the foreground of a process of its own; resolves when it answers, or is `ready`. */
  async start(
    env: NodeJS.ProcessEnv = {},
    ready = async () => (await this.udp('PING')).startsWith('OK PING'),
  ): Promise<void> {
    const daemon = spawn(process.execPath, [PROGRAM, 'run'], {
      env: { ...this.#env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#daemon = daemon;
    daemon.stderr?.on('data', (data) => {
      this.#errors += data;
    });
    await until('the daemon answers', async () => {
      if (daemon.exitCode !== null)
        throw new Error(`the daemon ended with ${daemon.exitCode}: ${this.#errors}`);
      return ready();
    });
  }

  /** What the daemon has shown on its terminal. */
  get shown(): string {
    return this.#errors;
  }

  /** What no process survives. Resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to end, as a service manager does, and resolves with its exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (!daemon) return null;
    if (daemon.exitCode !== null || daemon.signalCode !== null) return daemon.exitCode;
    const ended = once(daemon, 'exit');
    daemon.kill(signal);
    await ended;
    return daemon.exitCode;
  }

  /** Sends one datagram and resolves with the answer; empty when none came within `limitMs`. */
  async udp(request: string, limitMs = 1_000): Promise<string> {
    const socket = createSocket('udp4');
    try {
      const answer = new Promise<string>((resolve) => {
        socket.once('message', (data) => resolve(data.toString('utf8')));
        socket.once('error', () => resolve(''));
        setTimeout(() => resolve(''), limitMs).unref();
      });
      socket.send(request, this.udpPort, '127.0.0.1');
      return await answer;
    } finally {
      socket.close();
    }
  }

  /** Ends the daemon and removes the home. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Waits until something is so, looking often; fails naming what never was. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = 30_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`never within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const merged = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isRecord(below) && isRecord(value) ? merge(below, value) : value;
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
