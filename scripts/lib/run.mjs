/** Runs a program and collects all it says, so that a step that succeeds is one line and one that fails is shown whole. */
import { spawn } from 'node:child_process';
import { root } from './root.mjs';

/** How long a program that is told to end may take to end what it started itself. */
const GRACE_MS = 10_000;
/** Windows has no process groups that a signal could be sent to. */
const hasGroups = process.platform !== 'win32';
/** What runs now: it is ended with us, and all it started with it. */
const running = new Set();
process.on('exit', () => {
  for (const child of running) end(child, 'SIGTERM');
});

/**
 * Runs a program in the clone's folder, without standard input. Never rejects: a program that cannot be started, or
 * that outlives `timeoutSeconds`, is a result with `code` other than 0 and the reason in `output`.
 *
 * @returns `{ code, output, stdout }`: `output` is both streams as they came, `stdout` that one alone.
 */
export function run(command, args, { env = process.env, timeoutSeconds = 900 } = {}) {
  return new Promise((resolve) => {
    let output = '';
    let stdout = '';
    const child = spawn(command, args, {
      cwd: root,
      env,
      detached: hasGroups,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const limit = setTimeout(() => {
      output += `\nstopped: it ran for longer than ${timeoutSeconds} s\n`;
      end(child, 'SIGTERM');
      setTimeout(() => running.has(child) && end(child, 'SIGKILL'), GRACE_MS).unref();
    }, timeoutSeconds * 1000);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    const finish = (code, note) => {
      clearTimeout(limit);
      running.delete(child);
      resolve({ code, stdout, output: `${output}${note}` });
    };
    child.on('error', (error) => finish(1, `${command} could not be started: ${error.message}\n`));
    child.on('close', (code, signal) =>
      signal ? finish(1, `${command} was ended by ${signal}\n`) : finish(code, ''),
    );
  });
}

/** Ends a program with what it started: detached, it leads a process group of its own. */
function end(child, signal) {
  try {
    if (hasGroups) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended already, or never started.
  }
}

/** As `run`, for a program that is a JavaScript file: the same Node runs it. */
export const runNode = (args, options) => run(process.execPath, args, options);
