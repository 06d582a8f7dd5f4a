/** The person's browser. */

/**
 * Opens a file in it. Resolves to whether there is a screen and something to open it with was started; whether that
 * something shows it is not known.
 */
export async function openInBrowser(path: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const hasScreen = process.platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  if (!hasScreen) return false;
  const { default: open } = await import('open');
  try {
    const child = await open(path);
    // It outlives this command, and what becomes of it is between it and the person.
    child.on('error', () => {});
    child.unref();
    return true;
  } catch {
    return false;
  }
}
