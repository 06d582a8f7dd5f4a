/** A process that takes the lock of the home given to it, says what came of it, and holds it until it is ended. */
import { AlreadyRunningError, acquireLock } from '../../../src/system/instance-lock.js';
import { resolvePaths } from '../../../src/system/paths.js';

try {
  acquireLock(resolvePaths({ home: process.argv[2] }));
  console.log('locked');
  // Until the test is done, or has died itself.
  process.stdin.resume();
} catch (error) {
  console.log(error instanceof AlreadyRunningError ? `running ${error.pid}` : `error ${error}`);
}
