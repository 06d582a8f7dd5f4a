/** Where this clone lives, and the way to the things in it. Every script works from any current folder. */
import { fileURLToPath } from 'node:url';

/** The clone's folder, ending with a separator. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The absolute path of something in the clone: `inRoot('src/main.ts')`. */
export const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
