/** The contract of the dead-man's switch, in our own sandbox, in memory, and in moto, which is not ours. */
import { afterAll, beforeAll, describe } from 'vitest';
import { motoIsThere } from './moto.js';
import { type SwitchBackend, switchBoardContract } from './switch-board.contract.js';
import { inMemory, inSandbox, startMotoSwitches } from './switch-worlds.js';

switchBoardContract(inSandbox);
switchBoardContract(inMemory);

describe.skipIf(!motoIsThere)('moto (needs Python and `node scripts/setup-moto.mjs`)', () => {
  let moto: Awaited<ReturnType<typeof startMotoSwitches>>;
  beforeAll(async () => {
    moto = await startMotoSwitches();
  });
  afterAll(() => moto?.stop());
  const backend: SwitchBackend = { name: 'moto', fires: false, open: () => moto.backend.open() };
  switchBoardContract(backend);
});
