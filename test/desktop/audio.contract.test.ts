/** The audio sensor keeps the sensor contract on a real PulseAudio server. */
import { describe } from 'vitest';
import { pulseAudioProbe } from '../../src/sensors/pulse/audio.js';
import { systemClock } from '../../src/system/clock.js';
import { type SensorHarness, sensorContract } from '../contracts/sensor.contract.js';
import { startSoundServer } from './pulseserver.js';
import { desktopSkipped, waitUntil } from './xserver.js';

const SOUND = { ms: 250, db: -6 };

async function harness(): Promise<SensorHarness> {
  const clock = systemClock();
  const server = await startSoundServer();
  const play = async (...args: readonly string[]) => (await server.play(SOUND, ...args)).ended;
  return {
    probe: pulseAudioProbe({ clock, env: server.env }),
    clock,
    act: () => play(),
    actElsewhere: async () => {
      await play('--volume=0');
      await play('--property=media.role=event');
      await server.pactl('set-sink-volume', 'speakers', '90%');
    },
    endSource: () => server.kill(),
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    until: waitUntil,
    dispose: () => server.stop(),
  };
}

describe.skipIf(desktopSkipped)('PulseAudio', () => sensorContract('PulseAudio audio', harness));
