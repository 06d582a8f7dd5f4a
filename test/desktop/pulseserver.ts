/** A real sound server for tests, with a home and a sink of its own that plays into nothing; paplay and pactl to use it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from './xserver.js';

const run = promisify(execFile);

/** What sounds in a file, as paplay plays it. */
interface Sound {
  readonly ms: number;
  /** The peak, 0 dB being full scale; left out for silence. */
  readonly db?: number;
}

export interface SoundServer {
  /** The environment of a program in this session. */
  readonly env: NodeJS.ProcessEnv;
  /** The server's Unix socket. */
  readonly socket: string;
  /** Its process, for measuring. */
  readonly pid: number | undefined;
  /** Begins to play; resolves when the program runs. `args` are paplay's. */
  play(sound: Sound, ...args: readonly string[]): Promise<Playback>;
  /** One call of pactl; resolves to what it prints. */
  pactl(...args: readonly string[]): Promise<string>;
  /** How many streams capture at this moment. */
  captures(): Promise<number>;
  /** Counts the streams that begin to capture from now on; resolves when it would see the next. */
  countCaptures(): Promise<CaptureCount>;
  /** Kills the server at once. */
  kill(): Promise<void>;
  /** Starts it anew after it was killed. */
  restart(): Promise<void>;
  /** Ends everything that was started. */
  stop(): Promise<void>;
}

interface Playback {
  /** Resolves when it has been played to its end. */
  readonly ended: Promise<void>;
  /** Ends it before its end. */
  stop(): Promise<void>;
}

interface CaptureCount {
  /** Resolves to the captures begun up to now. */
  soFar(): Promise<number>;
}

interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
  /** Where it must listen. */
  readonly socket: string;
}

/** How one kind of server is started: in a process group of its own, so that all of it can be killed. */
type Launch = (place: Place) => Promise<ChildProcess>;

/**
 * PulseAudio without what it would read from the machine's own configuration. The sink renders 50 ms ahead instead
 * of two seconds, so that a sound ends when it is over.
 */
export const pulseAudio: Launch = async ({ env, folder, socket }) => {
  const script = join(folder, 'default.pa');
  await writeFile(
    script,
    `load-module module-native-protocol-unix socket=${socket}\nload-module module-null-sink sink_name=speakers norewinds=1\n`,
  );
  const options = '--daemonize=no --use-pid-file=no --exit-idle-time=-1 --realtime=no --high-priority=no';
  const args = ['-n', '-F', script, ...options.split(' ')];
  return spawn('pulseaudio', args, { env, stdio: 'ignore', detached: true });
};

/** PipeWire with its session manager, which makes a sink where there is none, needs D-Bus, and ends if it is first. */
export const pipeWire: Launch = async ({ env }) => {
  const script =
    'pipewire & until [ -S "$XDG_RUNTIME_DIR/pipewire-0" ]; do sleep 0.02; done; pipewire-pulse & exec wireplumber';
  return spawn('dbus-run-session', ['--', 'sh', '-c', script], { env, stdio: 'ignore', detached: true });
};

/** Starts a sound server and resolves when it takes connections. */
export async function startSoundServer(launch: Launch = pulseAudio): Promise<SoundServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cloudnap-sound-'));
  const socket = join(folder, 'pulse', 'native');
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    PULSE_SERVER: `unix:${socket}`,
  };
  const playing = new Set<ChildProcess>();
  let server: ChildProcess | undefined;
  const pactl = async (...args: readonly string[]) => (await run('pactl', args, { env })).stdout;
  const start = async () => {
    await mkdir(dirname(socket), { recursive: true, mode: 0o700 });
    await rm(socket, { force: true });
    server = await launch({ env, folder, socket });
    await waitUntil('there is a sink to play to', () =>
      pactl('list', 'short', 'sinks').then(Boolean, () => false),
    );
  };

  const sounds = new Map<string, Promise<string>>();
  const fileOf = (sound: Sound) => {
    const name = `${sound.ms}-${sound.db}.wav`;
    const file = sounds.get(name) ?? writeSound(join(folder, name), sound);
    sounds.set(name, file);
    return file;
  };
  await start();
  return {
    env,
    socket,
    get pid() {
      return server?.pid;
    },
    play: async (sound, ...args) => {
      const player = spawn('paplay', [...args, await fileOf(sound)], { env, stdio: 'ignore' });
      playing.add(player);
      const ended = once(player, 'exit').then(() => void playing.delete(player));
      await once(player, 'spawn');
      return { ended, stop: () => end(player) };
    },
    pactl,
    captures: async () => {
      const list = await pactl('list', 'short', 'source-outputs');
      return list.split('\n').filter(Boolean).length;
    },
    countCaptures: async () => {
      const subscription = spawn('pactl', ['subscribe'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
      playing.add(subscription);
      let events = '';
      subscription.stdout.on('data', (text) => {
        events += text;
      });
      // A change of our own making is told after every one before it.
      let marks = 0;
      const caughtUp = async () => {
        const mark = events.length;
        await waitUntil('pactl has caught up', async () => {
          await pactl('set-sink-volume', '@DEFAULT_SINK@', `${90 + (marks++ % 10)}%`);
          return events.slice(mark).includes("'change' on sink");
        });
      };
      await caughtUp();
      events = '';
      return {
        soFar: async () => {
          await caughtUp();
          return events.split("'new' on source-output").length - 1;
        },
      };
    },
    kill: async () => endGroup(server),
    restart: start,
    stop: async () => {
      for (const child of playing) await end(child);
      await endGroup(server);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const RATE = 44_100;
const TONE_HZ = 440;

/** Writes a WAV file: 16 bits, one channel. */
async function writeSound(file: string, { ms, db }: Sound): Promise<string> {
  const samples = Buffer.alloc(2 * Math.round((ms / 1_000) * RATE));
  const peak = db === undefined ? 0 : 32_767 * 10 ** (db / 20);
  for (let i = 0; i < samples.length / 2; i++) {
    samples.writeInt16LE(Math.round(peak * Math.sin((2 * Math.PI * TONE_HZ * i) / RATE)), 2 * i);
  }
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // channels
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(2 * RATE, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.length, 40);
  await writeFile(file, Buffer.concat([header, samples]));
  return file;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Kills a process that leads a group, and all of the group. */
async function endGroup(leader: ChildProcess | undefined): Promise<void> {
  if (leader?.pid === undefined || leader.exitCode !== null || leader.signalCode !== null) return;
  const ended = once(leader, 'exit');
  process.kill(-leader.pid, 'SIGKILL');
  await ended;
}
