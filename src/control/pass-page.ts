/**
 * The page that lets a browser in: a file of the owner's alone that posts a one-time token. On a command line or in an
 * address the token would stand in process lists and histories.
 */
import type { WireInvitation } from './wire.js';

/** Posts the token by itself, or by its button where scripts do not run. Both values are ours and need no quoting. */
export function passPage({ address, token }: WireInvitation): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Cloudnap</title></head>
<body>
<form method="post" action="${address}">
<input type="hidden" name="token" value="${token}">
<button>Open Cloudnap</button>
</form>
<script>document.forms[0].submit()</script>
</body>
</html>
`;
}
