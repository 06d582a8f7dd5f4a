/**
 * A compositor that does to the screen what one with OpenGL does: windows draw out of sight, and it covers the whole
 * screen anew whatever has changed.
 */
import type { Reply } from 'x11';
import { ask, connect, hangUp } from './xserver.js';

declare module 'x11' {
  interface CompositeExtension {
    readonly Redirect: { readonly Manual: number };
    RedirectSubwindows(window: number, update: number): void;
    GetOverlayWindow(window: number, reply: Reply<number>): void;
  }
  interface XClient {
    require(name: 'composite', reply: Reply<CompositeExtension>): void;
    SetSelectionOwner(owner: number, selection: number, time: number): void;
  }
}

export interface Compositor {
  /** Covers the whole screen, as it does once something has been drawn. */
  repaint(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it on the first screen of `display`. */
export async function startCompositor(display: string): Promise<Compositor> {
  const { client, screen } = await connect(display);
  const [{ root, pixel_width: width, pixel_height: height } = { root: 0, pixel_width: 0, pixel_height: 0 }] =
    screen;
  const composite = await ask<import('x11').CompositeExtension>((reply) =>
    client.require('composite', reply),
  );
  composite.RedirectSubwindows(root, composite.Redirect.Manual);
  const overlay = await ask<number>((reply) => composite.GetOverlayWindow(root, reply));
  const selection = await ask<number>((reply) => client.InternAtom(false, '_NET_WM_CM_S0', reply));
  const owner = client.AllocID();
  client.CreateWindow(owner, root, 0, 0, 1, 1, 0, 0, 0, 0, { overrideRedirect: 1, backgroundPixel: 0 });
  client.SetSelectionOwner(owner, selection, 0);
  const context = client.AllocID();
  client.CreateGC(context, overlay, { foreground: 0 });
  return {
    repaint: async () => {
      client.PolyFillRectangle(overlay, context, [0, 0, width, height]);
      await ask((reply) => client.GetInputFocus(reply));
    },
    close: () => hangUp(client),
  };
}
