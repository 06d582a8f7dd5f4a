/** `npm run build`: brings dist/ up to date with src/ and says what that took. */
import { build } from './lib/build.mjs';
import { main } from './lib/failure.mjs';

await main(async () => {
  const started = performance.now();
  const written = await build();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(written === 0 ? 'dist/ is up to date' : `dist/: ${written} files built in ${seconds} s`);
});
