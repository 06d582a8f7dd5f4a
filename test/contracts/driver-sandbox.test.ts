/** The drivers' contract in our own sandbox. */
import { describe } from 'vitest';
import { driverContract } from './driver.contract.js';
import { sandboxBackend } from './driver-sandbox.js';

describe('the sandbox', () => {
  driverContract(async () => ({ backend: sandboxBackend, stop: async () => {} }));
});
