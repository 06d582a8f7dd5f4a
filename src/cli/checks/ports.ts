/** Whether the ports that the settings want are free, or taken by the running daemon. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { WireCheck } from '../../control/wire.js';
import type { Clock } from '../../core/instant.js';

export interface Ports {
  /** Undefined: switched off. */
  readonly udp: number | undefined;
  readonly udpIp: string;
  readonly dashboard: number | undefined;
}

/** How long our own UDP server may take to answer. */
const ANSWER_MS = 500;

/** `running`: a daemon runs for this home, so its ports are expected to be taken. */
export async function portChecks(ports: Ports, running: boolean, clock: Clock): Promise<WireCheck[]> {
  const checks: WireCheck[] = [];
  if (ports.udp !== undefined) {
    const fault = await udpFault(ports.udpIp, ports.udp);
    const ours = fault === 'EADDRINUSE' && running && (await answersPing(ports.udpIp, ports.udp, clock));
    checks.push(portCheck('UDP', 'udp_server.port', ports.udp, fault, ours));
  }
  if (ports.dashboard !== undefined) {
    const fault = await tcpFault(ports.dashboard);
    checks.push(
      portCheck('TCP', 'dashboard.port', ports.dashboard, fault, fault === 'EADDRINUSE' && running),
    );
  }
  return checks;
}

function portCheck(
  protocol: string,
  key: string,
  port: number,
  fault: string | undefined,
  ours: boolean,
): WireCheck {
  const check = { area: 'machine', name: `${protocol} port ${port}` };
  if (fault === undefined) return { ...check, result: 'ok', detail: 'free' };
  if (ours) return { ...check, result: 'ok', detail: 'taken by the running daemon' };
  return {
    ...check,
    result: 'fail',
    detail: fault === 'EADDRINUSE' ? 'taken by another program' : `cannot be used: ${fault}`,
    cure: `End that program, or choose another port: cloudnap config set ${key} ${port + 10}`,
  };
}

/** The code of what keeps us from binding; undefined when nothing does. */
async function udpFault(ip: string, port: number): Promise<string | undefined> {
  const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(port, ip);
    await once(socket, 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    socket.close();
  }
}

async function tcpFault(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  } finally {
    server.close();
  }
}

/** Whether what listens on the UDP port speaks our protocol. */
async function answersPing(ip: string, port: number, clock: Clock): Promise<boolean> {
  const socket = createSocket(ip.includes(':') ? 'udp6' : 'udp4');
  const patience = new AbortController();
  const cancel = clock.after(ANSWER_MS, () => patience.abort());
  try {
    socket.connect(port, ip);
    await once(socket, 'connect', { signal: patience.signal });
    socket.send('PING');
    const [answer] = await once(socket, 'message', { signal: patience.signal });
    return String(answer).startsWith('OK PING');
  } catch {
    // No answer in time, or nobody there after all.
    return false;
  } finally {
    cancel();
    socket.close();
  }
}
