/** What is wired into the program; the drivers come with the session. */
export { createSession } from './session.js';
export { createSignIn } from './sign-in.js';
export { HeldKeys } from './sign-in-keys.js';
