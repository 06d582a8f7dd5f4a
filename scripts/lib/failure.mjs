/** A failure whose message is all that a person needs: it is shown without a stack. */
export class Failure extends Error {}

/**
 * Runs a script's main function. A `Failure` becomes its message and exit code 1; anything else is a fault of ours
 * and keeps its stack.
 */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    process.exitCode = 1;
  }
}
