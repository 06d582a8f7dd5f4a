/** Pages of a list, with opaque tokens that are good for the operation that gave them and no other. */

/** One page, and the token for the next if there is one. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/**
 * The page of `all` that `token` points at, `size` items long.
 * `invalidToken` makes the service's own error for a token that this operation never gave.
 */
export function pageOf<Item>(
  all: readonly Item[],
  request: { readonly operation: string; readonly size: number; readonly token: string | undefined },
  invalidToken: () => Error,
): Page<Item> {
  const prefix = `${request.operation}:`;
  let start = 0;
  if (request.token !== undefined && request.token !== '') {
    const decoded = Buffer.from(request.token, 'base64url').toString('utf8');
    start = decoded.startsWith(prefix) ? Number(decoded.slice(prefix.length)) : Number.NaN;
    if (!Number.isInteger(start) || start < 0) throw invalidToken();
  }
  const end = start + request.size;
  return {
    items: all.slice(start, end),
    nextToken: end < all.length ? Buffer.from(`${prefix}${end}`).toString('base64url') : undefined,
  };
}
