/** The fake session keeps the contract, on a clock that only the test moves. */
import { FakeClock } from '../fakes/clock.js';
import { PersonsSession } from '../fakes/fake-signals.js';
import { Life } from '../fakes/process.js';
import { type SignalsHarness, signalsContract } from './session-signals.contract.js';

const STEP_MS = 10;
const PATIENCE_MS = 10_000;

function fakeHarness(): SignalsHarness {
  const clock = new FakeClock();
  const session = new PersonsSession(clock);
  return {
    signals: session.signals(new Life()),
    clock,
    delayMaxMs: session.delayMaxMs,
    lock: async (locked) => session.lock(locked),
    sleep: async (begins) => {
      if (begins) void session.suspend();
      else session.resume();
    },
    isHeldBack: async () => session.isHeldBack,
    endSource: async () => {
      session.break('lock');
      session.break('suspend');
    },
    restoreSource: async () => {
      session.lock(false);
      session.mend('lock');
      session.mend('suspend');
    },
    pass: (ms) => clock.advance(ms),
    until: async (what, holds) => {
      for (let waited = 0; !(await holds()); waited += STEP_MS) {
        if (waited > PATIENCE_MS) throw new Error(`waited in vain for: ${what}`);
        await clock.advance(STEP_MS);
      }
    },
    dispose: async () => {},
  };
}

signalsContract('the fake session', async () => fakeHarness());
