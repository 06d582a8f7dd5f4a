/** What is measured: the built program as a process of its own, with an AWS in another and, if need be, an X server. */
import { fork, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSeconds, wakeUps } from './processes.mjs';

const PROGRAM = fileURLToPath(new URL('../../bin/cloudnap', import.meta.url));
const SANDBOX = fileURLToPath(new URL('./sandbox-child.mjs', import.meta.url));
const TYPESCRIPT = new URL('../../scripts/ts.mjs', import.meta.url).href;
/** How often a start that is under way is looked at; what is measured is this much too late on average, halved. */
const LOOK_MS = 2;

/** Starts AWS. */
export async function startSandbox() {
  const child = fork(SANDBOX, { execArgv: ['--import', TYPESCRIPT] });
  const [{ endpoint, key, regions, services }] = await once(child, 'message');
  return {
    endpoint,
    key,
    regions,
    services,
    /** How many requests it has had. */
    async requests() {
      child.send('requests');
      const [{ requests }] = await once(child, 'message');
      return requests;
    },
    stop: () => child.disconnect(),
  };
}

/** A home with settings and, unless it says otherwise, the whole fleet registered. */
export class Home {
  path = mkdtempSync(join(tmpdir(), 'cloudnap-bench-'));
  #env;
  #regions;

  static async make(sandbox, { settings = {}, env = {}, services = sandbox.services } = {}) {
    const home = new Home();
    home.udpPort = await freeUdpPort();
    home.#env = {
      PATH: process.env.PATH,
      HOME: home.path,
      CLOUDNAP_HOME: home.path,
      AWS_ENDPOINT_URL: sandbox.endpoint,
      AWS_ACCESS_KEY_ID: sandbox.key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.key.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    };
    home.#regions = sandbox.regions;
    home.writeSettings(settings);
    writeFileSync(join(home.path, 'services.yaml'), services, { mode: 0o600 });
    return home;
  }

  /** A running daemon takes them up by itself. */
  writeSettings({ activity_monitor, aws }) {
    const settings = {
      activity_monitor: { audio: { enabled: false }, ...activity_monitor },
      aws: { regions: this.#regions, ...aws },
      udp_server: { port: this.udpPort },
    };
    writeFileSync(join(this.path, 'settings.json'), JSON.stringify(settings), { mode: 0o600 });
  }

  get socketPath() {
    return join(this.path, 'cloudnap.sock');
  }

  /** Starts the daemon in the foreground of a process of its own; resolves when the control socket answers. */
  async start(nodeArgs = []) {
    const begin = performance.now();
    const child = spawn(process.execPath, [...nodeArgs, PROGRAM, 'run'], {
      env: this.#env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    while (!(await this.ask('status').catch(() => undefined))) {
      if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}: ${said}`);
      await sleep(LOOK_MS);
    }
    return new Daemon(child, performance.now() - begin);
  }

  /** Runs a command to its end; resolves to its wall milliseconds. */
  async run(...args) {
    const begin = performance.now();
    const child = spawn(process.execPath, [PROGRAM, ...args], { env: this.#env, stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`cloudnap ${args.join(' ')} ended with ${code}`);
    return performance.now() - begin;
  }

  /** Runs a command to its end; resolves to what it printed with --json. */
  async json(...args) {
    const child = spawn(process.execPath, [PROGRAM, ...args, '--json'], {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8')) text += chunk;
    return JSON.parse(text);
  }

  /** One operation over the control socket. */
  async ask(operation, request = {}) {
    const answer = await this.#open('POST', `/v1/${operation}`, JSON.stringify(request));
    let text = '';
    for await (const chunk of answer.setEncoding('utf8')) text += chunk;
    return JSON.parse(text);
  }

  /** The event stream over the control socket: calls `fn` with each event. */
  async onEvent(fn) {
    const answer = await this.#open('GET', '/v1/events');
    // Its end, and that of the daemon, is no error.
    answer.on('error', () => {});
    createInterface({ input: answer })
      .on('line', (line) => fn(JSON.parse(line)))
      .on('error', () => {});
    return () => answer.destroy();
  }

  #open(method, path, body) {
    return new Promise((resolve, reject) => {
      request(
        { socketPath: this.socketPath, method, path, headers: { 'content-type': 'application/json' } },
        resolve,
      )
        .on('error', reject)
        .end(body);
    });
  }

  remove() {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A daemon that runs, as the kernel sees it. */
class Daemon {
  #child;

  constructor(child, readyAfterMs) {
    this.#child = child;
    /** From the start of its process until it answered. */
    this.readyAfterMs = readyAfterMs;
  }

  /** Seconds of CPU all its threads have used so far. */
  cpuSeconds() {
    return cpuSeconds(this.#child.pid);
  }

  /** How often its threads woke so far. */
  wakeUps() {
    return wakeUps(this.#child.pid);
  }

  /** Resident memory, MB of 2^20 bytes: all of it, and the part that is not a file's. */
  memory() {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const megabytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]) / 1024;
    return { resident: megabytes('VmRSS'), own: megabytes('RssAnon'), highest: megabytes('VmHWM') };
  }

  /** Asks the probe, if it was started with it, what V8 says of the heap. MB of 2^20 bytes. */
  async heap() {
    this.#child.send('heap');
    const [{ heapUsed, heapTotal }] = await once(this.#child, 'message');
    return { used: heapUsed / 2 ** 20, total: heapTotal / 2 ** 20 };
  }

  async stop() {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}

async function freeUdpPort() {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
