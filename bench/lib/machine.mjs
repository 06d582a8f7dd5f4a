/** The machine's own noise: what the numbers of this run can be trusted to. Measured with nothing of Cloudnap running. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { figure, median, percentile } from './numbers.mjs';

/** Lines about the machine and its noise. */
export async function describeMachine() {
  const work = Array.from({ length: 200 }, () => timed(spin));
  const naps = [];
  for (let count = 0; count < 200; count += 1) {
    const begin = performance.now();
    await sleep(5);
    naps.push(performance.now() - begin - 5);
  }
  const starts = Array.from({ length: 9 }, () => timed(() => spawnSync(process.execPath, ['-e', '0'])));
  return [
    `Node ${process.versions.node}, ${cpus().length} cores, load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')} (over 1, 5, 15 min)`,
    `the same work each time   ${spread(work)}`,
    `a timer of 5 ms is late   ${spread(naps)}`,
    `"node -e 0"               ${spread(starts)}`,
  ];
}

function spread(values) {
  const [p50, p99, most] = [median(values), percentile(values, 0.99), Math.max(...values)].map(figure);
  return `p50 ${p50} ms, p99 ${p99} ms, worst ${most} ms`;
}

function timed(work) {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}

/** A few milliseconds of arithmetic that nothing can optimise away. */
function spin() {
  let state = 1;
  for (let round = 0; round < 2_000_000; round += 1)
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}
