/** The room's door: a session, from which identity, regions and drivers are had. */
export { createSession } from './session.js';
