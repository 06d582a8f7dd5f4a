/**
 * `npm run bench`: measures the built program and prints a table. `npm run bench -- latency udp` measures those parts
 * alone. Takes ten minutes; nothing is asserted. bench/README.md says how to read it.
 */
import { describeMachine } from './lib/machine.mjs';
import { table } from './lib/numbers.mjs';
import { startSandbox } from './lib/world.mjs';
import { startXServer } from './lib/x-server.mjs';
import * as cpu from './parts/cpu.mjs';
import * as latency from './parts/latency.mjs';
import * as memory from './parts/memory.mjs';
import * as sensors from './parts/sensors.mjs';
import * as start from './parts/start.mjs';
import * as timeline from './parts/timeline.mjs';
import * as udp from './parts/udp.mjs';

const PARTS = { latency, cpu, memory, start, udp, timeline, sensors };

const words = process.argv.slice(2);
const unknown = words.filter((word) => !Object.hasOwn(PARTS, word));
if (unknown.length > 0) {
  console.error(
    `npm run bench: no part is called ${unknown.join(', ')}. There are: ${Object.keys(PARTS).join(', ')}.`,
  );
  process.exitCode = 2;
} else if (process.platform !== 'linux') {
  console.error('npm run bench: it reads what the Linux kernel says of a process, and runs on Linux alone.');
  process.exitCode = 1;
} else {
  await main(words.length > 0 ? words : Object.keys(PARTS));
}

async function main(names) {
  const begin = performance.now();
  console.log('The machine before:');
  await showMachine();
  const x = await startXServer();
  if (!x) console.log('There is no Xvfb: input is not measured, and no sensor watches.');
  const sandbox = await startSandbox();
  const rows = [];
  try {
    for (const name of names) {
      console.error(`measuring ${PARTS[name].about} …`);
      rows.push(...(await PARTS[name].measure({ sandbox, x })));
    }
  } finally {
    sandbox.stop();
    await x?.stop();
  }
  console.log(`\n${table(rows)}\n`);
  console.log('The machine after:');
  await showMachine();
  console.log(`${((performance.now() - begin) / 1_000).toFixed(0)} s`);
}

async function showMachine() {
  for (const line of await describeMachine()) console.log(`  ${line}`);
}
