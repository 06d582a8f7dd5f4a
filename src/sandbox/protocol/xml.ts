/** XML as the query protocols write it: elements in, text out, no attributes but the root's namespace. */

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text made safe inside an element. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/**
 * `value` as the element `name`. Undefined gives nothing; a list becomes one element around `item`s, which is
 * EC2's way and, with `member`, the older query services'; everything else is an element around its fields.
 */
export function element(name: string, value: unknown, listItem: 'item' | 'member'): string {
  if (value === undefined || value === null) return '';
  return `<${name}>${content(value, listItem)}</${name}>`;
}

function content(value: unknown, listItem: 'item' | 'member'): string {
  if (Array.isArray(value)) return value.map((one) => element(listItem, one, listItem)).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, field]) => element(name, field, listItem))
      .join('');
  }
  return escapeXml(String(value));
}
