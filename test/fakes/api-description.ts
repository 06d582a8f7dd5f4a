/** The description of the control API as it is shipped, for servers that tests start from the sources. */
import { fileURLToPath } from 'node:url';

export const API_DESCRIPTION = fileURLToPath(new URL('../../schemas/openapi.json', import.meta.url));
