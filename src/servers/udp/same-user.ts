/**
 * Who sent a datagram over loopback: on Linux the owner of the sender's socket, as the kernel lists it. A socket
 * that is closed already is not listed, so a sender has to stay until it has its answer.
 */
import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import os from 'node:os';

/** A sender: the address and port of a datagram. */
export interface Peer {
  readonly address: string;
  readonly port: number;
}

/** Decides who is served. */
export interface Doorkeeper {
  /** Which of the peers may ask, in their order; `now` is `mono` milliseconds. */
  admit(peers: readonly Peer[], now: number): readonly boolean[];
}

/**
 * How long a peer that may ask is not looked up again, milliseconds. Short, because the port may pass to somebody
 * else; long enough that a busy client costs ten look-ups a second.
 */
const TRUST_MS = 100;
/** Peers remembered; when there are more, all are looked up again. */
const MAX_PEERS = 4_096;

/** Admits sockets of one user and of root. One look-up serves all the peers it is asked about. */
export class SameUser implements Doorkeeper {
  readonly #uid: number;
  readonly #folder: string;
  readonly #trusted = new Map<string, number>();

  /** @param folder where the kernel lists sockets */
  constructor(uid: number, folder = '/proc/net') {
    this.#uid = uid;
    this.#folder = folder;
  }

  admit(peers: readonly Peer[], now: number): readonly boolean[] {
    let owners: Owners | undefined;
    return peers.map((peer) => {
      const key = `${peer.address} ${peer.port}`;
      if ((this.#trusted.get(key) ?? Number.NEGATIVE_INFINITY) > now) return true;
      owners ??= readOwners(this.#folder);
      const uids = ownersOf(peer, owners);
      // Several sockets may share a port; which of them sent cannot be told, so all must be welcome.
      const welcome = uids.length > 0 && uids.every((uid) => uid === this.#uid || uid === 0);
      if (welcome) {
        if (this.#trusted.size >= MAX_PEERS) this.#trusted.clear();
        this.#trusted.set(key, now + TRUST_MS);
      }
      return welcome;
    });
  }
}

/** Local port, in the kernel's hex, to the sockets that have it. */
type Owners = ReadonlyMap<string, readonly { readonly address: string; readonly uid: number }[]>;

/** `sl local remote st queues timer retransmits uid …` */
const LINE = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ \S+ \S+ \S+ \S+ +(\d+)/gm;

function readOwners(folder: string): Owners {
  const owners = new Map<string, { address: string; uid: number }[]>();
  for (const file of ['udp', 'udp6'])
    for (const [, address = '', port = '', uid] of readTable(`${folder}/${file}`).matchAll(LINE)) {
      const sockets = owners.get(port) ?? [];
      sockets.push({ address, uid: Number(uid) });
      owners.set(port, sockets);
    }
  return owners;
}

/** A table that is not there (no IPv6, no /proc) lists nobody: then nobody is admitted by it. */
function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function ownersOf(peer: Peer, owners: Owners): readonly number[] {
  const port = peer.port.toString(16).toUpperCase().padStart(4, '0');
  const addresses = localAddresses(peer.address);
  return (owners.get(port) ?? []).filter((each) => addresses.includes(each.address)).map((each) => each.uid);
}

/** The local addresses, in the kernel's hex, from which a datagram with this source can have been sent. */
function localAddresses(address: string): readonly string[] {
  const any6 = '0'.repeat(32);
  if (isIPv6(address)) return [hexWords(bytes6(address)), any6];
  const own = address.split('.').map(Number);
  return [hexWords(own), '00000000', hexWords([...Array(10).fill(0), 255, 255, ...own]), any6];
}

/** The only IPv6 loopback address there is; any other is never served over loopback. */
function bytes6(address: string): readonly number[] {
  return address === '::1' ? [...Array(15).fill(0), 1] : Array(16).fill(255);
}

/** The kernel prints addresses as 32-bit words in the machine's own byte order. */
function hexWords(bytes: readonly number[]): string {
  const buffer = Buffer.from(bytes);
  const words = Array.from({ length: buffer.length / 4 }, (_, index) =>
    os.endianness() === 'LE' ? buffer.readUInt32LE(index * 4) : buffer.readUInt32BE(index * 4),
  );
  return words.map((word) => word.toString(16).toUpperCase().padStart(8, '0')).join('');
}
