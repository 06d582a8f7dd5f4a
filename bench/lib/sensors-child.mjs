/**
 * A process that does nothing but sense, by the very sensors of the daemon: those named on its command line. Tells
 * its parent once what became of each, then of every activity when it came.
 */
import { createSenses } from '../../src/sensors/index.ts';
import { systemClock } from '../../src/system/clock.ts';

const names = process.argv.slice(2);
const health = {};
const { env, platform } = process;

const senses = createSenses({ clock: systemClock(), env, platform, log: () => {}, random: Math.random });
await senses.start(
  {
    enabled: Object.fromEntries(
      ['keyboard', 'mouse', 'screen', 'window', 'audio'].map((name) => [name, names.includes(name)]),
    ),
    // As shipped (settings-schema.ts).
    mouseMinDistancePx: 5,
    screenMinChangedPercent: 2,
    screenIntervalMs: 5_000,
    audioMinLevelDb: -60,
    audioMeasureLevel: false,
  },
  {
    // One clock for all processes of a machine.
    activity: ({ sensor }) => process.send({ sensor, at: Number(process.hrtime.bigint()) / 1e6 }),
    health: (sensor, state) => {
      health[sensor] = state;
    },
  },
);
process.on('disconnect', () => process.exit());
process.send({ health });
