/** The table of calls names every call that the drivers can make, and no other. */
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../../src/aws/preflight-calls.js';

/** What drivers send is named one by one in `sdk/`; IAM and STS serve signing in itself. */
const SDKS = {
  ec2: import('../../../src/aws/sdk/ec2.js'),
  ecs: import('../../../src/aws/sdk/ecs.js'),
  'application-autoscaling': import('../../../src/aws/sdk/scaling.js'),
  eks: import('../../../src/aws/sdk/eks.js'),
};

describe('the preflight', () => {
  it('asks about every call of the drivers, and no other', async () => {
    const sent: string[] = [];
    for (const [service, sdk] of Object.entries(SDKS))
      for (const name of Object.keys(await sdk))
        if (name.endsWith('Command')) sent.push(`${service}:${name.replace(/Command$/, '')}`);
    expect([...ACTIONS].sort()).toEqual(sent.sort());
  });
});
