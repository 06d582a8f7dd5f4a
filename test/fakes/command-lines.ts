/** Command lines taken apart as their readers do, written from their documents and not from what writes them. */

/** ExecStart= by systemd.service(5) and systemd.syntax(7). @throws what systemd would not take, or would change. */
export function parseExecStart(line: string): string[] {
  const words = split(line, (rest) => {
    const [, name] = /^\\(x[0-9a-f]{2}|["'\\abfnrtvs])/.exec(rest) ?? [];
    if (name === undefined) throw new Error(`an unknown escape at ${rest}`);
    const named: Record<string, string> = {
      a: '\u0007',
      b: '\b',
      f: '\f',
      n: '\n',
      r: '\r',
      t: '\t',
      v: '\v',
      s: ' ',
    };
    const text = name.startsWith('x')
      ? String.fromCharCode(Number.parseInt(name.slice(1), 16))
      : (named[name] ?? name);
    return { text, length: name.length + 1 };
  }).map((word) => undouble(word, '%'));
  const [program = '', ...args] = words;
  if (/["'\\]|\p{Cc}/u.test(program)) throw new Error('Executable name contains special characters');
  return [program, ...args.map((word) => undouble(word, '$'))];
}

/** The Exec key of a desktop entry, as it stands in the file. @throws what the specification does not allow. */
export function parseDesktopExec(value: string): string[] {
  const escapes: Record<string, string> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };
  const text = value.replace(/\\(.?)/gs, (_, name: string) => {
    const meant = escapes[name];
    if (meant === undefined) throw new Error(`\\${name} is no escape of a string`);
    return meant;
  });
  const words = split(text, (rest) => {
    if (!/^\\["`$\\]/.test(rest)) throw new Error(`an unknown escape at ${rest}`);
    return { text: rest.charAt(1), length: 2 };
  });
  const [program = '', ...args] = words;
  if (/[=%]/.test(program)) throw new Error('neither = nor % may be in the name of the program');
  return [program, ...args.map((word) => undouble(word, '%'))];
}

/** A Windows command line by CommandLineToArgvW, whose first word is a path that needs no escapes. */
export function parseWindowsCommand(line: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length; ) {
    let word = '';
    let isQuoted = false;
    for (; at < line.length && (isQuoted || line[at] !== ' '); ) {
      const [, backslashes = '', quote = ''] = /^(\\*)("?)/.exec(line.slice(at)) ?? [];
      at += backslashes.length + quote.length;
      const isEscaped = quote !== '' && backslashes.length % 2 === 1;
      word += quote === '' ? backslashes : backslashes.slice(0, backslashes.length / 2);
      if (isEscaped) word += '"';
      else if (quote !== '') isQuoted = !isQuoted;
      else if (backslashes === '') word += line[at++];
    }
    words.push(word);
    at += 1;
  }
  return words;
}

/** Splits at spaces outside of double quotes; every bare word must be free of what needs quotes. */
function split(line: string, unescapeAt: (rest: string) => { text: string; length: number }): string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length; at++) {
    let word = '';
    if (line[at] === '"') {
      for (at++; line[at] !== '"'; ) {
        if (at >= line.length) throw new Error('a quote that is not closed');
        const next = line[at] === '\\' ? unescapeAt(line.slice(at)) : { text: line.charAt(at), length: 1 };
        word += next.text;
        at += next.length;
      }
      at++;
    } else {
      for (; at < line.length && line[at] !== ' '; at++) word += line[at];
      if (word === '' || /["'\\\s<>~|&;$*?#()`]/.test(word)) throw new Error(`${word} needs quotes`);
    }
    if (at < line.length && line[at] !== ' ') throw new Error(`a word that goes on after its quote at ${at}`);
    words.push(word);
  }
  return words;
}

/** A sign that stands for itself only when doubled. */
function undouble(word: string, sign: '%' | '$'): string {
  const single = word.replaceAll(sign + sign, '');
  if (single.includes(sign)) throw new Error(`a ${sign} alone in ${word}`);
  return word.split(sign + sign).join(sign);
}
