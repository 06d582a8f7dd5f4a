/** The drivers' contract in moto, which is not ours. Required in CI; elsewhere skipped where it is not installed. */
import { describe, expect, it } from 'vitest';
import { driverContract } from './driver.contract.js';
import { motoIsThere, startMoto } from './moto.js';

const required = process.env.CLOUDNAP_TEST_REQUIRE_ALL === '1';

if (required)
  it('moto is installed (node scripts/setup-moto.mjs)', () => {
    expect(motoIsThere).toBe(true);
  });

describe.skipIf(!motoIsThere)('moto (needs Python and `node scripts/setup-moto.mjs`)', () => {
  driverContract(startMoto);
});
