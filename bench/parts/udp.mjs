/**
 * What the UDP server answers one client on this machine: requests a second with a window of requests under way, and
 * how long one takes that is alone. The client runs on this process's core, the daemon on another if there is one.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { percentile, row } from '../lib/numbers.mjs';
import { Home } from '../lib/world.mjs';

const ROUNDS = 4;
const REQUESTS = 12_000;
const ALONE = 1_000;
/** Few enough that no buffer on the way overflows: replies that are lost would be waited for. */
const WINDOW = 32;
const WARM_UP = 3_000;
const LOST_AFTER_MS = 2_000;

export const about = 'UDP';

export async function measure({ sandbox }) {
  const home = await Home.make(sandbox);
  const daemon = await home.start();
  const client = await connect(home.udpPort);
  try {
    const rows = [];
    for (const request of ['PING', 'STATUS']) {
      await client.ask(request, WARM_UP, WINDOW);
      const rates = [];
      const alone = [];
      while (rates.length < ROUNDS) {
        const begin = performance.now();
        await client.ask(request, REQUESTS, WINDOW);
        rates.push(REQUESTS / ((performance.now() - begin) / 1_000));
        alone.push(percentile(await client.ask(request, ALONE, 1), 0.99));
      }
      rows.push(
        row(`UDP ${request} a second`, rates, '', { over: 15_000 }),
        row(`UDP ${request}, p99 of one alone`, alone, 'ms'),
      );
    }
    return rows;
  } finally {
    client.close();
    await daemon.stop();
    home.remove();
  }
}

/** A client that keeps a window of equal requests under way. */
async function connect(port) {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return {
    /** Resolves to how long each took, milliseconds; on loopback replies come in the order of the requests. */
    ask(request, count, window) {
      const bytes = Buffer.from(request);
      const times = [];
      const sent = [];
      return new Promise((resolve, reject) => {
        const lost = setTimeout(
          () => reject(new Error(`only ${times.length} of ${count} answers to ${request}`)),
          LOST_AFTER_MS + count,
        );
        let asked = 0;
        const ask = () => {
          asked += 1;
          sent.push(performance.now());
          socket.send(bytes);
        };
        const answered = () => {
          times.push(performance.now() - sent[times.length]);
          if (asked < count) ask();
          if (times.length < count) return;
          clearTimeout(lost);
          socket.off('message', answered);
          resolve(times);
        };
        socket.on('message', answered);
        while (asked < Math.min(window, count)) ask();
      });
    },
    close: () => socket.close(),
  };
}
