/**
 * The sandbox: an AWS endpoint on loopback that speaks the real wire protocols to the real SDK, with realistic
 * states, delays, limits and errors, over a small fleet. It is for the demo and for tests.
 */
export { DEMO_KEY, OTHER_ACCOUNT, OTHER_ACCOUNT_KEY } from './credentials.js';
export { demoFleet, type Fleet } from './fleet.js';
export { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.js';
