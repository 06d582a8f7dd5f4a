/**
 * Two windows to switch between, one of them with something that scrolls, and as much of a window manager as it
 * takes to say which is active (EWMH).
 */
const [REPLACE, COPY_FROM_PARENT] = [0, 0];
/** Half of the screen: far more than what counts as a change. */
const [WIDTH, HEIGHT] = [800, 640];
/** A turn of the wheel, pixels. */
const LINE = 48;

/** Opens them; the first is active. */
export async function openWindows(client, root) {
  const atom = (name) =>
    new Promise((resolve, reject) => {
      client.InternAtom(false, name, (error, value) => (error ? reject(error) : resolve(value)));
    });
  const names = ['_NET_ACTIVE_WINDOW', '_NET_SUPPORTING_WM_CHECK', '_NET_WM_NAME', 'UTF8_STRING', 'WINDOW'];
  const [active, check, title, utf8, window] = await Promise.all(names.map(atom));
  const setWindow = (of, property, to) => client.ChangeProperty(REPLACE, of, property, window, 32, [to]);

  const open = (name) => {
    const id = client.AllocID();
    client.CreateWindow(id, root, 0, 0, WIDTH, HEIGHT, 0, COPY_FROM_PARENT, COPY_FROM_PARENT, 0, {
      backgroundPixel: 0,
    });
    client.ChangeProperty(REPLACE, id, title, utf8, 8, Buffer.from(name));
    client.ChangeProperty(
      REPLACE,
      id,
      client.atoms.WM_CLASS,
      client.atoms.STRING,
      8,
      Buffer.from(`${name}\0${name}\0`),
    );
    client.MapWindow(id);
    return id;
  };
  const windows = [open('editor'), open('terminal')];
  const manager = windows[0];
  setWindow(manager, check, manager);
  setWindow(root, check, manager);
  setWindow(root, active, manager);

  const context = client.AllocID();
  const [, front] = windows;
  client.CreateGC(context, front, { foreground: 0xffffff });
  let switches = 0;
  let lines = 0;
  return {
    /** Makes the other one active. */
    change() {
      switches += 1;
      setWindow(root, active, windows[switches % windows.length]);
    },
    /** Scrolls by a line. */
    scroll() {
      lines += 1;
      client.ChangeGC(context, { foreground: (lines * 0x0a3157) & 0xffffff });
      client.CopyArea(front, front, context, 0, LINE, 0, 0, WIDTH, HEIGHT - LINE);
      client.PolyFillRectangle(front, context, [0, HEIGHT - LINE, WIDTH, LINE]);
    },
    close() {
      for (const id of windows) client.DestroyWindow(id);
    },
  };
}
