/** The wildcards of AWS: in EC2's filters, in IAM's policies. */

/** `*` is any run of characters, `?` any one; the rest stands for itself. Case counts unless `flags` has `i`. */
export function wildcard(pattern: string, flags: '' | 'i' = ''): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`);
}
