/** The contract of the AWS drivers: one suite, run in every AWS that there is to be had. */
import { afterAll, beforeAll, describe } from 'vitest';
import { ec2Contract } from './driver-ec2.contract.js';
import { ecsContract } from './driver-ecs.contract.js';
import { eksContract } from './driver-eks.contract.js';
import { listingContract } from './driver-listing.contract.js';
import type { Backend } from './driver-world.js';

/** Runs the suite in the AWS that `start` brings up; it is stopped at the end. */
export function driverContract(start: () => Promise<{ backend: Backend; stop(): Promise<void> }>): void {
  describe('the drivers', () => {
    let running: Awaited<ReturnType<typeof start>>;
    beforeAll(async () => {
      running = await start();
    });
    afterAll(() => running.stop());
    const backendOf = () => running.backend;

    ec2Contract(backendOf);
    ecsContract(backendOf);
    eksContract(backendOf);
    listingContract(backendOf);
  });
}
