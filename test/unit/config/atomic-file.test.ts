/** Durable replacement: the old bytes or the new ones, and no temp file left by the living or the dead. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFileAtomic } from '../../../src/system/atomic-file.js';
import { folder } from './files.js';

test('a new file and a replaced one are the owner\u2019s alone', async () => {
  const home = await folder();
  const path = join(home, 'f');
  await writeFileAtomic(path, 'one');
  expect(await readFile(path, 'utf8')).toBe('one');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const other = join(home, 'g');
  await writeFile(other, 'old', { mode: 0o644 });
  await writeFileAtomic(other, Buffer.from([1, 2, 3]));
  expect(await readFile(other)).toEqual(Buffer.from([1, 2, 3]));
  expect((await stat(other)).mode & 0o777).toBe(0o600);
  expect(await readdir(home)).toEqual(['f', 'g']);
});

test('many writers at once: one of the texts, whole', async () => {
  const home = await folder();
  const path = join(home, 'f');
  const texts = Array.from({ length: 20 }, (_, index) => `${index}\n`.repeat(10_000));
  await Promise.all(texts.map((text) => writeFileAtomic(path, text)));
  expect(texts).toContain(await readFile(path, 'utf8'));
  expect(await readdir(home)).toEqual(['f']);
});

test('a write that fails leaves the old file and no temp file', async () => {
  const home = await folder();
  await mkdir(join(home, 'folder'));
  await writeFile(join(home, 'folder', 'inside'), 'x');
  await expect(writeFileAtomic(join(home, 'folder'), 'new')).rejects.toThrow();
  expect(await readdir(home)).toEqual(['folder']);
  await expect(writeFileAtomic(join(home, 'none', 'f'), 'new')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('links stay links, also one that points to nothing yet', async () => {
  const home = await folder();
  await mkdir(join(home, 'far'));
  await symlink('middle', join(home, 'near'));
  await symlink(join('far', 'f'), join(home, 'middle'));
  await writeFileAtomic(join(home, 'near'), 'one');
  expect(await readFile(join(home, 'far', 'f'), 'utf8')).toBe('one');
  expect(await readlink(join(home, 'near'))).toBe('middle');
  await symlink('circle', join(home, 'circle'));
  await expect(writeFileAtomic(join(home, 'circle'), 'x')).rejects.toThrow(/leads nowhere/);
});

test('what a killed writer left is swept up, what a living one writes is not', async () => {
  const home = await folder();
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const temp = (pid: number | undefined) => `.f.${pid}-0123456789ab.tmp`;
  const names = [
    temp(child.pid),
    temp(process.pid),
    temp(process.ppid),
    `.g.${child.pid}-0123456789ab.tmp`,
    '.f.mine.tmp',
  ];
  for (const name of names) await writeFile(join(home, name), 'half');
  await writeFileAtomic(join(home, 'f'), 'whole');
  expect(await readdir(home)).toEqual([...names.slice(2), 'f'].sort());
});
