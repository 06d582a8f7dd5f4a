/**
 * Why AWS did not take keys, told apart by its error codes, so that a person knows which field to correct. Codes only:
 * AWS changes its texts at will.
 */
import { OperationError } from '../core/errors.js';
import { KeyStoreError, SignInError, type SignInReason } from '../core/sign-in.js';

const REASON_OF: Readonly<Record<string, SignInReason>> = {
  InvalidClientTokenId: 'unknown-key',
  UnrecognizedClientException: 'unknown-key',
  InvalidAccessKeyId: 'unknown-key',
  AuthFailure: 'unknown-key',
  SignatureDoesNotMatch: 'wrong-secret',
  InvalidSignatureException: 'wrong-secret',
  IncompleteSignature: 'malformed',
  ExpiredToken: 'expired',
  ExpiredTokenException: 'expired',
  TokenRefreshRequired: 'expired',
  RequestExpired: 'clock',
  RequestInTheFuture: 'clock',
  RequestTimeTooSkewed: 'clock',
};

/** Any failure on the way to a sign-in. @param about what was tried: entered keys, or a profile and what renews it */
export function signInError(
  thrown: unknown,
  about: { readonly hasToken?: boolean; readonly profile?: string; readonly renew?: string | undefined } = {},
): unknown {
  if (thrown instanceof KeyStoreError)
    return new SignInError(thrown.reason, thrown.message, { hint: thrown.hint, cause: thrown });
  if (!(thrown instanceof OperationError)) return thrown;
  const { cause } = thrown;
  if (cause instanceof KeyStoreError) return signInError(cause);
  const reason = reasonOf(thrown);
  const { profile, renew } = about;
  if (profile !== undefined && reason !== 'unreachable' && reason !== 'clock')
    return new SignInError(
      reason === 'expired' ? 'expired' : 'profile',
      `The profile "${profile}" gave no working credentials: ${withoutPrefix(thrown.message)}`,
      { hint: renew ? `Run \`${renew}\` in a terminal, then try again.` : thrown.hint, cause: thrown },
    );
  const [message, hint] = wordsFor(reason, about.hasToken === true) ?? [thrown.message, thrown.hint];
  return new SignInError(reason, message, { hint, cause: thrown });
}

function reasonOf(error: OperationError): SignInReason {
  const { cause } = error;
  if (cause instanceof OperationError) return reasonOf(cause);
  // The SDK compares the clocks by the answer's Date, and says so when they are minutes apart.
  if (isSkewed(cause)) return 'clock';
  const known = cause instanceof Error ? REASON_OF[cause.name] : undefined;
  if (known) return known;
  return error.fault === 'unreachable' || error.fault === 'throttled' ? 'unreachable' : 'failed';
}

function isSkewed(thrown: unknown): boolean {
  const metadata = thrown instanceof Error ? (thrown as { $metadata?: unknown }).$metadata : undefined;
  return (metadata as { clockSkewCorrected?: unknown } | undefined)?.clockSkewCorrected === true;
}

function wordsFor(reason: SignInReason, hasToken: boolean): readonly [string, string] | undefined {
  switch (reason) {
    case 'unknown-key':
      return hasToken
        ? [
            'AWS does not know this access key ID, or the session token is not its own',
            'Copy all three values again, from the same place: they belong together.',
          ]
        : [
            'AWS does not know this access key ID',
            'Was it deleted or made inactive? Keys that begin with ASIA need their session token, too.',
          ];
    case 'wrong-secret':
      return [
        'The secret access key does not belong to this access key ID',
        'Copy it again; AWS shows it once, so if it is lost, create another access key.',
      ];
    case 'expired':
      return ['The session token has expired', 'Get new temporary keys and enter all three values again.'];
    case 'clock':
      return [
        'AWS does not accept requests from this machine: its clock is wrong by minutes',
        'Set the clock, or have it set from the network, then try again.',
      ];
    case 'malformed':
      return ['AWS cannot make sense of these keys', 'Copy them again, without quotes or spaces.'];
    default:
      return undefined;
  }
}

function withoutPrefix(message: string): string {
  return message.replace(/^No working AWS credentials: /, '');
}
