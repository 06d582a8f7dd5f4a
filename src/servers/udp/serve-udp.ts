/**
 * The UDP server: binds, decides whether it may serve at all on that address, and takes datagrams in batches from
 * the socket to {@link Desk} and back.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import type { Control } from '../../core/control.js';
import { messageOf } from '../../core/errors.js';
import { type Clock, type Instant, sleep } from '../../core/instant.js';
import type { Logger } from '../../core/logger.js';
import type { Settings } from '../../core/settings.js';
import { Desk } from './desk.js';
import { type Doorkeeper, type Peer, SameUser } from './same-user.js';
import { Signatures } from './signature.js';

export interface UdpServer {
  /** Where it listens: the port the system chose, if it was asked to choose. */
  readonly address: Peer;
  /** Takes no more requests, answers those it has within two seconds, and frees the port. */
  close(): Promise<void>;
}

/** Why the server cannot serve, for a condition: what is wrong, and the cure. */
export class UdpFault extends Error {
  readonly hint: string;
  constructor(message: string, hint: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'UdpFault';
    this.hint = hint;
  }
}

/** Datagrams that may wait for their turn; more are lost, as UDP loses them. A turn of the event loop reads 32. */
const MAX_WAITING = 1_024;
/** Bytes of replies that may wait for the socket; more are lost. On loopback replies hardly ever wait. */
const MAX_UNSENT = 4 * 1024 * 1024;
/** Parts sent at once, and the pause then, ms: a receiver's buffer holds a dozen large datagrams. */
const BURST = 8;
const PAUSE_MS = 1;
/** How long requests that are being carried out may still be answered while closing, milliseconds. */
const GRACE_MS = 2_000;

/**
 * Serves `Control` over UDP as SPEC section 8 has it. On a loopback address everybody on this machine may send,
 * and on Linux only the same user and root are served; on any other address only signed requests are.
 * @param secret what requests are signed with; needed beyond loopback
 * @param doorkeeper who is served over loopback; by default as the platform allows to tell
 * @throws UdpFault when the address cannot be bound, or is not loopback and there is no secret.
 */
export async function serveUdp(options: {
  readonly control: Control;
  readonly settings: Settings['udp'];
  readonly secret: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly doorkeeper?: Doorkeeper | undefined;
}): Promise<UdpServer> {
  const { control, settings, secret, clock, log } = options;
  const ip = await numeric(settings.ip);
  const loopback = isLoopback(ip);
  if (!loopback && !secret)
    throw new UdpFault(
      `The UDP server does not serve ${settings.ip}: beyond loopback requests must be signed, and there is no secret`,
      'Set CLOUDNAP_UDP_SECRET, or set udp_server.ip to 127.0.0.1 in settings.json.',
    );
  const socket = await bind(ip, settings);
  const { address, port } = socket.address();
  const own = (peer: Peer) => peer.port === port && peer.address === address;
  const now = oncePerTurn(clock);
  const desk = new Desk({
    control,
    log,
    now,
    maxRequest: settings.bufferSize,
    // On loopback nobody is asked for a signature, even if there is a secret.
    signatures: loopback || !secret ? undefined : new Signatures(secret),
  });
  const doorkeeper = loopback ? (options.doorkeeper ?? platformDoorkeeper()) : undefined;

  let waiting: { readonly bytes: Buffer; readonly peer: RemoteInfo }[] = [];
  let closed = false;

  const send = async (reply: readonly Buffer[], peer: Peer): Promise<void> => {
    try {
      for (const [index, part] of reply.entries()) {
        if (index > 0 && index % BURST === 0) await sleep(clock, PAUSE_MS);
        if (closed || socket.getSendQueueSize() > MAX_UNSENT) return;
        // What became of it is not known over UDP anyway: the peer may be gone, and asks again if it is not.
        socket.send(part, peer.port, peer.address, ignore);
      }
    } catch (error) {
      // A forged sender: Node sends nothing to port 0.
      log.debug('A UDP reply could not be sent', { error: messageOf(error) });
    }
  };

  const drain = (): void => {
    const batch = waiting;
    waiting = [];
    const peers = batch.map(({ peer }) => peer);
    const admitted = doorkeeper?.admit(peers, now().mono);
    for (const [index, { bytes, peer }] of batch.entries()) {
      const sender = { peer: nameOf(peer), reply: (parts: readonly Buffer[]) => send(parts, peer) };
      if (admitted?.[index] === false) desk.turnAway(bytes, sender);
      else desk.take(bytes, sender);
    }
  };

  socket.on('message', (bytes, peer) => {
    // A datagram that claims to be our own would be answered for ever.
    if (closed || own(peer) || (loopback && !isLoopback(peer.address))) return;
    if (waiting.length >= MAX_WAITING) return;
    waiting.push({ bytes, peer });
    if (waiting.length === 1) setImmediate(drain);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // Windows reports with this that an earlier reply found nobody any more.
    if (error.code !== 'ECONNRESET')
      log.warn('The UDP socket reported an error', { error: messageOf(error) });
  });

  return {
    address: { address, port },
    close: async () => {
      if (closed) return;
      socket.removeAllListeners('message');
      const grace = new AbortController();
      await Promise.race([
        desk.idle().finally(() => grace.abort()),
        sleep(clock, GRACE_MS, grace.signal).catch(ignore),
      ]);
      closed = true;
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

function ignore(): void {}

/** Reading the clock costs a system call and more: all that happens in one turn of the event loop shares one. */
function oncePerTurn(clock: Clock): () => Instant {
  let reading: Instant | undefined;
  return () => {
    if (reading === undefined) {
      reading = clock.now();
      setImmediate(() => {
        reading = undefined;
      });
    }
    return reading;
  };
}

function nameOf({ address, port }: Peer): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

function platformDoorkeeper(): Doorkeeper | undefined {
  return process.platform === 'linux' && process.getuid ? new SameUser(process.getuid()) : undefined;
}

/** The address of a name such as `localhost`. */
async function numeric(ip: string): Promise<string> {
  if (isIP(ip) !== 0) return ip;
  try {
    return (await lookup(ip)).address;
  } catch (error) {
    throw new UdpFault(
      `The UDP server cannot listen on "${ip}": it is no address of this machine`,
      'Set udp_server.ip to 127.0.0.1 in settings.json.',
      error,
    );
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./i.test(address);
}

function bind(ip: string, { port }: { readonly port: number }): Promise<Socket> {
  const socket = createSocket({
    type: isIPv6(ip) ? 'udp6' : 'udp4',
    // Replies go to addresses that came from the socket: there is no name to look up.
    lookup: (address, _options, done) => done(null, address, isIPv6(address) ? 6 : 4),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.close();
      reject(bindFault(ip, port, error));
    });
    socket.bind({ address: ip, port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function bindFault(ip: string, port: number, error: NodeJS.ErrnoException): UdpFault {
  const where = `UDP ${nameOf({ address: ip, port })}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new UdpFault(
        `${where} is in use by another program`,
        'End that program, or set udp_server.port to a free port in settings.json.',
        error,
      );
    case 'EACCES':
      return new UdpFault(
        `${where} may not be used by this user`,
        'Set udp_server.port to a port above 1023 in settings.json.',
        error,
      );
    case 'EADDRNOTAVAIL':
      return new UdpFault(
        `${where}: this machine has no such address`,
        'Set udp_server.ip to 127.0.0.1 in settings.json.',
        error,
      );
    default:
      return new UdpFault(
        `${where} cannot be listened on: ${error.message}`,
        'Check udp_server.ip and udp_server.port in settings.json.',
        error,
      );
  }
}
