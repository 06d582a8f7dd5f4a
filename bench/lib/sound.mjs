/** A sound server of its own (PulseAudio) with a sink that plays into nothing, and something to play. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const OPTIONS =
  '-n --daemonize=no --use-pid-file=no --exit-idle-time=-1 --realtime=no --high-priority=no'.split(' ');
const LOOK_MS = 20;

/** Starts it; undefined where there is no PulseAudio. */
export async function startSound() {
  const folder = mkdtempSync(join(tmpdir(), 'cloudnap-bench-sound-'));
  const socket = join(folder, 'native');
  const script = join(folder, 'default.pa');
  writeFileSync(
    script,
    `load-module module-native-protocol-unix socket=${socket}\nload-module module-null-sink sink_name=speakers\n`,
  );
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_RUNTIME_DIR: folder,
    PULSE_SERVER: `unix:${socket}`,
  };
  const server = spawn('pulseaudio', [...OPTIONS, '-F', script], { env, stdio: 'ignore' });
  const gone = Promise.race([once(server, 'error'), once(server, 'exit')]).then(() => true);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  while (!existsSync(socket)) {
    if (await Promise.race([gone, sleep(LOOK_MS)])) {
      remove();
      return undefined;
    }
  }
  return {
    env: { PULSE_SERVER: env.PULSE_SERVER },
    /** Begins to play, by a program of its own; what it returns ends it. */
    play() {
      const player = spawn('paplay', ['--raw', '/dev/zero'], { env, stdio: 'ignore' });
      return async () => {
        const ended = once(player, 'exit');
        player.kill();
        await ended;
      };
    },
    async stop() {
      const ended = once(server, 'exit');
      server.kill();
      await ended;
      remove();
    },
  };
}
