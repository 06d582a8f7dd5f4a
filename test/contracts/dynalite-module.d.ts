/** The part of dynalite that is used; it comes without types. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** @param options.createTableMs how long a new table is CREATING */
  export default function dynalite(options?: { createTableMs?: number }): Server;
}
