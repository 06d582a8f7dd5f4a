/** What the kernel says of a process: the CPU it has used, and how often it woke. */
import { readdirSync, readFileSync } from 'node:fs';

/** The unit of times in /proc/PID/stat, on every architecture. */
const TICKS_A_SECOND = 100;

/** Seconds of CPU all its threads have used so far. The scheduler's own account, in nanoseconds. */
export function cpuSeconds(pid) {
  return sumOverThreads(pid, 'schedstat', /^(\d+)/) / 1e9;
}

/** Times its threads were put on a CPU so far: how often it woke. */
export function wakeUps(pid) {
  return sumOverThreads(pid, 'status', /^voluntary_ctxt_switches:\s+(\d+)/m);
}

/** Seconds of CPU of the programs it has run that have ended; the account of these goes by 10 ms. */
export function endedChildrenSeconds(pid) {
  // The name may contain anything, brackets too; what follows it is numbers.
  const [, after] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const [user, system] = after.split(' ').slice(13, 15).map(Number);
  return (user + system) / TICKS_A_SECOND;
}

function sumOverThreads(pid, file, number) {
  const tasks = `/proc/${pid}/task`;
  const each = readdirSync(tasks).map((task) =>
    Number(number.exec(readFileSync(`${tasks}/${task}/${file}`, 'utf8'))[1]),
  );
  return each.reduce((sum, value) => sum + value, 0);
}
