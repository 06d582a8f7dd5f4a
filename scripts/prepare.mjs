/**
 * Run before `npm start`, `npm run demo` and the other commands that need a built clone: installs the dependencies
 * and builds, if that is not done already. Says nothing, and takes no time to speak of, when it is.
 */
import { build } from './lib/build.mjs';
import { installDependencies } from './lib/dependencies.mjs';
import { main } from './lib/failure.mjs';

await main(async () => {
  await installDependencies();
  await build();
});
