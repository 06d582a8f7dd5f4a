/** What the build lays beside the chunks of the program it was built with. */
import { fileURLToPath } from 'node:url';

/** The folder of the dashboard's page. */
export const PAGE = fileURLToPath(new URL('web', import.meta.url));
/** The description of the control API. */
export const API_DESCRIPTION = fileURLToPath(new URL('openapi.json', import.meta.url));
