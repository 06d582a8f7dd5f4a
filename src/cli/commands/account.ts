/** `cloudnap account`: which AWS account is signed in, pinned and owed; `account accept` moves on to another. */
import type { WireAccount } from '../../control/wire.js';
import { usage } from '../failure.js';
import { examples } from '../help.js';
import type { Registration } from '../registration.js';

export const register: Registration = (program, cli) => {
  const command = program
    .command('account')
    .description('show the AWS account that is signed in, pinned, and owed restores')
    .action(async () => {
      const account = await (await cli.control()).account();
      await cli.print(account, () => accountText(account));
    });
  examples(command, 'account', 'account accept 123456789012');
  const accept = command
    .command('accept')
    .description('go on under another account: the one that is signed in now')
    .argument('<id>', 'its 12 digits, so that nothing is accepted by mistake')
    .action(async (account: string) => {
      if (!/^\d{12}$/.test(account)) throw usage(`"${account}" is not an account id`, 'It has 12 digits.');
      const done = await (await cli.control()).acceptAccount({ account });
      await cli.printDone(done);
    });
  examples(accept, 'account accept 123456789012');
};

function accountText({ identity, pinned, owed }: WireAccount): string {
  const lines = [
    identity
      ? `Signed in to ${identity.account} as ${identity.arn}`
      : 'Nobody is signed in; see "cloudnap login".',
    pinned === null ? 'No account is pinned yet; the first registration pins it.' : `Pinned to ${pinned}`,
  ];
  if (identity && pinned !== null && identity.account !== pinned)
    lines.push(
      `These differ: nothing is napped or restored. Sign in to ${pinned} again, or: cloudnap account accept ${identity.account}`,
    );
  for (const { account, targets } of owed)
    lines.push(`${targets} napping in ${account}, restored once it is signed in and you are back`);
  return lines.join('\n');
}
