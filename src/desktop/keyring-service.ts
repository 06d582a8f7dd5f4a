/**
 * Whether the Secret Service of a Linux desktop (GNOME Keyring, KWallet, KeePassXC) is there and unlocked, asked over
 * D-Bus without anything appearing on the screen. For the short-lived process of the keyring only.
 */
import type { EventEmitter } from 'node:events';
import type { Message } from '@jellybrick/dbus-next';

const SERVICE = 'org.freedesktop.secrets';
const PATH = '/org/freedesktop/secrets';
/** What the specification returns where there is no such collection. */
const NO_COLLECTION = '/';

type Found = { readonly state: 'open' } | { readonly state: 'absent' | 'locked'; readonly why: string };

/** Starts the service where the desktop has one that is started on demand. Never rejects. */
export async function secretService(env: NodeJS.ProcessEnv): Promise<Found> {
  const busAddress =
    env.DBUS_SESSION_BUS_ADDRESS || (env.XDG_RUNTIME_DIR && `unix:path=${env.XDG_RUNTIME_DIR}/bus`);
  if (!busAddress) return { state: 'absent', why: 'there is no D-Bus session here' };
  const { Message, sessionBus, Variant } = await import('@jellybrick/dbus-next');
  try {
    const bus = sessionBus({ busAddress });
    const broken = new Promise<never>((_, reject) => {
      (bus as EventEmitter).on('error', reject);
    });
    broken.catch(() => {});
    const call = (path: string, face: string, member: string, signature: string, body: unknown[]) => {
      const message = new Message({ destination: SERVICE, path, interface: face, member, signature, body });
      return Promise.race([bus.call(message), broken]).then((reply: Message | null) => reply?.body[0]);
    };
    const alias = await call(PATH, 'org.freedesktop.Secret.Service', 'ReadAlias', 's', ['default']);
    if (alias === NO_COLLECTION) return { state: 'locked', why: 'no keyring is open' };
    const args = ['org.freedesktop.Secret.Collection', 'Locked'];
    const locked = await call(String(alias), 'org.freedesktop.DBus.Properties', 'Get', 'ss', args);
    bus.disconnect();
    const isLocked = locked instanceof Variant ? locked.value === true : locked === true;
    return isLocked ? { state: 'locked', why: 'it is locked' } : { state: 'open' };
  } catch (error) {
    return { state: 'absent', why: error instanceof Error ? error.message : String(error) };
  }
}
