/** Runs a TypeScript file of the tests in a process of its own, one that a test may kill. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Child {
  readonly pid: number;
  /** The next line it prints; undefined when it has ended. */
  line(): Promise<string | undefined>;
  /** kill -9, and resolves when it is dead. Harmless when it is dead already. */
  kill(): Promise<void>;
}

/** A script and all it imports of this project, compiled to JavaScript in a folder of their own. */
export interface Compiled {
  /** Starts it with arguments. */
  start(...args: string[]): Child;
  /** Removes the folder. */
  remove(): void;
}

/** Compiles `script` (a path from the project's root) once for all the children of a test. */
export function compile(script: string): Compiled {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cloudnap-child-'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  const done = new Set<string>();
  const translate = (file: string) => {
    if (done.has(file)) return;
    done.add(file);
    const source = readFileSync(path.join(ROOT, file), 'utf8');
    const compilerOptions = {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2023,
      verbatimModuleSyntax: true,
    };
    const target = path.join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, ts.transpileModule(source, { compilerOptions }).outputText);
    for (const { fileName } of ts.preProcessFile(source).importedFiles) {
      if (fileName.startsWith('.'))
        translate(path.join(path.dirname(file), fileName.replace(/\.js$/, '.ts')));
    }
  };
  translate(script);
  return {
    start: (...args) => start(path.join(folder, script.replace(/\.ts$/, '.js')), args),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function start(file: string, args: string[]): Child {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    pid: child.pid!,
    line: async () => {
      const next = await lines.next();
      return next.done ? undefined : next.value;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
