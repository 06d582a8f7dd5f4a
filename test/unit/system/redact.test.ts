/** What a secret looks like, and that none of it comes through: by key, in text, in errors and their causes. */
import { describe, expect, it } from 'vitest';
import { redact, redactText } from '../../../src/system/redact.js';

// AWS's own documentation examples; not keys to anything.
const ID = 'AKIAIOSFODNN7EXAMPLE';
const SESSION_ID = 'ASIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const TOKEN = 'FwoGZXIvYXdzEJr//////////wEaDHVz';

describe('text', () => {
  it.each([
    [`The key ${ID} is not valid`, 'The key [redacted] is not valid'],
    [`role ${SESSION_ID}.`, 'role [redacted].'],
    [`aws_secret_access_key = ${SECRET}`, 'aws_secret_access_key = [redacted]'],
    [`the secret access key is ${SECRET}!`, 'the secret access key is [redacted]!'],
    [`{"SecretAccessKey":"${SECRET}","x":1}`, '{"SecretAccessKey":"[redacted]","x":1}'],
    [`{\\"sessionToken\\":\\"${TOKEN}\\"}`, '{\\"sessionToken\\":\\"[redacted]\\"}'],
    [`<SecretAccessKey>${SECRET}</SecretAccessKey>`, '<SecretAccessKey>[redacted]</SecretAccessKey>'],
    [`GET /?X-Amz-Security-Token=${TOKEN}&Action=x`, 'GET /?X-Amz-Security-Token=[redacted]&Action=x'],
    ['/?X-Amz-Signature=0a1b2c3d&y=1', '/?X-Amz-Signature=[redacted]&y=1'],
    [`x-amz-security-token: ${TOKEN}`, 'x-amz-security-token: [redacted]'],
    [`Authorization: AWS4-HMAC-SHA256 Credential=${ID}/x, Signature=ab12`, 'Authorization: [redacted]'],
    ['sent Bearer abcdefgh12345678', 'sent Bearer [redacted]'],
    ['password=hunter2 next', 'password=[redacted] next'],
    ['http://127.0.0.1:20201/?token=1f2e3d', 'http://127.0.0.1:20201/?token=[redacted]'],
  ])('%s', (given, expected) => {
    expect(redactText(given)).toBe(expected);
  });

  it.each([
    'ec2:eu-central-1:i-1234567890abcdef0 napped: away for 30 min',
    'The security token included in the request is expired',
    'sign in again: the secret access key was not accepted',
    'arn:aws:ecs:us-east-1:123456789012:service/a/b',
  ])('leaves a harmless sentence alone: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('cuts what is very long', () => {
    expect(redactText('x'.repeat(20_000)).length).toBeLessThan(9_000);
  });
});

describe('values', () => {
  it('hides by key at any depth, whatever the spelling', () => {
    const given = {
      credentials: { accessKeyId: ID },
      list: [{ deep: { 'secret-access-key': 'a', session_token: 'b', Password: 'c', SIGNATURE: 'd' } }],
      headers: new Map([['Authorization', 'x']]),
      env: { CLOUDNAP_UDP_SECRET: 'e' },
      tokenPresent: true,
      region: 'us-east-1',
    };
    expect(redact(given)).toEqual({
      credentials: '[redacted]',
      list: [
        {
          deep: {
            'secret-access-key': '[redacted]',
            session_token: '[redacted]',
            Password: '[redacted]',
            SIGNATURE: '[redacted]',
          },
        },
      ],
      headers: { Authorization: '[redacted]' },
      env: { CLOUDNAP_UDP_SECRET: '[redacted]' },
      tokenPresent: true,
      region: 'us-east-1',
    });
    expect(given.credentials.accessKeyId).toBe(ID);
  });

  it('follows errors through their causes, fields and stacks', () => {
    const root = Object.assign(new Error(`signed with ${ID}`), { secretAccessKey: SECRET });
    const middle = new AggregateError([new Error(`password=hunter2`)], 'both failed', { cause: root });
    const outer = Object.assign(new Error(`request X-Amz-Security-Token=${TOKEN}`, { cause: middle }), {
      $metadata: { httpStatusCode: 403 },
      $response: { headers: { anything: 'whole' } },
    });
    const plain = redact({ error: outer });
    const text = JSON.stringify(plain);
    for (const secret of [ID, SECRET, TOKEN, 'hunter2', 'whole']) expect(text).not.toContain(secret);
    expect(plain).toMatchObject({
      error: {
        message: 'request X-Amz-Security-Token=[redacted]',
        $metadata: { httpStatusCode: 403 },
        cause: { message: 'both failed', cause: { message: 'signed with [redacted]' } },
      },
    });
  });

  it('survives circles, depth, and things that are no data', () => {
    const circle: Record<string, unknown> = {
      fn: () => 1,
      big: 10n,
      bytes: Buffer.from('secret'),
      when: new Date(0),
    };
    circle.self = circle;
    expect(redact(circle)).toEqual({
      big: '10',
      bytes: '[6 bytes]',
      when: '1970-01-01T00:00:00.000Z',
      self: '[circular]',
    });
    const deep: Record<string, unknown> = {};
    let at = deep;
    for (let depth = 0; depth < 1_000; depth += 1) {
      const next: Record<string, unknown> = {};
      at.next = next;
      at = next;
    }
    expect(JSON.stringify(redact(deep)).length).toBeLessThan(200);
  });
});
