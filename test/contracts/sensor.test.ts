/** The scripted person's sensors keep the contract, on a clock that only the test moves. */
import { SENSORS, type SensorName } from '../../src/core/sensor.js';
import { ScriptedPerson } from '../../src/sensors/scripted.js';
import { FakeClock } from '../fakes/clock.js';
import { type SensorHarness, sensorContract } from './sensor.contract.js';

const STEP_MS = 10;
const PATIENCE_MS = 10_000;

function scriptedHarness(name: SensorName): SensorHarness {
  const clock = new FakeClock();
  const person = new ScriptedPerson(clock);
  return {
    probe: person.probe(name),
    clock,
    act: async () => {
      await clock.advance(STEP_MS);
      person.play([{ afterMs: STEP_MS, sensor: name }]);
      await clock.advance(STEP_MS);
    },
    actElsewhere: async () => {
      person.play(SENSORS.filter((other) => other !== name).map((sensor) => ({ afterMs: 0, sensor })));
      await clock.advance(STEP_MS);
    },
    endSource: async () => person.breaks(name, 'the script has ended'),
    pass: (ms) => clock.advance(ms),
    until: async (what, holds) => {
      for (let waited = 0; !holds(); waited += STEP_MS) {
        if (waited > PATIENCE_MS) throw new Error(`waited in vain for: ${what}`);
        await clock.advance(STEP_MS);
      }
    },
    dispose: async () => {},
  };
}

for (const name of SENSORS) sensorContract(`scripted ${name}`, async () => scriptedHarness(name));
